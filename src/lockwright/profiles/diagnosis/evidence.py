"""The functions that a verdict rests on, and what each is taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.diagnosis.base import family
from lockwright.profiles.diagnosis.hot import LOCK, of_kernel
from lockwright.profiles.diagnosis.names import suggestion
from lockwright.profiles.diagnosis.result import Evidence
from lockwright.profiles.diagnosis.words import article

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts

_ROWS = 8
_LEAST_PERCENT = 0.5  # of busy time
WORDS = {
    "spin": "spins for {}",
    "sleep": "waits for {}: its slow path",
    "acquire": "takes {}",
    "unlock": "releases {}",
    "line": "changes a word that CPUs share, without a lock",
    "atomic": "an atomic operation: its word may be shared",
    "pause": "rests between two tries, of a lock or of anything",
    "event": "waits for something to happen, not for a lock",
    "schedule": "gives up the CPU",
    "idle": "idle",
}


def evidence_of(facts: Facts) -> tuple[Evidence, ...]:
    """Return the functions that say something, the heaviest first."""
    rows: list[Evidence] = []
    kernel = of_kernel(facts.view.samples)
    for symbol, weight in folding.by_symbol(facts.view.samples).items():
        meaning, rests_on = meaning_of(symbol, is_kernel=symbol in kernel)
        share = facts.view.busy(weight)
        if meaning and share >= _LEAST_PERCENT:
            rows.append(Evidence(symbol, share, meaning, rests_on))
    return tuple(rows[:_ROWS])


def meaning_of(symbol: str, *, is_kernel: bool = False) -> tuple[str, str]:
    """Return what a function is taken for, and what that rests on; empty if nothing is known.

    Args:
        symbol: Its plain name.
        is_kernel: Whether it is of the kernel, all of whose locks are in the table: there no name tells of one.
    """
    found = family(symbol)
    if found and found.role in WORDS:
        words = WORDS[found.role].format(article(found.lock))
        is_event = ":" in symbol and "::" not in symbol  # of a database: no function, and no slow path
        return words.partition(":")[0] if is_event else words, "table"
    kind, meaning = ("", "") if found else suggestion(symbol)
    meaning = "" if is_kernel and kind == LOCK else meaning
    return meaning, "name" if meaning else ""
