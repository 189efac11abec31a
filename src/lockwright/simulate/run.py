"""One run of a program on a machine with one seed, and what was seen in it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat.program import TooLargeError
from lockwright.points import SeedRun
from lockwright.simulate import accounting, whole
from lockwright.simulate import places as at
from lockwright.simulate.at_rest import failed_at_rest
from lockwright.simulate.build import Settings, build, refuse_too_many_lines
from lockwright.simulate.engine import run
from lockwright.simulate.profile import profile_of
from lockwright.simulate.program import prepared
from lockwright.simulate.seats import shape_of
from lockwright.simulate.stopping import stop_if_wanted
from lockwright.simulate.troubles import (
    endless,
    faulted,
    handles_interrupts,
    other_threads,
    out_of_time,
    over,
    stuck,
    too_large,
)
from lockwright.simulate.whole import ends_by_itself

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel
    from lockwright.simulate.arrays import State
    from lockwright.simulate.program import Code

__all__ = ["Settings", "measured", "run_once"]

SLICE_EVENTS = 2_000_000
FRUITLESS_SLICES = 10
"""Stretches of the run after which a program in which nobody has come round counts as one that never does."""

FRUITLESS_SLICES_OF_A_WHOLE = 100
"""Likewise where a round is all that a thread does: some seconds."""
NEVER = np.iinfo(np.int64).max

_SEEN = (
    at.ACCESSES, at.TRANSFERS, at.ACQUISITIONS, at.LONGEST_BYPASS, at.HANDOFFS, at.HANDOFF_TICKS, at.WAITERS_SEEN,
    at.LONGEST_WAIT, at.IDLE, at.REREADS, at.REREAD_TICKS, at.SECTIONS, at.SECTION_TICKS,
)  # fmt: skip
"""Counters that begin anew with the measured window."""


def run_once(program: Program, model: MachineModel, settings: Settings) -> SeedRun:
    """Run a program once and return what was seen in its measured window.

    Args:
        program: As compiled.
        model: The machine; it has at least `settings.cpus` CPUs.
        settings: How many CPUs, the seed, the start, how long.

    Raises:
        LockwrightError: The program deadlocks, never comes round, does something that has no meaning, or is too large.
    """
    return measured(code_of(program, model, settings), model, settings)


def code_of(program: Program, model: MachineModel, settings: Settings) -> Code:
    """Return the rows of a program for so many CPUs of a machine; seeds share them.

    Raises:
        LockwrightError: The program is too large, or it has what a simulation does not run.
    """
    if program.handlers:
        raise handles_interrupts(program)
    own = sum(worker.count or 0 for worker in program.workers)
    if own > settings.cpus:
        raise other_threads(program.name, own, settings.cpus)
    shape = shape_of(program, model, settings.cpus)
    refuse_too_many_lines(program, shape, model.line_bytes)
    try:
        code = prepared(program, shape, settings.spare_records)
    except TooLargeError as reason:
        raise too_large(str(reason)) from None
    if len(code.entries) != settings.cpus:
        raise other_threads(program.name, len(code.entries), settings.cpus)
    return code


def measured(code: Code, model: MachineModel, settings: Settings) -> SeedRun:
    """Run rows that were made before."""
    began = time.perf_counter()
    state = build(code, model, settings)
    if ends_by_itself(code.program):
        return replace(_whole(code, model, settings, state), host_seconds=time.perf_counter() - began)
    rounds = _warmed_up(code, state, settings.warm_up_rounds)
    first = _now(state)
    _forget(state)
    accounting.begin(code, state)
    _advance(code, state, rounds + settings.measured_rounds)
    accounting.end(code, state)
    seen = _seen(code, model, settings, state, _now(state) - first)
    _let_end(code, state)
    failed = int(state.cfg[at.FAILED]) + failed_at_rest(code, state)
    return replace(seen, failed_assertions=failed, host_seconds=time.perf_counter() - began)


def _whole(code: Code, model: MachineModel, settings: Settings, state: State) -> SeedRun:
    """Run a program that ends by itself, from its begin to its end."""
    begins = state.threads[:, at.TIME].copy()
    state.cfg[at.STOP_ROUNDS] = NEVER
    _run(code, state, FRUITLESS_SLICES_OF_A_WHOLE)
    ticks = whole.account(state, begins)
    seen = _seen(code, model, replace(settings, measured_rounds=len(begins)), state, ticks)
    failed = int(state.cfg[at.FAILED]) + failed_at_rest(code, state)
    return replace(seen, failed_assertions=failed, whole_ns=ticks / (at.TICKS_PER_CYCLE * model.ghz))


def _warmed_up(code: Code, state: State, least_rounds: int) -> int:
    """Run until so many rounds have been made and every thread has begun; return how many rounds there were."""
    last_begins, rounds = int(state.threads[:, at.TIME].max()), 0
    while rounds == 0 or _now(state) <= last_begins:
        rounds += max(1, least_rounds)
        _advance(code, state, rounds)
    return rounds


def _now(state: State) -> int:
    return int(state.cfg[at.NOW])


def _advance(code: Code, state: State, rounds: int) -> None:
    """Run until so many rounds have been made in all."""
    state.cfg[at.STOP_ROUNDS] = rounds
    if _run(code, state) == at.ENDED:
        raise over(state)


def _let_end(code: Code, state: State) -> None:
    """Let every thread come to its end: a program in which one cannot has a deadlock that the window did not show."""
    state.cfg[at.NICE] = 1
    state.cfg[at.STOP_ROUNDS] = NEVER
    _run(code, state)


def _run(code: Code, state: State, patience: int = FRUITLESS_SLICES) -> int:
    """Run until the rounds are made or every thread has ended; return which."""
    state.cfg[at.MOST_EVENTS] = SLICE_EVENTS
    fruitless = 0
    while True:
        stop_if_wanted()
        before = int(state.cfg[at.TOTAL_ROUNDS] - state.cfg[at.ALIVE])
        match status := int(run(state.table)):
            case at.REACHED | at.ENDED:
                return status
            case at.STUCK:
                raise stuck(code, state)
            case at.FAULTED:
                raise faulted(code, state)
            case at.OUT_OF_TIME:
                raise out_of_time(code, state)
        came_round = int(state.cfg[at.TOTAL_ROUNDS] - state.cfg[at.ALIVE]) > before
        fruitless = 0 if came_round else fruitless + 1
        if fruitless == patience:
            raise endless(code, state)


def _forget(state: State) -> None:
    """Begin to count."""
    state.rows[:] = 0
    state.waited[:] = 0
    state.handoffs[:] = 0
    state.threads[:, [at.ROUNDS, at.ACQUIRED]] = 0
    state.cfg[list(_SEEN)] = 0


def _seen(code: Code, model: MachineModel, settings: Settings, state: State, ticks: int) -> SeedRun:
    cfg, tick_ns = state.cfg, 1 / (at.TICKS_PER_CYCLE * model.ghz)
    has_lock = int(cfg[at.ACQUISITIONS]) > 0
    shares = state.threads[:, at.ACQUIRED if has_lock else at.ROUNDS].astype(float)
    handoffs, sections = int(cfg[at.HANDOFFS]), int(cfg[at.SECTIONS])
    count = int(shares.sum())
    profile, stacks = profile_of(code, model, state)
    return SeedRun(
        seed=settings.seed,
        start=settings.start,
        throughput_per_s=settings.measured_rounds / (max(1, ticks) * tick_ns * 1e-9),
        simulated_cycles=ticks // at.TICKS_PER_CYCLE,
        simulated_ops=int(cfg[at.ACCESSES] + cfg[at.REREADS]),
        acquisitions=count,
        jain=float(shares.sum() ** 2 / (len(shares) * (shares**2).sum())) if count else float("nan"),
        longest_bypass=int(cfg[at.LONGEST_BYPASS]),
        handoff_ns=_mean(cfg[at.HANDOFF_TICKS], handoffs) * tick_ns,
        latency_ns_p50=_quantile(state, 0.5) * tick_ns,
        latency_ns_p99=_quantile(state, 0.99) * tick_ns,
        latency_ns_max=float(cfg[at.LONGEST_WAIT]) * tick_ns,
        handoff_distance=_distances(model, state.handoffs),
        profile=profile,
        stacks=stacks,
        waiters=_mean(cfg[at.WAITERS_SEEN], handoffs),
        transfers_per_acquisition=_mean(cfg[at.TRANSFERS], count),
        failed_assertions=0,  # counted when all threads have ended
        host_seconds=0.0,
        latency_ns_mean=_mean_wait(state.waited) * tick_ns,
        handoffs=handoffs,
        section_ns=_mean(cfg[at.SECTION_TICKS], sections) * tick_ns,
        rereads=int(cfg[at.REREADS]),
        reread_cycles=int(cfg[at.REREAD_TICKS]) // at.TICKS_PER_CYCLE,
        idle_cycles=int(cfg[at.IDLE]) // at.TICKS_PER_CYCLE,
        overlaps=int(cfg[at.OVERLAPS]),
        starved=int(((state.threads[:, at.ACQUIRED] == 0) & (state.threads[:, at.WAITS_FOR] >= 0)).sum()),
    )


def _mean(total: int, count: int) -> float:
    return float(total) / count if count else float("nan")


def _distances(model: MachineModel, handoffs: NDArray[np.int64]) -> dict[str, int]:
    names = ("same thread", "same core", *(name.replace("_", " ") for name in model.distance_names))
    return dict(zip(names, map(int, handoffs), strict=True))


def _quantile(state: State, share: float) -> float:
    """Return the ticks below which this share of all waits lies, from the middles of the histogram's steps."""
    waited: NDArray[np.int64] = state.waited
    total = int(waited.sum())
    if not total:
        return float("nan")
    step = int(np.searchsorted(np.cumsum(waited), share * total))
    return min(_middle(step), float(state.cfg[at.LONGEST_WAIT]))


def _mean_wait(waited: NDArray[np.int64]) -> float:
    """Return the mean of all waits in ticks, from the middles of the histogram's steps: within 6 %."""
    steps = np.flatnonzero(waited)
    total = int(waited.sum())
    return sum(_middle(int(step)) * int(waited[step]) for step in steps) / total if total else float("nan")


def _middle(step: int) -> float:
    """Return the middle of a step of the histogram in ticks."""
    if step < 2 << at.STEPS_BITS:
        return float(step)
    shift = (step >> at.STEPS_BITS) - 1
    return (step - (shift << at.STEPS_BITS) + 0.5) * (1 << shift)
