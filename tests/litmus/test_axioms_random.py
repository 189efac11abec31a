"""Random straight-line programs of atomics: both explorers and the axioms of RC11 allow the same outcomes.

With seq_cst accesses the explorers are stricter: they allow exactly what RC11 allows if psc may not close a cycle with
program order and reads-from either.

    python -m tests.litmus.test_axioms_random 0 500 strong     counts what is equal, and what is stricter
"""

import random
import sys
from collections import Counter

import pytest
from tests.litmus.programs import ORDERS, outcomes, program, without_release

from lockwright.check.engine.run import Options, explore
from lockwright.check.plain import axioms
from lockwright.check.plain.axioms import Operation, Outcome
from lockwright.ir.program import Shape
from lockwright.ir.table import Order

LOADS = (Order.RELAXED, Order.ACQUIRE)
STORES = (Order.RELAXED, Order.RELEASE)
OPERATIONS = ("atomic_load",) * 4 + ("atomic_store",) * 4 + ("fence", "exchange", "fetch_add", "compare_exchange")
UPDATES = (Order.RELAXED, Order.ACQUIRE, Order.RELEASE, Order.ACQ_REL)


def random_program(chance: random.Random, *, strong: bool, most: int, fences: bool = True) -> list[list[Operation]]:
    """Return two to three threads with up to `most` operations together; `strong`: accesses may be seq_cst."""
    threads: list[list[Operation]] = [[] for _ in range(chance.choice((2, 2, 3)))]
    locations = "xyz"[: chance.choice((1, 2, 2, 3))]
    for number in range(chance.randint(4, most)):
        thread = threads[number] if number < len(threads) else chance.choice(threads)
        thread.append(random_operation(chance, chance.choice(locations), f"r{len(thread)}", number + 1, strong=strong))
    if not fences:
        threads = [[one for one in thread if one.op != "fence"] for thread in threads]
    return threads


def random_operation(chance: random.Random, location: str, register: str, value: int, *, strong: bool) -> Operation:
    extra = (Order.SEQ_CST,) * (2 if strong else 0)
    op = chance.choice(OPERATIONS)
    if op == "fence":
        return Operation(op, order=chance.choice((*UPDATES[1:], Order.SEQ_CST)))
    if op == "atomic_load":
        return Operation(op, location, chance.choice(LOADS + extra), register=register)
    if op == "atomic_store":
        return Operation(op, location, chance.choice(STORES + extra), value)
    order = chance.choice(UPDATES + extra)
    expected = chance.randint(0, value) if op == "compare_exchange" else 0
    return Operation(op, location, order, value, expected, without_release(order), register)


def tell(threads: list[list[Operation]]) -> str:
    names = {order: name for name, order in ORDERS.items()}

    def words(one: Operation) -> str:
        return f"{one.register}={one.op} {one.location} {one.expected}:{one.value} {names[one.order]}"

    return " || ".join("; ".join(map(words, thread)) for thread in threads)


def by_the_engine(threads: list[list[Operation]]) -> set[Outcome]:
    """Return the outcomes that the compiled explorer finds."""
    made = program(threads)
    found = explore(made, Shape.plain(len(threads)), "c11", 1, Options(outcomes=True))
    assert found.exhausted
    assert found.outcomes is not None
    names = [cell.name for cell in list(found.cells.cells)[1:] if not cell.is_atomic]
    return {frozenset(zip(names, one, strict=True)) for one in found.outcomes}


def compare(seed: int, *, strong: bool, most: int = 6, compiled: bool = False, plain: bool = True) -> bool:
    """Return whether RC11 allows no more than the explorers do; it never allows less."""
    threads = random_program(random.Random(seed), strong=strong, most=most)
    relaxed, strict = axioms.both_outcomes(threads)
    if compiled:
        assert by_the_engine(threads) == strict, tell(threads)
    if plain:
        assert outcomes(threads, "c11") == strict, tell(threads)
    assert strict <= relaxed, tell(threads)
    return strict == relaxed


def compare_many(seeds: range, *, strong: bool) -> Counter[bool]:
    """Compare the compiled explorer on all, the plain one, which is slow, on every fourth."""
    return Counter(compare(seed, strong=strong, most=7, compiled=True, plain=seed % 4 == 0) for seed in seeds)


@pytest.mark.parametrize("start", range(0, 150, 10))
def test_without_seq_cst_accesses(start: int) -> None:
    for seed in range(start, start + 10):
        assert compare(seed, strong=False)


@pytest.mark.parametrize("start", range(0, 150, 10))
def test_with_seq_cst_accesses(start: int) -> None:
    for seed in range(start, start + 10):
        compare(1_000_000 + seed, strong=True)


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_without_loads(start: int) -> None:
    """Messages that an update follows are dropped."""
    for seed in range(start, start + 10):
        threads = random_program(random.Random(4_000_000 + seed), strong=False, most=8)
        threads = [[one for one in thread if one.op not in ("atomic_load", "compare_exchange")] for thread in threads]
        assert outcomes(threads, "c11") == axioms.outcomes(threads), tell(threads)


def compare_late(seed: int, *, most: int = 5) -> None:
    threads = random_program(random.Random(seed), strong=True, most=most, fences=False)
    assert outcomes(threads, "c11 late") == axioms.outcomes(threads), tell(threads)


@pytest.mark.parametrize("start", range(0, 60, 5))
def test_late_commit(start: int) -> None:
    for seed in range(start, start + 5):
        compare_late(2_000_000 + seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 1000, 20))
def test_late_commit_of_a_thousand(start: int) -> None:
    for seed in range(start, start + 20):
        compare_late(3_000_000 + seed, most=6)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(10_000, 20_000, 500))
def test_ten_thousand_without_seq_cst_accesses(start: int) -> None:
    assert compare_many(range(start, start + 500), strong=False) == {True: 500}


@pytest.mark.slow
@pytest.mark.parametrize("start", range(20_000, 24_000, 500))
def test_four_thousand_with_seq_cst_accesses(start: int) -> None:
    assert compare_many(range(start, start + 500), strong=True).total() == 500


if __name__ == "__main__":
    found = compare_many(range(int(sys.argv[1]), int(sys.argv[2])), strong=sys.argv[3] == "strong")
    sys.stdout.write(f"{sys.argv[1:]}: {found[True]} equal, {found[False]} stricter as explained\n")
