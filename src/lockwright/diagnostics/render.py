"""Messages as plain text: the title, the place, the source line with carets, notes and help.  ASCII only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockwright.diagnostics.diagnostic import Diagnostic, Label
    from lockwright.diagnostics.span import Span

CONTEXT_LINES = 2  # shown above the line of the message
WIDTH = 100  # of a terminal


def render(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    """Return one message as lines of text, without a line end at the end.

    Args:
        diagnostic: The message.
        sources: The text of each file by the name that spans use; a file that is missing gives no excerpt.
    """
    span = diagnostic.primary.span
    lines = [f"{diagnostic.level}[{diagnostic.code}]: {diagnostic.title}"]
    shown = _in_file(diagnostic, span.file)
    width = len(str(max(label.span.line for label in shown)))
    if span.line:
        lines.append(f"{' ' * width}--> {span.file}:{span.line}:{span.column}")
    text = sources.get(span.file)
    if text is not None and span.line:
        lines += excerpt(text, shown, _shown_lines(shown), width)
    lines += _elsewhere(diagnostic, sources)
    lines += _closing(diagnostic)
    return "\n".join(line.rstrip() for line in lines)


def render_all(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Return several messages, an empty line between two."""
    return "\n\n".join(render(one, sources) for one in diagnostics)


def _in_file(diagnostic: Diagnostic, file: str) -> list[Label]:
    return [diagnostic.primary, *(label for label in diagnostic.secondary if label.span.file == file)]


def excerpt(
    text: str,
    labels: list[Label],
    lines: Iterable[int],
    width: int,
    mark: str = "^",
    ran: frozenset[int] | None = None,
) -> Iterator[str]:
    """Yield some lines of a source, the labels under them; the first label is the primary one.

    Args:
        text: The source.
        labels: What there is to say; their lines are among `lines`.
        lines: The numbers of the lines to show.
        width: Columns for a number.
        mark: What the first label is underlined with.
        ran: The numbers of lines that a `>` points at; None: there is no column for it.
    """
    signs = (" ", " ") if ran is None else ("   ", " > ")
    source, gutter = text.splitlines(), f"{' ' * width}{signs[0]}|"
    yield gutter
    previous = 0
    for number in sorted(one for one in lines if 1 <= one <= len(source)):
        if previous and number > previous + 1:
            yield "..."
        previous = number
        shown = source[number - 1]
        yield f"{number:>{width}}{signs[number in (ran or ())]}| {shown.expandtabs(4)}".rstrip()
        for position, label in enumerate(labels):
            if label.span.line == number:
                yield from _labelled(gutter, _underline(shown, label.span, mark if position == 0 else "-"), label.text)
    yield gutter


def _labelled(gutter: str, underline: str, text: str) -> Iterator[str]:
    """Yield what is said under a line: beside its underline, or below it where that would be too wide."""
    beside = f"{gutter} {underline} {text}".rstrip()
    if len(beside) <= WIDTH or not text:
        yield beside
        return
    yield f"{gutter} {underline}"
    indent = min(len(underline) - len(underline.lstrip()), max(0, WIDTH - len(gutter) - 1 - len(text)))
    yield f"{gutter} {' ' * indent}{text}"


def _shown_lines(labels: list[Label]) -> set[int]:
    primary = labels[0].span.line
    return {label.span.line for label in labels} | set(range(primary - CONTEXT_LINES, primary + 1))


def _underline(text: str, span: Span, mark: str) -> str:
    end = span.end_column if span.end_line == span.line else len(text.rstrip()) + 1
    before = text[: span.column - 1].expandtabs(4)
    under = text[: max(end, span.column + 1) - 1].expandtabs(4)
    return " " * len(before) + mark * max(1, len(under) - len(before))


def _elsewhere(diagnostic: Diagnostic, sources: Mapping[str, str]) -> Iterator[str]:
    for label in diagnostic.secondary:
        if label.span.file == diagnostic.primary.span.file:
            continue
        yield f"note: {label.text}"
        width = len(str(label.span.line))
        yield f"{' ' * width}--> {label.span}"
        text = sources.get(label.span.file)
        if text is not None:
            line = text.splitlines()[label.span.line - 1]
            yield f"{' ' * width} |"
            yield f"{label.span.line} | {line.expandtabs(4)}"
            yield f"{' ' * width} | {_underline(line, label.span, '-')}"


def _closing(diagnostic: Diagnostic) -> Iterator[str]:
    for note in diagnostic.notes:
        yield _indented("note: ", note)
    for one in diagnostic.helps:
        yield _indented("help: ", one)


def _indented(head: str, text: str) -> str:
    return head + text.replace("\n", "\n" + " " * len(head))
