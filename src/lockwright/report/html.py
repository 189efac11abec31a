"""A check as one page: no network, nothing to load, light and dark, readable without scripts."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from lockwright.report.columns import words
from lockwright.report.legend import sentences, words_of
from lockwright.report.places import line_label, places
from lockwright.report.terminal import counts_table, size, styled_lines
from lockwright.results import CheckResult, main_file, thread_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockwright.bugs import Code
    from lockwright.diagnostics.span import Span
    from lockwright.report.places import Place
    from lockwright.results import Fault, Row

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --soft: #f6f8fa;
  --bad: #b42318; --good: #1a7f37; --doubt: #9a6700; --mark: #fff3c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --soft: #161b22;
  --bad: #ff7b72; --good: #56d364; --doubt: #e3b341; --mark: #4b3a00; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 76rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.fault { color: var(--bad); } .proved { color: var(--good); } .doubt { color: var(--doubt); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top;
  padding: .25rem .6rem; border-bottom: 1px solid var(--line); } td.number { text-align: right; }
pre { background: var(--soft); border: 1px solid var(--line); padding: .6rem; overflow-x: auto; line-height: 1.45; }
tr.flush td { font-style: italic; } tr.loop td { border-top: 2px dashed var(--doubt); }
.note { color: var(--doubt); } mark { background: var(--mark); color: inherit; }
.idle { opacity: .7; } table.words { width: auto; margin-bottom: 1rem; } table.words td { padding: .1rem .6rem; }
.scroll { overflow-x: auto; } small { opacity: .75; }
"""


def check_page(results: CheckResult | Sequence[CheckResult]) -> str:
    """Return the page of one check, or of several."""
    several = [results] if isinstance(results, CheckResult) else list(results)
    title = "; ".join(f"{result.name}: {result.verdict}" for result in several)
    return document(title, (line for result in several for line in _section(result)))


def document(title: str, body: Iterable[str]) -> str:
    """Return a whole page with the style of all pages."""
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>\n</head>\n<body>",
    )
    return "\n".join([*head, *body, "</body>\n</html>"]) + "\n"


def _section(result: CheckResult) -> Iterator[str]:
    """Yield what there is to say about one lock."""
    yield "<section>"
    for fault in result.faults:
        yield f'<h1 class="fault">{escape(fault.code)} {escape(fault.sentence)}</h1>'
        yield from fault_story(fault, result)
        yield from _helps(fault)
    if not result.faults:
        first = next(text for text, _ in styled_lines(result, 10_000))
        yield f'<h1 class="{_class(result.verdict)}">{escape(first)}</h1>'
    yield "<h2>States</h2>"
    yield from states_table(counts_table(result))
    yield from _coverage(result)
    yield "</section>"


def _class(verdict: str) -> str:
    return verdict if verdict in ("proved", "fault") else "doubt"


# A fault.


def fault_story(fault: Fault, result: CheckResult, code: Code | None = None) -> Iterator[str]:
    """Yield what happens in a counterexample: how large it is, the place, the table of its steps.

    Args:
        fault: The counterexample.
        result: The check that found it.
        code: What to show of the source, for who does not know it: whole functions, and the words in them.
    """
    large = size(fault, result, code) + (f", {fault.placement}" if fault.placement else "")
    yield f"<p>Origin: {escape(fault.origin)}<br><small>{escape(large)}</small></p>"
    yield from _excerpt(fault, result, code)
    if code is not None:
        yield from _legend(code, fault, result)
    yield from _table(fault)
    if fault.why_fair:
        yield f"<p>Fair: {escape(fault.why_fair)}.</p>"


def _helps(fault: Fault) -> Iterator[str]:
    if fault.helps:
        yield "<h2>What to do</h2>\n<ul>"
        yield from (f"<li>{escape(one)}</li>" for one in fault.helps)
        yield "</ul>"


def _legend(code: Code, fault: Fault, result: CheckResult) -> Iterator[str]:
    """Yield how to read the code, and the words in it."""
    yield f"<p>{prose('; '.join(sentences(code, fault, result)))}.</p>"
    words = list(words_of(code, fault))
    if words:
        yield '<div class="scroll"><table class="words"><tbody>'
        yield from (f"<tr><td><code>{escape(word)}</code></td><td>{prose(text)}</td></tr>" for word, text in words)
        yield "</tbody></table></div>"


def _excerpt(fault: Fault, result: CheckResult, code: Code | None) -> Iterator[str]:
    """Yield of each file the lines that the steps ran, the places that matter marked and spoken of."""
    for place in places(fault, result.sources, code):
        is_fault = fault.primary is not None and place.file == fault.primary.span.file
        inside = f", in {escape(fault.function)}" if is_fault and fault.function else ""
        yield f"<p>{escape(place.file)}{inside}</p>\n<pre>"
        yield from _lines(result.sources[place.file].splitlines(), place)
        yield "</pre>"


def _lines(source: list[str], place: Place) -> Iterator[str]:
    previous = 0
    for number in sorted(line for line in place.lines if line <= len(source)):
        if previous and number > previous + 1:
            yield "   ..."
        previous = number
        remarks = [one for one in place.remarks if one.span.line == number]
        line = f"{number:>4} {_sign(place, number)} {_marked(source[number - 1], [one.span for one in remarks])}"
        yield f'<span class="idle">{line}</span>' if place.ran is not None and number not in place.ran else line
        yield from (f'      <span class="note">{escape(one.text)}</span>' for one in remarks)


def prose(text: str) -> str:
    """Return a text for a page; what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _sign(place: Place, line: int) -> str:
    return "&gt;" if place.ran is not None and line in place.ran else " "


def _marked(line: str, spans: list[Span]) -> str:
    if not spans:
        return escape(line)
    span = spans[0]
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    begin = span.column - 1
    return f"{escape(line[:begin])}<mark>{escape(line[begin:end])}</mark>{escape(line[end:])}"


def _table(fault: Fault) -> Iterator[str]:
    main = main_file(fault.rows)
    if any(":" in line_label(row, main) for row in fault.rows):
        yield f"<p><small>Lines are those of {escape(main)}, unless another file is named.</small></p>"
    yield '<div class="scroll"><table class="steps">\n<thead><tr><th>step</th>'
    yield "".join(f"<th>{thread_name(thread)}</th>" for thread in range(fault.threads))
    yield "<th>line</th></tr></thead>\n<tbody>"
    yield from (_row(fault, row, main) for row in fault.rows)
    if fault.final:
        yield f"<tr><td></td>{''.join(f'<td>{escape(text)}</td>' for text in fault.final)}<td></td></tr>"
    yield "</tbody></table></div>"


def _row(fault: Fault, row: Row, main: str) -> str:
    names = [row.kind] + (["loop"] if row.step == fault.loop_from else [])
    cells = "".join(f"<td>{escape(words(row)) if t == row.thread else ''}</td>" for t in range(fault.threads))
    line = escape(line_label(row, main))
    return f'<tr class="{" ".join(names)}"><td class="number">{row.step}</td>{cells}<td>{line}</td></tr>'


# What was explored.


def states_table(table: list[list[str]]) -> Iterator[str]:
    """Yield how many states each instance has under each model."""
    head, *rows = table
    yield '<div class="scroll"><table class="states">'
    yield f"<thead><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr></thead>\n<tbody>"
    for label, *cells in rows:
        yield f"<tr><td>{escape(label)}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</tbody></table></div>"


def _coverage(result: CheckResult) -> Iterator[str]:
    if result.waits:
        yield "<h2>Waits</h2>\n<ul>"
        for one in result.waits:
            yield f"<li>{escape(one.function)}, line {one.span.line}: <code>{escape(one.text)}</code></li>"
        yield "</ul>"
    yield "<h2>Not covered</h2>\n<ul>"
    yield from (f"<li>{escape(one)}</li>" for one in result.not_covered)
    yield from (f"<li>{escape(run.model)}: {escape(run.reason)}</li>" for run in result.runs if run.reason)
    yield "</ul>"
