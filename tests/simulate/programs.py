"""Small programs in the language for tests of the simulator, and machines with round numbers."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.simulate.plain.machines import OPTERON

from lockwright.language.compile import compile_text
from lockwright.machines.model import CacheLevel

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel

LARGE = CacheLevel(sets=1 << 14, ways=8, latency_cycles=3)
DIES = replace(OPTERON, private=(LARGE,))
"""The 48 CPUs of SOSP 2013, with caches for everything."""
FREE = replace(
    DIES,
    name="free",
    latency_cycles=(((1, 1, 1, 1),) * 5,) * 6,
    read_occupancy_cycles=1,
    load_hit_cycles=1,
    update_hit_cycles=1,
    instruction_ticks=1,
    pause_cycles=1,
    mispredict_cycles=0,
)
"""A line is as near as it can be: what is left are the times of the program."""
SMALL = replace(
    DIES,
    name="small",
    private=(CacheLevel(8, 2, 3), CacheLevel(32, 2, 15)),
    last=CacheLevel(64, 4, 40),
)
"""16 lines in L1, 64 in L2, 256 in the last level."""


WORDS = (
    "Array, Atomic, Struct, Workload, acquire, compute, cpu, field, park, pause, random, relaxed, release, running, "
    "u32, unpark, workers"
)


def work(body: str, fields: str = "word: Atomic[u32]", more: str = "") -> Program:
    """Return a workload whose threads run a body, round by round.

    Args:
        body: Statements, separated by newlines.
        fields: Lines of fields, likewise.
        more: What stands before the class.
    """
    rounds = textwrap.indent(body, " " * 12)
    text = f"""from lockwright.language import {WORDS}
{more}

class Work(Workload):
{textwrap.indent(fields, " " * 4)}

    def each_thread(self) -> None:
        while running():
{rounds}
"""
    return compile_text(text, class_name="Work")


def machine_of_one_die(machine: MachineModel, cores: int) -> MachineModel:
    """Return a machine that has one die only."""
    return replace(
        machine, core_of_cpu=tuple(range(cores)), node_of_core=(0,) * cores, package_of_node=(0,), distances=((0,),)
    )
