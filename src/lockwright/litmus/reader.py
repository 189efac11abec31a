"""Read a litmus file of herd: title, initial values, the table of threads, what to observe, the condition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from lockwright.litmus.condition import names_of, parse_condition, parse_name
from lockwright.litmus.instructions import parse_cell
from lockwright.litmus.syntax import Condition, Label, LitmusTest, Memory, Step
from lockwright.litmus.tokens import Source, Tokens

_TAIL = re.compile(r"^[ \t]*(?P<word>(?:~\s*|not\s+)?exists\b|forall\b|locations\b|filter\b)", re.MULTILINE)


def read(text: str, file: str = "test.litmus") -> LitmusTest:
    """Return the test that `text` describes.

    Args:
        text: The whole file.
        file: Its name, for messages.

    Raises:
        LitmusError: The text is not a litmus file, or asks for what is not supported.
    """
    source = Source(text, file)
    name, below = _title(source)
    opening, closing = _braces(source, below)
    initial, declared = _initial(source, opening + 1, closing)
    table_end = _table_end(source, closing + 1)
    threads = _threads(source, closing + 1, table_end)
    observed, condition = _tail(source, table_end)
    touched = [one.name for steps in threads for step in steps for one in step.operands if isinstance(one, Memory)]
    locations = [one for one in (*declared, *touched, *observed) if ":" not in one]
    test = LitmusTest(
        name,
        text,
        file,
        initial,
        tuple(dict.fromkeys(locations)),
        threads,
        observed,
        condition,
    )
    _check_threads(source, test)
    return test


def _title(source: Source) -> tuple[str, int]:
    """Return the name of the test, and where the line after it begins."""
    start = len(source.bare) - len(source.bare.lstrip())
    end = source.bare.find("\n", start)
    end = len(source.bare) if end < 0 else end
    words = source.bare[start:end].split()
    first = source.span(start, start + max(1, len(words[0]) if words else 1))
    if not words or words[0].upper() != "X86":
        source.fail(
            "this is not an x86 litmus test",
            first,
            label="the first line is `X86` and a name",
            help="write `X86 SB`, and the instructions as Intel writes them: destination first",
        )
    if len(words) < 2:
        source.fail("the test has no name", first, help="write `X86 SB`")
    return " ".join(words[1:]), end


def _braces(source: Source, start: int) -> tuple[int, int]:
    opening = source.bare.find("{", start)
    closing = source.bare.find("}", opening)
    if opening < 0 or closing < 0:
        last = len(source.bare.rstrip())
        source.fail(
            "the initial values are missing",
            source.span(last, last + 1),
            help="write `{ x=0; y=0; }` before the threads",
        )
    return opening, closing


def _initial(source: Source, start: int, end: int) -> tuple[dict[str, int], list[str]]:
    """Return the initial values that are not 0, and the names of the locations among them."""
    tokens = Tokens(source, start, end)
    values: dict[str, int] = {}
    declared: list[str] = []
    while not tokens.at_end:
        if tokens.accept(";"):
            continue
        for kind in ("int", "uint32_t", "int32_t"):
            tokens.accept(kind)
        name = parse_name(tokens)
        declared.append(name)
        if tokens.accept("="):
            values[name] = tokens.expect("a number", kind="number").value
        if not tokens.at_end:
            tokens.expect(";")
    return {name: value for name, value in values.items() if value}, declared


def _table_end(source: Source, start: int) -> int:
    """Return where the table of threads ends: at the first line that begins with a word of the tail."""
    found = _TAIL.search(source.bare, start)
    if found is not None:
        return found.start("word")
    last = len(source.bare.rstrip())
    return source.fail(
        "the test has no condition", source.span(last, last + 1), help="write `exists (0:EAX=0 /\\ 1:EAX=0)`"
    )


@dataclass(frozen=True, slots=True)
class _Row:
    start: int
    end: int


def _rows(source: Source, start: int, end: int) -> list[_Row]:
    rows: list[_Row] = []
    while source.bare[start:end].strip():
        stop = source.bare.find(";", start, end)
        if stop < 0:
            last = len(source.bare[:end].rstrip())
            source.fail("a row of the table ends with `;`", source.span(last - 1, last))
        rows.append(_Row(start, stop))
        start = stop + 1
    return rows


def _cells(source: Source, row: _Row) -> list[tuple[int, int]]:
    bounds = [row.start - 1]
    bounds += [place for place in range(row.start, row.end) if source.bare[place] == "|"]
    bounds.append(row.end)
    return [(before + 1, after) for before, after in pairwise(bounds)]


def _threads(source: Source, start: int, end: int) -> tuple[tuple[Step, ...], ...]:
    rows = _rows(source, start, end)
    if not rows:
        source.fail("the test has no threads", source.span(start, start + 1), help="write a row ` P0 | P1 ;` first")
    heads = _cells(source, rows[0])
    for number, (left, right) in enumerate(heads):
        word = source.bare[left:right].strip()
        if word != f"P{number}":
            start = left + len(source.bare[left:right]) - len(source.bare[left:right].lstrip())
            source.fail(f"column {number + 1} is thread `P{number}`", source.span(start, start + max(1, len(word))))
    threads: list[list[Step]] = [[] for _ in heads]
    for row in rows[1:]:
        cells = _cells(source, row)
        if len(cells) > len(heads):
            source.fail(f"the table has {len(heads)} columns", source.span(*cells[len(heads)]))
        for thread, (left, right) in zip(threads, cells, strict=False):
            step = parse_cell(source, left, right)
            if step is not None:
                thread.append(step)
    return tuple(map(tuple, threads))


def _tail(source: Source, start: int) -> tuple[tuple[str, ...], Condition]:
    """Return the names to observe, and the condition."""
    tokens = Tokens(source, start, len(source.bare))
    listed: list[str] = []
    if tokens.next.text == "filter":
        source.fail("`filter` is not supported", tokens.next.span, help="put it into the condition")
    if tokens.accept("locations"):
        tokens.expect("[")
        while not tokens.accept("]"):
            listed.append(parse_name(tokens))
            tokens.accept(";")
    condition = parse_condition(tokens)
    return tuple(dict.fromkeys([*names_of(condition.proposition), *listed])), condition


def _check_threads(source: Source, test: LitmusTest) -> None:
    """Refuse jumps to labels that are not there, and threads that are not there."""
    for steps in test.threads:
        known = {label for step in steps for label in step.labels}
        for step in steps:
            for operand in step.operands:
                if isinstance(operand, Label) and operand.name not in known:
                    source.fail(f"the thread has no label `{operand.name}`", step.span)
    for name in (*test.observed, *test.initial):
        thread = int(name.partition(":")[0]) if ":" in name else 0
        if thread >= len(test.threads):
            place = re.search(rf"\b{re.escape(name)}\b", source.bare)
            start = place.start() if place else 0
            source.fail(f"there is no thread {thread}", source.span(start, start + len(name)))
