"""All that a check says of an instance, from each explorer in a form that can be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.check.engine.run import Options, explore
from lockwright.check.graph import fairness, order, reach
from lockwright.check.plain import explore as plain
from lockwright.check.plain import fairness as plain_fairness
from lockwright.check.plain import order as plain_order
from lockwright.check.plain.machine import Machine
from lockwright.check.verdict import graph_of
from lockwright.ir.interpreter import prepare

if TYPE_CHECKING:
    from lockwright.check.engine.exploration import Exploration
    from lockwright.ir.program import Shape
    from lockwright.ir.waiting import Waiting

STUCK = frozenset({"deadlock", "lost_wakeup", "endless_await"})


@dataclass(frozen=True)
class Facts:
    """Faults of moves and final states, whether somebody hangs; of sc and tso also what cycles and orders show.

    Who goes round and round in an await of several loads hangs: a cycle where steps are not merged, else a state that
    nobody leaves.  A run for ever hangs if nobody enters any more, whichever of the two it is, and then one that waits
    starves too; so `may_starve` without `hangs` says that others go on.
    """

    faults: frozenset[str]
    hangs: bool  # nobody can go on, or nobody gets anywhere for ever though with fair scheduling
    is_asleep: bool  # the last wake-up is lost
    may_starve: bool | None = None  # of a run for ever: one may wait for ever
    is_overtaken: bool | None = None
    bypass: int | None = None  # -1: without bound


def by_plain(ready: Waiting, shape: Shape, model: str, acquisitions: int | None, most: int) -> tuple[Facts, int] | None:
    """Return the facts from the plain explorer and how many states have no fault; None: there are too many."""
    cells, image = prepare(ready.program, shape, 4)
    machine = Machine(ready.program, ready.awaits, shape, model, acquisitions, cells=cells, image=image)
    found = plain.explore(machine, most)
    if not found.is_exhausted:
        return None
    verdict = plain.Verdict(len(found.states), found.is_exhausted)
    for number, state in enumerate(found.states):
        plain._judge(found, verdict, number, state)
    if acquisitions is not None:
        every = plain_fairness.fair_components(found, range(len(found.states)))
        # under `c11` only awaits are looked at: whether a loop that retries ends is for sc and tso to say
        cycles = (one for one in every if model != "c11" or plain_fairness.only_awaits(found, one))
        if any(True for _ in cycles):
            verdict.faults.setdefault("endless_await", plain.Found("endless_await", 0, ()))
    kinds = frozenset(verdict.faults)
    healthy = sum(not state.fault for state in found.states)
    facts = Facts(kinds - STUCK, bool(kinds & STUCK), "lost_wakeup" in kinds)
    return (facts if model == "c11" else _with_orders(facts, found)), healthy


def _with_orders(facts: Facts, found: plain.Explored) -> Facts:
    threads = range(len(found.machine.shape.thread_cpus))
    bound = plain_order.bypass(found)
    if found.machine.acquisitions is None:
        may_starve = facts.hangs or any(plain_fairness.starves(found, thread) for thread in threads)
        hangs = facts.hangs or any(plain_fairness.stands_still(found, thread) for thread in threads)
        facts = replace(facts, hangs=hangs, may_starve=may_starve)
    return replace(
        facts,
        is_overtaken=bool(plain_order.overtaken(found)),
        bypass=-1 if bound is None else bound,
    )


def by_engine(
    ready: Waiting, shape: Shape, model: str, acquisitions: int | None, options: Options
) -> tuple[Facts, Exploration] | None:
    """Return the facts from the compiled explorer; None: without reductions `c11` is not finite."""
    found = explore(ready, shape, model, acquisitions, options, budget_states=50_000)
    if not found.exhausted:
        assert model == "c11", found.reason
        return None
    kinds = frozenset(one.kind for one in found.faults)
    graph = graph_of(found)
    assert graph is not None
    stuck = reach.stuck(graph, newest=model == "c11")
    kinds |= {reach.kind_of_stuck(graph.status[state].tolist()) for state in stuck}
    facts = Facts(kinds - STUCK, bool(kinds & STUCK), "lost_wakeup" in kinds)
    if model == "c11":
        return facts, found
    if acquisitions is not None:
        facts = replace(facts, hangs=facts.hangs or fairness.livelock(graph) is not None)
    else:
        may_starve = facts.hangs or fairness.starvation(graph) is not None
        facts = replace(facts, hangs=facts.hangs or fairness.standstill(graph) is not None, may_starve=may_starve)
    bound = order.bypass(graph).bound
    return replace(
        facts,
        is_overtaken=order.overtaken(graph) is not None,
        bypass=-1 if bound is None else bound,
    ), found
