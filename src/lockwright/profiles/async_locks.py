"""async-profiler's lock mode in folded stacks: the innermost name is the class of the lock, the number its waits.

`OrderService.reserve;OrderService$Stock_[i] 24100000000` (src/frameName.cpp, BCI_LOCK and BCI_PARK: the class with dots
and the mark `_[i]`).  Numbers are waits, or nanoseconds with `--total`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.jvm import MONITOR, OWNABLE, lock_name, parked_kind
from lockwright.profiles.model import Frame, Wait
from lockwright.profiles.standing import wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.profiles.model import Sample

_CLASS = re.compile(r"(?:[a-z_]\w*\.)*[A-Z][\w$]*")
_OF_MEMORY = re.compile(r"java\.lang\.(?:String|Integer|Long|Double|Boolean|Byte|Character)|java\.util\.HashMap\$Node")
"""What profiles of allocations end with, and nobody locks."""
_LEAST_NS = 1e6  # the largest number: smaller ones are counts of waits


def is_of_lock(leaf: str) -> bool:
    """Return whether the innermost name of a folded stack, as written, may be the class of a lock."""
    name = leaf.removesuffix("_[i]")
    return name != leaf and _CLASS.fullmatch(name) is not None and _OF_MEMORY.fullmatch(name) is None


def waits(samples: Sequence[Sample]) -> tuple[Wait, ...]:
    """Return the waits of a profile of locks; what threads park for that is no lock is left out."""
    is_time = max((one.weight for one in samples), default=0.0) >= _LEAST_NS
    return tuple(_waits(samples, is_time=is_time))


def _waits(samples: Iterable[Sample], *, is_time: bool) -> Iterable[Wait]:
    for one in samples:
        of, stack = one.stack[0].symbol, one.stack[1:]
        parks = any("park" in frame.symbol for frame in stack[:2])
        kind = parked_kind(of) if parks else MONITOR
        if not kind or not stack:
            continue
        stack = (Frame("ObjectMonitor::enter"), *stack) if kind == MONITOR else stack
        found, at = wanted(stack)
        kind = found if found.startswith(OWNABLE) and kind == OWNABLE else kind
        count, total_ns = (0, one.weight) if is_time else (int(one.weight), 0.0)
        yield Wait(lock_name(of, "").rstrip("@"), kind, stack[at:], count, 0, total_ns, 0.0)
