"""From groups of samples to the lock of a diagnosis: shares, callers, and what runs inside."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.diagnosis.base import plain, role
from lockwright.profiles.diagnosis.groups import OWN_KIND
from lockwright.profiles.diagnosis.hot import PROFILER, suggests
from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.diagnosis.owners import FUTEX, is_nameless
from lockwright.profiles.diagnosis.result import LockFound, Site
from lockwright.profiles.symbols import INSIDE, SPIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.diagnosis.base import View
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import Frame, Sample, Stack

_SITES = 4  # callers that are kept
_INSIDE = 3  # functions under the lock that are kept


def lock_of(view: View, group: Group, others: Iterable[Sample], owner_work: tuple[Site, ...] = ()) -> LockFound:
    """Return the lock that a group of samples is about.

    Args:
        view: The busy samples.
        group: Those that wait for it.
        others: Those that are about no lock.
        owner_work: What its holder can be running, where no stack tells.
    """
    inside, running = _inside(view, group, others)
    return LockFound(
        kind=group.kind,
        function=shown(group),
        sites=tuple(
            Site(caller, view.busy(weight), within)
            for (caller, within), weight in list(group.by_caller().items())[:_SITES]
        ),
        share_busy_percent=view.busy(group.weight or group.releasing),
        share_all_percent=view.all(group.weight or group.releasing),
        waiting_percent=view.busy(group.waiting + group.waking),
        inside_percent=running,
        inside=inside or owner_work,
        rests_on=named_by(group, has_stacks=view.profile.has_stacks),
        through_futex=group.futex,
    )


def shown(group: Group) -> str:
    """Return the heaviest function that spins or sleeps; one that takes the lock if there is none."""
    functions = group.functions()
    return next((one for one in functions if role(one) == SPIN), next(iter(functions), ""))


def named_by(group: Group, *, has_stacks: bool) -> str:
    """Return what naming a lock rests on."""
    if group.has_sleepers_of:
        return "who wakes its waiters: their own stacks end in the C library, where they sleep"
    if group.futex and group.kind != FUTEX:
        return "the frames above the futex that its waiters sleep on"
    if group.kind == OWN_KIND:
        return "the name of the function"
    if any(caller for caller, _, _ in group.sites):
        return "the first function on the stack that is no part of locking"
    if has_stacks:
        return "the stacks end before a caller has a name"
    return "no call graph: the kind of lock is known, its caller is not"


def _inside(view: View, group: Group, others: Iterable[Sample]) -> tuple[tuple[Site, ...], float | None]:
    """Return what runs in, or below, the functions that take the lock, other than waiting for it.

    The holder is in that function, or in one that it calls, or it has left it: so this is a bound where the function
    both takes and releases, and a hint elsewhere.
    """
    callers = {caller for caller, _, _ in group.sites} - {""}
    if not callers:
        return (), None
    found: dict[str, float] = defaultdict(float)
    for one in others:
        below = _below(one.stack, callers)
        if below is not None and suggests(below) != PROFILER:
            found[below] += one.weight
    running = sum(found.values())
    heaviest = sorted(found.items(), key=lambda pair: -pair[1])[:_INSIDE]
    return tuple(Site(symbol, view.busy(weight)) for symbol, weight in heaviest), view.busy(running)


def _below(stack: Stack, callers: set[str]) -> str | None:
    """Return the function that one of the callers has called, or the caller itself; None if none is on the stack."""
    at = next((at for at, frame in enumerate(stack) if plain(frame.symbol) in callers), None)
    if at is None:
        return None
    below = next((frame for frame in reversed(stack[:at]) if _is_work(frame)), stack[at])
    return plain(below.symbol)


def _is_work(frame: Frame) -> bool:
    """Return whether a function does something: it neither locks, nor leads into the kernel, nor schedules."""
    if is_nameless(frame) or role(frame.symbol) in INSIDE:
        return False
    known = names()
    name = plain(frame.symbol)
    return name not in known.entry and name not in known.scheduler and not known.interrupt.fullmatch(name)


def owner_work(view: View, group: Group, most: int = _INSIDE) -> tuple[Site, ...]:
    """Return what the holder of a kernel lock can be running: kernel functions of the tasks that wait for it.

    Without stacks this is all there is to go by; functions of user space and of other tasks cannot be it, as long as
    the lock is contended among tasks of one name.
    """
    commands = {one.command for one, _ in group.members if one.command}
    if not commands:
        return ()
    found: dict[str, float] = defaultdict(float)
    for one in view.samples:
        frame = one.stack[0]
        if one.command in commands and "kernel" in frame.module and not role(frame.symbol) and not is_nameless(frame):
            found[folding.plain(frame.symbol)] += one.weight
    heaviest = sorted(found.items(), key=lambda pair: -pair[1])[:most]
    return tuple(Site(symbol, view.busy(weight)) for symbol, weight in heaviest)
