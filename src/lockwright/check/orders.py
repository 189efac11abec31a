"""Which memory orders carry weight: weaken one after the other, as far as the lock still passes under `c11`.

Orders are not independent, so this finds *one* minimal set; for each place it tells what breaks one step below.
On x86 only what drains the store buffer can matter: seq_cst stores and seq_cst fences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check import sites
from lockwright.check.trial import PASSES, UNKNOWN, Trials
from lockwright.ir.table import Order
from lockwright.results import FAULTS, OrderResult

if TYPE_CHECKING:
    from lockwright.check.search import Explorer, Settings
    from lockwright.ir.program import Program

SIZES: list[tuple[int, int | None]] = [(2, 1), (2, 2), (3, 1)]
"""Instances that decide: in all locks tried, larger ones changed nothing."""


def weigh(program: Program, settings: Settings, explore: Explorer, seconds: float) -> list[OrderResult]:
    """Return what each order of the lock carries, in the order of the source."""
    trials = Trials.lasting(explore, settings, seconds)
    found = sites.sites(program)
    weakest, breaks = {}, {}
    current = program
    for number, site in enumerate(found):
        current, weakest[number], breaks[number] = _weaken(trials, current, site)
    results = [
        OrderResult(
            span=site.span,
            op=site.instruction.op,
            written=site.order.value,
            weakest=weakest[number],
            breaks=breaks[number],
            matters_on_x86=_matters_on_x86(trials, program, site),
        )
        for number, site in enumerate(found)
    ]
    return sorted(results, key=lambda one: (one.span.file, one.span.line, one.span.column))


def _weaken(trials: Trials, current: Program, site: sites.Site) -> tuple[Program, str, str]:
    """Return the program with the weakest order that passes there, that order, and what the one below it breaks."""
    breaks = ""
    candidates: list[Order | None] = [*([None] if site.is_fence else []), *site.weaker]
    for order in candidates:
        changed = current if order is None else sites.with_order(current, site, order)
        if order is None:
            changed = _fence_off(current, site)
        outcome = trials.try_out(changed, "c11", SIZES)
        if outcome == PASSES:
            return changed, "none" if order is None else order.value, breaks
        if outcome != UNKNOWN:
            breaks = f"{FAULTS.get(outcome, ('', outcome))[1]} with {'no fence' if order is None else order.value}"
    return current, site.order.value, breaks


def _fence_off(program: Program, site: sites.Site) -> Program:
    """Return the program with the fence made a relaxed one, which orders nothing; places of other sites stay."""
    return sites.with_order(program, site, Order.RELAXED)


def _matters_on_x86(trials: Trials, program: Program, site: sites.Site) -> bool:
    if site.order is not Order.SEQ_CST or site.slot:
        return False
    if site.is_fence:
        return trials.try_out(sites.with_order(program, site, None), "tso", SIZES) not in (PASSES, UNKNOWN)
    if site.instruction.op != "atomic_store":
        return False
    return trials.try_out(sites.with_order(program, site, Order.RELEASE), "tso", SIZES) not in (PASSES, UNKNOWN)
