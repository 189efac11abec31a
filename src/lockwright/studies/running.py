"""Many runs of a study on all cores of this machine."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, TypeVar

from lockwright.simulate.sweep import Progress, cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    work: Callable[[Item], Result], items: Sequence[Item], progress: Callable[[Progress], None] | None = None
) -> list[Result]:
    """Return what `work` gives for each item, in their order; several at once, for a run holds no interpreter lock."""
    began = time.monotonic()
    pool = ThreadPoolExecutor(cores(), thread_name_prefix="study")
    try:
        ends = [pool.submit(work, item) for item in items]
        for done, one in enumerate(as_completed(ends), 1):
            one.result()
            if progress is not None:
                elapsed = time.monotonic() - began
                progress(Progress(done, len(items), elapsed, elapsed / done * (len(items) - done)))
        return [one.result() for one in ends]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
