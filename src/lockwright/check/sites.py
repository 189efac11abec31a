"""The memory orders of the lock under test, in the functions as their author wrote them, and changes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant, Instruction, Register
from lockwright.ir.result_types import result_type
from lockwright.ir.table import Effect, Order
from lockwright.ir.types import Pointer

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span
    from lockwright.ir.program import Attribute, Block, Function, Program

_LOADS = (Order.RELAXED, Order.ACQUIRE, Order.SEQ_CST)
_STORES = (Order.RELAXED, Order.RELEASE, Order.SEQ_CST)
_UPDATES = (Order.RELAXED, Order.ACQUIRE, Order.RELEASE, Order.ACQ_REL, Order.SEQ_CST)
_FENCES = (Order.ACQUIRE, Order.RELEASE, Order.ACQ_REL, Order.SEQ_CST)


@dataclass(frozen=True, slots=True)
class Site:
    """One order of one instruction: where it stands, and which of the attributes it is."""

    function: str
    block: str
    index: int
    slot: int
    instruction: Instruction

    @property
    def order(self) -> Order:
        """The order as it is written."""
        order = self.instruction.attributes[self.slot]
        assert isinstance(order, Order)
        return order

    @property
    def span(self) -> Span:
        """Where it stands in the source."""
        return self.instruction.span

    @property
    def possible(self) -> tuple[Order, ...]:
        """The orders that may stand there, weakest first."""
        if self.slot == 1:
            return _LOADS
        return {
            Effect.READ: _LOADS,
            Effect.WRITE: _STORES,
            Effect.UPDATE: _UPDATES,
        }.get(self.instruction.entry.effect, _FENCES)

    @property
    def weaker(self) -> tuple[Order, ...]:
        """The orders below the one that stands there, weakest first."""
        return tuple(one for one in self.possible if below(one, self.order))

    @property
    def stronger(self) -> tuple[Order, ...]:
        """The orders above the one that stands there, weakest first."""
        return tuple(one for one in self.possible if below(self.order, one))

    @property
    def is_fence(self) -> bool:
        """Whether it is the order of a fence."""
        return self.instruction.op == "fence"


_STRENGTH = {Order.RELAXED: 0, Order.ACQUIRE: 1, Order.RELEASE: 2, Order.ACQ_REL: 3, Order.SEQ_CST: 7}


def below(one: Order, other: Order) -> bool:
    """Return whether an order is strictly weaker than another one."""
    return one is not other and _STRENGTH[one] & _STRENGTH[other] == _STRENGTH[one]


def own_functions(program: Program) -> list[str]:
    """Return the functions of the lock under test (all, where there is none), callees included."""
    roles = [name for name, function in program.functions.items() if function.role is not None]
    if not roles:
        return list(program.functions)
    found, todo = [], roles
    while todo:
        name = todo.pop(0)
        if name not in found and name in program.functions:
            found.append(name)
            todo += _callees(program, program.functions[name])
    return found


def _callees(program: Program, function: Function) -> list[str]:
    names: list[str] = []
    for block in function.blocks:
        for one in block.instructions:
            if one.op == "call":
                names.append(str(one.attributes[0]))
            elif one.op == "call_table":
                table = program.tables[str(one.attributes[0])]
                names += [operations[str(one.attributes[1])] for operations in table.implementations.values()]
    return names


def sites(program: Program) -> list[Site]:
    """Return all orders of the lock under test, in the order of the program."""
    found = []
    for name in own_functions(program):
        for block in program.functions[name].blocks:
            for index, one in enumerate(block.instructions):
                slots = [slot for slot, attribute in enumerate(one.attributes) if isinstance(attribute, Order)]
                found += [Site(name, block.label, index, slot, one) for slot in slots]
    return found


# Changes.


def with_order(program: Program, site: Site, order: Order | None) -> Program:
    """Return the program with another order at a site; None takes a fence away."""
    if order is None:
        return _edited(program, site, [])
    return _edited(program, site, [replace(_at(program, site), attributes=_merged(program, site, order))])


def _at(program: Program, site: Site) -> Instruction:
    block = next(one for one in program.functions[site.function].blocks if one.label == site.block)
    return block.instructions[site.index]


def _merged(program: Program, site: Site, order: Order) -> tuple[Attribute, ...]:  # keeps changes of the other slot
    attributes = list(_at(program, site).attributes)
    attributes[site.slot] = order
    return tuple(attributes)


def with_fence(program: Program, site: Site, *, before: bool) -> Program:
    """Return the program with a seq_cst fence before or behind an access."""
    fence = Instruction("fence", attributes=(Order.SEQ_CST,), span=site.span)
    one = _at(program, site)
    return _edited(program, site, [fence, one] if before else [one, fence])


def with_exchange(program: Program, site: Site) -> Program:
    """Return the program with an atomic store made a read-modify-write whose result nobody uses."""
    function = program.functions[site.function]
    one = _at(program, site)
    types = [
        operand.type if isinstance(operand, Constant) else function.registers[operand.index].type
        for operand in one.operands
    ]
    assert isinstance(types[0], Pointer)
    kind = result_type(program, "exchange", types, (Order.ACQ_REL,))
    assert kind is not None
    registers = [*function.registers, Register(kind)]
    exchange = replace(one, op="exchange", result=len(registers) - 1, attributes=(Order.ACQ_REL,))
    changed = _edited(program, site, [exchange])
    functions = dict(changed.functions)
    functions[site.function] = replace(functions[site.function], registers=registers)
    return replace(changed, functions=functions)


def _edited(program: Program, site: Site, instead: list[Instruction]) -> Program:
    function = program.functions[site.function]
    blocks = [_edited_block(block, site, instead) if block.label == site.block else block for block in function.blocks]
    return replace(program, functions={**program.functions, site.function: replace(function, blocks=blocks)})


def _edited_block(block: Block, site: Site, instead: list[Instruction]) -> Block:
    return replace(
        block, instructions=[*block.instructions[: site.index], *instead, *block.instructions[site.index + 1 :]]
    )
