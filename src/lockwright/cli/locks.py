"""`lockwright locks`: what is built in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

_WIDE = 140  # columns where no terminal sets a width


def locks() -> int:
    """List the built-in locks and workloads, what they promise and where they come from."""
    from rich import box
    from rich.table import Table

    from lockwright import api
    from lockwright.report.console import terminal

    table = Table("lock", "promises", "what it is", "source", box=box.SIMPLE_HEAD, pad_edge=False)
    for one in api.locks():
        table.add_row(one.name, ", ".join(one.promises) or "-", one.summary, one.source)
    console = terminal()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)
    console.print(_workloads())
    return 0


def _workloads() -> Table:
    """Return the built-in workloads: what threads do with a lock or a structure."""
    from rich import box
    from rich.table import Table

    from lockwright import api

    table = Table("workload", "what it is", "source", box=box.SIMPLE_HEAD, pad_edge=False)
    for one in api.workloads():
        table.add_row(one.name, one.summary, one.source)
    return table
