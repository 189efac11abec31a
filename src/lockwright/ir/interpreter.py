"""The reference interpreter: slow, obvious, and the judge of what one thread alone computes.

It runs a function of a program, calls and all, over a memory of cells.  Every entry of the table has a meaning here.
What other threads would decide is decided so: a sleep that nobody ends is the fault `lost_wakeup`, `running` is true a
fixed number of times, `random` draws from a seed, a bounded wait gives up at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from lockwright.ir.arithmetic import ARITHMETIC, UPDATES, Applied, Fault, evaluate, read_bits, wrap, write_bits
from lockwright.ir.cells import DEFAULT_HEAP_RECORDS, Cells, allocated_structs
from lockwright.ir.holders import Holders
from lockwright.ir.processors import Processors
from lockwright.ir.program import Constant, Function, Handler, Instruction, Operand, Program, Shape
from lockwright.ir.result_types import accessed
from lockwright.ir.storage import HeapTooSmallError, Image, Storage
from lockwright.ir.types import Pointer, Value

if TYPE_CHECKING:
    from lockwright.ir.program import Block

FUEL_INSTRUCTIONS = 1_000_000
MOST_CALLS_DEEP = 100


@dataclass(slots=True)
class _Step:
    """One instruction with the values and types of its operands."""

    instruction: Instruction
    values: list[int]
    types: list[Value]
    result: Value | None

    def attribute(self, position: int = 0) -> str:
        return str(self.instruction.attributes[position])


class Interpreter:
    """One thread over an image, which it changes.

    Args:
        cells: Addresses of the program's places.
        image: Memory to start from; zero if there is none.
        thread: The number of the thread that runs.
        running: How often `running` is true; None: always.
        seed: What `random` draws from.
        allocation_may_fail: False in `setup`, where an empty pool raises `HeapTooSmallError`.
        fuel: Instructions after which a run counts as endless.
    """

    def __init__(
        self,
        cells: Cells,
        image: Image | None = None,
        *,
        thread: int = 0,
        running: int | None = 1,
        seed: int = 0,
        allocation_may_fail: bool = True,
        fuel: int = FUEL_INSTRUCTIONS,
    ) -> None:
        self.cells = cells
        self.program: Program = cells.program
        self.image = Image.zero(cells) if image is None else image
        self.thread = thread
        self.running_left = running
        self.random = Random(seed)  # noqa: S311 - a run must repeat
        self.allocation_may_fail = allocation_may_fail
        self.fuel = fuel
        self.storage = Storage(cells, self.image)
        self.processors = Processors(cells.shape, thread)
        self.holders = Holders()
        self._depth = 0

    def call(self, name: str, arguments: Sequence[int] = ()) -> int | None:
        """Run a function to its end and return its result.

        Raises:
            Fault: An instruction has no meaning, or the run doesn't end.
        """
        self._depth += 1
        if self._depth > MOST_CALLS_DEEP:
            raise Fault("endless_loop")
        try:
            return self._run(self.program.functions[name], arguments)
        finally:
            self._depth -= 1

    def _run(self, function: Function, arguments: Sequence[int]) -> int | None:
        registers = dict(enumerate(arguments))
        blocks = {block.label: block for block in function.blocks}
        block = function.blocks[0]
        while True:
            self._run_straight(function, registers, block)
            last = block.instructions[-1]
            values = [self._value(registers, one) for one in last.operands]
            self._burn(last)
            if last.op == "return":
                return values[0] if values else None
            taken = 0 if last.op == "jump" or values[0] else 1
            block = blocks[str(last.attributes[taken])]

    def _run_straight(self, function: Function, registers: dict[int, int], block: Block) -> None:
        for instruction in block.instructions[:-1]:
            self._burn(instruction)
            result = self._apply(self._step(function, registers, instruction))
            if instruction.result is not None:
                assert result is not None, instruction
                registers[instruction.result] = wrap(result, function.registers[instruction.result].type)

    def _burn(self, instruction: Instruction) -> None:
        self.fuel -= 1
        if self.fuel < 0:
            raise Fault("endless_loop", instruction=instruction)

    def _value(self, registers: Mapping[int, int], operand: Operand) -> int:
        return operand.value if isinstance(operand, Constant) else registers[operand.index]

    def _step(self, function: Function, registers: Mapping[int, int], instruction: Instruction) -> _Step:
        types = [
            one.type if isinstance(one, Constant) else function.registers[one.index].type
            for one in instruction.operands
        ]
        values = [self._value(registers, one) for one in instruction.operands]
        result = None if instruction.result is None else function.registers[instruction.result].type
        return _Step(instruction, values, types, result)

    def _apply(self, step: _Step) -> int | None:
        try:
            if step.instruction.op in ARITHMETIC:
                return self._compute(step)
            return ACTIONS[step.instruction.op](self, step)
        except Fault as fault:
            fault.instruction = fault.instruction or step.instruction
            raise

    def _compute(self, step: _Step) -> int:
        assert step.result is not None
        applied = Applied(step.values, step.types, step.result, step.instruction.attributes, self.cells, self.thread)
        return evaluate(step.instruction.op, applied)

    # Memory.

    def read(self, address: int, kind: Value) -> int:
        """Return the value at an address."""
        self.storage.check(address)
        return read_bits(self.image.memory[address], address, kind, self.cells)

    def write(self, address: int, kind: Value, value: int) -> None:
        """Change the value at an address."""
        self.storage.check(address)
        self.image.memory[address] = write_bits(self.image.memory[address], address, kind, value, self.cells)

    def load(self, step: _Step) -> int:
        """Read, plainly or not: alone it is the same."""
        return self.read(step.values[0], accessed(step.instruction.op, step.types[0]))

    def store(self, step: _Step) -> None:
        """Write, likewise."""
        self.write(step.values[0], accessed(step.instruction.op, step.types[0]), step.values[1])

    def update(self, step: _Step) -> int:
        """Write what the rule says, return what was there."""
        kind = accessed(step.instruction.op, step.types[0])
        old = self.read(step.values[0], kind)
        self.write(step.values[0], kind, UPDATES[step.instruction.op](old, step.values[1]))
        return old

    def compare_exchange(self, step: _Step) -> int:
        """Write the desired value if the expected one is there, return what was there."""
        kind = accessed(step.instruction.op, step.types[0])
        old = self.read(step.values[0], kind)
        if old == step.values[1]:
            self.write(step.values[0], kind, step.values[2])
        return old

    # Choices and calls.

    def running(self, _: _Step) -> int:
        """True as often as the run was told."""
        if self.running_left is None:
            return 1
        self.running_left -= 1
        return int(self.running_left >= 0)

    def draw(self, step: _Step) -> int:
        """Any value below the operand."""
        if step.values[0] == 0:
            raise Fault("random_of_zero")
        return self.random.randrange(step.values[0])

    def call_function(self, step: _Step) -> int | None:
        """Run the function that the instruction names."""
        return self.call(step.attribute(), step.values)

    def call_table(self, step: _Step) -> int | None:
        """Run the function that the table's choice names."""
        table = self.program.tables[step.attribute()]
        choice = self.image.memory[self.cells.root[table.choice]]
        implementation = list(table.implementations.values())[choice]
        return self.call(implementation[step.attribute(1)], step.values)

    def patch(self, step: _Step) -> None:
        """Change the choice of a table."""
        table = self.program.tables[step.attribute()]
        position = list(table.implementations).index(step.attribute(1))
        self.image.memory[self.cells.root[table.choice]] = position

    def check_property(self, step: _Step) -> None:
        """Find the author's property true."""
        if not step.values[0]:
            raise Fault("assertion", step.attribute())

    def mark(self, step: _Step) -> None:
        """Pass a boundary of a lock."""
        kind = step.types[0]
        assert isinstance(kind, Pointer)
        got = len(step.values) < 2 or bool(step.values[1])
        self.holders.mark(step.attribute(), (int(step.values[0]), str(kind.target)), self.thread, got=got)

    # CPUs.

    def halt(self, *, interrupts_on: bool) -> None:
        """Sleep until an interrupt or a kick; with nobody to send either, for ever."""
        self.processors.interrupts_on |= interrupts_on
        if not (self._run_interrupts() or self.processors.take_kick()):
            raise Fault("lost_wakeup")

    def futex_wait(self, step: _Step) -> None:
        """Sleep if the value is still there."""
        if self.load(step) == step.values[1]:
            raise Fault("lost_wakeup")

    def futex_wake(self, step: _Step) -> None:
        """Wake nobody, for nobody sleeps."""
        self.storage.check(step.values[0])

    def interrupts_off(self, _: _Step) -> int:
        """Disable interrupts, return whether they were on."""
        was, self.processors.interrupts_on = self.processors.interrupts_on, False
        return int(was)

    def interrupts_restore(self, step: _Step) -> None:
        """Enable interrupts if they were on; what was pending runs."""
        self.processors.interrupts_on = bool(step.values[0])
        self._run_interrupts()

    def softirqs(self, step: _Step) -> None:
        """Hold soft interrupts off, or let the pending ones run."""
        self.processors.change_softirqs(step.attribute())
        self._run_interrupts()

    def raise_interrupt(self, step: _Step) -> None:
        """Make a handler pending; on this CPU it runs as soon as it may, on others nobody runs."""
        if self.processors.known_cpu(step.values[0]) == self.processors.cpu:
            self.processors.pending.append(self._handler(step.attribute()))
            self._run_interrupts()

    def cpu_set_online(self, step: _Step) -> None:
        """Bring a CPU online or take it offline."""
        self.processors.is_online[self.processors.known_cpu(step.values[0])] = bool(step.values[1])

    def _handler(self, function: str) -> Handler:
        return next(one for one in self.program.handlers if one.function == function)

    def _run_interrupts(self) -> bool:
        """Run the handlers that are pending and not masked; return whether there was one."""
        ran = False
        while (handler := self.processors.next_interrupt()) is not None:
            before = self.processors.interrupts_on, self.processors.in_nmi
            self.processors.in_nmi = not handler.maskable
            self.processors.interrupts_on = handler.softirq and before[0]
            self.call(handler.function)
            self.processors.interrupts_on, self.processors.in_nmi = before
            ran = True
        return ran

    # Storage.

    def allocate(self, step: _Step) -> int:
        """Hand out a record."""
        is_zeroed = bool(step.instruction.attributes[1])
        return self.storage.allocate(step.attribute(), is_zeroed=is_zeroed, may_fail=self.allocation_may_fail)

    def rcu_read(self, step: _Step) -> None:
        """Enter or leave a read section."""
        if step.attribute() == "enter":
            self.storage.enter_read()
        else:
            self.storage.leave_read()


Action: TypeAlias = Callable[[Interpreter, _Step], int | None]


def _nothing(_: Interpreter, __: _Step) -> None:
    """Take time, order accesses, mark a place: one thread alone cannot tell."""


ACTIONS: dict[str, Action] = {
    "load": Interpreter.load,
    "atomic_load": Interpreter.load,
    "store": Interpreter.store,
    "atomic_store": Interpreter.store,
    **dict.fromkeys(UPDATES, Interpreter.update),
    "compare_exchange": Interpreter.compare_exchange,
    **dict.fromkeys(("fence", "pause", "compute", "doorway"), _nothing),
    "cpu": lambda run, _: run.processors.cpu,
    "numa_node": lambda run, _: run.processors.node,
    "running": Interpreter.running,
    "random": Interpreter.draw,
    "give_up": lambda _, __: 1,
    "call": Interpreter.call_function,
    "call_table": Interpreter.call_table,
    "patch": Interpreter.patch,
    "assert": Interpreter.check_property,
    "mark": Interpreter.mark,
    "halt": lambda run, step: run.halt(interrupts_on=step.attribute() == "on"),
    "halt_if": lambda run, step: run.halt(interrupts_on=bool(step.values[0])),
    "kick": lambda run, step: run.processors.kick(step.values[0], is_latched=step.attribute() == "latched"),
    "cpu_online": lambda run, step: int(run.processors.is_online[run.processors.known_cpu(step.values[0])]),
    "cpu_set_online": Interpreter.cpu_set_online,
    "park": lambda run, _: run.processors.park(),
    "unpark": lambda run, step: run.processors.unpark(step.values[0]),
    "futex_wait": Interpreter.futex_wait,
    "futex_wake": Interpreter.futex_wake,
    "interrupts_off": Interpreter.interrupts_off,
    "interrupts_restore": Interpreter.interrupts_restore,
    "preemption": lambda run, step: run.processors.change_preemption(step.attribute()),
    "softirqs": Interpreter.softirqs,
    "in_nmi": lambda run, _: int(run.processors.in_nmi),
    "raise_interrupt": Interpreter.raise_interrupt,
    "event_clear": lambda run, _: run.processors.set_event(run.processors.cpu, is_set=False),
    "event_set": lambda run, _: run.processors.set_event(run.processors.cpu, is_set=True),
    "event_pending": lambda run, _: int(run.processors.has_event()),
    "event_poll": lambda run, _: run.processors.poll_event(),
    "event_send": lambda run, step: run.processors.set_event(step.values[0], is_set=True),
    "alloc": Interpreter.allocate,
    "free": lambda run, step: run.storage.free(step.values[0]),
    "rcu_read": Interpreter.rcu_read,
    "rcu_synchronize": lambda run, _: run.storage.synchronize(),
    "rcu_free": lambda run, step: run.storage.free_later(step.values[0], step.values[1]),
}
"""The meaning, for one thread, of each entry that is neither LOCAL nor a jump."""


def run_setup(program: Program, shape: Shape, cells: Cells) -> Image:
    """Return the memory in which every executor starts: zero, then what `setup` does.

    Raises:
        Fault: `setup` itself is faulty.
        HeapTooSmallError: It allocates more records than `cells` has; `prepare` makes pools that fit.
    """
    assert cells.program is program
    assert cells.shape == shape
    interpreter = Interpreter(cells, allocation_may_fail=False)
    if program.setup is not None:
        interpreter.call(program.setup)
    return interpreter.image


def prepare(
    program: Program, shape: Shape, spare_records: int | Mapping[str, int] = DEFAULT_HEAP_RECORDS
) -> tuple[Cells, Image]:
    """Return cells whose pools hold what `setup` allocates and `spare_records` more of each struct, and the memory."""
    structs = allocated_structs(program)
    spare = dict.fromkeys(structs, spare_records) if isinstance(spare_records, int) else spare_records
    sizes = _records_of_setup(program, shape, {struct: max(1, spare[struct]) for struct in structs})
    cells = Cells(program, shape, {struct: records + spare[struct] for struct, records in sizes.items()})
    return cells, run_setup(program, shape, cells)


def _records_of_setup(program: Program, shape: Shape, sizes: dict[str, int]) -> dict[str, int]:
    """Return how many records of each struct `setup` has at once."""
    while True:
        try:
            image = run_setup(program, shape, Cells(program, shape, sizes))
        except HeapTooSmallError as small:
            sizes = {**sizes, small.struct: 2 * sizes[small.struct] + 1}
        else:
            return image.most_out
