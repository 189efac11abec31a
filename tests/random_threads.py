"""How `strategies.concurrent_programs` draws a thread, operation by operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from lockwright.ir.program import Attribute, Constant, Global, Instruction, Operand, Reg
from lockwright.ir.table import Order
from lockwright.ir.types import U8
from tests.random_functions import PAIR, orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.ir.build import FunctionBuilder

T = TypeVar("T")

ATOMICS = ("x", "y", "z")
PLAINS = ("p", "q")


@dataclass
class ThreadAuthor:
    """Draws one thread: each operation reads or writes a shared place; what it read is kept to its end."""

    draw: st.DrawFn
    build: FunctionBuilder
    name: str
    operations: tuple[str, ...]
    places: dict[str, tuple[str, ...]]
    read: list[Reg] = field(default_factory=list)

    def pick(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def value(self) -> Operand:
        choices: list[Operand] = [self.build.constant(number, U8) for number in (0, 1, 2)]
        return self.pick((*choices, *self.read[:2]))

    def operation(self, depth: int = 1) -> None:
        kind = self.pick(tuple(one for one in self.operations if depth or one != "branch"))
        getattr(self, kind)(depth)

    def place(self, op: str) -> tuple[Reg, tuple[Attribute, ...]]:
        """Return an atomic address of type u8 and the attributes of an access to it."""
        name = self.pick(self.places["atomic"])
        address = self.build.emit("root", attributes=(name.partition(".")[0],))
        if "." in name:
            address = self.build.emit("part_address", address, attributes=(name.partition(".")[2],))
        attributes: tuple[Attribute, ...] = (self.pick(orders(op)),)
        return address, (*attributes, self.pick(orders("atomic_load"))) if op == "compare_exchange" else attributes

    def keep(self, register: Reg, operand: Reg) -> None:
        self.build.emit("copy", operand, into=register)

    def slot(self) -> Reg:
        """Return the register, written at the entry, in which one more result is kept."""
        register = self.build.register(U8, f"r{len(self.read)}")
        self.read.append(register)
        return register

    def load(self, _: int) -> None:
        address, attributes = self.place("atomic_load")
        self.keep(self.slot(), self.build.emit("atomic_load", address, attributes=attributes))

    def store(self, _: int) -> None:
        address, attributes = self.place("atomic_store")
        self.build.do("atomic_store", address, self.value(), attributes=attributes)

    def update(self, _: int) -> None:
        op = self.pick(("exchange", "fetch_add", "fetch_sub", "fetch_or", "fetch_and", "compare_exchange"))
        operands = [self.value() for _ in range(2 if op == "compare_exchange" else 1)]
        address, attributes = self.place(op)
        self.keep(self.slot(), self.build.emit(op, address, *operands, attributes=attributes))

    def whole(self, _: int) -> None:
        """Access the word whole."""
        address = self.build.emit("root", attributes=("w",))
        if self.draw(st.booleans()):
            order = self.pick(orders("atomic_load"))
            word = self.build.emit("atomic_load", address, attributes=(order,))
        else:
            order, amount = self.pick(orders("fetch_add")), self.pick((1, 255, 256, 257))
            word = self.build.emit("fetch_add", address, Constant(int(amount), PAIR), attributes=(order,))
        for part in ("low", "high"):
            self.keep(self.slot(), self.build.emit("part", word, attributes=(part,)))

    def plain(self, _: int) -> None:
        address = self.build.emit("root", attributes=(self.pick(self.places["plain"]),))
        if self.draw(st.booleans()):
            self.keep(self.slot(), self.build.emit("load", address))
        else:
            self.build.do("store", address, self.value())

    def fence(self, _: int) -> None:
        self.build.do("fence", attributes=(self.pick(orders("fence")),))

    def branch(self, depth: int) -> None:
        condition = self.build.emit("eq", self.value(), self.build.constant(1, U8))
        yes, after = self.build.label("yes"), self.build.label("after")
        self.build.branch(condition, yes, after)
        self.build.enter(yes)
        self.operation(depth - 1)
        self.build.jump(after)
        self.build.enter(after)

    def wait(self, _: int) -> None:
        """Wait until a place has a value."""
        wanted, op = self.value(), self.pick(("eq", "ne"))
        loop, after = self.build.label("wait"), self.build.label("after")
        self.build.jump(loop)
        self.build.enter(loop)
        address, attributes = self.place("atomic_load")
        seen = self.build.emit("atomic_load", address, attributes=attributes)
        self.build.do("pause")
        self.build.branch(self.build.emit(op, seen, wanted), after, loop)
        self.build.enter(after)

    def take(self, _: int) -> None:
        """Wait until a place has a value, then update that place, whatever it has by now."""
        wanted, op = self.value(), self.pick(("eq", "ne"))
        loop, after = self.build.label("wait"), self.build.label("after")
        address, _attributes = self.place("atomic_load")
        self.build.jump(loop)
        self.build.enter(loop)
        seen = self.build.emit("atomic_load", address, attributes=(Order.RELAXED,))
        self.build.do("pause")
        self.build.branch(self.build.emit(op, seen, wanted), after, loop)
        self.build.enter(after)
        update = self.pick(("exchange", "fetch_add", "fetch_sub", "fetch_or", "fetch_and"))
        order = self.pick(orders(update))
        self.keep(self.slot(), self.build.emit(update, address, self.value(), attributes=(order,)))

    def finish(self) -> None:
        """Store what was read, then write at the entry what some paths don't."""
        for number, register in enumerate(self.read):
            name = f"r{self.name}_{number}"
            self.build.program.globals[name] = Global(name, U8)
            self.build.do("store", self.build.emit("root", attributes=(name,)), register)
        self.build.give_back()
        zeros = [self.zero(register) for register in self.read]
        self.build.function.blocks[0].instructions[:0] = zeros
        self.build.finish()

    def zero(self, register: Reg) -> Instruction:
        return Instruction("copy", register.index, (Constant(0, U8),))
