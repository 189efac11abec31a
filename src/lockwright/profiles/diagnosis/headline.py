"""The answer in one sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import ALL_SHOWN_PERCENT, COUNTED, OFF_CPU
from lockwright.profiles.diagnosis.counters import counts_waits, is_of_unknown_time
from lockwright.profiles.diagnosis.futexes import is_unknown, unknown_ns, whose
from lockwright.profiles.diagnosis.hot import LOOK_UP, pair_beside
from lockwright.profiles.diagnosis.lines import atomics, is_of_lock, line_percent, passing_percent, touches
from lockwright.profiles.diagnosis.owners import FUTEX, is_nameless
from lockwright.profiles.diagnosis.result import CONTENDED, MINOR, NO_LOCK, UNDECIDED, Site
from lockwright.profiles.diagnosis.verdict import CONTENDED_AT_ONCE, CONTENDED_PERCENT, VISIBLE_PERCENT, hidden_percent
from lockwright.profiles.diagnosis.words import article, duration, listed

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.hot import Hot
    from lockwright.profiles.diagnosis.inlined import Inlined
    from lockwright.profiles.diagnosis.result import LockFound, WaitTimes
    from lockwright.profiles.diagnosis.verdict import Decision

_ADDRESS = re.compile("(?:0x)?[0-9a-f]{4,16}")
_CALLERS = 3  # that a headline names
_MOST_PERCENT = 50.0  # of busy time
_SAME = 0.05  # percentage points that are not printed
_LEAST = "at least "
_A_LEADS = {CONTENDED: "a contended lock", MINOR: "a visible but minor lock"}
_LEADS = {CONTENDED: "contended lock", MINOR: "visible but minor"}


def headline(facts: Facts, decision: Decision, lock: LockFound | None) -> str:
    """Return the verdict as a person says it."""
    if decision.why == "walk" and decision.walk:
        return _walk(facts, decision.walk)
    if decision.why == "atomic":
        return _atomic(facts)
    if decision.why in {"count", "line", "passing"}:
        return _line(facts, decision, lock)
    if decision.why == "cut":
        shown = f"undecided: the rows here are {facts.view.shown_percent:.1f} % of {facts.view.base}"
        return f"{shown}; {facts.lock_percent:.1f} % take locks or wait for them" if facts.lock_percent else shown
    if decision.why == "nameless":
        share = both(facts, hidden_percent(facts))
        return f"undecided: {share} in functions of the kernel or the C library that have no names here"
    if decision.inlined and decision.why == "loop":
        loop = decision.inlined.loop
        does = "spins" if decision.inlined.spins else "waits for the cache line of an atomic operation"
        share = f"{loop.share_percent:.0f} % of its samples"
        return f"undecided: {loop.symbol or 'the function'} {does} for {share}; what it has of the run is not told"
    if decision.inlined:
        return _inlined(facts, decision, decision.inlined)
    if decision.why == "few":
        count = sum(one.count for one in facts.view.samples)
        some = f"{facts.lock_percent:.0f} % of them take a lock or wait for one"
        locks = some if facts.lock_percent else "none of them takes a lock or waits for one"
        return f"undecided: {count} sample{'s are' if count > 1 else ' is'} too few; {locks}"
    if decision.why == "own" and lock:
        lead = "likely a contended lock" if decision.verdict == CONTENDED else "undecided"
        by = f", called by {lock.caller}" if lock.caller else ""
        return f"{lead}: {_share(facts, lock)} in {lock.function}{by}, a lock of the program's own by its name"
    if decision.why == "alone" and lock:
        group = decision.group
        share = both(facts, passing_percent(facts, group) or facts.view.busy(group.weight)) if group else ""
        return f"no contention: one thread takes and releases {article(lock.kind)}{wanted(lock)}, for {share}"
    if decision.why == "objects":
        return "undecided: the profile tells objects, not functions"
    if lock is None or decision.why == "nothing":
        return _nothing(facts)
    if decision.verdict == NO_LOCK and lock.waits and lock.waits.span_ns:
        waited = f"{duration(facts.waited_ns)} of waiting in {duration(lock.waits.span_ns)}"
        return f"no contention: {waited}, most of it for {article(lock.kind)}{wanted(lock)}"
    if decision.why == "release":
        share, by = both(facts, facts.release_percent), f" by {lock.caller}" if lock.caller else ""
        by += f", taken in {lock.taken_in}" if lock.taken_in else ""
        return f"undecided: {share} where {article(lock.kind)} is released{by}: waiting or work with interrupts off"
    if decision.why == "unnamed":
        share = f"{_LEAST if _is_cut(facts) else ''}{both(facts, facts.waiting_percent)}"
        if lock.caller and lock.kind == FUTEX:
            return f"undecided: {share} waits for a futex, most of it called at {lock.caller}: a lock or an event"
        return f"undecided: {share} waits for {article(lock.kind)}, and nothing tells for which one{_more(facts)}"
    if decision.why == "counted" and lock.waits:
        what = "waits" if counts_waits(facts) else "calls on the way to wait"
        calls = f"{lock.waits.contended:,} {what} for {article(lock.kind)}{wanted(lock)}"
        return f"undecided: {calls}, counted without times"
    if decision.why == "tasks" and lock.waits:
        total = f"{duration(lock.waits.total_ns)} of waiting in {lock.waits.contended:,} waits"
        who = f", most of it by {lock.waited_by[0].caller}" if lock.waited_by else ""
        held = f", most of it while {lock.held_by[0].caller} held one" if lock.held_by and not who else ""
        return f"undecided: {total}{who}{held}; the table does not tell for which locks"
    if decision.why in {"scheduler", "user lock"}:
        return f"undecided: {_elsewhere(facts, decision, lock)}"
    lead = _LEADS.get(decision.verdict, "not a lock" if decision.verdict == NO_LOCK else decision.verdict)
    if decision.why == "waits" and lock.waits:
        unknown = decision.verdict == UNDECIDED and is_of_unknown_time(facts)
        return f"{lead}: {_waits(lock, lock.waits)}{'; over how long is not told' if unknown else ''}"
    if decision.verdict == MINOR and (lock.share_busy_percent or 0.0) < VISIBLE_PERCENT:
        share = f"{_LEAST if _is_cut(facts) else ''}{both(facts, facts.lock_percent)}"
        part = lock.share_busy_percent or 0.0
        which = f"{article(lock.kind)}{wanted(lock)}"
        first = f"most of it for {which}" if 2 * part >= facts.lock_percent else f"first {which} ({part:.1f} %)"
        return f"{lead}: {share} for locks, {first}{_more(facts)}"
    if decision.verdict == MINOR:
        return f"{lead}: {_share(facts, lock)} for {article(lock.kind)}{wanted(lock)}{_more(facts)}"
    owner = f"; its owner may be in {decision.owner_work[0].caller}" if decision.owner_work and not lock.caller else ""
    if (lock.share_busy_percent or 0.0) < CONTENDED_PERCENT:
        waiting = f"{_LEAST if _is_cut(facts) else ''}{both(facts, facts.waiting_percent)}"
        which = f"{article(lock.kind)}{_all_wanted(facts, decision, lock)}"
        return f"contended locks: {waiting} waits, most of it for {which}{owner}"
    which = _all_wanted(facts, decision, lock) if lock.through_futex else wanted(lock)
    return f"{lead}: {_share(facts, lock)} for {article(lock.kind)}{which}{owner}{_at_once(lock)}"


def _inlined(facts: Facts, decision: Decision, found: Inlined) -> str:
    share, where = both(facts, found.share_percent), found.loop.symbol
    if not found.spins:
        return f"likely a shared cache line: {share} in an atomic operation that was inlined into {where}"
    lead = _LEADS[decision.verdict] if found.is_sure else f"likely {_A_LEADS[decision.verdict]}"
    caller = next((who for who, _ in decision.group.by_caller() if who), "") if decision.group else ""
    by = f" called by {caller}" if caller and caller != where else ""
    may = "" if found.is_sure else ", or waits there for something else"
    return f"{lead}: {share} spins in {where}{by}{may}, by its instructions"


def _all_wanted(facts: Facts, decision: Decision, lock: LockFound) -> str:
    """Return who wants locks of one kind, where none of them has most: they may be one."""
    first = decision.group
    if first is None or not lock.caller:
        return wanted(lock)
    alike = [one for one in facts.groups if one.kind == first.kind and one.weight > first.weight / 2]
    callers = dict.fromkeys(next((who for who, _ in one.by_caller() if who), "") for one in alike)
    names = [one for one in callers if one]
    return f" wanted by {listed(names[:_CALLERS])}" if len(names) > 1 else wanted(lock)


def _elsewhere(facts: Facts, decision: Decision, lock: LockFound) -> str:
    """Return the sentence about waits whose cause lies elsewhere."""
    amount = f"{duration(lock.waits.total_ns)} of waiting" if lock.waits else f"{_share(facts, lock)} waits"
    if decision.why == "user lock" and decision.group and is_unknown(decision.group):
        asleep = duration(unknown_ns(facts.waits))
        return f"{asleep} asleep on futexes {whose(decision.group)}: for a lock, or for work"
    if decision.why == "user lock":
        return f"{amount} on the way of a lock of user space through the kernel (futex), and no frame names it"
    by = f" ({lock.caller})" if lock.caller else ""
    return f"{amount} for locks of the scheduler{by}: tasks sleep and wake often, for what is not told"


def _walk(facts: Facts, walk: Hot) -> str:
    share = both(facts, walk.share_percent)
    rest = f"{facts.waiting_percent:.1f} % waits for locks" if facts.waiting_percent else "nothing waits for locks"
    return f"not a lock: {share} in {walk.symbol}, a look-up by its name; {rest}"


def _waits(lock: LockFound, waits: WaitTimes) -> str:
    if waits.off_cpu_ns and not waits.contended:
        part = 100 * waits.total_ns / waits.off_cpu_ns
        asleep = f"{part:.0f} % of {duration(waits.off_cpu_ns)} off the CPU"
        return f"{duration(waits.total_ns)} asleep for {article(lock.kind)}{wanted(lock)}, {asleep}"
    if not waits.contended:
        return f"{article(lock.kind)}{wanted(lock)}, {duration(waits.total_ns)} of waiting"
    mean = f" of {duration(waits.mean_ns)}" if waits.mean_ns is not None else ""
    word = "acquisition" if waits.counts_all else "wait"
    number = f"{waits.contended:,} {word}{'s' * (waits.contended != 1)}"
    return f"{article(lock.kind)}{wanted(lock)}, {duration(waits.total_ns)} of waiting in {number}{mean}"


def _share(facts: Facts, lock: LockFound) -> str:
    return f"{_LEAST if lock.is_least else ''}{both(facts, lock.share_busy_percent or 0.0)}"


def _is_cut(facts: Facts) -> bool:
    """Return whether a table has not all of its rows."""
    return facts.view.profile.unit == "percent" and facts.view.shown_percent < ALL_SHOWN_PERCENT


def both(facts: Facts, share_percent: float) -> str:
    """Return a share of busy time, and of everything where that is not the same."""
    whole = share_percent * facts.view.busy_weight / facts.view.all_weight
    same = abs(share_percent - whole) < _SAME
    if facts.view.event in COUNTED:
        return f"{share_percent:.1f} % of the {facts.view.event}"
    return f"{share_percent:.1f} % of {facts.view.base}" + ("" if same else f" ({whole:.1f} % of all)")


def _more(facts: Facts) -> str:
    """Return what is hotter than all locks, and why it may belong to them."""
    if facts.view.profile.has_stacks:
        return ""
    pair = pair_beside(facts.hot)
    if pair and pair.share_percent > facts.waiting_percent:
        return f"; allocating and freeing beside the look-up {pair.walk} has {pair.share_percent:.1f} %"
    walk = next((one for one in facts.hot if one.kind == LOOK_UP and not one.is_user), None)
    if walk and walk.share_percent > max(facts.waiting_percent, CONTENDED_PERCENT):
        return f"; {walk.symbol}, a look-up by its name, has {walk.share_percent:.1f} %"
    return ""


def _line(facts: Facts, decision: Decision, lock: LockFound | None) -> str:
    if decision.line is not None:
        places = touches(decision.line)
        who = " and ".join(dict.fromkeys(one.symbol for one in places[:2]))
        lead = "shared cache line of a lock" if is_of_lock(decision.line) else "shared cache line"
        return f"{lead}: {decision.line.address}, touched by {who}" if who else f"{lead}: {decision.line.address}"
    if lock is None:
        share = f"{line_percent(facts):.1f} % of {facts.view.base}"
        return f"shared cache line: {share} changes counts that CPUs share, and waits for no lock"
    passed = passing_percent(facts, decision.group) if decision.group else 0.0
    which = f"{article(lock.kind)}{wanted(lock)}"
    share = f"{passed:.1f} % of {facts.view.base}"
    return f"shared cache line: {share} takes and releases {which}, and hardly anybody is seen to wait"


def _atomic(facts: Facts) -> str:
    found = atomics(facts)
    if found is None:
        return "undecided: atomic operations"
    by = f", called by {found.caller}" if found.caller else ""
    share = both(facts, found.share_percent)
    return f"likely a shared cache line: {share} in {found.function}{by}, an atomic operation of no known lock"


def _nothing(facts: Facts) -> str:
    off_cpu_ns = sum(one.weight for one in facts.view.profile.samples if one.event == OFF_CPU)
    if not facts.view.samples:
        return (
            f"no lock in sight: {duration(off_cpu_ns)} off the CPU, none of it asleep for a lock"
            if off_cpu_ns
            else "no lock in sight: no wait for one"
        )
    nameless = facts.view.busy(sum(one.weight for one in facts.view.samples if is_nameless(one.stack[0])))
    rows = f", in rows that cover {facts.view.shown_percent:.0f} % of {facts.view.base}" if _is_cut(facts) else ""
    if nameless >= _MOST_PERCENT:
        rows += f"; {nameless:.0f} % of {facts.view.base} is in functions without names"
    if not facts.lock_percent:
        return f"no lock in sight: no sample in a function that takes one or waits for one{rows}"
    share = f"{facts.lock_percent:.1f} % of {facts.view.base}"
    return f"no lock in sight: {share} in functions that take one or wait for one{rows}"


def wanted(lock: LockFound) -> str:
    """Return which lock it is: by its callers with more than half of what the first one has, else by its name."""
    named = _by_caller(lock)
    if not named:
        by = f" waited for by {lock.waited_by[0].caller}" if lock.waited_by else ""
        held = f" held by {lock.held_by[0].caller}" if lock.held_by and not by else ""
        return f" {lock.name}" if lock.name else by or held or (", which one is not told" if lock.waits else "")
    outer = {one.within for one in named} if lock.through_futex else set()  # whoever wakes in the name of a callee
    many = [one for one in named if one.share_percent > named[0].share_percent / 2 and one.caller not in outer]
    many = many or named[:1]
    first, name = named[0], f" {lock.name}" if has_name(lock) else ""
    if len(many) == 1:
        is_thin = first.within and "lock" in first.caller  # a function that does nothing but take it
        return f"{name} wanted by {first.caller}" + (f" for {first.within}" if is_thin else "")
    return f"{name} wanted by {listed([one.caller for one in many])}"


def _at_once(lock: LockFound) -> str:
    """Return how many tasks wait for a lock at any moment, where that was recorded and is much: most of them sleep."""
    number = lock.recorded.waiting_at_once if lock.recorded else None
    return f"; {number:.2g} tasks wait for it at any moment" if number and number >= CONTENDED_AT_ONCE else ""


def _by_caller(lock: LockFound) -> list[Site]:
    """Return who wants a lock, each once, with the first of those that it is called by."""
    found: dict[str, Site] = {}
    for one in lock.sites:
        if one.caller:
            known = found.get(one.caller)
            share = one.share_percent + (known.share_percent if known else 0.0)
            found[one.caller] = Site(one.caller, share, known.within if known else one.within)
    return list(found.values())


def has_name(lock: LockFound) -> bool:
    """Return whether a lock has a name, not only an address."""
    return bool(lock.name) and _ADDRESS.fullmatch(lock.name) is None
