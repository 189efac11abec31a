"""Litmus tests in one line of text, as programs for the machines and as operations for the axioms.

Threads are separated by `||`, operations by `;`.  Locations are atomic bytes that start at 0; `w` is a word of two
bytes, with parts `w.low` and `w.high`; `c` and `d` are plain.  Registers begin with `r`.

    x=1             store                  r0=x            load
    r0=x<-1         exchange               r0=x+1          fetch_add
    r0=x?0:1        compare_exchange: if 0 is there, write 1; also with the order of the failure: `r0=x?0:1 acq rlx`
    fence sc

Orders behind the operation: `rlx` (by default), `acq`, `rel`, `ar`, `sc`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.check.plain.axioms import Operation
from lockwright.check.plain.explore import check
from lockwright.check.plain.machine import Machine
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.program import Global, Operand, Program, Shape, Worker
from lockwright.ir.table import Order
from lockwright.ir.types import U8, U16, Atomic, Part, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.check.plain.axioms import Outcome
    from lockwright.ir.program import Reg

ORDERS = {
    "rlx": Order.RELAXED,
    "acq": Order.ACQUIRE,
    "rel": Order.RELEASE,
    "ar": Order.ACQ_REL,
    "sc": Order.SEQ_CST,
}

PAIR = Word("Pair", (Part("low", U8, 0), Part("high", U8, 8)), 16)

_SHAPES = (
    (r"fence", "fence"),
    (r"(?P<register>r\w*)=(?P<location>[a-z.]+)<-(?P<value>\d+)", "exchange"),
    (r"(?P<register>r\w*)=(?P<location>[a-z.]+)\+(?P<value>\d+)", "fetch_add"),
    (r"(?P<register>r\w*)=(?P<location>[a-z.]+)\?(?P<expected>\d+):(?P<value>\d+)", "compare_exchange"),
    (r"(?P<register>r\w*)=(?P<location>[a-z.]+)", "atomic_load"),
    (r"(?P<location>[a-z.]+)=(?P<value>\d+)", "atomic_store"),
)

PLAIN_LOCATIONS = ("c", "d")


def parse(text: str) -> list[list[Operation]]:
    """Return the operations of each thread."""
    return [[_operation(one.strip()) for one in thread.split(";") if one.strip()] for thread in text.split("||")]


def _operation(text: str) -> Operation:
    what, *orders = text.split()
    for shape, op in _SHAPES:
        match = re.fullmatch(shape, what)
        if match:
            found = match.groupdict()
            order = ORDERS[orders[0]] if orders else Order.RELAXED
            failure = ORDERS[orders[1]] if orders[1:] else without_release(order)
            return Operation(
                op, found.get("location", ""), order, int(found.get("value") or 0), int(found.get("expected") or 0),
                failure, found.get("register", ""),
            )  # fmt: skip
    raise ValueError(text)


def without_release(order: Order) -> Order:
    """Return the order that a comparison that fails has."""
    return {Order.ACQ_REL: Order.ACQUIRE, Order.RELEASE: Order.RELAXED}.get(order, order)


def program(threads: Sequence[Sequence[Operation]]) -> Program:
    """Return the program; at its end registers lie in plain cells `0:r0`, and the values of locations in `x`, ..."""
    made = Program("litmus")
    locations = sorted({one.location.partition(".")[0] for thread in threads for one in thread if one.location})
    for location in locations:
        plain = location in PLAIN_LOCATIONS
        made.globals[location if plain else f"atomic {location}"] = _global(location, plain=plain)
    for number, thread in enumerate(threads):
        _add_thread(made, number, thread)
    _add_end(made, [one for one in locations if one not in PLAIN_LOCATIONS])
    return made


def _global(location: str, *, plain: bool) -> Global:
    if plain:
        return Global(location, U8)
    return Global(f"atomic {location}", Atomic(PAIR if location == "w" else U8))


def _add_thread(made: Program, number: int, thread: Sequence[Operation]) -> None:
    build = FunctionBuilder(made, f"thread{number}")
    read: dict[str, Reg] = {}
    for one in thread:
        _add_operation(build, one, read)
    for register, value in read.items():
        name = f"{number}:{register}"
        kind = build.type_of(value)
        made.globals[name] = Global(name, U16 if isinstance(kind, Word) else kind)
        build.do("store", build.emit("root", attributes=(name,)), _as_number(build, value))
    build.give_back()
    build.finish()
    made.workers.append(Worker(f"thread{number}", 1))


def _as_number(build: FunctionBuilder, value: Reg) -> Reg:
    if not isinstance(build.type_of(value), Word):
        return value
    high = build.emit("convert", build.emit("part", value, attributes=("high",)), kind=U16)
    low = build.emit("convert", build.emit("part", value, attributes=("low",)), kind=U16)
    return build.emit("or", build.emit("shl", high, build.constant(8, U16)), low)


def _add_operation(build: FunctionBuilder, one: Operation, read: dict[str, Reg]) -> None:
    if one.op == "fence":
        build.do("fence", attributes=(one.order,))
        return
    location, _, part = one.location.partition(".")
    if location in PLAIN_LOCATIONS:
        _add_plain(build, one, read)
        return
    address = build.emit("root", attributes=(f"atomic {location}",))
    kind = PAIR if location == "w" and not part else U8
    if part:
        address = build.emit("part_address", address, attributes=(part,))
    values: list[Operand] = [build.constant(one.expected, kind)] if one.op == "compare_exchange" else []
    values += [build.constant(one.value, kind)] if one.writes else []
    orders = (one.order, one.failure) if one.op == "compare_exchange" else (one.order,)
    if one.register:
        read[one.register] = build.emit(one.op, address, *values, attributes=orders)
    else:
        build.do(one.op, address, *values, attributes=orders)


def _add_plain(build: FunctionBuilder, one: Operation, read: dict[str, Reg]) -> None:
    address = build.emit("root", attributes=(one.location,))
    if one.register:
        read[one.register] = build.emit("load", address)
    else:
        build.do("store", address, build.constant(one.value, U8))


def _add_end(made: Program, locations: Sequence[str]) -> None:
    build = FunctionBuilder(made, "end")
    for location in locations:
        address = build.emit("root", attributes=(f"atomic {location}",))
        value = build.emit("atomic_load", address, attributes=(Order.RELAXED,))
        made.globals[location] = Global(location, U16 if location == "w" else U8)
        build.do("store", build.emit("root", attributes=(location,)), _as_number(build, value))
    build.give_back()
    build.finish()
    made.at_rest = ["end"]


def machine(threads: Sequence[Sequence[Operation]], model: str) -> Machine:
    """Return the plain machine of a litmus test."""
    return Machine(program(threads), {}, Shape.plain(len(threads)), model, 1)


def outcomes(threads: Sequence[Sequence[Operation]], model: str) -> set[Outcome]:
    """Return the outcomes that the machine finds; a fault is one too."""
    verdict = check(machine(threads, model))
    assert verdict.is_exhausted
    return {frozenset(one) for one in verdict.outcomes} | {frozenset({(kind, 1)}) for kind in verdict.faults}


def seen(text: str, model: str, what: Sequence[str]) -> set[str]:
    """Return the values of some registers and locations, in every outcome: `01`, ..., or the kind of a fault."""
    found = [dict(one) for one in outcomes(parse(text), model)]
    return {"".join(str(one[name]) for name in what) if what[0] in one else next(iter(one)) for one in found}
