"""The one entry: a profile in, a diagnosis out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.chain import chain_of
from lockwright.profiles.diagnosis.evidence import evidence_of
from lockwright.profiles.diagnosis.facts import facts_of
from lockwright.profiles.diagnosis.headline import headline
from lockwright.profiles.diagnosis.locks import lock_of, waited_lock_of
from lockwright.profiles.diagnosis.result import Diagnosis
from lockwright.profiles.diagnosis.verdict import decide

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.result import Link, LockFound
    from lockwright.profiles.diagnosis.verdict import Decision
    from lockwright.profiles.model import Profile

_ALL = 100.0  # percent


def diagnose(profile: Profile) -> Diagnosis:
    """Return what a profile says about locks: the verdict, and with each claim what it rests on."""
    facts = facts_of(profile)
    decision = decide(facts)
    lock = _lock(facts, decision)
    return Diagnosis(
        verdict=decision.verdict,
        headline=headline(facts, decision, lock),
        lock=lock,
        evidence=evidence_of(facts, decision),
        chain=_chain(facts, decision),
    )


def _lock(facts: Facts, decision: Decision) -> LockFound | None:
    if decision.group is None:
        return None
    if decision.why == "waits":
        return waited_lock_of(facts.view.profile, decision.group, facts.waited_ns)
    return lock_of(facts.view, decision.group)


def _chain(facts: Facts, decision: Decision) -> tuple[Link, ...]:
    if decision.group is None:
        return ()
    profile = facts.view.profile
    if decision.why == "waits":
        shares = {id(one): _ALL * one.total_ns / (facts.waited_ns or 1.0) for one in facts.waits}
        return chain_of(facts.waits, decision.group, shares, has_stacks=profile.has_stacks)
    shares = {id(one): facts.view.busy(one.weight) for one in facts.groups}
    return chain_of(facts.groups, decision.group, shares, has_stacks=profile.has_stacks)
