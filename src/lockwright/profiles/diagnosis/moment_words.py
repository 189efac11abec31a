"""The answer in one sentence, and what is known of a lock, where tasks were seen at one moment, or at a few."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.headline import wanted
from lockwright.profiles.diagnosis.moment import CIRCLE, nameless_sleepers, short, tasks
from lockwright.profiles.diagnosis.result import CONTENDED, MINOR, NO_LOCK
from lockwright.profiles.diagnosis.words import article
from lockwright.profiles.standing import BESIDE, DEADLOCK, IDLE_IN, SESSIONS

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.result import LockFound, Standing
    from lockwright.profiles.diagnosis.verdict import Decision

_LEADS = {CONTENDED: "contended lock", MINOR: "visible but minor"}
_MOST = 0.5  # of the tasks: what they wait for instead is named


def moment_headline(facts: Facts, decision: Decision, lock: LockFound | None) -> str:
    """Return the verdict as a person says it."""
    if decision.why == CIRCLE:
        return f"deadlock: {_without_addresses(facts.view.profile.facts[DEADLOCK])}"
    if lock is None or lock.standing is None:
        return _nothing(facts) if decision.verdict == NO_LOCK else _nameless(facts)
    lead, held = _LEADS.get(decision.verdict, "undecided"), _held(lock, lock.standing)
    which = f"{article(lock.kind)}{wanted(lock)}"
    return f"{lead}: {_waiting(lock.standing, facts.view.event)} for {which}{f'; {held}' if held else ''}"


def _without_addresses(circle: str) -> str:
    return " ".join(f"{short(one)}{',' * one.endswith(',')}" if "@" in one else one for one in circle.split(" "))


def _waiting(found: Standing, word: str) -> str:
    if found.moments == 1:
        return f"{found.waiting:,} of {found.tasks:,} {word} {'waits' if found.waiting == 1 else 'wait'}"
    each, of = found.waiting / found.moments, found.tasks / found.moments
    return f"{each:.3g} of {of:.3g} {word}, on average over {found.moments} looks, wait"


def _held(lock: LockFound, found: Standing) -> str:
    """Return who has the lock, and where it stands; empty if neither is known."""
    asleep = f", asleep in {found.holder_sleeps}" if found.holder_sleeps else ""
    if found.holder_wants:
        who = lock.held_by[0].caller if lock.held_by else "its holder"
        return f"{who} has it, and waits for {found.holder_wants} itself"
    if lock.held_by:
        where = f", in {found.holder_at}{asleep}" if found.holder_at else ""
        where = f", and is {IDLE_IN}" if found.holder_at == IDLE_IN else where
        return f"{lock.held_by[0].caller} has it{where}"
    return f"its holder may be in {found.holder_at}{asleep}" if found.holder_at else ""


def _nameless(facts: Facts) -> str:
    hidden = f"{nameless_sleepers(facts.view.profile)} of {tasks(facts):,.0f} {facts.view.event}"
    return f"undecided: {hidden} sleep in a futex, or for a condition, and the functions that want it have no names"


def _nothing(facts: Facts) -> str:
    seen, word = int(tasks(facts)), facts.view.event
    sums: dict[str, float] = defaultdict(float)
    for one in facts.view.samples:
        sums[one.stack[0].symbol] += one.weight
    if not seen:
        return f"no lock in sight: none of the {word} that were seen had anything to do"
    first = max(sums, key=lambda name: sums[name], default="")
    if word == SESSIONS and ":" in first and sums[first] > _MOST * seen:
        return f"not a lock: {sums[first]:,.0f} of {seen:,} {word} are in {first}, and none waits for a lock"
    lead = "no lock in sight" + (" at this moment" if BESIDE in facts.view.profile.facts else "")
    return f"{lead}: none of {seen:,} {word} waits for one" if seen > 1 else f"{lead}: nobody waits for one"
