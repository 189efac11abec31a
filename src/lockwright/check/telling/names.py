"""What things are called: threads, words of memory, the lock under test, places in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span
    from lockwright.ir.program import Instruction, Program

_PLURAL = 2


def thread_name(thread: int) -> str:
    """Return `T1` for thread 0."""
    return f"T{thread + 1}"


def listed(names: list[str]) -> str:
    """Return `T1`, `T1 and T2`, `T1, T2 and T3`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(count: int, noun: str) -> str:
    """Return `1 step`, `2 steps`, `switches` for `switch`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun}{'es' if noun.endswith('ch') else 's'}"


def instance(threads: int, acquisitions: int | None) -> str:
    """Return `2 threads x 1 acquisition`, or `2 threads, for ever`."""
    if acquisitions is None:
        return f"{counted(threads, 'thread')}, for ever"
    return f"{counted(threads, 'thread')} x {counted(acquisitions, 'acquisition')}"


class Names:
    """The names of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.subject = ".".join(program.subject)
        roles = [function for function in program.functions.values() if function.role is not None]
        self._own_files = {function.span.file for function in roles if function.span.file}

    @property
    def lock(self) -> str:
        """The lock under test, as a person calls it."""
        return self.program.name

    def word(self, name: str) -> str:
        """Return the name of a word of memory, without the path of the lock under test."""
        return name.removeprefix(self.subject + ".") if self.subject else name

    def is_shown(self, span: Span) -> bool:
        """Return whether a place belongs to what is under test, and not to the harness around it."""
        if span == NOWHERE or not span.file:
            return False
        return not self.program.subject or not self._own_files or span.file in self._own_files

    def function(self, instruction: Instruction | None, entry: str = "") -> str:
        """Return the function in which the author wrote an instruction: `PvTicketLock.unlock`."""
        if instruction is not None and instruction.inlined:
            return instruction.inlined[-1].function
        return entry

    @staticmethod
    def short(function: str) -> str:
        """Return `lock` for `TicketLock[u16].lock`."""
        return function.rsplit(".", 1)[-1]
