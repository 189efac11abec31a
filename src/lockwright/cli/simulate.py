"""`lockwright simulate`: locks on a modelled machine: who collapses where, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lockwright.cli.output import STANDARD_OUTPUT, refuse_unwritable, write
from lockwright.cli.status import Status

if TYPE_CHECKING:
    from lockwright.simulation import Simulation


_OTHER_PICTURES = (".png", ".pdf", ".jpg", ".jpeg", ".gif", ".webp")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go besides the terminal.

    Args:
        json: Write the result as JSON to a file, or to standard output with `-`.
        csv: Write the points as CSV to a file, or to standard output with `-`.
        html: Write one page with pictures, profiles and the reasons; it needs no network.
        svg: Write the picture of the throughput.
        folded: Write the profile of the one lock at most CPUs as folded stacks, for `lockwright profile` and others.
    """

    json: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    csv: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    html: str | None = None
    svg: str | None = None
    folded: str | None = None

    def by_option(self) -> dict[str, str | None]:
        """Return the targets by the options that name them."""
        return {"--json": self.json, "--csv": self.csv, "--html": self.html, "--svg": self.svg, "--folded": self.folded}


def simulate(
    *locks: str,
    machine: str = "opteron48",
    cpus: str | None = None,
    hold: str | None = None,
    think: str | None = None,
    exponential: Annotated[bool, Parameter(negative="")] = False,
    lines: int | None = None,
    number: Annotated[int | None, Parameter(name="--locks")] = None,
    readers: float | None = None,
    workload: str | None = None,
    seeds: int = 5,
    start: str | None = None,
    ops: int | None = None,
    sensitivity: Annotated[bool, Parameter(negative="")] = False,
    outputs: Outputs = Outputs(),
) -> int:
    """Run locks on a modelled machine: throughput, fairness, hand-offs and profile, and what limits them.

    Args:
        locks: Built-in names (`ticket`, `mcs`), lock files (`mylock.py`, `mylock.py:MyLock`), or whole programs.
        machine: A name that `lockwright machines` lists, or a TOML file.
        cpus: On how many CPUs: `1,6,12,48`, or `1-48`; by default one, one die, two dies, all.
        hold: How long a section works beside its lines, with a unit: `100cycles`, `50ns`; by default 100 cycles.
        think: How long a thread does something else between two sections: `2us`; by default 1,000 cycles.
        exponential: Think times are exponentially distributed, with `--think` as their mean.
        lines: How many shared cache lines a section reads and writes.
        number: How many locks there are; each round takes one of them at random.
        readers: For a reader-writer lock: which part of the sections only read; by default 0.9.
        workload: What the lock is put into instead: a name of `lockwright locks`, or a file `work.py:MyWorkload`.
        seeds: How many runs there are of each point.
        start: `spread`, or `together`: near a collapse the two may end on different branches; by default `spread`, but
            `together` for a program that ends by itself.
        ops: How many rounds of all threads together, an acquisition each, a run measures; by default 2,000,
            or 20 for each CPU.
        sensitivity: Also tell which of the machine's weak numbers decide the result.
        outputs: Where results go besides the terminal.
    """
    from lockwright.cli.usage import mistaken

    if not locks and workload is None:
        return mistaken(
            "no lock is named", "`lockwright simulate ticket mcs`, or a file; `lockwright locks` lists what is built in"
        )
    if outputs.folded is not None and len(set(locks)) > 1:
        return mistaken("`--folded` writes the profile of one lock", f"`lockwright simulate {locks[0]} --folded FILE`")
    refuse_unwritable(outputs.by_option(), ("--json", "--csv"))
    if outputs.svg is not None and outputs.svg.lower().endswith(_OTHER_PICTURES):
        return mistaken(f"`--svg {outputs.svg}` would write SVG under the name of something else", "`--svg FILE.svg`")
    from lockwright.cli.progress import Bar, tell_of_compilation
    from lockwright.simulation import simulate as run

    tell_of_compilation("the simulator")
    options: dict[str, Any] = {
        "machine": machine, "cpus": cpus, "hold": hold, "think": think, "lines": lines, "locks_count": number,
        "readers": readers, "seeds": seeds, "start": start, "ops": ops, "sensitivity": sensitivity,
        "think_distribution": "exponential" if exponential else "fixed",
    }  # fmt: skip
    with Bar("runs") as bar:
        result = (
            run(locks, workload=workload, progress=bar.show, **options)
            if locks
            else run(str(workload), progress=bar.show, **options)
        )
    if STANDARD_OUTPUT not in (outputs.json, outputs.csv):
        from lockwright.report.simulation import print_simulation

        print_simulation(result)
    if result.points:
        _write(result, outputs)
    if result.is_interrupted:
        return Status.INTERRUPTED
    is_wrong = any(run.failed_assertions or run.overlaps for one in result.points for run in one.runs)
    return Status.FINDING if is_wrong else Status.FINE


def _write(result: Simulation, outputs: Outputs) -> None:
    """Write the files that were asked for, each whole or not at all."""
    if outputs.json:
        import msgspec

        from lockwright.report.simulation_records import simulation_json

        write(outputs.json, msgspec.json.format(msgspec.json.encode(simulation_json(result)), indent=2).decode())
    if outputs.csv:
        from lockwright.report.simulation_records import simulation_csv

        write(outputs.csv, simulation_csv(result))
    if outputs.html:
        from lockwright.report.simulation_page import simulation_page

        write(outputs.html, simulation_page(result))
    if outputs.folded:
        from lockwright.profiles.writers import folded
        from lockwright.profiles.writers.series import writable_series

        write(outputs.folded, folded(writable_series(result.profile())[0]))
    if outputs.svg:
        from lockwright.report.drawing import svg

        write(outputs.svg, svg(result.figure()))
