"""How many states the explorers of `sc` and `tso` store in a CPU second, without and with reductions.

Run: python benchmarks/states_per_second.py
"""

from __future__ import annotations

import time

from lockwright.check.engine.run import Options, explore
from lockwright.ir.program import Program, Shape
from lockwright.language.compile import compile_target

INSTANCES = (
    ("ticket", 5, 2, "sc", True),
    ("ticket", 5, 2, "tso", True),
    ("mcs", 3, 2, "tso", True),
    ("mcs", 4, 2, "tso", False),
    ("clh", 4, 2, "tso", False),
    ("ticket", 5, None, "tso", False),
)
MOST_STATES = 2_000_000


def measure(program: Program, threads: int, acquisitions: int | None, model: str, *, raw: bool) -> str:
    """Return a line of the table."""
    options = Options.raw(keep_graph=False) if raw else Options()
    began = time.process_time()
    found = explore(program, Shape.plain(threads), model, acquisitions, options, budget_states=MOST_STATES)
    seconds = time.process_time() - began
    times = "for ever" if acquisitions is None else acquisitions
    rate = found.states / seconds / 1e6
    kind = "no reductions" if raw else "all reductions"
    instance = f"{program.name:20} {threads} x {times!s:8} {model:3} {kind:14}"
    return f"{instance} {found.states:9,} states {seconds:7.3f} s {rate:6.2f} M/s"


def main() -> None:
    """Compile or load the kernels, then measure."""
    explore(compile_target("ticket"), Shape.plain(2), "tso", 1, Options.raw(keep_graph=False))
    for name, threads, acquisitions, model, raw in INSTANCES:
        print(measure(compile_target(name), threads, acquisitions, model, raw=raw))


if __name__ == "__main__":
    main()
