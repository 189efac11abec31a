"""The compiled questions against the obvious ones, raw and up to symmetry, on many random systems."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.graph import oracles
from tests.graph.systems import canonical, explore, sized

from lockwright.check.graph import fairness, order, reach, shortest

if TYPE_CHECKING:
    from tests.graph.systems import Explored, State, System

    from lockwright.check.moves import Move

END = [*sized(2, 25, ends=True), *sized(3, 25, ends=True)]
FOR_EVER = [*sized(2, 25, ends=False), *sized(3, 25, ends=False)]


@pytest.mark.parametrize("system", END)
def test_stuck_states_and_livelocks_of_runs_that_end(system: System) -> None:
    raw, reduced = explore(system, symmetric=False), explore(system, symmetric=True)
    stuck = {raw.states[state] for state in reach.stuck(raw.graph(system))}
    assert stuck == oracles.stuck(system)
    assert {reduced.states[state] for state in reach.stuck(reduced.graph(system))} == {canonical(s)[0] for s in stuck}
    expected = oracles.livelock(system)
    assert (fairness.livelock(raw.graph(system)) is not None) == expected
    assert (fairness.livelock(reduced.graph(system)) is not None) == expected


@pytest.mark.parametrize("system", FOR_EVER)
def test_starvation(system: System) -> None:
    expected = oracles.starvation(system)
    for symmetric in (False, True):
        explored = explore(system, symmetric=symmetric)
        assert (fairness.starvation(explored.graph(system)) is not None) == expected


@pytest.mark.parametrize("system", END + FOR_EVER)
def test_overtaking_and_its_bound(system: System) -> None:
    most = 40
    expected, earliest = oracles.overtakings(system, most)
    for symmetric in (False, True):
        graph = explore(system, symmetric=symmetric).graph(system)
        found = order.overtaken(graph)
        assert (found is not None) == (expected > 0)
        if found is not None:
            assert graph.depth[found.state] + len(found.edges) == earliest
        bound = order.bypass(graph).bound
        assert bound == (None if expected >= most else expected)


@pytest.mark.parametrize("system", FOR_EVER)
def test_an_unbounded_bypass_comes_with_its_cycle(system: System) -> None:
    graph = explore(system, symmetric=False).graph(system)
    bypass = order.bypass(graph)
    if bypass.bound is not None:
        assert bypass.loop == ()
        return
    state = bypass.state
    for edge in (*bypass.prefix, *bypass.loop):
        assert graph.source(edge) == state
        state = int(graph.target[edge])
        assert graph.phase[state, bypass.victim] == 2
    assert state == graph.source(bypass.loop[0])
    assert any(graph.phase[graph.target[edge], graph.move[edge] & 15] == 3 for edge in bypass.loop)


@pytest.mark.parametrize("system", END + FOR_EVER)
def test_a_bound_that_is_exceeded_comes_with_the_shortest_run(system: System) -> None:
    expected, earliest = oracles.overtakings(system, 40)
    for symmetric, allowed in itertools.product((False, True), range(min(expected, 3) if expected < 40 else 0)):
        graph = explore(system, symmetric=symmetric).graph(system)
        found = order.bypass(graph, allowed)
        to = shortest.path_to(graph, found.state)
        moves = shortest.concrete(graph, [*to, *found.prefix])
        victim = shortest.thread_of(graph, to, found.victim)
        assert (
            oracles.times_overtaken(system, moves[len(to) :], _played(system, moves[: len(to)]), victim) == allowed + 1
        )
        assert found.bound == expected
        assert allowed > 0 or len(moves) == earliest


def _played(system: System, moves: list[Move]) -> State:
    at = system.first()
    for move in moves:
        at = {one.code: after for one, after in system.moves(at)}[move.code]
    return at


@pytest.mark.parametrize("system", [*sized(3, 25, ends=True)])
def test_paths_are_shortest_and_lead_there_under_symmetry_too(system: System) -> None:
    raw, reduced = explore(system, symmetric=False), explore(system, symmetric=True)
    depth = dict(zip(raw.states, raw.graph(system).depth.tolist(), strict=True))
    graph = reduced.graph(system)
    for index, state in enumerate(reduced.states):
        edges = shortest.path_to(graph, index)
        moves = shortest.concrete(graph, edges)
        assert len(moves) == depth[state]
        at = system.first()
        for move in moves:
            at = {one.code: after for one, after in system.moves(at)}[move.code]
        assert canonical(at)[0] == state
        for position in range(3):
            assert at[1][shortest.thread_of(graph, edges, position)] == state[1][position]


@pytest.mark.parametrize("system", [*sized(2, 25, ends=True)])
def test_of_the_shortest_paths_the_one_with_the_fewest_switches(system: System) -> None:
    explored = explore(system, symmetric=False)
    graph = explored.graph(system)
    best = _fewest_switches(explored, graph.depth)
    for index in range(graph.states):
        threads = [move.thread for move in shortest.concrete(graph, shortest.path_to(graph, index))]
        assert sum(a != b for a, b in itertools.pairwise(threads)) == best[index]


def _fewest_switches(explored: Explored, depth: np.ndarray) -> list[int]:
    paths: list[dict[int, int]] = [{} for _ in explored.states]  # by the thread that moved last
    for state in np.argsort(depth, kind="stable"):
        for edge in range(explored.start[state], explored.start[state + 1]):
            then, mover = explored.target[edge], explored.move[edge] & 15
            if depth[then] == depth[state] + 1:
                ways = [count + (last != mover) for last, count in paths[state].items()] or [0]
                paths[then][mover] = min([*ways, paths[then].get(mover, 1 << 20)])
    return [min(one.values(), default=0) for one in paths]
