"""Which functions a counterexample ran, and on which of their lines: what to show of the source beside the steps.

Calls are inlined where programs run; each instruction knows through which calls it came, so the calls are found again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.results import Course, Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.check.plain.state import Passed
    from lockwright.check.telling.play import Played
    from lockwright.diagnostics.span import Span
    from lockwright.ir.program import CallSite, Program

_ADDRESSES = frozenset({"root", "field", "element", "part_address"})
"""Instructions that may stand away from the statement that they belong to, and never are all of it."""


def course(played: Played, *, at_rest: bool = False) -> Course:
    """Return the code that some moves ran.

    Args:
        played: The moves.
        at_rest: Whether what is wrong was found after them, at rest.
    """
    program = played.machine.program
    visits = _Visits(program)
    for state, move in zip(played.states, played.moves, strict=False):
        for passed in played.machine.passed(state, move):
            visits.note(passed)
    before = _functions_of(program, [program.setup] if program.setup else [])
    after = _functions_of(program, program.at_rest if at_rest else [])
    entered = {one.function for one in visits.all} | {name for name, _ in (*before, *after)}
    return Course(tuple(visits.finished()), before, after, _not_entered(program, entered))


@dataclass(slots=True)
class _Open:
    """A run of a function that has not returned."""

    thread: int
    function: str
    span: Span
    site: CallSite | None  # where it was called; None: it is what a thread or a CPU began with
    lines: list[int] = field(default_factory=list)
    returned: bool = False

    def at(self, span: Span) -> None:
        if span.file == self.span.file and self.lines[-1:] != [span.line]:
            self.lines.append(span.line)


class _Visits:
    """Runs of functions, found from one instruction after the other."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.all: list[_Open] = []
        self.stacks: dict[tuple[int, int], list[_Open]] = {}

    def finished(self) -> Iterator[Visit]:
        """Yield all runs that did something at a place that an author wrote."""
        for one in self.all:
            if one.span.line:
                yield Visit(one.thread, one.function, one.span, tuple(one.lines), one.returned)

    def note(self, passed: Passed) -> None:
        """Go on with an instruction: leave the functions that it is not in, and enter those that it is in."""
        stack = self.stacks.setdefault((passed.thread, passed.depth), [])
        if not stack:
            self._open(stack, passed.thread, passed.function, None)
        sites = passed.instruction.inlined
        same = 0
        while same < min(len(sites), len(stack) - 1) and stack[same + 1].site == sites[same]:
            same += 1
        self._leave(stack, same + 1)
        for site in sites[same:]:
            stack[-1].at(site.span)
            self._open(stack, passed.thread, site.function, site)
        if passed.instruction.op not in _ADDRESSES:
            stack[-1].at(passed.instruction.span)
        if passed.instruction.op == "return":
            self._leave(stack, 0)

    def _open(self, stack: list[_Open], thread: int, function: str, site: CallSite | None) -> None:
        one = _Open(thread, function, self.program.functions[function].span, site)
        stack.append(one)
        self.all.append(one)

    @staticmethod
    def _leave(stack: list[_Open], depth: int) -> None:
        while len(stack) > depth:
            stack.pop().returned = True


def _functions_of(program: Program, entries: Iterable[str]) -> tuple[tuple[str, Span], ...]:
    """Return the functions that an author wrote among some that the run starts, and those that they call."""
    found: dict[str, Span] = {}
    for entry in entries:
        found[entry] = program.functions[entry].span
        for block in program.functions[entry].blocks:
            for one in block.instructions:
                found |= {site.function: program.functions[site.function].span for site in one.inlined}
    return tuple((name, span) for name, span in found.items() if span.line)


def _not_entered(program: Program, entered: set[str]) -> tuple[tuple[str, Span], ...]:
    """Return what is called in some functions, but is none of them."""
    called: dict[str, Span] = {}
    for name in sorted(entered):
        for block in program.functions[name].blocks:
            for one in block.instructions:
                called |= {other: program.functions[other].span for other in _called(program, one.op, one.attributes)}
    return tuple((name, span) for name, span in called.items() if span.line and name not in entered)


def _called(program: Program, op: str, attributes: tuple[object, ...]) -> list[str]:
    """Return the functions that an instruction may call."""
    if op == "call":
        return [str(attributes[0])]
    if op == "call_table":
        implementations = program.tables[str(attributes[0])].implementations.values()
        return [operations[str(attributes[1])] for operations in implementations]
    return []
