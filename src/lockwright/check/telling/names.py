"""What things are called: threads, words of memory, the lock under test, places in the source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE
from lockwright.results import HARNESSES, counted, instance, listed, thread_name

__all__ = ["Names", "counted", "instance", "listed", "thread_name"]

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span
    from lockwright.ir.program import Instruction, Program


_SLOT = re.compile(r"^slots\.[^.\[]+(?:\[\w+\])*?\[(\d+)\]\.")
"""The hidden storage that a thread has for one lock: its queue nodes."""


class Names:
    """The names of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.subject = ".".join(program.subject)

    @property
    def lock(self) -> str:
        """The lock under test, as a person calls it; of a file its name, without the folders."""
        return self.program.name.rsplit("/", maxsplit=1)[-1]

    def word(self, name: str) -> str:
        """Return the name of a word of memory, without the path of the lock under test."""
        name = _SLOT.sub(lambda found: f"{thread_name(int(found[1]))}.", name)
        if not self.subject:
            return name
        return name.removeprefix(self.subject + ".").removeprefix(self.program.subject[-1] + ".")

    def is_shown(self, span: Span) -> bool:
        """Return whether a place belongs to what is under test, and not to the harness around it."""
        if span == NOWHERE or not span.file:
            return False
        return not self.program.subject or span.file not in HARNESSES

    def function(self, instruction: Instruction | None, entry: str = "") -> str:
        """Return the function in which the author wrote an instruction: `PvTicketLock.unlock`."""
        if instruction is not None and instruction.inlined:
            return instruction.inlined[-1].function
        return entry

    @staticmethod
    def short(function: str) -> str:
        """Return `lock` for `TicketLock[u16].lock`."""
        return function.rsplit(".", 1)[-1]
