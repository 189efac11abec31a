"""`lockwright machines`: which there are, all about one, and one made of a table of latencies."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from lockwright.cli.output import STANDARD_OUTPUT, refuse_unwritable, write
from lockwright.cli.status import Status

if TYPE_CHECKING:
    from lockwright.machines import Machine

_WIDE = 140  # columns where no terminal sets a width

machines = App(name="machines", help="The machines that `simulate` knows: what is known of them, and how well.")
Json = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


@machines.default
def listing(*, json: Json = None) -> int:
    """List the machines that are built in, whether they can be run, and how weak their weakest numbers are.

    Args:
        json: Write everything as JSON to a file, or to standard output with `-`.
    """
    from lockwright.machines import cost_names, load, names

    refuse_unwritable({"--json": json})
    every = [load(name) for name in names()]
    if json:
        from lockwright.report.machines_json import listing_json

        _write_json(json, listing_json(every, cost_names()))
    if json != STANDARD_OUTPUT:
        _print_table(every)
        print(f"costs of kernels and hypervisors, no machines: {', '.join(cost_names())}")
        print("one with all its numbers: `lockwright machines show NAME`; your own is a file: `box.toml`")
    return Status.FINE


@machines.command
def show(name: str, /, *, json: Json = None) -> int:
    """Show a machine: its topology, its latencies, and every number with its source and how far it can be trusted.

    Args:
        name: A built-in name such as `opteron48`, or a file of your own.
        json: Write everything as JSON to a file, or to standard output with `-`.
    """
    from lockwright.machines import cost_names, cost_texts, costs, load
    from lockwright.report.console import WIDTH, print_lines, terminal
    from lockwright.report.machines import costs_page, page
    from lockwright.report.machines_json import costs_json, machine_json

    refuse_unwritable({"--json": json})
    console = terminal()
    width = min(WIDTH, console.width) if console.is_terminal else WIDTH
    if name in cost_names():
        result, lines = costs_json(name, costs(name)), costs_page(name, cost_texts(name), costs(name))
    else:
        machine = load(name)
        result, lines = machine_json(machine), page(machine, width)
    if json:
        _write_json(json, result)
    if json != STANDARD_OUTPUT:
        print_lines(lines, console)
    return Status.FINE


@machines.command(name="from-csv")
def from_csv(
    file: str,
    /,
    *,
    ghz: float | None = None,
    out: str | None = None,
    like: str | None = None,
    packages: int | None = None,
) -> int:
    """Make a machine file of a table of core-to-core latencies: a row and a column for each CPU, nanoseconds one way.

    Args:
        file: The CSV file.
        ghz: The clock in which cycles are counted; by default what the name of the file says.
        out: The machine file to write, such as `box.toml`; by default it is printed.
        like: The machine from which other rows, costs and the protocol are taken.
        packages: 1, if the outermost groups of CPUs are parts of one package.
    """
    from pathlib import Path

    from lockwright import machines as room

    refuse_unwritable({"--out": out})
    name = Path(out).stem if out else ""
    made = room.from_csv(file, ghz=ghz, like=like, packages=packages, name=name)
    for note in made.notes:
        print(note if note.startswith("warning: ") else f"note: {note}", file=sys.stderr)
    write(out or STANDARD_OUTPUT, made.text)
    if out:
        topology = made.topology
        print(
            f"written: {out}: {topology.cpus} CPUs, {topology.dies} die{'s' * (topology.dies != 1)}; "
            f"`lockwright machines show {out}` has all its numbers",
            file=sys.stderr,
        )
    return Status.FINE


def _print_table(every: list[Machine]) -> None:
    from rich import box
    from rich.table import Table

    from lockwright.report.console import terminal
    from lockwright.report.machines import COLUMNS, row

    table = Table(*COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False)
    for one in every:
        table.add_row(*row(one))
    console = terminal()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)


def _write_json(target: str, result: dict[str, Any]) -> None:
    import msgspec

    write(target, msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
