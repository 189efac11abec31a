"""Every entry of the instruction table is run by the simulator, or refused with a listed code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.plain.threads import program
from tests.simulate.programs import DIES

import lockwright
from lockwright.diagnostics.explanations import explanations
from lockwright.errors import LockwrightError
from lockwright.flat import opcodes
from lockwright.ir.table import TABLE
from lockwright.simulate.run import Settings, run_once

PACKAGE = Path(lockwright.__file__).parent
LOWERED_AWAY = {"call", "call_table", "patch", "root", "extent"}
"""Inlined, stored, or folded into constants before anything runs."""
REFUSED = {
    "cpu_set_online": "cpu_set_online 0:u32 0:bool",
    "raise_interrupt": "",  # with the handler that it would raise
    "give_up": "",  # no program has it: `check` puts it where a bounded loop may end
}
"""Texts of the instructions that a simulation does not know."""
BY_CLASS = {
    "load", "atomic_load", "store", "atomic_store", "fence", "mark", "doorway", "running", "random", "return", "now",
    "exchange", "compare_exchange", "fetch_add", "fetch_sub", "fetch_or", "fetch_and",
}  # fmt: skip
"""Run as their class of rows; what an update does stands in `flat.parts`."""


def mentioned(path: Path) -> set[str]:
    """Return the opcodes that a kernel names."""
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    return {name.lower() for name in names if name.lower() in opcodes.OPCODE}


def test_each_entry_is_run_or_refused() -> None:
    kernels = (*(PACKAGE / "simulate" / name for name in ("engine.py", "system.py", "storage.py")),)
    run = set().union(*map(mentioned, kernels)) | mentioned(PACKAGE / "flat" / "local.py") | BY_CLASS
    by_default = {"pause", "thread", "part", "pack", "copy", "max"}  # the last cases of chains of comparisons
    assert set(TABLE) - run - by_default - LOWERED_AWAY - set(REFUSED) == set()
    assert set(REFUSED) <= set(TABLE)


def test_what_is_refused_says_so() -> None:
    with pytest.raises(LockwrightError, match="cannot be simulated") as raised:
        run_once(program(REFUSED["cpu_set_online"]), DIES, Settings(1))
    assert raised.value.diagnostics[0].code in explanations()


def test_handlers_are_refused() -> None:
    with pytest.raises(LockwrightError, match="handles an interrupt") as raised:
        run_once(program("raise_interrupt @handler0 0:u32", handlers=("pause",)), DIES, Settings(1))
    assert raised.value.diagnostics[0].code in explanations()
