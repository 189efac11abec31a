"""How many states the explorer of `sc` and `tso` stores in a CPU second, with and without reductions; and its memory.

Run: python benchmarks/states_per_second.py [--most 10000000] [--huge]

`--huge` is the run of 100 million states for safety alone: its rate, and the most memory that the process had.
"""

from __future__ import annotations

import argparse
import resource
import time

from lockwright.check.engine.run import Options, explore
from lockwright.ir.program import Program, Shape
from lockwright.language.compile import compile_target

RAW = (
    ("ticket", 5, 2, "sc"),
    ("ticket", 5, 2, "tso"),
    ("ttas", 5, 3, "sc"),
    ("ttas", 5, 3, "tso"),
    ("mcs", 4, 2, "sc"),
    ("mcs", 4, 2, "tso"),
    ("clh", 4, 2, "sc"),
    ("clh", 4, 2, "tso"),
)
REDUCED = (
    ("ticket", 4, 2, "tso"),
    ("ttas", 4, 2, "sc"),
    ("ttas", 4, 2, "tso"),
    ("clh", 4, 2, "tso"),
    ("mcs", 4, 2, "sc"),
    ("mcs", 4, 2, "tso"),
    ("mcs", 5, 2, "tso"),
    ("ticket", 4, None, "tso"),
    ("ttas", 4, None, "tso"),
    ("clh", 4, None, "tso"),
    ("mcs", 4, None, "tso"),
    ("mcs", 5, None, "tso"),
)
HUGE, HUGE_STATES = ("mcs", 5, 2, "tso"), 100_000_000
NO_REDUCTIONS = Options.raw(keep_graph=False)


def measure(name: str, threads: int, acquisitions: int | None, model: str, options: Options, most: int) -> str:
    """Return a line of the table."""
    program: Program = compile_target(name)
    began = time.process_time()
    found = explore(
        program, Shape.plain(threads), model, acquisitions, options, budget_states=most, budget_seconds=3600.0
    )
    seconds = time.process_time() - began
    times = "for ever" if acquisitions is None else f"{acquisitions} each"
    rate = found.states / seconds / 1e6
    rest = "" if found.exhausted else " (not all)"
    return (
        f"{name:8} {threads} x {times:8} {model:3} {found.states:12,} states {found.transitions:12,} steps "
        f"{seconds:8.3f} s {rate:6.2f} M/s{rest}"
    )


def memory_gb() -> float:
    """Return the most memory that this process has had, in GB (10**9 bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    """Compile or load the kernels, then measure."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--most", type=int, default=10_000_000, help="states at which a search stops")
    arguments.add_argument("--huge", action="store_true", help="only the run of 100 million states")
    chosen = arguments.parse_args()
    explore(compile_target("ticket"), Shape.plain(2), "tso", 1, NO_REDUCTIONS)
    if chosen.huge:
        print(measure(*HUGE, NO_REDUCTIONS, HUGE_STATES))
        print(f"{memory_gb():.2f} GB at most")
        return
    print("without reductions, safety")
    for one in RAW:
        print(measure(*one, NO_REDUCTIONS, chosen.most), flush=True)
    print("all reductions, with the graph for all properties")
    for one in REDUCED:
        print(measure(*one, Options(), chosen.most), flush=True)


if __name__ == "__main__":
    main()
