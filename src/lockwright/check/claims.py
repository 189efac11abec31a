"""What a proof of a program claims, in words: only what the program could have got wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.program import Program

_SLEEPS = frozenset({"halt", "halt_if", "park", "futex_wait", "event_poll"})


def claims(program: Program) -> list[str]:
    """Return what holds wherever a check of a program, inlined, finds nothing.

    A lock in its harness claims what every lock does; a whole program only what its words can break.
    """
    ops = set(_ops(program))
    is_lock = bool(program.subject)
    found = ["at most one holder"] if is_lock or "mark" in ops else []
    if "assert" in ops and not is_lock:
        found.append("every assertion holds")
    if program.at_rest and not is_lock:
        found.append("conserved at rest")
    if "alloc" in ops:
        found.append("no use after free, no leak")
    found.append("no deadlock")
    if is_lock or ops & _SLEEPS:
        found.append("no lost wake-up")
    return found


def _ops(program: Program) -> Iterator[str]:
    """Yield what threads and handlers run; `program` has no calls any more."""
    entries = [*(one.function for one in program.workers), *(one.function for one in program.handlers)]
    for name in dict.fromkeys(entries):
        for block in program.functions[name].blocks:
            yield from (one.op for one in block.instructions)
