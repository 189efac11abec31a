"""The table of `perf lock contention`, made of raw events.

tools/perf/builtin-lock.c of Linux 6.1: waits count together where the addresses of their stacks, without the first
three and without functions of locking and scheduling, have the same sum of hashes; the first of the others is the
caller.  User space addresses are absolute there, and relative to their object in what `perf script` prints: a stack
that several address spaces share is one row here, and one for each of them there.  The kernel's sections
`.spinlock.text` and `.sched.text`, which that tool asks, are here the roles of `symbols.toml`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.folding import role
from lockwright.profiles.symbols import INSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.profiles.model import Frame, Stack, Wait

SKIPPED_FRAMES = 3  # CONTENTION_STACK_SKIP: the slow path and what called it
DEEPEST_FRAMES = 8  # CONTENTION_STACK_DEPTH
_GOLDEN_RATIO_64 = 0x61C8864680B583EB  # include/linux/hash.h
_WORD = (1 << 64) - 1
_UNITS = (("h ", 3600e9), ("m ", 60e9), ("s ", 1e9), ("ms", 1e6), ("us", 1e3))


@dataclass(slots=True)
class Row:
    """Waits that began with the same callers.

    Attributes:
        kind: Of the lock of the first of them.
        caller: The function that wanted it, with the offset.
        contended: How many began.
        ended: How many ended.
        total_ns: All of them together.
        longest_ns: The longest.
    """

    kind: str
    caller: str
    contended: int = 0
    ended: int = 0
    total_ns: float = 0
    longest_ns: float = 0

    @property
    def mean_ns(self) -> float:
        """The mean wait, as a whole number of nanoseconds."""
        return self.total_ns // self.ended if self.ended else 0


def rows(waits: Iterable[Wait]) -> list[Row]:
    """Return the rows, the longest total wait first."""
    found: dict[int, Row] = {}
    for wait in waits:
        outside = list(_outside(wait.stack))
        key = 0
        for frame in outside:
            key ^= ((frame.address or 0) * _GOLDEN_RATIO_64) & _WORD
        row = found.setdefault(key, Row(wait.kind, _shown(outside[0]) if outside else "Unknown"))
        row.contended += wait.contended
        row.ended += wait.ended
        row.total_ns += wait.total_ns
        row.longest_ns = max(row.longest_ns, wait.longest_ns)
    return sorted(found.values(), key=lambda one: -one.total_ns)


def _outside(stack: Stack) -> Iterator[Frame]:
    """Yield the functions of a stack that are neither skipped nor part of locking."""
    for frame in stack[SKIPPED_FRAMES:DEEPEST_FRAMES]:
        if role(frame.symbol) not in INSIDE or frame.symbol in _ELSEWHERE:
            yield frame


_ELSEWHERE = frozenset(
    {"up_read", "up_write", "rwsem_wake", "futex_wait", "futex_wake", "futex_wake_op", "do_futex", "__x64_sys_futex"}
    | {"__arm64_sys_futex", "__x64_sys_futex_wait", "__x64_sys_futex_waitv", "__x64_sys_futex_wake"}
)
"""Functions with a role in locking that lie in neither of the two sections."""


def _shown(frame: Frame) -> str:
    return frame.symbol if frame.offset is None else f"{frame.symbol}+{frame.offset:#x}"


def time_text(time_ns: float) -> str:
    """Return a time as the table prints it: two decimals of the largest unit that is not longer, units two wide.

    The division is one of 32-bit floats there, which decides where a digit would be halfway.
    """
    for unit, size in _UNITS:
        if time_ns >= size:
            return f"{_float32(_float32(time_ns) / _float32(size)):.2f} {unit}"
    return f"{time_ns:.0f} ns"


def _float32(number: float) -> float:
    (rounded,) = struct.unpack("f", struct.pack("f", number))
    return float(rounded)


def line(row: Row) -> str:
    """Return a row as the table prints it."""
    times = "".join(f"   {time_text(one):>10}" for one in (row.total_ns, row.longest_ns, row.mean_ns))
    return f"{row.contended:>10}{times}   {row.kind:>10}   {row.caller}"
