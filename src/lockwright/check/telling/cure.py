"""Name a cure by trying it: a stronger order, a fence, or a store made a read-modify-write; whatever proves is told.

Changes are tried one at a time, the cheapest first.  What passes in the failing instance is then asked for every model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.check import sites
from lockwright.check.trial import PASSES, Trials
from lockwright.ir.table import Effect
from lockwright.results import Remark, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.check.search import Explorer, Settings
    from lockwright.ir.program import Program
    from lockwright.results import Fault

_MOST_CURES = 2


@dataclass(frozen=True, slots=True)
class Change:
    """A changed program, how to say it, and what to say at the place itself."""

    program: Program
    text: str
    remark: Remark


@dataclass(frozen=True, slots=True)
class Cure:
    """A change that passes: the sentence, and the place."""

    text: str
    remark: Remark


def cures(program: Program, fault: Fault, settings: Settings, explore: Explorer, seconds: float) -> list[Cure]:
    """Return up to two cures, each with the models under which it is proved."""
    trials = Trials.lasting(explore, settings, seconds)
    told: list[Cure] = []
    if fault.model == "sc":
        return told  # the logic: no order and no fence can cure it
    for change in _changes(program, fault.model):
        if trials.left_s <= 0 or len(told) == _MOST_CURES:
            break
        if trials.try_out(change.program, fault.model, [(fault.threads, fault.acquisitions)]) != PASSES:
            continue
        proved = _proved(trials, change, settings, fault)
        if fault.model in proved:
            instance = f"proved with {counted(max(2, fault.threads), 'thread')}: {', '.join(proved)}"
            told.append(Cure(f"{change.text} ({instance})", change.remark))
    return told


def _proved(trials: Trials, change: Change, settings: Settings, fault: Fault) -> list[str]:
    """Return the models under which a change passes in some small instances."""
    threads = max(2, fault.threads)
    sizes: list[tuple[int, int | None]] = [(threads, 1), (threads, 2)]
    if fault.acquisitions is None:
        sizes.append((threads, None))
    return [model for model in settings.models if trials.try_out(change.program, model, sizes) == PASSES]


def _changes(program: Program, model: str) -> Iterator[Change]:
    found = sites.sites(program)
    if model == "c11":
        yield from _stronger(program, found)
    yield from _exchanges(program, found)
    yield from _fences(program, found)


def _stronger(program: Program, found: list[sites.Site]) -> Iterator[Change]:
    for site in found:
        for order in site.stronger:
            text = f"line {site.span.line}: `{order.value}` instead of `{site.order.value}`"
            remark = Remark(site.span, f"`{site.order.value}` is too weak here: `{order.value}` cures it")
            yield Change(sites.with_order(program, site, order), text, remark)


def _exchanges(program: Program, found: list[sites.Site]) -> Iterator[Change]:
    for site in found:
        if site.instruction.op == "atomic_store":
            text = (
                f"line {site.span.line}: make the store a read-modify-write (`exchange`, or `fetch_add` where it "
                "adds), so that what follows cannot come before it"
            )
            remark = Remark(site.span, "what follows can come before this store")
            yield Change(sites.with_exchange(program, site), text, remark)


def _fences(program: Program, found: list[sites.Site]) -> Iterator[Change]:
    for site in found:
        effect = site.instruction.entry.effect
        if effect in (Effect.WRITE, Effect.READ):
            side = "before" if effect is Effect.READ else "behind"
            changed = sites.with_fence(program, site, before=effect is Effect.READ)
            remark = Remark(site.span, f"a fence {side} this cures it")
            yield Change(changed, f"`fence()` {side} line {site.span.line}", remark)
