"""Where only holds are known: who has a lock for long, and not whether anybody waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.groups import waiter
from lockwright.profiles.diagnosis.result import UNDECIDED, Caution, Diagnosis, LockFound
from lockwright.profiles.diagnosis.words import article, duration

if TYPE_CHECKING:
    from lockwright.profiles.model import Holding, Profile

_VALGRIND = "Valgrind's DRD"  # the name of its reader


def of_holds(profile: Profile) -> Diagnosis | None:
    """Return what holds alone tell; None if anything else is known, or nothing."""
    if profile.samples or profile.waits or profile.shared_lines or not profile.holdings:
        return None
    held = max(profile.holdings, key=lambda one: one.total_ns)
    lock = LockFound(held.kind, "", (), rests_on="who took it", name=held.lock, taken_in=waiter(held.stack).caller)
    is_slow = profile.provenance.reader == _VALGRIND
    sentence = "under Valgrind one thread runs at a time, many times slower than alone: holds are longer than in truth"
    return Diagnosis(
        verdict=UNDECIDED,
        headline=_headline(held, lock),
        lock=lock,
        cautions=(Caution("Valgrind", sentence),) if is_slow else (),
        record=("`lockwright record -- COMMAND`: whether anybody waits for it meanwhile, and for how long",),
        not_covered=("who waits, and for how long", "CPU time"),
    )


def _headline(held: Holding, lock: LockFound) -> str:
    """Return the answer in one sentence."""
    by = f" taken in {lock.taken_in}" if lock.taken_in else ""
    times = f"{held.acquired:,} times, {duration(held.longest_ns)} at most" if held.acquired > 1 else "once"
    name = held.lock or "without a name"
    what = f"{article(held.kind)} {name}{by} was held for {duration(held.total_ns)} ({times})"
    return f"undecided: nothing tells who waits; {what}"
