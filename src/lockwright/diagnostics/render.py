"""Messages as plain text: the title, the place, the source line with carets, notes and help.  ASCII only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockwright.diagnostics.diagnostic import Diagnostic, Label
    from lockwright.diagnostics.span import Span

CONTEXT_LINES = 2  # shown above the line of the message
TAB = "    "


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
        lines += _excerpt(text.splitlines(), shown, width)
    lines += _elsewhere(diagnostic, sources)
    lines += _closing(diagnostic)
    return "\n".join(line.rstrip() for line in lines)


def render_all(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Return several messages, an empty line between two."""
    return "\n\n".join(render(one, sources) for one in diagnostics)


def _in_file(diagnostic: Diagnostic, file: str) -> list[Label]:
    return [diagnostic.primary, *(label for label in diagnostic.secondary if label.span.file == file)]


def _excerpt(source: list[str], labels: list[Label], width: int) -> Iterator[str]:
    """Yield the lines around the labels; the first label is the primary one."""
    gutter = f"{' ' * width} |"
    yield gutter
    previous = 0
    for number in _shown_lines(source, labels):
        if previous and number > previous + 1:
            yield "..."
        previous = number
        text = source[number - 1]
        yield f"{number:>{width}} | {text.expandtabs(4)}"
        for position, label in enumerate(labels):
            if label.span.line == number:
                yield f"{gutter} {_underline(text, label.span, '^' if position == 0 else '-')} {label.text}"
    yield gutter


def _shown_lines(source: list[str], labels: list[Label]) -> list[int]:
    primary = labels[0].span.line
    wanted = {label.span.line for label in labels} | set(range(primary - CONTEXT_LINES, primary + 1))
    return sorted(number for number in wanted if 1 <= number <= len(source))


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
