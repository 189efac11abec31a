"""`lockwright locks`: what is built in."""

from __future__ import annotations


def locks() -> int:
    """List the built-in locks, what they promise and where they come from."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from lockwright import api

    table = Table("lock", "promises", "what it is", "source", box=box.SIMPLE_HEAD, pad_edge=False)
    for one in api.locks():
        table.add_row(one.name, ", ".join(one.promises) or "-", one.summary, one.source)
    Console(highlight=False).print(table)
    return 0
