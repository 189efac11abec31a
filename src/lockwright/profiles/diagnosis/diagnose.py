"""The one entry: a profile in, a diagnosis out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.advice import cures_of
from lockwright.profiles.diagnosis.base import ALL_SHOWN_PERCENT, COUNTED
from lockwright.profiles.diagnosis.cautions import IDLE_PERCENT, cautions_of
from lockwright.profiles.diagnosis.chain import chain_of
from lockwright.profiles.diagnosis.evidence import evidence_of
from lockwright.profiles.diagnosis.facts import facts_of
from lockwright.profiles.diagnosis.headline import headline
from lockwright.profiles.diagnosis.holds import of_holds
from lockwright.profiles.diagnosis.inlined import INLINED_KIND, described
from lockwright.profiles.diagnosis.locks import lock_of
from lockwright.profiles.diagnosis.missing import SLEEPING, is_hot_alone, not_covered_of, record_of, was_looked_at
from lockwright.profiles.diagnosis.moment import CIRCLE, of_moment, standing_lock, waiting
from lockwright.profiles.diagnosis.moment_advice import (
    cautions_of_moment,
    not_covered_of_moment,
    reasons_of,
    records_of_moment,
)
from lockwright.profiles.diagnosis.moment_words import moment_headline
from lockwright.profiles.diagnosis.promise import BYSTANDERS, RETRIES, SLEEPERS, promise_of
from lockwright.profiles.diagnosis.result import CONTENDED, LINE, Diagnosis, LockFound, Site
from lockwright.profiles.diagnosis.times import beside, waited_lock_of
from lockwright.profiles.diagnosis.verdict import decide

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.diagnosis.inlined import Inlined
    from lockwright.profiles.diagnosis.result import Cure, Link, Promise
    from lockwright.profiles.diagnosis.verdict import Decision
    from lockwright.profiles.model import Profile

_ALL = 100.0  # percent
_LOST_PERCENT = 0.1  # of busy time
_LEAST_PERCENT = 1.0  # of busy time that a promise is made of


def diagnose(profile: Profile) -> Diagnosis:
    """Return what a profile says about locks: the verdict, and with each claim what it rests on."""
    held = of_holds(profile)
    if held is not None:
        return held
    facts = facts_of(profile)
    seen = of_moment(facts)
    if seen is not None:
        return _of_moment(facts, seen)
    decision = decide(facts)
    lock = _lock(facts, decision)
    chain = _chain(facts, decision)
    cures = cures_of(facts, decision, lock)
    return Diagnosis(
        verdict=decision.verdict,
        headline=headline(facts, decision, lock),
        lock=lock,
        evidence=evidence_of(facts),
        chain=chain,
        promise=_promise(facts, decision, lock, chain, cures),
        cures=cures,
        cautions=cautions_of(facts, decision, lock),
        record=record_of(facts, decision, lock),
        not_covered=not_covered_of(facts, decision, lock),
        is_likely=decision.is_likely,
    )


def _of_moment(facts: Facts, decision: Decision) -> Diagnosis:
    """Return the diagnosis of tasks that were seen at some moments: no shares of time, and nothing to promise."""
    group = decision.group
    lock = standing_lock(facts, group) if group else None
    reasons = reasons_of(group, lock) if group and lock and decision.why != CIRCLE else ()
    whole = sum(map(waiting, facts.waits)) or 1
    shares = {id(one): _ALL * waiting(one) / whole for one in facts.waits}
    return Diagnosis(
        verdict=decision.verdict,
        headline=moment_headline(facts, decision, lock),
        lock=lock,
        evidence=evidence_of(facts),
        chain=chain_of(facts.waits, group, shares, has_stacks=facts.view.profile.has_stacks) if group else (),
        cures=cures_of(facts, replace(decision, reasons=reasons), lock),
        cautions=tuple(cautions_of_moment(facts, decision, lock)),
        record=tuple(records_of_moment(facts, group)),
        not_covered=not_covered_of_moment(lock),
    )


def _lock(facts: Facts, decision: Decision) -> LockFound | None:
    if decision.why == "loop" and decision.inlined:
        return _looped(decision.inlined)
    if decision.group is None:
        return None
    if decision.group.waits:
        return waited_lock_of(facts.view.profile, decision.group, facts.waited_ns)
    if decision.inlined:
        return _inlined(facts, decision.group, decision.inlined)
    own = {id(sample) for sample, _ in decision.group.members}
    others = [one for one in facts.others if id(one) not in own]
    lock = lock_of(facts.view, decision.group, others, decision.owner_work)
    recorded = beside(facts.view.profile, decision.group, facts.waits, facts.waited_ns)
    lock = replace(lock, is_least=_is_least(facts, decision.group), recorded=recorded)
    return replace(lock, taken_in=_taken_in(facts, lock)) if decision.why == "release" else lock


def _inlined(facts: Facts, group: Group, found: Inlined) -> LockFound:
    """Return the lock that was inlined: what its function runs beside the loop may hold it."""
    rest = (Site(found.loop.symbol, found.rest_percent),) if found.rest_percent >= _LOST_PERCENT else ()
    lock = lock_of(facts.view, group, ())
    inside = found.rest_percent if rest else None
    return replace(lock, rests_on=f"its instructions: {described(found.loop)}", inside=rest, inside_percent=inside)


def _looped(found: Inlined) -> LockFound:
    """Return what instructions alone tell of a lock: that there is waiting, and not how much."""
    kind = INLINED_KIND if found.spins else "shared cache line"
    return LockFound(kind, found.loop.symbol, (), rests_on=described(found.loop))


def _is_least(facts: Facts, group: Group) -> bool:
    """Return whether a lock may have more than its share: rows of the table are missing, or callers of its kind are."""
    if facts.view.profile.unit == "percent" and facts.view.shown_percent < ALL_SHOWN_PERCENT:
        return True
    nameless = [one for one in facts.groups if one is not group and one.kind == group.kind]
    lost = sum(one.weight for one in nameless if not any(caller for caller, _ in one.by_caller()))
    return facts.view.busy(lost) >= _LOST_PERCENT


def _taken_in(facts: Facts, lock: LockFound) -> str:
    """Return the function that takes a lock for those that are seen to release it; empty if no sample shows it."""
    releasing = {one.caller for one in lock.sites} - {""}
    pairs = [pair for one in facts.groups if one.kind == lock.kind for pair in one.by_caller()]
    return next((caller for caller, within in pairs if caller and within in releasing), "")


def _chain(facts: Facts, decision: Decision) -> tuple[Link, ...]:
    if decision.group is None:
        return ()
    profile = facts.view.profile
    if decision.group.waits:
        shares = {id(one): _ALL * one.total_ns / (facts.waited_ns or 1.0) for one in facts.waits}
        return chain_of(facts.waits, decision.group, shares, has_stacks=profile.has_stacks)
    shares = {id(one): facts.view.busy(one.weight) for one in facts.groups}
    return chain_of(facts.groups, decision.group, shares, has_stacks=profile.has_stacks)


def _promise(
    facts: Facts, decision: Decision, lock: LockFound | None, chain: tuple[Link, ...], cures: tuple[Cure, ...]
) -> Promise | None:
    """Return what there is to gain; None where no share of busy time rests on more than a guess."""
    if facts.view.event in COUNTED:
        return None  # how many threads stand there is no share of time
    base = facts.view.base + (f" (event {facts.view.event})" if facts.view.event else "")
    quartiles = cures[0].quartiles if cures else None
    if decision.walk and is_hot_alone(facts) and not was_looked_at(facts, decision.walk.symbol):
        return None  # a lock that was inlined there would look the same
    if decision.walk:
        return promise_of(decision.walk.share_percent, quartiles, facts.waiting_percent, base)
    if (
        lock is None
        or decision.why in {"release", "scheduler", "cut"}
        or lock.waits
        or decision.verdict not in {CONTENDED, LINE, "minor", "undecided"}
    ):
        return None
    share = lock.share_busy_percent or 0.0
    if lock.kind in SLEEPING and facts.idle_percent >= IDLE_PERCENT:
        return None  # what the CPUs do is not what the run waits for
    if share < _LEAST_PERCENT:
        return None
    behind = next((one.share_percent for one in chain if one.same_path is not False), 0.0)
    found = promise_of(share, quartiles, behind, base, _above(lock))
    return replace(found, is_least=lock.is_least)


def _above(lock: LockFound) -> tuple[str, ...]:
    """Return which of the known ways above the bound this kind of lock may take."""
    if lock.kind == "line":
        return (BYSTANDERS,)
    if lock.kind not in SLEEPING:
        return (RETRIES, BYSTANDERS)
    number = lock.recorded.waiting_at_once if lock.recorded else None
    asleep = f"what they sleep counts: {number:.2g} tasks wait for it at any moment" if number else SLEEPERS
    return (asleep, RETRIES)
