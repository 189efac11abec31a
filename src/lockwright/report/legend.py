"""What to know of the code of a counterexample before its steps are read: who runs it, and what its words mean."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from lockwright.results import HARNESSES, counted, listed, thread_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.bugs import Code
    from lockwright.results import CheckResult, Fault

PHRASES = {
    "enters": "the thread is in the critical section from here on",
    "gives up spinning": "a bounded wait ends without its condition; after how many rounds is left open, so that every "
    "number is covered",
    "changes nothing": "the write stored what was there",
    "overwritten unseen": "the next write came before anybody read this one",
}
"""What steps say that the code does not."""

_WIDEST_WORD = 24


_HANDLER = re.compile(r"^\s*@(interrupt|softirq)\b", re.MULTILINE)
_LOOP = re.compile(r"\brunning\(\)")
_OF_INTERRUPTS = frozenset({"halt", "interrupts_off", "interrupts_restore", "interrupts_disabled"})


def turns(result: CheckResult, threads: int, acquisitions: int | None) -> str:
    """Return how many threads there are, and what each does: `2 threads, each takes the lock once`."""
    who = counted(threads, "thread")
    is_lock = not result.sources.keys().isdisjoint(HARNESSES)
    if not is_lock and not any(_LOOP.search(text) for text in result.sources.values()):
        return f"{who}, each runs once" if threads > 1 else f"{who}, runs once"
    often = {None: "again and again", 1: "once", 2: "twice"}.get(acquisitions, f"{acquisitions} times")
    return f"{who}, each {'takes the lock' if is_lock else 'goes round its loop'} {often}"


def sentences(code: Code, fault: Fault, result: CheckResult) -> Iterator[str]:
    """Yield how to read the code."""
    yield "`>` marks the lines that the steps below ran; memory is zero at first"
    if code.has_setup:
        yield "`setup` runs once, before the first step"
    if code.is_in_harness:
        yield "each thread takes the lock, adds one to a counter (not shown), and releases the lock"
    if code.threads:
        yield listed([f"{thread_name(thread)} runs `{function}`" for thread, function in code.threads])

    yield from _interrupts(code, fault, result)


def _interrupts(code: Code, fault: Fault, result: CheckResult) -> Iterator[str]:
    """Yield whether interrupts come, where the code speaks of them."""
    if any(_HANDLER.search(text) for text in result.sources.values()):
        often = result.params.get("interrupts", 1)
        yield f"a handler comes at most {'once' if often == 1 else f'{often} times'}"
        if any(row.kind == "interrupt" for row in fault.rows):
            yield "its steps stand in the column of the thread that it interrupts"
    elif not _OF_INTERRUPTS.isdisjoint(dict(code.words)):
        yield "no interrupt comes in this run"


def words_of(code: Code, fault: Fault) -> Iterator[tuple[str, str]]:
    """Yield the words of the code, what it calls but does not enter, and the phrases of the steps, with meanings."""
    yield from code.words
    yield from ((f"{name}()", f"not shown here: {text}") for name, text in code.not_entered)
    said = {text for row in fault.rows for text in (*row.text.replace(":", ",").split(", "), row.note)}
    yield from ((phrase, text) for phrase, text in PHRASES.items() if phrase in said)


def legend_lines(code: Code, fault: Fault, result: CheckResult, width: int) -> Iterator[str]:
    """Yield it as lines of a given width, a word with its meaning in each."""
    yield from (f"   {line}" for line in sentences(code, fault, result))
    words = list(words_of(code, fault))
    column = min(max((len(word) for word, _ in words), default=0), _WIDEST_WORD)
    for word, text in words:
        head = f"   {word:<{column}}  "
        yield from textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * (column + 5))
