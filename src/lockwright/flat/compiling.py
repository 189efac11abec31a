"""The time that goes into making machine code, which is no time of a search; and a word about it when it gets long."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLOW_S = 2.0
"""After so long somebody should be told."""


@dataclass(slots=True)
class Work:
    """Stretches of compilation; they nest, since a kernel compiles those that it calls."""

    when_slow: Callable[[], None] | None = None
    """Called once, when all stretches together take more than `SLOW_S`."""
    depth: int = 0
    began: float = 0.0
    done_s: float = 0.0
    is_told: bool = False

    def seconds(self) -> float:
        """Return the seconds spent so far."""
        return self.done_s + (time.perf_counter() - self.began if self.depth else 0.0)

    def begin(self) -> None:
        """Begin a stretch."""
        if not self.depth:
            self.began = time.perf_counter()
        self.depth += 1
        if self.when_slow is not None and not self.is_told and self.seconds() > SLOW_S:
            self.is_told = True
            self.when_slow()

    def end(self) -> None:
        """End the stretch that began last."""
        self.depth -= 1
        if not self.depth:
            self.done_s += time.perf_counter() - self.began


work = Work()
"""All compilation in this process."""


@contextmanager
def under_way() -> Iterator[None]:
    """Count what happens inside as compilation."""
    work.begin()
    try:
        yield
    finally:
        work.end()


def clock() -> float:
    """Return seconds since some moment, in which the time for compilation does not pass: budgets go by it."""
    return time.perf_counter() - work.seconds()
