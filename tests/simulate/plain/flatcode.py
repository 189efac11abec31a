"""Runs one thread of flat code as a generator, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulate.plain.requests import (
    Answer,
    Chance,
    Fence,
    Load,
    Local,
    Note,
    Read,
    Request,
    Sleep,
    Store,
    Stretch,
    Update,
)

from lockwright.check.plain.values import compute, wrap
from lockwright.flat import opcodes as op
from lockwright.ir.program import Constant
from lockwright.ir.types import Integer
from lockwright.machines import model as m

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lockwright.flat.program import Flat
    from lockwright.ir.program import Function, Instruction, Operand, Program
    from lockwright.ir.types import Value
    from lockwright.machines.model import MachineModel

CELL = (1 << 64) - 1
LOADS = (op.LOAD, op.ATOMIC_LOAD)
STORES = (op.STORE, op.ATOMIC_STORE)
UPDATES = {
    op.EXCHANGE: m.SWAP,
    op.COMPARE_EXCHANGE: m.CAS,
    op.FETCH_ADD: m.FETCH_ADD,
    op.FETCH_SUB: m.FETCH_ADD,
    op.FETCH_OR: m.CAS,
    op.FETCH_AND: m.CAS,
}
"""Which row of the latency table an update pays."""
SPECIAL = (op.RUNNING, op.RANDOM, op.MARK, op.DOORWAY, op.FENCE, op.CPU, op.NUMA_NODE)
LONGEST_STRETCH = 1 << 20  # rows
MOST_COUNTERS = 4
MOST_ROUNDS = 3000
"""So many may be left of a loop that counts its rounds: more count as no end."""
NO_END = 1 << 40
SUMS = (op.COPY, op.CONVERT, op.ADD, op.SUB)
COMPARISONS = range(op.EQ, op.GE + 1)
UNSEEN = ("trylock_begin", "unlock_end", "read_unlock_end", "write_unlock_end")
"""Boundaries of locks that no count depends on."""
QUIET = {*range(op.COPY, op.RETURN), op.ASSERT, *LOADS, op.FENCE, op.CPU, op.NUMA_NODE}
"""What changes nothing: a round of nothing else may sleep."""


@dataclass(slots=True)
class Rounds:
    """How often `running` may still be true, for all threads together."""

    left: int


@dataclass(slots=True)
class Round:
    """What a thread did since it was last at a restart."""

    registers: tuple[int, ...]
    reads: dict[int, int] = field(default_factory=dict)
    ticks: int = 0
    rows: set[int] = field(default_factory=set)
    is_steady: bool = True  # takes the same time whatever it reads


class Code:
    """Flat code with the program that it was made of."""

    def __init__(self, flat: Flat, program: Program, machine: MachineModel, counted: frozenset[int]) -> None:
        self.flat, self.program, self.machine = flat, program, machine
        self.rows = [tuple(map(int, row)) for row in flat.code]
        self.consts = [int(one) for one in flat.consts]
        self.live = [[slot for slot in range(flat.slots) if int(mask) >> slot & 1] for mask in flat.live]
        self.restarts, self.counted = {int(row) for row in flat.awaits}, counted

    def type_of(self, function: Function, operand: Operand) -> Value:
        """Return the type of an operand."""
        return operand.type if isinstance(operand, Constant) else function.registers[operand.index].type

    def source(self, row: int) -> tuple[Function, Instruction]:
        """Return the instruction behind a row, and its function."""
        name, instruction = self.flat.instructions[self.rows[row][op.SOURCE]]
        return self.program.functions[name], instruction

    def value(self, registers: list[int], place: int) -> int:
        """Return an operand."""
        return registers[place] if place >= 0 else self.consts[~place]

    def local(self, row: int, registers: list[int], thread: int) -> int:
        """Run a row that touches only registers; return the next row."""
        code, bits = self.rows[row], self.rows[row][op.BITS]
        a, b = self.value(registers, code[op.A]), self.value(registers, code[op.B])
        match code[op.OP]:
            case op.JUMP:
                return code[op.X]
            case op.BRANCH:
                return code[op.X] if a else code[op.Y]
            case op.ASSERT:
                assert a
                return row + 1
            case op.PAUSE | op.COMPUTE:
                return row + 1
            case op.COPY:
                result = a
            case op.FIELD:
                assert a
                result = a + code[op.X]
            case op.PART_ADDRESS:
                result = a
            case op.ELEMENT:
                assert a
                assert 0 <= b < code[op.Y]
                result = a + b * code[op.X]
            case op.PART:
                result = wrapped((a & CELL) >> code[op.X], code[op.Y])
            case op.PACK:
                result = a | b << code[op.X]
            case op.CONVERT:
                result = wrapped(a, bits)
            case op.THREAD:
                result = thread
            case op.NUMA_NODE_EXISTS:
                result = b >> a & 1
            case _:
                result = self._computed(row, [a, b])
        if code[op.D] >= 0:
            registers[code[op.D]] = result
        return row + 1

    def _computed(self, row: int, operands: list[int]) -> int:
        function, instruction = self.source(row)
        types = [self.type_of(function, one) for one in instruction.operands]
        values = [wrap(kind, value) for kind, value in zip(types, operands, strict=False)]
        assert instruction.result is not None
        return compute(instruction.op, values, types, function.registers[instruction.result].type)

    # Parts of cells.

    def read(self, row: int, cell: int) -> int:
        """Return the value that a memory row reads of a cell with this content."""
        code = self.rows[row]
        if code[op.Z]:
            cell = cell >> code[op.Y] & (1 << code[op.Z]) - 1
        return wrapped(cell, code[op.BITS])

    def written(self, row: int, cell: int, value: int) -> int:
        """Return the content of a cell after a memory row has written a value."""
        code = self.rows[row]
        if not code[op.Z]:
            return value & (1 << (code[op.BITS] & 255)) - 1
        mask = (1 << code[op.Z]) - 1
        return cell & ~(mask << code[op.Y]) | (value & mask) << code[op.Y]

    def updated(self, row: int, cell: int, b: int, c: int) -> int | None:
        """Return the content of a cell after an update; None: as it was."""
        old, code = self.read(row, cell), self.rows[row]
        match code[op.OP]:
            case op.EXCHANGE:
                new = b
            case op.COMPARE_EXCHANGE:
                if old != wrapped(b, code[op.BITS]):
                    return None
                new = c
            case op.FETCH_ADD:
                new = old + b
            case op.FETCH_SUB:
                new = old - b
            case op.FETCH_OR:
                new = old | b
            case _:
                new = old & b
        return self.written(row, cell, new)


def wrapped(value: int, bits: int) -> int:
    """Return a value as a type with these BITS reads it."""
    width = bits & 255
    return Integer("", width, signed=bool(bits & op.SIGNED)).wrap(value)


def _advanced(registers: list[int], steps: dict[int, int], rounds: int) -> list[int]:
    """Return registers after so many rounds."""
    return [value + steps.get(slot, 0) * rounds for slot, value in enumerate(registers)]


class Walk:
    """One thread on its way through the code."""

    def __init__(self, code: Code, thread: int, cpu: int, rounds: Rounds) -> None:
        self.code, self.thread, self.cpu, self.rounds = code, thread, cpu, rounds
        self.registers = [0] * code.flat.slots
        self.outcomes: dict[int, bool] = {}
        self.open: dict[int, Round] = {}  # by restart
        self.ticks, self.missed, self.rows = 0, 0, 0  # of the stretch of local rows in which the thread is

    def run(self) -> Generator[Request, Answer, None]:
        """Run from the entry to the return."""
        row = self.code.flat.entry(self.thread)
        while self.code.rows[row][op.OP] != op.RETURN:
            found = None
            if not self._is_local(row):
                yield from self._end_stretch()
            if row in self.code.restarts:
                found = yield from self._come_back(row)
            row = yield from self._row(row, found)
        yield from self._end_stretch()

    def _is_local(self, row: int) -> bool:
        """Whether a row concerns the thread alone; where nobody looks at the boundary of a lock, it does."""
        code = self.code.rows[row]
        if code[op.OP] == op.MARK:
            return op.EVENTS[code[op.X]] in UNSEEN or code[op.Y] < 0
        return code[op.OP] not in SPECIAL and code[op.OP] not in (*LOADS, *STORES, *UPDATES)

    def _end_stretch(self) -> Generator[Request, Answer, None]:
        """Let the time of the local rows pass that were run since something else."""
        if self.ticks or self.missed:
            more = yield Stretch(self.ticks, self.missed)
            assert isinstance(more, int)
            for one in self.open.values():
                one.ticks += more
        self.ticks = self.missed = self.rows = 0

    # Waiting.

    def _come_back(self, row: int) -> Generator[Request, Answer, Read | None]:
        """Sleep at a restart if nothing has changed since the last time."""
        before, found = self.open.get(row), None
        steps = None if before is None else self._steps(row, before.registers)
        if before is not None and before.is_steady and steps is not None:
            address = self.code.value(self.registers, self.code.rows[row][op.A])
            sleep = Sleep(address, before.reads, lambda _: True, before.ticks)
            kept = list(self.registers)
            sleep.ends = lambda read: self._round(row, _advanced(kept, steps, sleep.passed), read, steps) is None
            if steps:
                sleep.left = lambda read: self._left(row, _advanced(kept, steps, sleep.passed), read, steps)
            answer = yield sleep
            assert answer is None or isinstance(answer, Read)
            found = answer
            self.registers = _advanced(self.registers, steps, sleep.passed)
        self.open[row] = Round(self._live(row, self.registers))
        return found

    def _live(self, row: int, registers: list[int]) -> tuple[int, ...]:
        return tuple(registers[slot] for slot in self.code.live[row])

    def _steps(self, row: int, before: tuple[int, ...]) -> dict[int, int] | None:
        """Return by how much a round has changed each live register that it has changed.

        None if they are too many, or none where rounds are counted: the loop has begun anew in another one.
        """
        olds = zip(self.code.live[row], before, strict=True)
        steps = {slot: self.registers[slot] - old for slot, old in olds if self.registers[slot] != old}
        return steps if (row in self.code.counted) <= len(steps) <= MOST_COUNTERS else None

    def _left(self, restart: int, registers: list[int], read: Callable[[int], int], steps: dict[int, int]) -> int:
        """Return how often a thread comes back, by rounds as the last, if nothing is written."""
        last = self._round(restart, _advanced(registers, steps, -1), read, steps)
        for rounds in range(MOST_ROUNDS):
            if last is None or self._round(restart, _advanced(registers, steps, rounds), read, steps) != last:
                return rounds
        return NO_END

    def _round(
        self, restart: int, registers: list[int], read: Callable[[int], int], steps: dict[int, int]
    ) -> list[tuple[object, ...]] | None:
        """Run a round; return what it does if it only comes back with nothing changed, or counted, else None.

        Rounds may only differ in what they add up: not in their way, nor in how a comparison comes out, in whether a
        sum still fits, or in what anything else is given.
        """
        expected = self._live(restart, _advanced(registers, steps, 1))
        row, passed = restart, dict[int, tuple[object, ...]]()
        while True:
            code = self.code.rows[row]
            if code[op.OP] not in QUIET or row in passed:  # a round passes no row twice: it is in another loop
                return None
            a, b = self.code.value(registers, code[op.A]), self.code.value(registers, code[op.B])
            here = row
            if code[op.OP] in LOADS:
                cell = read(a)
                if code[op.D] >= 0:
                    registers[code[op.D]] = self.code.read(row, cell)
                row += 1
            elif code[op.OP] == op.FENCE:
                row += 1
            elif code[op.OP] in (op.CPU, op.NUMA_NODE):
                registers[code[op.D]] = self._where(code[op.OP])
                row += 1
            else:
                row = self.code.local(row, registers, self.thread)
            made = registers[code[op.D]] if code[op.D] >= 0 else 0
            passed[here] = (here, *self._told(code[op.OP], a, b, made))
            if row == restart:
                return list(passed.values()) if self._live(row, registers) == expected else None

    def _told(self, opcode: int, a: int, b: int, made: int) -> tuple[object, ...]:
        """Return of a row what must be the same in every round."""
        if opcode in COMPARISONS:
            return (made,)
        if opcode in SUMS:
            return (made == {op.ADD: a + b, op.SUB: a - b}.get(opcode, a),)
        return a, b

    def _where(self, opcode: int) -> int:
        machine = self.code.machine
        return self.cpu if opcode == op.CPU else machine.node_of_core[machine.core_of_cpu[self.cpu]]

    def _note(self, row: int, ticks: int = 0, read: Read | None = None) -> None:
        """Note what a row costs, apart from misses, in all rounds that are open."""
        code = self.code.rows[row]
        if code[op.OP] not in QUIET:
            self.open.clear()
        for one in self.open.values():
            one.is_steady &= row not in one.rows and not (code[op.OP] == op.COMPUTE and not self._is_constant(row))
            one.rows.add(row)
            one.ticks += ticks
            if read is not None:
                one.reads.setdefault(read.line, read.written)

    def _is_constant(self, row: int) -> bool:
        """Whether the operand of a row is a constant, or one that the row before made from a constant alone."""
        operand, before = self.code.rows[row][op.A], self.code.rows[row - 1]
        return operand < 0 or (before[op.D] == operand and before[op.OP] < op.PAUSE and max(before[op.A : op.C]) < 0)

    # Rows.

    def _row(self, row: int, found: Read | None) -> Generator[Request, Answer, int]:
        code = self.code.rows[row]
        opcode = code[op.OP]
        a = self.code.value(self.registers, code[op.A])
        b = self.code.value(self.registers, code[op.B])
        c = self.code.value(self.registers, code[op.C])
        if opcode in LOADS:
            answer = found if found is not None else (yield Load(a))
            assert isinstance(answer, Read)
            self._note(row, 4 * self.code.machine.load_hit_cycles, answer)
            self._set(code, self.code.read(row, answer.value))
            return row + 1
        if opcode in STORES or opcode in UPDATES:
            self._note(row)
            yield from self._write(row, a, b, c)
            return row + 1
        if opcode in SPECIAL:
            yield from self._special(row, a)
            return row + 1
        ticks = self._cost(row, a)
        self._note(row, ticks)
        following = self.code.local(row, self.registers, self.thread)
        self.ticks += ticks
        self.rows += 1
        assert self.rows < LONGEST_STRETCH, "a loop of local rows has no end"
        if opcode == op.BRANCH:
            self.missed += self._mispredicted(row, is_taken=bool(a))
        return following

    def _set(self, code: tuple[int, ...], value: int) -> None:
        if code[op.D] >= 0:
            self.registers[code[op.D]] = value

    def _write(self, row: int, a: int, b: int, c: int) -> Generator[Request, Answer, None]:
        code = self.code.rows[row]
        if code[op.OP] in STORES and code[op.X] != op.SEQ_CST:
            yield Store(a, lambda cell: self.code.written(row, cell, b))
            return
        if code[op.OP] in STORES:
            yield Update(a, lambda cell: self.code.written(row, cell, b), m.SWAP)
            return
        old = yield Update(a, lambda cell: self.code.updated(row, cell, b, c), UPDATES[code[op.OP]])
        assert isinstance(old, int)
        self._set(code, self.code.read(row, old))

    def _special(self, row: int, a: int) -> Generator[Request, Answer, None]:
        code, machine = self.code.rows[row], self.code.machine
        match code[op.OP]:
            case op.RUNNING:
                self._note(row)
                is_on = self.rounds.left > 0
                self.rounds.left -= is_on
                yield Note("round")
                self._set(code, int(is_on))
            case op.RANDOM:
                self._note(row)
                answer = yield Chance(a)
                assert isinstance(answer, int)
                self._set(code, answer)
                yield Local(machine.instruction_ticks)
            case op.MARK:
                self._note(row)
                yield Note(op.EVENTS[code[op.X]])
            case op.DOORWAY:
                self._note(row)
            case op.FENCE:
                ticks = 4 * machine.fence_cycles if code[op.X] & 7 == op.SEQ_CST else 0
                self._note(row, ticks)
                if ticks:
                    yield Fence(ticks)
            case _:
                self._note(row, machine.instruction_ticks)
                self._set(code, self._where(code[op.OP]))
                yield Local(machine.instruction_ticks)

    def _cost(self, row: int, a: int) -> int:
        code, machine = self.code.rows[row], self.code.machine
        match code[op.OP]:
            case op.JUMP:
                return 0
            case op.PAUSE:
                return 4 * machine.pause_cycles
            case op.COMPUTE:
                return 4 * a
        return machine.instruction_ticks

    def _mispredicted(self, row: int, *, is_taken: bool) -> int:
        before = self.outcomes.get(row, is_taken)
        self.outcomes[row] = is_taken
        return 0 if before == is_taken else 4 * self.code.machine.mispredict_cycles
