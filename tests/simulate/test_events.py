"""The event queue: what was called off does not pile up in it."""

from __future__ import annotations

import pytest
from tests.simulate.plain.against import MACHINES
from tests.simulate.running import ready, run_on

from lockwright.language.compile import compile_contention
from lockwright.simulate import places as at

THREADS, ROUNDS = 4, 300
LATER = 1 << 30


@pytest.mark.parametrize("kind", [0, 1], ids=["lines", "threads"])
def test_stale_events_are_taken_out(kind: int) -> None:
    """More than half of the heap full of them: the run is the same, and they are gone."""
    program = compile_contention("mcs")
    ticks, held = [], []
    for stale in (0, 40_000):
        _, state = ready(program, MACHINES[0], THREADS)
        keys = [LATER + one << at.TIME_SHIFT | kind << at.KIND_SHIFT | one % THREADS for one in range(stale)]
        state.heap[THREADS : THREADS + stale] = keys  # the threads' first events stand in front: still a heap
        state.cfg[at.HEAP] += stale
        assert run_on(state, ROUNDS) == at.REACHED
        ticks.append(int(state.cfg[at.NOW]))
        held.append(int(state.cfg[at.HEAP]))
    assert ticks[0] == ticks[1]
    assert max(held) <= 4 * THREADS
