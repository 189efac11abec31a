"""One move of one thread: a step, or the arrival in memory of the oldest store in its buffer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """Thread `thread` takes a step (with a choice, where it has one), or its oldest buffered store arrives."""

    thread: int
    flush: bool = False
    choice: int = 0

    @classmethod
    def decode(cls, code: int) -> Move:
        """Return the move that an explored graph writes as one integer."""
        return cls(code & 15, bool((code >> 4) & 1), code >> 5)

    @property
    def code(self) -> int:
        """The move as one integer."""
        return self.thread | self.flush << 4 | self.choice << 5
