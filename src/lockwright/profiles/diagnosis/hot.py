"""Functions that are hot by themselves, and what their names suggest: a guess, and always said to be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import plain, role
from lockwright.profiles.diagnosis.names import suggestion
from lockwright.profiles.diagnosis.owners import past_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.diagnosis.base import View
    from lockwright.profiles.model import Frame, Sample, Stack

LOOK_UP, ALLOCATE, FREE, POLL = "look-up", "allocation", "freeing", "polling"
PROFILER, PAGE, COUNT, LOCK = "profiler", "page lock", "shared count", "lock"


def suggests(symbol: str) -> str:
    """Return what the name of a function suggests that it does; empty if nothing, or if the table of roles knows it."""
    return "" if role(symbol) else suggestion(symbol)[0]


@dataclass(frozen=True, slots=True)
class Hot:
    """A function that is no part of locking.

    Args:
        symbol: Its plain name.
        share_percent: Of busy time.
        kind: What its name suggests; empty if nothing.
        is_user: Whether it is of user space: no lock of the kernel is held there; false if unknown.
        is_kernel: Whether it is of the kernel; false if unknown.
    """

    symbol: str
    share_percent: float
    kind: str
    is_user: bool = False
    is_kernel: bool = False


def hot_functions(view: View) -> list[Hot]:
    """Return the functions that are no part of locking, the heaviest first."""
    weights: dict[str, float] = {}
    user: dict[str, bool] = {}
    kernel: set[str] = set()
    for one in view.samples:
        frame = one.stack[running(one.stack)]
        symbol = plain(frame.symbol)
        if not role(symbol):
            weights[symbol] = weights.get(symbol, 0.0) + one.weight
            user.setdefault(symbol, is_user(frame))
            if is_kernel(frame):
                kernel.add(symbol)
    heaviest = sorted(weights.items(), key=lambda pair: -pair[1])
    kinds = {symbol: suggests(symbol) for symbol in weights}
    kinds |= {symbol: "" for symbol in kernel if kinds[symbol] == LOCK}  # the locks of the kernel are all known
    return [
        Hot(symbol, view.busy(weight), kinds[symbol], user[symbol], symbol in kernel) for symbol, weight in heaviest
    ]


def running(stack: Stack) -> int:
    """Return the index of the function that a sample is of: of a lock, by its name, whose atomic operation it is in."""
    at = past_atomic(stack)
    return at if 0 < at < len(stack) and suggests(stack[at].symbol) == LOCK else 0


def is_user(frame: Frame) -> bool:
    """Return whether a function is of user space; false if the profile does not tell."""
    module = frame.module
    return bool(module) and "kernel" not in module and module != "vmlinux" and not module.endswith(("]", ".ko"))


def of_kernel(samples: Iterable[Sample]) -> frozenset[str]:
    """Return the plain names of the innermost functions that are of the kernel."""
    return frozenset(plain(one.stack[0].symbol) for one in samples if is_kernel(one.stack[0]))


def is_kernel(frame: Frame) -> bool:
    """Return whether a function is of the kernel; false if the profile does not tell."""
    module = frame.module
    return "kernel" in module or module == "vmlinux" or module.endswith(".ko")


def share_of(hot: Iterable[Hot], kind: str) -> float:
    """Return the share of functions whose names suggest one thing."""
    return sum(one.share_percent for one in hot if one.kind == kind)


_PAIR = 0.5  # how close allocating and freeing are to count as a pair
_LEAST_PERCENT = 1.0  # of each of them
_WALK_PERCENT = 5.0  # of the look-up beside them


@dataclass(frozen=True, slots=True)
class Pair:
    """Allocating and freeing that go with a look-up, without stacks to tell whether they belong together.

    Args:
        walk: The look-up.
        made_percent: Allocating, of busy time.
        freed_percent: Freeing.
    """

    walk: str
    made_percent: float
    freed_percent: float

    @property
    def share_percent(self) -> float:
        """Both together."""
        return self.made_percent + self.freed_percent


def pair_beside(hot: Iterable[Hot]) -> Pair | None:
    """Return allocating and freeing of about the same share beside a hot look-up; None if that is not so."""
    some = tuple(hot)
    walk = next((one for one in some if one.kind == LOOK_UP and not one.is_user), None)
    made, freed = share_of(some, ALLOCATE), share_of(some, FREE)
    if (
        walk is None
        or walk.share_percent < _WALK_PERCENT
        or min(made, freed) < max(_LEAST_PERCENT, _PAIR * max(made, freed))
    ):
        return None
    return Pair(walk.symbol, made, freed)
