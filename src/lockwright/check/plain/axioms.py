"""All executions of a straight-line program of atomics that the axioms of RC11 allow: the judge of the C11 machine.

An execution says of each read which write it reads from (rf), and of the writes to each location their order (mo).
A read-modify-write is one event.  With sb program order, rb = rf⁻¹;mo, eco = (rf ∪ mo ∪ rb)⁺:

1. rs = [W];(rf;[RMW])* (C++20: without the stores of the same thread that follow).
2. sw = [release];([F];sb)?;rs;rf;(sb;[F])?;[acquire],  hb = (sb ∪ sw)⁺.
3. Coherence: hb;eco? is irreflexive.  Atomicity: a read-modify-write follows directly, in mo, what it reads from.
4. scb = sb ∪ sb≠loc;hb;sb≠loc ∪ hb=loc ∪ mo ∪ rb,
   psc = ([sc] ∪ [Fsc];hb?);scb;([sc] ∪ hb?;[Fsc]) ∪ [Fsc];(hb ∪ hb;eco;hb);[Fsc] is acyclic.
5. No thin air: sb ∪ rf is acyclic.  `strictly`: sb ∪ rf ∪ psc is acyclic, which is what the machine forbids.

Source: Lahav, Vafeiadis, Kang, Hur and Dreyer, Repairing sequential consistency in C/C++11, PLDI 2017.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise, permutations, product
from typing import TYPE_CHECKING, TypeAlias

from lockwright.ir.table import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Relation: TypeAlias = list[int]
"""For each event the set of events that it is related to, as a mask of bits."""

Outcome: TypeAlias = frozenset[tuple[str, int]]
"""What each register and, at the end, each location holds."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a thread: the mnemonic of the instruction, and its operands."""

    op: str
    location: str = ""
    order: Order = Order.RELAXED
    value: int = 0  # written or added
    expected: int = 0
    failure: Order = Order.RELAXED
    register: str = ""

    @property
    def reads(self) -> bool:
        """Whether it may read memory."""
        return self.op not in ("atomic_store", "fence")

    @property
    def writes(self) -> bool:
        """Whether it may write memory."""
        return self.op not in ("atomic_load", "fence")


@dataclass(slots=True)
class Event:
    """An operation as it happened: threads count from 0, -1 writes the initial values."""

    operation: Operation
    thread: int
    order: Order
    reads: bool
    writes: bool
    value: int = 0  # read
    wrote: int = 0


@dataclass(slots=True)
class Execution:
    """Events, and the relations between them."""

    events: list[Event]
    program_order: Relation
    reads_from: Relation
    modification: Relation = field(default_factory=list)

    def members(self, accept: Callable[[Event], bool]) -> int:
        """Return the set of events with a property."""
        return sum(1 << number for number, event in enumerate(self.events) if accept(event))


# Relations.


def empty(size: int) -> Relation:
    """Return the relation that relates nothing."""
    return [0] * size


def bits(mask: int) -> Iterator[int]:
    """Yield the members of a set."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


def union(*relations: Relation) -> Relation:
    """Return what any of them relates."""
    return [reduce(int.__or__, row) for row in zip(*relations, strict=True)]


def compose(*relations: Relation) -> Relation:
    """Return the composition, the first relation first."""
    first, *rest = relations
    for second in rest:
        first = [reduce(int.__or__, (second[one] for one in bits(row)), 0) for row in first]
    return first


def closure(relation: Relation) -> Relation:
    """Return the transitive closure."""
    result = list(relation)
    for middle in range(len(result)):
        for number, row in enumerate(result):
            if row >> middle & 1:
                result[number] = row | result[middle]
    return result


def inverse(relation: Relation) -> Relation:
    """Return the relation the other way round."""
    return [sum(1 << one for one, row in enumerate(relation) if row >> number & 1) for number in range(len(relation))]


def maybe(relation: Relation) -> Relation:
    """Return the relation together with the identity."""
    return [row | 1 << number for number, row in enumerate(relation)]


def only(members: int, size: int) -> Relation:
    """Return the identity on a set."""
    return [members & 1 << number for number in range(size)]


def kept(relation: Relation, accept: Callable[[int, int], bool]) -> Relation:
    """Return the pairs with a property."""
    return [sum(1 << two for two in bits(row) if accept(one, two)) for one, row in enumerate(relation)]


def is_irreflexive(relation: Relation) -> bool:
    """Return whether nothing is related to itself."""
    return not any(row >> number & 1 for number, row in enumerate(relation))


def is_acyclic(relation: Relation) -> bool:
    """Return whether there is no cycle."""
    return is_irreflexive(closure(relation))


# Executions.


def outcomes(threads: Sequence[Sequence[Operation]], *, strictly: bool = False) -> set[Outcome]:
    """Return all outcomes that the axioms allow."""
    return both_outcomes(threads)[strictly]


def both_outcomes(threads: Sequence[Sequence[Operation]]) -> tuple[set[Outcome], set[Outcome]]:
    """Return all outcomes that the axioms allow, and those that they allow strictly."""
    allowed: tuple[set[Outcome], set[Outcome]] = (set(), set())
    for one in executions(threads):
        for strictly, is_one in enumerate(judged(one)):
            if is_one:
                allowed[strictly].add(outcome(one))
    return allowed


def outcome(execution: Execution) -> Outcome:
    """Return what registers and locations hold at the end."""
    last = {
        event.operation.location: event.wrote
        for number, event in enumerate(execution.events)
        if event.writes and not execution.modification[number]
    }
    readers = [event for event in execution.events if event.operation.register]
    read = {f"{event.thread}:{event.operation.register}": event.value for event in readers}
    return frozenset((last | read).items())


def executions(threads: Sequence[Sequence[Operation]]) -> Iterator[Execution]:
    """Yield all executions in which values come from somewhere and updates follow what they read."""
    locations = sorted({one.location for thread in threads for one in thread if one.location})
    steps = [(-1, Operation("atomic_store", location)) for location in locations]
    steps += [(number, one) for number, thread in enumerate(threads) for one in thread]
    sources = [
        [source for source in range(len(steps)) if source != number and _may_feed(steps[source][1], one)]
        if one.reads
        else [None]
        for number, (_, one) in enumerate(steps)
    ]
    order = _program_order(steps)
    for choice in product(*sources):
        execution = _evaluated(steps, order, choice)
        if execution is not None:
            yield from _ordered(execution, choice)


def _may_feed(source: Operation, reader: Operation) -> bool:
    return source.writes and source.location == reader.location


def _program_order(steps: Sequence[tuple[int, Operation]]) -> Relation:
    def precedes(one: int, two: int) -> bool:
        first, second = steps[one][0], steps[two][0]
        return (first == -1 != second) or (first == second != -1 and one < two)

    return [sum(1 << two for two in range(len(steps)) if precedes(one, two)) for one in range(len(steps))]


def _evaluated(
    steps: Sequence[tuple[int, Operation]], order: Relation, choice: Sequence[int | None]
) -> Execution | None:
    """Return the execution with its values, None if values come from nowhere or from a write that did not happen."""
    reads_from = empty(len(steps))
    for reader, source in enumerate(choice):
        if source is not None:
            reads_from[source] |= 1 << reader
    causes = closure(union(order, reads_from))
    if not is_irreflexive(causes):
        return None
    events = [Event(one, thread, one.order, one.reads, one.writes, wrote=one.value) for thread, one in steps]
    for reader in sorted(range(len(steps)), key=lambda number: -causes[number].bit_count()):
        source = choice[reader]
        if source is not None and not _read(events[reader], events[source]):
            return None
    return Execution(events, order, reads_from)


def _read(event: Event, source: Event) -> bool:
    """Let an event read from another; return whether that one wrote."""
    operation, event.value = event.operation, source.wrote
    if operation.op == "fetch_add":
        event.wrote = (source.wrote + operation.value) % 256
    if operation.op == "compare_exchange" and event.value != operation.expected:
        event.writes, event.order = False, operation.failure
    return source.writes


def _ordered(execution: Execution, choice: Sequence[int | None]) -> Iterator[Execution]:
    """Yield the execution with every modification order in which updates follow what they read."""
    writes: dict[str, list[int]] = {}
    for number, event in enumerate(execution.events):
        if event.writes:
            writes.setdefault(event.operation.location, []).append(number)
    lists = [list(_orders(execution, choice, numbers)) for numbers in writes.values()]
    for several in product(*lists):
        modification = empty(len(execution.events))
        for numbers in several:
            for position, number in enumerate(numbers):
                modification[number] = sum(1 << one for one in numbers[position + 1 :])
        yield Execution(execution.events, execution.program_order, execution.reads_from, modification)


def _orders(execution: Execution, choice: Sequence[int | None], numbers: Sequence[int]) -> Iterator[tuple[int, ...]]:
    initial, *others = numbers
    for one in permutations(others):
        line = (initial, *one)
        if all(not execution.events[second].reads or choice[second] == first for first, second in pairwise(line)):
            yield line


# The axioms.


def judged(execution: Execution) -> tuple[bool, bool]:
    """Return whether the axioms allow an execution (rules 1 to 5), and whether they do strictly."""
    happens_before = _happens_before(execution)
    read_before = [
        row & ~(1 << number)
        for number, row in enumerate(compose(inverse(execution.reads_from), execution.modification))
    ]
    extended = closure(union(execution.reads_from, execution.modification, read_before))
    if not is_irreflexive(compose(happens_before, maybe(extended))):
        return False, False
    partial = _partial_sc(execution, happens_before, read_before, extended)
    if not any(partial):
        return True, True  # program order and reads-from have no cycle: such executions are not made
    strictly = is_acyclic(union(execution.program_order, execution.reads_from, partial))
    return strictly or is_acyclic(partial), strictly


def _happens_before(execution: Execution) -> Relation:
    size, order = len(execution.events), execution.program_order
    fences = only(execution.members(lambda one: one.operation.op == "fence"), size)
    releases = only(execution.members(lambda one: one.order.releases), size)
    acquires = only(execution.members(lambda one: one.order.acquires), size)
    writes = only(execution.members(lambda one: one.writes), size)
    updates = only(execution.members(lambda one: one.writes and one.reads), size)
    sequence = compose(writes, maybe(closure(compose(execution.reads_from, updates))))
    before = union(only(-1, size), compose(fences, order))
    after = union(only(-1, size), compose(order, fences))
    synchronizes = compose(releases, before, sequence, execution.reads_from, after, acquires)
    return closure(union(order, synchronizes))


def _partial_sc(execution: Execution, happens_before: Relation, read_before: Relation, extended: Relation) -> Relation:
    events, size = execution.events, len(execution.events)

    def is_one_place(one: int, two: int) -> bool:
        return events[one].operation.location == events[two].operation.location != ""

    elsewhere = kept(execution.program_order, lambda one, two: not is_one_place(one, two))
    base = union(
        execution.program_order,
        compose(elsewhere, happens_before, elsewhere),
        kept(happens_before, is_one_place),
        execution.modification,
        read_before,
    )
    strongest = execution.members(lambda one: one.order is Order.SEQ_CST)
    fences = only(strongest & execution.members(lambda one: one.operation.op == "fence"), size)
    accesses = only(strongest & execution.members(lambda one: one.operation.op != "fence"), size)
    left = union(accesses, compose(fences, maybe(happens_before)))
    right = union(accesses, compose(maybe(happens_before), fences))
    between = union(happens_before, compose(happens_before, extended, happens_before))
    return union(compose(left, base, right), compose(fences, between, fences))
