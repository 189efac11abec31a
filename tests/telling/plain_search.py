"""A slow search on the plain machine that leaves behind what the compiled one does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.engine.exploration import Exploration, Found, Graph
from lockwright.check.plain.machine import Machine
from lockwright.flat.flatten import flatten
from lockwright.ir.interpreter import prepare

if TYPE_CHECKING:
    from lockwright.check.plain.state import State
    from lockwright.ir.program import Shape
    from lockwright.ir.waiting import Waiting


def explore(
    waiting: Waiting, shape: Shape, model: str, acquisitions: int | None, options: Any = None, **budget: Any
) -> Exploration:
    began = time.perf_counter()
    cells, image = prepare(waiting.program, shape)
    machine = Machine(waiting.program, waiting.awaits, shape, model, acquisitions, cells=cells, image=image)
    states = [machine.initial()]
    number = {states[0]: 0}
    parent, via, start, target, moves = [-1], [0], [0], [], []
    faults: dict[str, Found] = {}
    limit = budget.get("budget_states", 200_000)
    for index, state in enumerate(states):
        if len(states) > limit:
            break
        for move in machine.moves(state):
            after, _ = machine.apply(state, move)
            if after.fault:
                faults.setdefault(after.fault, Found(after.fault, index, move.code))
                continue
            if after not in number:
                number[after] = len(states)
                states.append(after)
                parent.append(index)
                via.append(move.code)
            target.append(number[after])
            moves.append(move.code)
        start.append(len(target))
    flat = flatten(waiting, cells)
    threads = len(shape.thread_cpus)
    exhausted = len(start) == len(states) + 1
    states = states[: len(start) - 1]
    identity = sum(position << 4 * position for position in range(threads))
    graph = Graph(
        np.array(start),
        np.array(target, dtype=np.int32),
        np.array(moves, dtype=np.int32),
        np.full(len(target), identity, dtype=np.int32),
        np.array([[one.frames[-1].phase if one.frames else 0 for one in s.threads] for s in states], dtype=np.uint8),
        np.array([[status(machine, s, t) for t in range(threads)] for s in states], dtype=np.uint8),
        np.zeros((len(states), threads), dtype=np.int32),
    )
    return Exploration(
        model, threads, acquisitions, len(states), len(target), exhausted, "" if exhausted else "states",
        time.perf_counter() - began, list(faults.values()), np.array(parent), np.array(via), flat, cells, graph,
    )  # fmt: skip


def status(machine: Machine, state: State, thread: int) -> int:
    own = state.threads[thread]
    holds = any(thread == one.owner and one.lock == machine.subject for one in state.world.holders)
    flags = (16 if holds else 0) | (0 if state.memory.is_settled(thread) else 32)
    if own.is_finished:
        return 3 | flags
    if own.sleep is not None:
        return 2 | flags
    return (0 if any(True for _ in machine.steps_of(state, thread)) else 1) | flags
