"""How `strategies.single_threaded_programs` draws a function, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from lockwright.ir.program import Constant, Field, Global, Operand, Program, Reg, Struct
from lockwright.ir.table import Order
from lockwright.ir.types import (
    BOOL,
    I64,
    U2,
    U3,
    U8,
    U16,
    U32,
    U64,
    Array,
    Atomic,
    Extent,
    Integer,
    Part,
    Place,
    Pointer,
    StructRef,
    Value,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.ir.build import FunctionBuilder

T = TypeVar("T")

PAIR = Word("Pair", (Part("low", U8, 0), Part("high", U8, 8)), 16)
MIXED = Word("Mixed", (Part("flag", BOOL, 0), Part("count", U3, 1), Part("owner", U16, 4)), 32)
NODE = StructRef("Node")
NODE_POINTER = Pointer(NODE)
NUMBERS = (U8, U16, U32, U64, I64, U2, U3)
VALUES: tuple[Value, ...] = (*NUMBERS, BOOL, PAIR, MIXED)
ORDERS = {
    "atomic_load": (Order.RELAXED, Order.ACQUIRE, Order.SEQ_CST),
    "atomic_store": (Order.RELAXED, Order.RELEASE, Order.SEQ_CST),
    "fence": (Order.ACQUIRE, Order.RELEASE, Order.ACQ_REL, Order.SEQ_CST),
}


def orders(op: str) -> tuple[Order, ...]:
    """Return the orders that an entry may have."""
    return ORDERS.get(op, tuple(Order))


def world() -> Program:
    """Return the structs and globals over which single-threaded functions are made."""
    program = Program("random")
    fields = (
        Field("value", U16),
        Field("next", NODE_POINTER),
        Field("pair", Atomic(PAIR)),
        Field("wide", I64),
        Field("slots", Array(U8, 3)),
    )
    program.structs["Node"] = Struct("Node", fields)
    places: dict[str, Place] = {f"plain_{kind}": kind for kind in VALUES}
    places |= {f"atomic_{kind}": Atomic(kind) for kind in VALUES}
    places |= {"head": NODE_POINTER, "tail": Atomic(NODE_POINTER), "nodes": Array(NODE, 3)}
    places |= {"per_thread": Array(U32, Extent.THREADS), "grid": Array(Array(U8, 2), 3)}
    program.globals = {name: Global(name, place) for name, place in places.items()}
    return program


@dataclass
class FunctionAuthor:
    """Draws one function, statement by statement, over variables that are all written at its beginning."""

    draw: st.DrawFn
    build: FunctionBuilder
    may_fault: bool
    callees: list[str] = field(default_factory=list)
    variables: dict[Value, list[Reg]] = field(default_factory=dict)

    def pick(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def begin(self) -> None:
        """Write two variables of each type."""
        for index, parameter in enumerate(self.build.parameters):
            self.variables.setdefault(self.build.function.registers[index].type, []).append(parameter)
        for kind in (*VALUES, NODE_POINTER):
            for name in "ab":
                start = Constant(0, kind) if isinstance(kind, Pointer) else self.constant(kind)
                self.variables.setdefault(kind, []).append(self.build.emit("copy", start, name=f"{name}_{kind}"))

    def variable(self, kind: Value) -> Reg:
        return self.pick(self.variables[kind])

    def constant(self, kind: Value) -> Constant:
        assert not isinstance(kind, Pointer)
        if self.number(0, 2):
            return self.build.constant(self.number(0, 5), kind)
        return self.build.constant(self.number(-1, 2**64 - 1), kind)

    # Expressions.

    def expression(self, kind: Value, depth: int = 2) -> Operand:
        """Return an operand of a type: a variable, a constant, or something computed."""
        if isinstance(kind, Pointer):
            return self.pointer()
        if depth == 0 or self.number(0, 2) == 0:
            return self.constant(kind) if self.number(0, 1) else self.variable(kind)
        if kind == BOOL:
            return self.condition(depth)
        if isinstance(kind, Word):
            return self.word(kind, depth)
        return self.arithmetic(kind, depth)

    def condition(self, depth: int = 1) -> Operand:
        op = self.pick(("eq", "ne", "lt", "le", "gt", "ge", "not", "and", "or", "is"))
        if op == "not":
            return self.build.emit("not", self.expression(BOOL, depth - 1))
        if op in ("and", "or"):
            return self.build.emit(op, self.expression(BOOL, depth - 1), self.expression(BOOL, depth - 1))
        if op == "is":
            return self.build.emit("eq", self.variable(NODE_POINTER), self.pointer())
        kind = self.kind(NUMBERS)
        return self.build.emit(op, self.expression(kind, depth - 1), self.expression(kind, depth - 1))

    def kind(self, options: tuple[Value, ...] = VALUES) -> Value:
        return self.pick(options)

    def word(self, kind: Word, depth: int) -> Operand:
        op = self.pick(("pack", "add", "sub", "and", "or", "xor", "invert"))
        if op == "pack":
            parts = [self.expression(part.type, depth - 1) for part in kind.parts]
            return self.build.emit("pack", *parts, kind=kind)
        operands = [self.expression(kind, depth - 1) for _ in range(1 if op == "invert" else 2)]
        return self.build.emit(op, *operands)

    def arithmetic(self, kind: Value, depth: int) -> Operand:
        assert isinstance(kind, Integer)
        ops = ("add", "sub", "mul", "and", "or", "xor", "min", "max", "div", "mod", "shl", "shr")
        op = self.pick((*ops, "invert", "negate", "convert", "part", "thread"))
        if op in ("invert", "negate"):
            return self.build.emit(op, self.expression(kind, depth - 1))
        if op == "part":
            parts = [(word, part.name) for word in (PAIR, MIXED) for part in word.parts if part.type == kind]
            op = "convert" if not parts else op
            if parts:
                word, name = self.pick(parts)
                return self.build.emit("part", self.expression(word, depth - 1), attributes=(name,))
        if op == "convert":
            return self.build.emit("convert", self.expression(self.kind(), depth - 1), kind=kind)
        if op == "thread":
            return self.build.emit("convert", self.build.emit("thread"), kind=kind)
        left = self.expression(kind, depth - 1)
        return self.build.emit(op, left, self.right(op, kind, depth - 1))

    def right(self, op: str, kind: Integer, depth: int) -> Operand:
        """Return a second operand, one that can't be a fault unless that is wanted."""
        if op in ("shl", "shr") and not (self.may_fault and self.number(0, 9) == 0):
            return self.build.constant(self.number(0, kind.bits - 1), kind)
        right = self.expression(kind, depth)
        if op in ("div", "mod") and not (self.may_fault and self.number(0, 9) == 0):
            return self.build.emit("or", right, self.build.constant(1, kind))
        return right

    def index(self, length: int) -> Operand:
        kind = self.kind((U8, U32, I64))
        if self.may_fault and self.number(0, 9) == 0:
            return self.expression(kind, 1)
        return self.build.emit("mod", self.expression(kind, 1), self.build.constant(length, kind))

    def pointer(self) -> Operand:
        choice = self.number(0, 3)
        if choice == 0:
            return Constant(0, NODE_POINTER)
        if choice == 1:
            return self.variable(NODE_POINTER)
        return self.build.emit("element", self.root("nodes"), self.index(3))

    def node(self) -> Operand:
        """Return the address of a node that is not null, unless a fault is wanted."""
        if self.may_fault and self.number(0, 4) == 0:
            return self.variable(NODE_POINTER)
        return self.build.emit("element", self.root("nodes"), self.index(3))

    def root(self, name: str) -> Reg:
        return self.build.emit("root", attributes=(name,))

    # Statements.

    def statements(self, most: int, depth: int) -> None:
        for _ in range(self.number(0, most)):
            self.statement(depth)

    def statement(self, depth: int) -> None:
        simple = (self.assign, self.plain, self.atomic, self.through_node, self.grid, self.part)
        nested = (self.choose, self.repeat) if depth else ()
        calls = (self.call,) if self.callees else ()
        chosen = self.pick((*simple, *nested, *calls))
        if chosen in nested:
            chosen(depth - 1)
        else:
            chosen()

    def assign(self) -> None:
        kind = self.kind((*VALUES, NODE_POINTER))
        self.build.emit("copy", self.expression(kind), into=self.variable(kind))

    def access(self, address: Reg, kind: Value, *, is_atomic: bool) -> None:
        """Load, store or update what lies at an address."""
        updates: tuple[str, ...] = ("exchange", "compare_exchange", "fetch_add", "fetch_sub", "fetch_or", "fetch_and")
        if isinstance(kind, Pointer):
            updates = updates[:2]
        ops = ("atomic_load", "atomic_store", *updates) if is_atomic else ("load", "store")
        op = self.pick(ops)
        attributes = (self.pick(orders(op)),) if is_atomic else ()
        if op == "compare_exchange":
            attributes = (*attributes, self.pick(orders("atomic_load")))
        count = {"load": 0, "atomic_load": 0, "compare_exchange": 2}.get(op, 1)
        operands = [self.simple(kind) for _ in range(count)]
        if op in ("store", "atomic_store"):
            self.build.do(op, address, *operands, attributes=attributes)
        else:
            self.build.emit(op, address, *operands, attributes=attributes, into=self.variable(kind))

    def simple(self, kind: Value) -> Operand:
        if isinstance(kind, Pointer):
            return self.variable(kind) if self.number(0, 3) else Constant(0, kind)
        return self.variable(kind) if self.number(0, 1) else self.constant(kind)

    def plain(self) -> None:
        kind = self.kind((*VALUES, NODE_POINTER))
        name = "head" if isinstance(kind, Pointer) else f"plain_{kind}"
        self.access(self.root(name), kind, is_atomic=False)

    def atomic(self) -> None:
        kind = self.kind((*VALUES, NODE_POINTER))
        name = "tail" if isinstance(kind, Pointer) else f"atomic_{kind}"
        self.access(self.root(name), kind, is_atomic=True)

    def part(self) -> None:
        word = self.pick((PAIR, MIXED))
        assert isinstance(word, Word)
        part = self.pick(word.parts)
        assert isinstance(part, Part)
        address = self.build.emit("part_address", self.root(f"atomic_{word}"), attributes=(part.name,))
        self.access(address, part.type, is_atomic=True)

    def through_node(self) -> None:
        node = self.node()
        name = self.pick(("value", "next", "wide", "slots", "pair"))
        address = self.build.emit("field", node, attributes=(name,))
        kinds: dict[str, Value] = {"value": U16, "next": NODE_POINTER, "wide": I64, "slots": U8, "pair": PAIR}
        if name == "slots":
            address = self.build.emit("element", address, self.index(3))
        self.access(address, kinds[name], is_atomic=name == "pair")

    def grid(self) -> None:
        row = self.build.emit("element", self.root("grid"), self.index(3))
        self.access(self.build.emit("element", row, self.index(2)), U8, is_atomic=False)

    def choose(self, depth: int) -> None:
        condition = self.condition()
        yes, no, after = self.build.label("yes"), self.build.label("no"), self.build.label("after")
        self.build.branch(condition, yes, no)
        for label in (yes, no):
            self.build.enter(label)
            self.statements(3, depth)
            self.build.jump(after)
        self.build.enter(after)

    def repeat(self, depth: int) -> None:
        counter = self.build.emit("copy", self.build.constant(self.number(0, 4), U8), name="left")
        test, body, after = self.build.label("test"), self.build.label("body"), self.build.label("after")
        self.build.jump(test)
        self.build.enter(test)
        self.build.branch(self.build.emit("ne", counter, self.build.constant(0, U8)), body, after)
        self.build.enter(body)
        self.build.emit("sub", counter, self.build.constant(1, U8), into=counter)
        self.statements(3, depth)
        self.build.jump(test)
        self.build.enter(after)

    def call(self) -> None:
        name = self.pick(self.callees)
        callee = self.build.program.functions[name]
        arguments = [self.expression(one.type, 1) for one in callee.registers[: callee.parameters]]
        if callee.result is None:
            self.build.do("call", *arguments, attributes=(name,))
        else:
            self.build.emit("call", *arguments, attributes=(name,), into=self.variable(callee.result))
