"""The moves of a reduced search as moves of the plain machine, found again by where each thread stands.

A move of a reduced search is several of the plain machine: what leads, one instruction that others see, what nobody
sees behind it.  The plain machine tries the moves of the same thread until every thread stands where the reduced state
says.  For traces that there was no time to search for again without reductions: they need not be the shortest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from lockwright.check.graph import shortest
from lockwright.check.moves import Move
from lockwright.check.plain.code import INVISIBLE
from lockwright.check.plain.rest import at_rest
from lockwright.check.races import conflicts
from lockwright.flat import opcodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.check.engine.exploration import Exploration
    from lockwright.check.graph.graph import Graph
    from lockwright.check.plain.machine import Machine
    from lockwright.check.plain.state import State
    from lockwright.check.verdict import Problem
    from lockwright.ir.program import Instruction

MOST_TRIES = 100_000
"""Moves of the plain machine after which the way is given up."""
LONGEST = 10_000
"""Reduced moves of a trace that a person may still want to read."""

_RUNS, _WAITS, _ASLEEP, _FINISHED = range(4)
_STUCK = ("deadlock", "lost_wakeup", "endless_await")


@dataclass(frozen=True, slots=True)
class _Leg:
    """One reduced move, and where threads stand behind it: an instruction, or a status if they do not run."""

    move: Move
    standing: dict[int, object]
    is_optional: bool = False


class _Node(NamedTuple):
    leg: int
    has_moved: bool
    state: State


def retraced(machine: Machine, explored: Exploration, graph: Graph, problem: Problem) -> Problem | None:
    """Return the same problem with moves of the plain machine, or nothing if no way was found.

    Args:
        machine: The plain machine of the instance.
        explored: The reduced exploration that found the problem.
        graph: Its graph.
        problem: The problem, with the edges that lead to it.
    """
    if len(problem.edges) > LONGEST:
        return None
    legs = list(_legs(explored, graph, problem))
    loop_at = len(legs) - len(problem.loop)
    found = _Search(machine, legs, problem).run()
    if found is None:
        return None
    moves, begins = found
    split = begins[loop_at] if problem.loop else len(moves)
    return replace(problem, moves=tuple(moves[:split]), loop=tuple(moves[split:]), edges=())


def _legs(explored: Exploration, graph: Graph, problem: Problem) -> Iterator[_Leg]:
    """Yield the moves, in front of them what threads have done in the first state of the reduced search.

    A last move that is no edge leads nowhere known.
    """
    at = shortest.threads_at(graph, ())
    for thread, wanted in _standing(explored, graph, at, 0).items():
        yield _Leg(Move(thread), {thread: wanted}, is_optional=True)
    moves = (*problem.moves, *problem.loop)
    for edge, move in zip(problem.edges, moves, strict=False):
        at = shortest.permuted(at, int(graph.perm[edge]))
        yield _Leg(move, _standing(explored, graph, at, int(graph.target[edge])))
    for move in moves[len(problem.edges) :]:
        yield _Leg(move, {})


def _standing(explored: Exploration, graph: Graph, at: Sequence[int], state: int) -> dict[int, object]:
    """Return what each thread stands in front of, given which thread is at each position."""
    assert explored.graph is not None
    pc, status = explored.graph.pc[state].tolist(), graph.can[state].tolist()
    if not any(pc) and not any(status) and graph.start[state] == graph.start[state + 1]:
        return {}  # the search ended before it looked at this state
    flat, standing = explored.flat, dict[int, object]()
    for position, thread in enumerate(at):
        row = flat.code[pc[position], opcodes.SOURCE]
        can = status[position]
        standing[thread] = can if can in (_ASLEEP, _FINISHED) else id(flat.instructions[int(row)][1])
    return dict(sorted(standing.items()))


class _Search:
    """Depth first, what the reduced move itself says first."""

    def __init__(self, machine: Machine, legs: Sequence[_Leg], problem: Problem) -> None:
        self.machine, self.legs, self.problem = machine, legs, problem
        self.tries = 0
        self.seen: set[_Node] = set()

    def run(self) -> tuple[list[Move], list[int]] | None:
        """Return the moves, and the number of moves before each leg."""
        moves: list[Move] = []
        begins = [0]
        root = _Node(0, False, self.machine.initial())
        stack: list[Iterator[tuple[Move | None, _Node]]] = [self._options(root)]
        taken: list[Move | None] = []
        if self._is_there(root):
            return moves, begins
        while stack and self.tries < MOST_TRIES:
            option = next(stack[-1], None)
            if option is None:
                stack.pop()
                if taken:
                    if taken.pop() is None:
                        begins.pop()
                    else:
                        moves.pop()
                continue
            move, node = option
            if node in self.seen:
                continue
            self.seen.add(node)
            taken.append(move)
            if move is None:
                begins.append(len(moves))
            else:
                moves.append(move)
            if self._is_there(node):
                return [*moves, *self._racing(node.state)], begins
            stack.append(self._options(node))
        return None

    def _options(self, node: _Node) -> Iterator[tuple[Move | None, _Node]]:
        """Yield what may come next: the next leg (without a move), or one more move of the thread of this leg."""
        if node.leg == len(self.legs) or node.state.fault:
            return
        leg = self.legs[node.leg]
        if (node.has_moved or leg.is_optional) and self._stands(node.state, leg):
            yield None, _Node(node.leg + 1, False, node.state)
        moves = list(self.machine.moves_of(node.state, leg.move.thread))
        for move in sorted(moves, key=lambda one: _rank(one, leg.move, has_moved=node.has_moved)):
            self.tries += 1
            after, _ = self.machine.apply(node.state, move)
            yield move, _Node(node.leg, True, after)
        if node.has_moved and self._begins(node.state, leg.move.thread):
            yield None, _Node(node.leg + 1, False, node.state)  # what was merged behind it may come later

    def _stands(self, state: State, leg: _Leg) -> bool:
        return all(
            self._stands_at(state, thread, wanted) or (thread != leg.move.thread and self._begins(state, thread))
            for thread, wanted in leg.standing.items()
        )

    def _stands_at(self, state: State, thread: int, wanted: object) -> bool:
        own = state.threads[thread]
        if own.is_finished or own.sleep is not None:
            return wanted == (_FINISHED if own.is_finished else _ASLEEP)
        place = own.frames[-1].place
        here = self.machine.code.at(place)
        while id(here) != wanted and (_is_begin(here) or here.entry.effect in INVISIBLE):
            if here.op in ("jump", "branch", "return"):
                return True  # begins of locks are left for the next move under `c11`: what follows decides
            place = place._replace(offset=place.offset + 1)
            here = self.machine.code.at(place)
        return id(here) == wanted

    def _begins(self, state: State, thread: int) -> bool:
        own = state.threads[thread]
        return bool(own.frames) and _is_begin(self.machine.code.at(own.frames[-1].place))

    def _is_there(self, node: _Node) -> bool:
        kind, state = self.problem.kind, node.state
        if kind in ("at_rest", "leak"):
            done = all(thread.is_finished for thread in state.threads)
            return done and not self.machine.moves(state) and kind in at_rest(self.machine, state).faults
        if len(self.problem.moves) + len(self.problem.loop) > len(self.problem.edges):  # the last move is the fault
            last = node.leg >= len(self.legs) - 1
            return last and (state.fault == kind or bool(self._racing(state)))
        if node.leg < len(self.legs):
            return False
        if kind in _STUCK and not self.problem.loop and self.machine.model != "c11":
            return not self.machine.moves(state)
        return not state.fault

    def _racing(self, state: State) -> list[Move]:
        """Return the two accesses of a race that no view tells."""
        if self.problem.kind != "data_race" or self.machine.model == "c11" or state.fault:
            return []
        return next(([Move(one), Move(other)] for one, other in conflicts(self.machine, state)), [])


def _is_begin(one: Instruction) -> bool:
    return one.op == "mark" and str(one.attributes[0]).endswith("_begin")


def _rank(move: Move, wanted: Move, *, has_moved: bool) -> tuple[bool, bool, int]:
    return move.flush != (wanted.flush and not has_moved), move.choice != wanted.choice, move.choice
