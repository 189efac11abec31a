"""How it ends: what each thread waits for, and who could have ended it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.check.moves import Move
from lockwright.check.telling.names import Names, listed, thread_name
from lockwright.diagnostics.span import NOWHERE
from lockwright.ir.table import Effect
from lockwright.ir.types import Pointer
from lockwright.results import line_name

if TYPE_CHECKING:
    from lockwright.check.plain.machine import Machine
    from lockwright.check.plain.state import Sleep, State
    from lockwright.check.telling.play import Played
    from lockwright.ir.program import Instruction
    from lockwright.ir.waiting import Await

_ASLEEP = {
    "halt": ("halted; waits for a kick", frozenset({"kick"})),
    "park": ("parked; waits to be unparked", frozenset({"unpark"})),
    "futex": ("asleep on the futex; waits to be woken", frozenset({"futex_wake"})),
    "event": ("waits for its event", frozenset({"event_send", "event_set"})),
    "rcu": ("waits for the readers", frozenset({"rcu_read"})),
}
_WRITES = frozenset({Effect.WRITE, Effect.UPDATE})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a thread is at the end."""

    thread: int
    status: str  # done, waits, sleeps, runs
    instruction: Instruction | None = None
    function: str = ""
    wait: Await | None = None
    sleep: Sleep | None = None
    words: tuple[tuple[str, str], ...] = ()  # of a wait: what its condition reads, and what is there
    cells: tuple[int, ...] = ()
    could_end: tuple[int, ...] = ()
    is_masked: bool = False  # interrupts are off


def standings(played: Played, awaits: dict[str, list[Await]], names: Names) -> list[Standing]:
    """Return where each thread is in the last state."""
    machine, state = played.machine, played.last
    return [_standing(machine, state, thread, awaits, names) for thread in range(len(state.threads))]


def _standing(machine: Machine, state: State, thread: int, awaits: dict[str, list[Await]], names: Names) -> Standing:
    own = state.threads[thread]
    if own.is_finished:
        return Standing(thread, "done")
    place = own.frames[-1].place
    instruction = machine.code.at(place)
    function = names.function(instruction, place.function)
    if own.sleep is not None:
        before = machine.code.at(place._replace(offset=max(0, place.offset - 1)))
        could = _who(machine, thread, _ASLEEP.get(own.sleep.reason, ("", frozenset()))[1])
        name, masked = names.function(before, function), not own.interrupts_on
        return Standing(thread, "sleeps", before, name, sleep=own.sleep, could_end=could, is_masked=masked)
    wait = next((one for one in awaits.get(place.function, ()) if one.restart == (place.block, place.offset)), None)
    if wait is None or any(True for _ in machine.steps_of(state, thread)):
        return Standing(thread, "runs", instruction, function)
    cells = _read(machine, state, thread)
    words = tuple((names.word(machine.cells.describe(cell)), _value(machine, state, cell, names)) for cell in cells)
    return Standing(thread, "waits", instruction, function, wait, None, words, cells, _writers(machine, thread))


def _value(machine: Machine, state: State, cell: int, names: Names) -> str:
    """Return what a cell holds: of a pointer what it points to."""
    value, kind = state.memory.newest(cell), machine.cells.cells[cell].type
    if not isinstance(kind, Pointer):
        return str(value)
    return names.word(machine.cells.describe(value % (1 << 32), kind.target)) if value else "None"


def _read(machine: Machine, state: State, thread: int) -> tuple[int, ...]:
    """Return the cells that one round of the await reads."""
    cells: list[int] = []
    for _ in range(8):
        after, events = machine.apply(state, Move(thread))
        cells += [one.address for one in events if one.kind == "read" and one.address is not None]
        if after == state or not after.threads[thread].frames:
            break
        if after.threads[thread].frames[-1].place == state.threads[thread].frames[-1].place:
            break
        state = after
    return tuple(dict.fromkeys(cells))


def _who(machine: Machine, thread: int, ops: frozenset[str]) -> tuple[int, ...]:
    """Return the other threads whose code holds one of these instructions."""
    found = []
    for other, function in enumerate(machine.entries()):
        code = machine.program.functions[function]
        if other != thread and any(one.op in ops for block in code.blocks for one in block.instructions):
            found.append(other)
    return tuple(found)


def _writers(machine: Machine, thread: int) -> tuple[int, ...]:
    found = []
    for other, function in enumerate(machine.entries()):
        code = machine.program.functions[function]
        writes = any(one.entry.effect in _WRITES for block in code.blocks for one in block.instructions)
        if other != thread and writes:
            found.append(other)
    return tuple(found)


def told(standing: Standing, main: str) -> str:
    """Return one line: `halted; waits for a kick; T1 could have sent it`.

    Args:
        standing: Where the thread is.
        main: The file whose lines are named by their number alone.
    """
    match standing.status:
        case "done":
            return "done"
        case "runs":
            return f"at {where(standing, main)}"
        case "sleeps":
            return _told_sleep(standing)
    assert standing.wait is not None
    values = listed([f"{name} is {value}" for name, value in standing.words]) if standing.words else ""
    text = f"waits at {where(standing, main)}: {condition(standing.wait)}"
    return f"{text}; {values}" if values else text


def _told_sleep(standing: Standing) -> str:
    assert standing.sleep is not None
    text, _ = _ASLEEP.get(standing.sleep.reason, (f"sleeps ({standing.sleep.reason})", frozenset()))
    line = text
    if standing.is_masked and standing.sleep.reason == "halt":
        line = "halted with interrupts off; waits for a kick"
    could = listed([thread_name(one) for one in standing.could_end]) if standing.could_end else ""
    return f"{line}; {could} could have sent it" if could else line


def condition(wait: Await) -> str:
    """Return what a wait waits for, as its author wrote it."""
    return wait.text or "until it changes"


def where(standing: Standing, main: str) -> str:
    """Return `line 62`, `line 57 of kvm.py`, or the function if no line is known."""
    span = standing.instruction.span if standing.instruction is not None else NOWHERE
    return line_name(span, main) if span.line else (Names.short(standing.function) or "its beginning")
