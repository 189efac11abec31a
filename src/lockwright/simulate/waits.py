"""Where the threads of a run that does not go on are: who waits for which lock, who holds it, who goes round where."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lockwright.flat import opcodes as op
from lockwright.results import counted
from lockwright.simulate import places as at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockwright.diagnostics.span import Span
    from lockwright.simulate.arrays import State
    from lockwright.simulate.program import Code

MOST_LINES = 6
MOST_NAMED = 4  # threads by their numbers; of more, only how many there are


def for_locks(code: Code, state: State) -> list[str]:
    """Return in words, for each lock that threads wait for, which they are and who holds it."""
    waiting: dict[int, list[int]] = {}
    for thread, row in enumerate(state.threads):
        if row[at.STATE] != at.DONE and row[at.WAITS_FOR] >= 0:
            waiting.setdefault(int(row[at.WAITS_FOR]), []).append(thread)
    return [_for_lock(code, state, lock, some) for lock, some in waiting.items()][:MOST_LINES]


def _for_lock(code: Code, state: State, lock: int, waiting: Sequence[int]) -> str:
    row, verb = state.locks[lock], "waits" if len(waiting) == 1 else "wait"
    holder = "nobody holds"
    if row[at.HOLDERS] > 0:
        holder = f"thread {row[at.HELD_BY] + 1} holds"
    elif row[at.READERS] > 0:
        holder = f"{counted(int(row[at.READERS]), 'reader')} hold{'s' if row[at.READERS] == 1 else ''}"
    name = _name(code, code.locks[lock].address).rpartition(".")[0]
    return f"{_threads(waiting)} {verb} for `{name}`, which {holder}"


def going_round(code: Code, state: State, active: Sequence[int]) -> list[str]:
    """Return in words where threads go round, and on which word."""
    seen: dict[int, tuple[Span, str]] = {}
    for thread in active:
        row = _access_of_loop(code, int(state.threads[thread, at.PC]))
        if row is not None:
            seen[thread] = span_of(code, row), _name(code, _address(code, state, thread, row))
    places: dict[tuple[str, int, str], list[int]] = {}
    for thread, (span, name) in sorted(seen.items()):
        places.setdefault((span.file, span.line, name), []).append(thread)
    return [
        f"{_threads(some)} {'goes' if len(some) == 1 else 'go'} round at {file}:{line}, on `{name}`"
        for (file, line, name), some in places.items()
    ][:MOST_LINES]


def asleep(code: Code, state: State, threads: Sequence[int]) -> tuple[list[str], Span | None]:
    """Return in words how many threads wait until what, and where most of them do."""
    waits = Counter(_wait(code, state, thread) for thread in threads).most_common(MOST_LINES)
    lines = [f"{counted(number, 'thread')} {_verb(text, number)}" for (text, _), number in waits]
    return lines, waits[0][0][1] if waits else None


_SLEEPS = {
    at.PARKED: "until somebody unparks it",
    at.ON_FUTEX: "on a futex",
    at.HALTED: "for a kick",
    at.ON_EVENT: "for the event of its CPU",
    at.ON_READERS: "until all readers have left",
}


def _wait(code: Code, state: State, thread: int) -> tuple[str, Span]:
    row, kind = int(state.threads[thread, at.PC]), int(state.threads[thread, at.STATE])
    if kind == at.ASLEEP:
        one = code.awaits[int(state.threads[thread, at.RESTART]) - 1]
        return f"waits {one.text}", one.span
    text = _SLEEPS.get(kind, "stands")
    return (f"sleeps {text}" if kind in _SLEEPS else text), span_of(code, row - 1 if kind in _SLEEPS else row)


def _verb(text: str, number: int) -> str:
    """Return what several do instead of what one does."""
    verb, _, rest = text.partition(" ")
    return text if number == 1 else f"{verb.removesuffix('s')} {rest}".strip()


def _threads(some: Sequence[int]) -> str:
    """Return `thread 3`, `threads 1, 2 and 5`, or how many."""
    if len(some) > MOST_NAMED:
        return counted(len(some), "thread")
    names = [str(one + 1) for one in some]
    return f"thread {names[0]}" if len(some) == 1 else f"threads {', '.join(names[:-1])} and {names[-1]}"


def _access_of_loop(code: Code, begin: int) -> int | None:
    """Return the access to memory on the shortest way round from a row to itself; None: there is none."""
    after = _after(code, begin)
    before: dict[int, list[int]] = {}
    for row, following in after.items():
        for one in following:
            before.setdefault(one, []).append(row)
    there, back = _distances(after, begin), _distances(before, begin)
    round_trips = {row: there[row] + back[row] for row in there.keys() & back.keys()}
    accesses = [row for row in round_trips if at.LOAD <= code.kinds[row] <= at.UPDATE]
    return min(accesses, key=lambda row: (round_trips[row], row), default=None)


def _after(code: Code, begin: int) -> dict[int, tuple[int, ...]]:
    """Return which rows may follow each of those that can come from one on."""
    after: dict[int, tuple[int, ...]] = {}
    ahead = [begin]
    for row in ahead:
        if row not in after:
            opcode, x, y = (int(code.rows[row, column]) for column in (op.OP, op.X, op.Y))
            after[row] = {op.BRANCH: (x, y), op.JUMP: (x,), op.RETURN: ()}.get(opcode, (row + 1,))
            ahead += after[row]
    return after


def _distances(edges: Mapping[int, Sequence[int]], begin: int) -> dict[int, int]:
    """Return how many steps it is from one row to each that can be reached."""
    found, ahead = {begin: 0}, [begin]
    for row in ahead:
        for one in edges.get(row, ()):
            if one not in found:
                found[one] = found[row] + 1
                ahead.append(one)
    return found


def _address(code: Code, state: State, thread: int, row: int) -> int:
    place = int(code.rows[row, op.A])
    return int(code.consts[~place] if place < 0 else state.regs[thread * int(state.cfg[at.SLOTS]) + place])


def _name(code: Code, address: int) -> str:
    return code.cells.cells[address].name if 0 <= address < len(code.cells.cells) else "memory"


def span_of(code: Code, row: int) -> Span:
    """Return where a row stands in the source."""
    return code.sheet.tables.instructions[int(code.rows[row, op.SOURCE])][1].span
