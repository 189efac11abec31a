"""Cache lines that bounce, in a terminal: which bytes of a line are read and written by which functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles import LineAccess, SharedLine

_ALL = 100.0  # percent


def headline(lines: Sequence[SharedLine]) -> str:
    """Return the sentence about the worst of the lines."""
    whole = sum(one.transfers for one in lines)
    worst = lines[0]
    return (
        f"shared cache lines: {len(lines):,}, for which other caches were asked {whole:,} times; "
        f"{_share(worst.transfers, whole)} of it for {worst.address}"
    )


def cells(lines: Sequence[SharedLine], rows: int) -> list[list[str]]:
    """Return a table, with its head: a row for each line, and one for each place of the code that touches it."""
    whole = sum(one.transfers for one in lines)
    found = [["share", "transfers", "remote", "stores", "cache line, offset", "used by"]]
    for line in lines[:rows]:
        counts = [_share(line.transfers, whole), f"{line.transfers:,}", f"{line.hitm_remote:,}", f"{line.stores:,}"]
        found.append([*counts, line.address, f"{len({one.offset for one in line.accesses}):,} of its offsets"])
        found += [_access(one, line) for one in sorted(line.accesses, key=_weight)[:rows]]
    return found


def _weight(one: LineAccess) -> float:
    return -(one.hitm_local + one.hitm_remote + one.peer + one.stores)


def _access(one: LineAccess, line: SharedLine) -> list[str]:
    transfers = one.hitm_local + one.hitm_remote + one.peer
    counts = [_share(transfers, line.transfers), f"{transfers:,.0f}", f"{one.hitm_remote:,.0f}", f"{one.stores:,.0f}"]
    place = f" ({one.source})" if one.source else ""
    return [*counts, f"  +{one.offset:#x}", f"{one.symbol}{place}"]


def _share(part: float, whole: float) -> str:
    return f"{_ALL * part / whole:.1f} %" if whole else "-"
