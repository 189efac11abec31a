"""Callers without a name: why they have none, and what would give them one."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.diagnosis.owners import is_nameless, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import Profile, Sample, Stack

_MADE_AT_RUN_TIME = re.compile(r"//anon|/tmp/perf-\d+\.map|\[anon.*|/memfd:.*")
_MAPS = (
    "`java -XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit` (17 and newer), `node --perf-basic-prof`, "
    "`python -X perf` (3.12): code that is compiled at run time has its names in a map for perf then"
)
_ENDS = ""  # the stack has no frame there
_LIBC = re.compile(r"(?:.*/)?(?:libc|libpthread)[-.].*")
_FEW = 3  # frames of user space: they fit into any part of a stack that is copied


def names_of_caller(profile: Profile, group: Group, *, is_user: bool) -> Iterator[str]:
    """Yield what would name the callers of a lock, by what stands in their place on most of the stacks.

    Args:
        profile: All of it.
        group: The samples of the lock, or the waits for it.
        is_user: Whether only frames of user space can name it.
    """
    why: dict[str, float] = defaultdict(float)
    samples = ((one.stack, whose, one.weight) for one, whose in group.members)
    for stack, whose, weight in (*samples, *((one.stack, whose, one.total_ns) for one, whose in group.waits)):
        if not whose.caller or place(stack, whose.depth) == whose.caller:
            why[_missing(stack, whose.depth)] += weight
    most = max(why, key=lambda one: why[one], default=_ENDS)
    if most != _ENDS:
        yield _wanted(most)
    elif profile.facts.get("call graph", "").startswith("dwarf") and all(map(_ends_in_libc, _stacks(group))):
        yield (
            "`lockwright record -p PID` of the program itself: perf (6.1) loses callers of the C library in a program "
            "that another one has started, such as a script"
        )
    elif profile.facts.get("call graph", "").startswith("dwarf"):
        yield "`perf record --call-graph dwarf,65528 -- COMMAND`: the part of the stack that was copied is too short"
    elif is_user:
        yield "`perf record --call-graph dwarf -- COMMAND`: the user lock is named by frames of user space"
    else:
        yield "`perf record --call-graph dwarf -- COMMAND`: these stacks end before a caller has a name"


def _stacks(group: Group) -> Iterator[Stack]:
    yield from (one.stack for one, whose in group.members if not whose.caller)
    yield from (one.stack for one, whose in group.waits if not whose.caller)


def _ends_in_libc(stack: Stack) -> bool:
    """Return whether a stack of user space ends after so few frames, in the C library, that it was not cut."""
    user = [frame for frame in stack if not frame.module.startswith("[")]
    return len(user) <= _FEW and bool(user) and _LIBC.fullmatch(user[-1].module) is not None


def names_of_most(samples: Iterable[Sample]) -> Iterator[str]:
    """Yield what would name the functions that run most, where most of them have no names."""
    weights: dict[str, float] = defaultdict(float)
    for one in samples:
        if is_nameless(one.stack[0]) and one.stack[0].module.startswith(("/", "[anon", "[kernel")):
            weights[one.stack[0].module] += one.weight
    if weights:
        yield _wanted(max(weights, key=lambda module: weights[module]))


def _wanted(module: str) -> str:
    """Return what gives names to the functions of an object."""
    if _MADE_AT_RUN_TIME.fullmatch(module):
        return _MAPS
    if module.startswith("[kernel"):
        return "`sysctl kernel.kptr_restrict=0`, then record again: the kernel's functions have no names here"
    program = module.rpartition("/")[2]
    return (
        f"the symbols of `{program}` (a package with `-dbgsym` or `-debuginfo`, or not stripped): its functions "
        "have no names here"
    )


def _missing(stack: Stack, depth: int) -> str:
    """Return the object of the nameless frame that stands where the caller should; empty where the stack ends."""
    known = names().entry
    for frame in stack[depth:]:
        if is_nameless(frame):
            return frame.module if frame.module.startswith(("/", "[anon")) else _ENDS
        if frame.symbol not in known:
            break
    return _ENDS
