"""What a proof of a program claims, in words: only what the program could have got wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.results import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.ir.program import Program

_SLEEPS = frozenset({"halt", "halt_if", "park", "futex_wait", "event_poll"})
_ABSENT = {
    "two_holders": "at most one holder",
    "not_holder": "only the holder unlocks",
    "endless_await": "no wait that nobody ends",
    "endless_loop": "no loop that never ends",
    "order_broken": "first come, first served",
    "bypass": "the bypass bound is kept",
    "assertion": "every assertion holds",
    "at_rest": "conserved at rest",
    "random_of_zero": "no random(0)",
    "no_such_cpu": "every CPU that is named exists",
    "no_such_thread": "every thread that is named exists",
    "preemption_unbalanced": "preemption is balanced",
}
"""What is said instead of `no NAME`."""


def claims(program: Program, kinds: Sequence[str] = ()) -> list[str]:
    """Return what holds wherever a check of a program, inlined, finds nothing.

    Where only some kinds of fault were looked for (`kinds`), nothing is claimed beyond them.

    A lock in its harness claims what every lock does; a whole program only what its words can break.
    """
    if kinds:
        return [_ABSENT.get(kind, f"no {FAULTS[kind][1]}") for kind in dict.fromkeys(kinds)]
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
