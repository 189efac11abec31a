"""Whether it became faster: throughput, and what a lock costs for each operation, against what its share says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lockwright.profiles.comparing.tally import CPU_TIME
from lockwright.profiles.comparing.wording import amount, cost, named, times, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.comparing.results import Change, Estimate, SideSummary
    from lockwright.profiles.comparing.told import Told

_CHEAPER = 0.9  # of what an operation cost: the gain is in that, not in throughput
_FLAT = 0.03  # relative difference below which throughput of single runs counts as the same


def sentences(found: Told, lock: Change | None) -> Iterator[str]:
    """Yield what throughput and costs say, and where they contradict the shares.

    Args:
        found: What was found.
        lock: The lock that changed most, or all locks together; None if there is none.
    """
    one, other = found.before.throughput, found.after.throughput
    if one is not None and other is not None:
        yield f"operations a second: {_spelled(one)} before, {_spelled(other)} after, {speed_up(one, other)}"
    yield from _busy(found)
    if lock is None:
        return
    if lock.per_operation is not None:
        yield _cost(found, lock, lock.per_operation, "for each operation")
    elif lock.per_second is not None:
        yield _cost(found, lock, lock.per_second, "in each second")


def _busy(found: Told) -> Iterator[str]:
    """Yield what an operation costs as a whole, and how many CPUs are busy."""
    pair = busy_per_operation(found)
    if pair is not None and pair[0] > 0:
        before, after = (cost(one, found.cost_unit) for one in pair)
        unit, ratio = unit_of(found.cost_unit), times(pair[1] / pair[0])
        yield f"all that was busy: {before} {unit} for each operation before, {after} after, {ratio} times"
    rates = [_busy_total(side) / sum(side.seconds) for side in (found.before, found.after) if side.seconds]
    if found.cost_unit == CPU_TIME and len(rates) == 2:
        yield f"CPUs busy: {rates[0] / 1e9:.2f} before, {rates[1] / 1e9:.2f} after"


def busy_per_operation(found: Told) -> tuple[float, float] | None:
    """Return what an operation costs, before and after; None if that is not known."""
    one, other = found.before, found.after
    if not found.cost_unit or not one.work or not other.work:
        return None
    return _busy_total(one) / sum(one.work), _busy_total(other) / sum(other.work)


def _busy_total(side: SideSummary) -> float:
    return (side.total or 0.0) * (1 - side.idle / 100)


def warnings(found: Told, lock: Change | None, main: Change | None) -> Iterator[str]:
    """Yield where a share deceives.

    Args:
        found: What was found.
        lock: The lock that changed most; None if none did.
        main: The function or lock that changed most; None if none did.
    """
    one, other = found.before.throughput, found.after.throughput
    if one is None or other is None:
        return
    if lock is not None and lock.difference.value > 0 and other.value > one.value and not is_flat(one, other):
        yield f"the share of {named(lock)} rose while more was done: not worse; a share says nothing of speed"
    if main is None or main.difference.value >= 0:
        return
    if is_flat(one, other):
        pair = busy_per_operation(found)
        if pair is not None and pair[1] <= _CHEAPER * pair[0]:
            return  # as much as was offered was done, with less
        yield (
            f"the share of {named(main)} fell and throughput stayed: something behind it limits now, see the next limit"
        )
    elif other.value < one.value:
        yield f"the share of {named(main)} fell and less was done: look at what the CPUs wait for instead"


def is_flat(one: Estimate, other: Estimate) -> bool:
    """Return whether two throughputs are the same, as far as is known."""
    if one.low is not None and one.high is not None and other.low is not None and other.high is not None:
        risen = other.value >= one.value
        gaps = (
            (other.value - other.low, one.high - one.value)
            if risen
            else (other.high - other.value, one.value - one.low)
        )
        return abs(other.value - one.value) <= math.hypot(*gaps)  # as `estimating.difference`
    return abs(other.value / one.value - 1) <= _FLAT


def _spelled(one: Estimate) -> str:
    if one.low is None or one.high is None:
        return amount(one.value)
    return f"{amount(one.value)} [{amount(one.low)} to {amount(one.high)}]"


def speed_up(one: Estimate, other: Estimate) -> str:
    """Return by how much throughput changed, and whether that is told from chance."""
    if one.low is None and is_flat(one, other):
        return f"{times(other.value / one.value)} times: as good as the same"
    flat = ", which may be chance" if is_flat(one, other) else ""
    return f"{times(other.value / one.value)} times{flat}"


def _cost(found: Told, lock: Change, pair: tuple[Estimate, Estimate], each: str) -> str:
    before, after = pair
    change = f", {times(after.value / before.value)} times" if before.value > 0 else ""
    told = [_with_interval(one, found.cost_unit) for one in pair]
    return f"{named(lock)} costs {told[0]} {unit_of(found.cost_unit)} {each} before, {told[1]} after{change}"


def _with_interval(one: Estimate, unit: str) -> str:
    if one.low is None or one.high is None:
        return cost(one.value, unit)
    return f"{cost(one.value, unit)} [{cost(one.low, unit)} to {cost(one.high, unit)}]"


def prefix(found: Told) -> str:
    """Return the answer to whether it became faster, to stand before all else; empty if that is not known."""
    one, other = found.before.throughput, found.after.throughput
    if one is not None and other is not None:
        ratio = f"{times(other.value / one.value)} times the operations a second"
        if not is_flat(one, other):
            return f"{ratio}; "
        return "as fast as before; " if one.low is None else f"{ratio}, which may be chance; "
    pair = busy_per_operation(found)
    if pair is None or pair[0] <= 0 or abs(pair[1] / pair[0] - 1) <= _FLAT:
        return ""
    return f"{times(pair[1] / pair[0])} times the busy time for each operation; "
