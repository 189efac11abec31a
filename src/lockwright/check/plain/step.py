"""One move in the making: a working copy of a state, and what the instructions do to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lockwright.check.plain import marks, storage, system
from lockwright.check.plain.code import INVISIBLE, Place
from lockwright.check.plain.memory import Access, Done, ones
from lockwright.check.plain.state import DOORWAY, OUTSIDE, WAITING, Event, Frame, Passed, State, Thread
from lockwright.check.plain.values import PART, PART_FLAG, Fault, compute, updated, value_at, wrap
from lockwright.ir.layout import value_bytes
from lockwright.ir.program import Constant
from lockwright.ir.table import Effect, Order
from lockwright.ir.types import Array, Atomic, Extent, Pointer, StructRef, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.check.plain.machine import Machine
    from lockwright.ir.program import Function, Instruction, Operand
    from lockwright.ir.types import Value

FUEL = 100_000
"""Invisible instructions after which a thread counts as caught in a loop of its own."""


class Step:
    """A state that is being changed by `thread`."""

    def __init__(self, machine: Machine, state: State, thread: int) -> None:
        self.machine = machine
        self.threads = list(state.threads)
        self.memory = state.memory
        self.world = state.world
        self.thread = thread
        self.events: list[Event] = []
        self.passed: list[Passed] | None = None  # where somebody asks what ran: every instruction, told or not

    def frozen(self) -> State:
        """Return the state as it is now."""
        return State(tuple(self.threads), self.memory, self.world)

    def tidied(self) -> State:
        """Return the state as it is now, without what no thread can tell any more."""
        self.memory = self.memory.tidied([not one.is_finished for one in self.threads])
        return self.frozen()

    # The thread that runs.

    @property
    def own(self) -> Thread:
        """The thread whose move this is."""
        return self.threads[self.thread]

    @own.setter
    def own(self, thread: Thread) -> None:
        self.threads[self.thread] = thread

    @property
    def frame(self) -> Frame:
        """The frame that runs."""
        return self.own.frames[-1]

    @frame.setter
    def frame(self, frame: Frame) -> None:
        self.own = self.own._replace(frames=(*self.own.frames[:-1], frame))

    @property
    def function(self) -> Function:
        """The function that runs."""
        return self.machine.program.functions[self.frame.place.function]

    @property
    def instruction(self) -> Instruction:
        """The instruction in front of which the thread stands."""
        return self.machine.code.at(self.frame.place)

    @property
    def cpu(self) -> int:
        """The CPU that the thread is on."""
        return self.own.cpu

    def type_of(self, operand: Operand) -> Value:
        """Return the type of an operand."""
        return operand.type if isinstance(operand, Constant) else self.function.registers[operand.index].type

    def values(self, registers: Sequence[int] | None = None) -> list[int]:
        """Return the operands of the instruction in front."""
        known = self.frame.registers if registers is None else registers
        return [one.value if isinstance(one, Constant) else known[one.index] for one in self.instruction.operands]

    def tell(self, kind: str, **details: object) -> None:
        """Note an event of the instruction in front."""
        # Whoever tells names fields of `Event`.
        event = Event(kind, self.thread, self.function.name, self.instruction, **details)  # type: ignore[arg-type]
        self.events.append(event)

    def remark(self, text: str) -> None:
        """Say more of the event that was noted last."""
        self.events[-1] = replace(self.events[-1], text=text)

    # The visible instruction.

    def visible(self, choice: int) -> None:
        """Do the visible instruction in front, and all invisible ones behind it."""
        instruction = self.instruction
        self._pass(instruction)
        result = self._do(instruction, choice)
        registers = list(self.frame.registers)
        if instruction.result is not None and result is not None:
            registers[instruction.result] = result
        place = self.frame.place
        self.frame = self.frame._replace(place=place._replace(offset=place.offset + 1), registers=tuple(registers))
        self.run_on()

    def _do(self, instruction: Instruction, choice: int) -> int | None:
        match instruction.entry.effect:
            case Effect.READ | Effect.WRITE | Effect.UPDATE:
                return self._access(instruction, choice)
            case Effect.FENCE:
                self.memory = self.memory.fence(self.thread, cast("Order", instruction.attributes[0]))
                self.tell("fence")
            case Effect.CHOICE:
                return self._choose(instruction, choice)
            case Effect.MARK:
                marks.mark(self, instruction)
            case Effect.CPU:
                return system.do(self, instruction, choice)
            case Effect.STORAGE:
                return storage.do(self, instruction, choice)
        return None

    def _choose(self, instruction: Instruction, choice: int) -> int:
        if instruction.op == "running" and self.own.left:
            self.own = self.own._replace(left=self.own.left - 1)
        if instruction.op == "random" and self.values()[0] == 0:
            raise Fault("random_of_zero")
        self.tell("choice", value=choice)
        return choice

    # Memory.

    def access(self) -> Access:
        """Return what the instruction in front does to memory."""
        instruction, values = self.instruction, self.values()
        cell, shift, is_part = self.machine.located(values[0])
        type_ = value_at(self.type_of(instruction.operands[0]))
        bits = cast("int", getattr(type_, "bits", 64)) if is_part else 8 * value_bytes(type_)
        orders = [one for one in instruction.attributes if isinstance(one, Order)]
        access = Access(cell, shift, bits, orders[0] if orders else None, is_part=is_part)
        return self._with_change(access, instruction.op, values[1:], type_, orders[-1] if orders else None)

    @staticmethod
    def _with_change(access: Access, op: str, values: list[int], type_: Value, failure: Order | None) -> Access:
        if op in ("load", "atomic_load"):
            return access.but(reads=True)
        if op in ("store", "atomic_store"):
            return access.but(change=lambda _: values[0] & ones(access.bits))

        def change(old: int) -> int | None:
            new = updated(op, wrap(type_, old), values, type_)
            return None if new is None else new & ones(access.bits)

        return access.but(reads=True, change=change, failure=failure)

    def _access(self, instruction: Instruction, choice: int) -> int | None:
        access = self.access()
        self.check_alive(access.cell, access)
        self.memory, done = self.memory.perform(self.thread, access, choice)
        type_ = value_at(self.type_of(instruction.operands[0]))
        kind = {Effect.READ: "read", Effect.WRITE: "write"}.get(instruction.entry.effect, "update")
        self.tell_access(kind, done, type_)
        return None if done.read is None else wrap(type_, done.read)

    def tell_access(self, kind: str, done: Done, type_: Value) -> None:
        """Note what an access did."""
        value, old, new = (None if one is None else wrap(type_, one) for one in (done.read, done.old, done.wrote))
        self.events.append(self.machine.told(kind, self, done, value=value, old=old, new=new))

    def check_alive(self, cell: int, access: Access | None = None) -> None:
        """Raise a fault if there is nothing at this address, or nothing any more."""
        if cell == 0:
            raise Fault("null")
        record = self.machine.record_of(cell)
        if record is not None and record not in self.world.live:
            raise Fault("use_after_free", self.machine.named(cell, access))

    def flush(self) -> None:
        """Let the oldest buffered store of the thread reach memory."""
        self.memory, done = self.memory.flush(self.thread)
        self.check_alive(done.cell)
        self.events.append(self.machine.flushed(self.thread, done))

    # Invisible instructions.

    def run_on(self) -> None:
        """Run invisible instructions up to the next stop, unless the thread sleeps."""
        if self.own.sleep is not None:
            return
        place, registers = self.frame.place, list(self.frame.registers)
        for _ in range(FUEL):
            instruction = self.machine.code.at(place)
            if instruction.op == "return":
                self._pass(instruction)
                self._return()
                return
            if instruction.entry.effect not in INVISIBLE:
                break
            self.frame = self.frame._replace(place=place)
            self._pass(instruction)
            place = self._invisible(instruction, registers)
        else:
            raise Fault("endless_loop")
        self._stop(place, registers)

    def _pass(self, instruction: Instruction) -> None:
        if self.passed is not None:
            self.passed.append(Passed(self.thread, len(self.own.frames), self.frame.place.function, instruction))

    def _stop(self, place: Place, registers: Sequence[int]) -> None:
        live = self.machine.code.live(place)
        kept = tuple(value if index in live else 0 for index, value in enumerate(registers))
        phase = self.frame.phase
        if phase == DOORWAY and place in self.machine.code.restarts:
            phase = DOORWAY if place.function in self.machine.code.with_doorway else WAITING
        self.frame = self.frame._replace(place=place, registers=kept, phase=phase)

    def _return(self) -> None:
        system.leave_handler(self)
        self.own = self.own._replace(frames=self.own.frames[:-1])
        if self.own.frames:
            self.run_on()

    def _invisible(self, instruction: Instruction, registers: list[int]) -> Place:
        place, values = self.frame.place, self.values(registers)
        match instruction.op:
            case "jump":
                return Place(place.function, str(instruction.attributes[0]), 0)
            case "branch":
                return Place(place.function, str(instruction.attributes[0 if values[0] else 1]), 0)
            case "assert":
                if not values[0]:
                    raise Fault("assertion", str(instruction.attributes[0]))
        if instruction.result is not None:
            self._set(registers, instruction.result, self._local(instruction, values))
        return place._replace(offset=place.offset + 1)

    def _set(self, registers: list[int], index: int, value: int) -> None:
        registers[index] = value
        name = self.function.registers[index].name
        if name:
            self.tell("local", name=name, value=value)

    def _local(self, instruction: Instruction, values: list[int]) -> int:
        shape, attribute = self.machine.shape, (instruction.attributes or ("",))[0]
        match instruction.op:
            case "root":
                return self.machine.cells.root[str(attribute)]
            case "field" | "element" | "part_address":
                return self._address(instruction, values)
            case "now":
                return 0
            case "thread":
                return self.thread
            case "extent":
                return shape.length(Extent(cast("str", attribute)))
            case "numa_node_exists":
                return int(values[0] in shape.node_ids)
        assert instruction.result is not None
        types = [self.type_of(one) for one in instruction.operands]
        result = self.function.registers[instruction.result].type
        return compute(instruction.op, values, types, result, str(attribute))

    def _address(self, instruction: Instruction, values: list[int]) -> int:
        if values[0] == 0:
            raise Fault("null")
        pointer = self.type_of(instruction.operands[0])
        assert isinstance(pointer, Pointer)
        match pointer.target:
            case StructRef(name):
                place = self.machine.cells.place(name, str(instruction.attributes[0]))
                return values[0] + place.offset + place.shift * PART
            case Array(element, length):
                count = self.machine.shape.length(length)
                if not 0 <= values[1] < count:
                    raise Fault("index_out_of_range", f"{values[1]} of {count}")
                return values[0] + values[1] * self.machine.cells.stride(element)
            case Atomic(Word() as word):
                return values[0] + word.part(str(instruction.attributes[0])).shift * PART | PART_FLAG
        raise NotImplementedError(instruction.op)

    # Frames.

    def begin(self, function: str, handler: int) -> None:
        """Let a function begin, on top of what the thread does."""
        place = self.machine.code.entry(function)
        registers = (0,) * len(self.machine.program.functions[function].registers)
        frame = Frame(place, registers, handler, OUTSIDE)
        self.own = self.own._replace(frames=(*self.own.frames, frame))
        self.run_on()

    def wake(self, thread: int, reason: str) -> None:
        """End a sleep of a thread, which then goes on to its next stop."""
        waker, self.thread = self.thread, thread
        self.events.append(Event("wake", thread, text=reason))
        woken = next(one for one in reversed(self.own.frames) if one.sleep and one.sleep.reason == reason)
        frames = tuple(one._replace(sleep=None) if one is woken else one for one in self.own.frames)
        self.own = self.own._replace(frames=frames)
        self.run_on()
        self.thread = waker
