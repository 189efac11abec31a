"""Every entry of the instruction table is run by the explorers, or refused with a reason."""

from __future__ import annotations

import ast
from pathlib import Path

import lockwright
from lockwright.check.engine import uncovered
from lockwright.flat import opcodes
from lockwright.ir.table import TABLE

ENGINE = Path(lockwright.__file__).parent / "check" / "engine"
FLAT = Path(lockwright.__file__).parent / "flat"
LOWERED_AWAY = {
    "root", "extent", "pause", "compute", "now", "jump", "return", "pack", "thread", "part", "copy",
    "atomic_load", "exchange", "max",
}  # fmt: skip
"""Run by the local kernel, folded, or the last case of a chain of comparisons."""


def mentioned(path: Path) -> set[str]:
    """Return the opcodes that a kernel names."""
    tree = ast.parse(path.read_text())
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name.lower() for name in names if name.lower() in opcodes.OPCODE}


def test_each_entry_has_an_opcode_but_calls() -> None:
    assert set(TABLE) - set(opcodes.OPCODE) == {"call", "call_table"}


def test_opcodes_are_distinct() -> None:
    assert len(set(opcodes.OPCODE.values())) == len(opcodes.OPCODE)


def test_each_entry_is_run_or_refused() -> None:
    kernels = ("machine.py", "records.py", "search.py", "system.py")
    shared = ("local.py", "parts.py")
    files = [*(ENGINE / name for name in kernels), *(FLAT / name for name in shared)]
    run = set().union(*map(mentioned, files)) | LOWERED_AWAY
    by_default = {"kick", "event_send", "softirqs"}
    assert set(TABLE) - run - by_default - set(uncovered.REASONS) == set()
