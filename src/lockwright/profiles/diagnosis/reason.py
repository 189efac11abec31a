"""Why a class of cure is named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What in a profile points to a class of cure.

    Args:
        cure: The name of the class.
        because: What points to it, in words.
        like: Published cases in which the same pointed to it: they are quoted first.
        do: What to do, where that is more than the class says.
        test: The cheap test that would refute it, likewise.
    """

    cure: str
    because: str
    like: tuple[str, ...] = ()
    do: str = ""
    test: str = ""
