"""The plain machine: all moves of a state, and what each of them does.

A thread stops in front of every visible instruction.  A move is one visible instruction with all invisible ones behind
it, the arrival of a buffered store in memory, or the arrival of an interrupt.  A thread that would go round an await
and change nothing waits: it has no move.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from lockwright.check.moves import Move
from lockwright.check.plain import system
from lockwright.check.plain.code import Code
from lockwright.check.plain.late_commit import LateMemory
from lockwright.check.plain.memory_c11 import C11Memory
from lockwright.check.plain.memory_sc import ScMemory
from lockwright.check.plain.memory_tso import TsoMemory
from lockwright.check.plain.state import THREAD, Event, Passed, State, Thread, World
from lockwright.check.plain.step import Step
from lockwright.check.plain.values import PART, PART_FLAG, Fault, value_bits
from lockwright.ir.interpreter import prepare, run_setup
from lockwright.ir.table import Effect, Order
from lockwright.ir.types import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockwright.check.plain.memory import Access, Done, Memory
    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Instruction, Program, Shape
    from lockwright.ir.storage import Image
    from lockwright.ir.types import StructRef
    from lockwright.ir.waiting import Await

_DRAINED = frozenset({"free", "rcu_free", "rcu_synchronize"})


class Machine:
    """A program on threads, under a memory model.

    Args:
        program: Without calls, and with its awaits found (`ir.inline`, `ir.waiting`).
        awaits: The awaits of each function.
        shape: The threads, and the CPUs on which they are.
        model: `sc`, `tso`, `c11`, or `c11 late` (`late_commit`).
        acquisitions: How often `running` is true for each thread; None: always.
        interrupts: How often each handler may arrive.
        cells: The addresses; made from the program if they are not given.
        image: Memory at the beginning; by default what `setup` leaves.
    """

    def __init__(
        self,
        program: Program,
        awaits: Mapping[str, Sequence[Await]],
        shape: Shape,
        model: str,
        acquisitions: int | None,
        *,
        interrupts: int = 1,
        cells: Cells | None = None,
        image: Image | None = None,
    ) -> None:
        self.program = program
        self.awaits = awaits
        self.code = Code(program, awaits)
        self.shape = shape
        self.model = model
        self.acquisitions = acquisitions
        self.interrupts = interrupts
        if cells is None:
            cells, image = prepare(program, shape)
        self.cells = cells
        self.image = image or run_setup(program, shape, cells)
        self.subject = self._subject()

    def _subject(self) -> int | None:
        if not self.program.subject:
            return None
        root, *path = self.program.subject
        address, place = self.cells.root[root], self.program.globals[root].type
        for name in path:
            struct = cast("StructRef", place).name
            address, place = address + self.cells.offset(struct, name), self.program.structs[struct].field(name).type
        return address

    # Addresses.

    @staticmethod
    def located(address: int) -> tuple[int, int, bool]:
        """Return the cell of an address, the bit of the cell, and whether it is the address of a part of a word."""
        return address % PART, address % PART_FLAG // PART, address >= PART_FLAG

    def record_of(self, cell: int) -> int | None:
        """Return the address of the record in whose storage a cell lies, None outside the heap."""
        for region in self.cells.heap.values():
            if region.base <= cell < region.end:
                return cell - (cell - region.base) % region.stride
        return None

    def free_records(self, world: World, struct: str) -> list[int]:
        """Return the records of a struct that `alloc` may hand out."""
        region = self.cells.heap[struct]
        deferred = {one.address for one in world.deferred}
        records = range(region.base, region.end, region.stride)
        return [one for one in records if one not in world.live and one not in deferred]

    # States.

    def initial(self) -> State:
        """Return the state in which each thread stands in front of its first visible instruction."""
        threads = tuple(Thread((), self.acquisitions, cpu=cpu) for cpu in self.shape.thread_cpus)
        cpus = len(self.shape.cpu_nodes)
        online = tuple(cpu not in self.shape.offline for cpu in range(cpus))
        arrivals = (self.interrupts,) * len(self.program.handlers)
        world = World((False,) * cpus, online, (False,) * cpus, arrivals, live=self._allocated())
        state = State(threads, self._initial_memory(), world)
        for thread, function in enumerate(self.entries()):
            step = Step(self, state, thread)
            try:
                step.begin(function, THREAD)
            except Fault as fault:
                return state._replace(fault=fault.kind)
            state = step.frozen()
        return state

    def entries(self) -> list[str]:
        """Return the function that each thread runs."""
        threads = len(self.shape.thread_cpus)
        fixed = sum(one.count or 0 for one in self.program.workers)
        found: list[str] = []
        for worker in self.program.workers:
            found += [worker.function] * (threads - fixed if worker.count is None else worker.count)
        return found[:threads]

    def _allocated(self) -> frozenset[int]:
        pools = self.cells.heap
        return frozenset(
            pools[struct].base + index * pools[struct].stride
            for struct, out in self.image.is_out.items()
            for index, is_out in enumerate(out)
            if is_out
        )

    def _running(self) -> set[str]:
        """Return the functions that run beside each other."""
        return {one.function for one in self.program.workers} | {one.function for one in self.program.handlers}

    def _initial_memory(self) -> Memory:
        kinds = list(self.cells.cells)
        patterns = tuple(
            value & (1 << value_bits(cell.type)) - 1 for value, cell in zip(self.image.memory, kinds, strict=True)
        )
        threads = len(self.shape.thread_cpus)
        match self.model:
            case "sc":
                return ScMemory(patterns)
            case "tso":
                return TsoMemory(ScMemory(patterns), ((),) * threads)
            case "c11" | "c11 late":
                loaded = self.code.uses(self._running(), ("atomic_load", "compare_exchange", "futex_wait"))
                views = C11Memory.beginning(patterns, [cell.is_atomic for cell in kinds], threads, are_loaded=loaded)
                return views if self.model == "c11" else LateMemory(views, ((),) * threads)
        raise ValueError(self.model)

    # Moves.

    def moves(self, state: State) -> list[Move]:
        """Return all moves of a state."""
        if state.fault:
            return []
        return [move for thread in range(len(state.threads)) for move in self.moves_of(state, thread)]

    def moves_of(self, state: State, thread: int) -> Iterator[Move]:
        """Yield the moves of one thread."""
        yield from self.steps_of(state, thread)
        if state.memory.can_flush(thread):
            yield Move(thread, flush=True)
        step = Step(self, state, thread)
        for handler in range(len(self.program.handlers)):
            if system.may_arrive(step, handler):
                yield Move(thread, flush=True, choice=1 + handler)
        for cpu in self._other_cpus(state, step):
            if system.may_migrate(step, cpu):
                yield Move(thread, flush=True, choice=1 + len(self.program.handlers) + cpu)

    def _other_cpus(self, state: State, step: Step) -> range:
        """Return the CPUs that a thread may come to: none if it waits, since it would look in vain there too."""
        if not self.shape.migrates:
            return range(0)
        waits = not any(True for _ in self.steps_of(state, step.thread))
        return range(0 if waits and not system.is_kept_out(step) else len(self.shape.cpu_nodes))

    def steps_of(self, state: State, thread: int) -> Iterator[Move]:
        """Yield the steps that a thread can take: none if it has finished, sleeps or waits."""
        own = state.threads[thread]
        if own.is_finished or own.sleep is not None or system.is_kept_out(Step(self, state, thread)):
            return
        restarts = own.frames[-1].place in self.code.restarts
        for choice in self._choices(state, thread):
            move = Move(thread, choice=choice)
            if not (restarts and self._goes_round(state, move)):
                yield move

    def _goes_round(self, state: State, move: Move) -> bool:
        """Return whether a step from the beginning of an await leads back there and changes nothing."""
        after = self.apply(state, move)[0]
        if self.model == "c11 late":
            return after.threads == state.threads and not after.fault
        return after == state

    def _choices(self, state: State, thread: int) -> Sequence[int]:
        step = Step(self, state, thread)
        instruction = step.instruction
        if self._must_drain(instruction) and not state.memory.is_settled(thread):
            return ()
        match instruction.entry.effect:
            case Effect.READ | Effect.WRITE | Effect.UPDATE:
                access = step.access()
                return state.memory.choices(thread, access) if access.cell else (0,)
            case Effect.CHOICE:
                return self._values(step, instruction)
        match instruction.op:
            case "alloc":
                return (0, 1) if self.free_records(state.world, str(instruction.attributes[0])) else (1,)
            case "futex_wake":
                return range(len(system.wakeable(state, step.values())))
        return (0,)

    @staticmethod
    def _values(step: Step, instruction: Instruction) -> Sequence[int]:
        match instruction.op:
            case "running":
                return (int(step.own.left != 0),)
            case "random":
                return range(max(1, step.values()[0]))
        return (0, 1)

    def _must_drain(self, instruction: Instruction) -> bool:
        match instruction.entry.effect:
            case Effect.FENCE:
                return instruction.attributes[0] is Order.SEQ_CST
            case Effect.CPU | Effect.STORAGE if self.model != "tso":
                return False
            case Effect.CPU:
                return instruction.op not in system.QUIET
            case Effect.STORAGE:
                return instruction.op in _DRAINED or "leave" in instruction.attributes
        return False

    def apply(self, state: State, move: Move) -> tuple[State, list[Event]]:
        """Return the state after a move, and what happened in it."""
        step = Step(self, state, move.thread)
        try:
            self._do(step, move)
        except Fault as fault:
            step.events.append(self._told_fault(step, fault))
            return step.frozen()._replace(fault=fault.kind), step.events
        return step.tidied(), step.events

    def passed(self, state: State, move: Move) -> list[Passed]:
        """Return all instructions that a move runs, those that nobody else can see too; of a fault up to it."""
        step = Step(self, state, move.thread)
        step.passed = []
        with suppress(Fault):
            self._do(step, move)
        return step.passed

    @staticmethod
    def _do(step: Step, move: Move) -> None:
        if not move.flush:
            step.visible(move.choice)
        elif move.choice == 0:
            step.flush()
        elif move.choice <= len(step.machine.program.handlers):
            system.interrupt(step, move.choice - 1)
        else:
            system.migrate(step, move.choice - 1 - len(step.machine.program.handlers))

    # Telling.

    def _told_fault(self, step: Step, fault: Fault) -> Event:
        name = fault.text if fault.cell is None else self.cells.describe(fault.cell)
        if step.own.is_finished:
            return Event("fault", step.thread, text=fault.kind, name=name)
        where = (step.function.name, step.instruction, fault.cell)
        return Event("fault", step.thread, *where, text=fault.kind, name=name)

    def named(self, cell: int, access: Access | None) -> str:
        """Return the name of a cell, or of the part of its word that an access is of."""
        word = self.cells.cells[cell].type
        parts = word.parts if isinstance(word, Word) and access is not None and access.is_part else ()
        part = next((one for one in parts if access is not None and one.shift == access.shift), None)
        return self.cells.describe(cell) + (f".{part.name}" if part else "")

    def told(self, kind: str, step: Step, done: Done, *, value: int | None, old: int | None, new: int | None) -> Event:
        """Return the event of an access."""
        return Event(
            kind, step.thread, step.function.name, step.instruction, done.cell, self.cells.describe(done.cell),
            value=value, old=old, new=new, buffered=done.buffered, forwarded=done.forwarded, shift=done.shift,
            bits=done.bits, index=done.index, newest=done.newest, place=done.place,
        )  # fmt: skip

    def flushed(self, thread: int, done: Done) -> Event:
        """Return the event of a store that reached memory."""
        return Event(
            "flush", thread, address=done.cell, name=self.cells.describe(done.cell), old=done.old, new=done.wrote,
            shift=done.shift, bits=done.bits,
        )  # fmt: skip
