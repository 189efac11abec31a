"""The plain coherence model: single accesses and single lines, held against arithmetic done by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pytest
from tests.simulate.plain import chance, textbook
from tests.simulate.plain.machines import OPTERON, XEON
from tests.simulate.plain.memory import Memory
from tests.simulate.plain.requests import Fence, Load, Local, Note, Store, Update
from tests.simulate.plain.run import begin

from lockwright.machines import model as m

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.simulate.plain.requests import Request, Thread

    Part: TypeAlias = tuple[int, Sequence[Request]]

    from lockwright.machines.model import MachineModel

X, Y = 64, 128


def one_after_the_other(requests: Sequence[Request]) -> Thread:
    """Make requests, and note when each was done."""
    for request in requests:
        yield request
        yield Note("done")


def on(cpu: int, *requests: Request) -> Part:
    """Return what one thread does."""
    return cpu, requests


def write(_: int) -> int:
    return 1


def times(machine: MachineModel, *threads: Part, homes: int = 0) -> list[list[float]]:
    """Return for each thread (its CPU, its requests), when each was done, in cycles from the start."""
    memory = Memory(machine, textbook.line_of, lambda _: homes)
    run = begin(
        machine, memory, [cpu for cpu, _ in threads], [one_after_the_other(what) for _, what in threads], 1, "spread"
    )
    run._events.clear()
    run._then.clear()
    for one in run.runners:
        run.at(0, one.number, lambda one=one: run.resume(one, None))  # type: ignore[misc]
    run.until(10**9)
    return [[tick / 4 for tick, thread, _ in run.notes if thread == number] for number in range(len(threads))]


def steps(done: Sequence[float]) -> Iterator[float]:
    """Yield what each request took."""
    yield from (after - before for before, after in zip([0, *done], done, strict=False))


def test_one_cpu_pays_memory_once_and_hits_afterwards() -> None:
    requests: list[Request] = [
        Load(X),
        Load(X),
        Store(X, write),
        Update(X, write, m.SWAP),
        Load(X + 8),
        Local(40),
        Store(Y, write),
    ]
    (done,) = times(OPTERON, on(0, *requests))
    assert list(steps(done)) == [136, 3, 1, 18, 3, 10, 1]


def test_home_of_a_line_counts() -> None:
    assert times(OPTERON, on(0, Load(X)), homes=1) == [[237]]
    assert times(OPTERON, on(0, Load(X)), homes=2) == [[247]]
    assert times(OPTERON, on(6, Load(X)), homes=1) == [[136]]


def test_a_store_is_on_its_way_while_the_thread_goes_on() -> None:
    (done,) = times(OPTERON, on(0, Load(Y), Store(X, write), Load(Y), Store(Y, write), Load(X)))
    assert done == [136, 137, 140, 136 + 136 + 1, 136 + 136 + 1 + 3]
    (done,) = times(OPTERON, on(0, Store(X, write), Fence(80)))
    assert done == [1, 136 + 20]
    (done,) = times(OPTERON, on(0, Store(X, write), Update(Y, write, m.SWAP)))
    assert done == [1, 136 + 136]


@pytest.mark.parametrize(
    ("before", "request_", "cycles"),
    [
        ([Load(X)], Load(X), 83),  # E
        ([Load(X)], Store(X, write), 83),
        ([Store(X, write)], Load(X), 81),  # M
        ([Store(X, write)], Update(X, write, m.SWAP), 110),
    ],
)
def test_what_a_line_of_another_core_costs(before: list[Request], request_: Request, cycles: int) -> None:
    last = [request_, Fence(0)] if isinstance(request_, Store) else [request_]
    _, done = times(OPTERON, on(0, *before), on(1, Local(4000), *last))
    assert done[-1] == 1000 + cycles


def test_a_modified_line_that_is_loaded_is_owned_with_moesi_and_shared_without() -> None:
    first = [Store(X, write)]
    _, _, done = times(
        OPTERON, on(0, *first), on(1, Local(4000), Load(X)), on(2, Local(8000), Update(X, write, m.SWAP))
    )
    assert done[-1] == 2000 + 272
    _, _, done = times(XEON, on(0, *first), on(1, Local(4000), Load(X)), on(2, Local(8000), Load(X)))
    assert done[-1] == 2000 + 44
    owner, _ = times(OPTERON, on(0, *first, Local(8000), Store(X, write), Fence(0)), on(1, Local(4000), Load(X)))
    assert owner[-1] - owner[1] == 244  # its own line, shared by now


def test_a_write_pays_the_farthest_copy_and_a_load_the_nearest() -> None:
    readers = [on(6, Load(X)), on(18, Local(4000), Load(X))]  # dies 1 and 3; home 0
    *_, done = times(OPTERON, *readers, on(1, Local(8000), Load(X)))
    assert done[-1] == 2000 + 164  # die 1 is in the same package
    *_, done = times(OPTERON, *readers, on(1, Local(8000), Update(X, write, m.SWAP)))
    assert done[-1] == 2000 + 332


def test_local_resolve_spares_the_way_home() -> None:
    threads = (on(0, Load(X)), on(1, Local(4000), Load(X)))
    assert times(XEON, *threads, homes=1)[1][-1] == 1000 + 92
    assert times(replace(XEON, local_resolve=False), *threads, homes=1)[1][-1] == 1000 + 273
    (done,) = times(XEON, on(0, Load(X)), homes=1)
    assert done == [492]  # there is nobody to supply it


def test_a_line_is_occupied_by_writes_and_in_part_by_loads() -> None:
    several = [on(cpu, Local(4000), Load(X)) for cpu in (1, 2, 3)]
    _, *done = times(OPTERON, on(0, Store(X, write)), *several)
    assert [one[-1] for one in done] == [1000 + 81, 1050 + 83, 1100 + 83]
    half = replace(OPTERON, read_occupancy_cycles=None, read_occupancy_percent=50)
    _, *done = times(half, on(0, Store(X, write)), *several)
    assert [one[-1] for one in done] == [1000 + 81, 1040.5 + 83, 1082 + 83]
    several = [on(cpu, Local(4000), Update(X, write, m.SWAP)) for cpu in (1, 2, 3)]
    _, *done = times(OPTERON, on(0, Store(X, write)), *several)
    assert [one[-1] for one in done] == [1110, 1220, 1330]


def test_a_transfer_takes_at_least_so_long() -> None:
    slow = replace(OPTERON, min_transfer_cycles=200, read_occupancy_cycles=None)
    (done,) = times(slow, on(0, Load(X), Load(X)))
    assert done == [200, 203]


def test_the_owner_hits_as_long_as_nobody_waits() -> None:
    own: list[Request] = [Store(X, write), Local(4000), *[Store(X, write)] * 3]
    busy, other = times(OPTERON, on(0, *own), on(1, Local(4000 + 4), Load(X)))
    assert busy[2:4] == [1002, 1003]  # the second finds the line at its next owner
    assert other[-1] == 1001 + 81


@pytest.mark.parametrize(("retention", "least"), [(40, 0), (40, 79), (300, 0)])
def test_retention_is_a_part_of_what_a_transfer_takes(retention: int, least: int) -> None:
    draws = chance.of_thread(1, 1)
    draws.random(2 * 3000)  # where it would have started
    kept = draws.random(4 * retention) / 4
    assert kept > 3
    own: list[Request] = [Store(X, write), Local(4000), *[Store(X, write)] * 3]
    held = replace(OPTERON, retention_cycles=retention, min_transfer_cycles=least)
    busy, other = times(held, on(0, *own), on(1, Local(4000 + 4), Load(X)))
    assert busy[2:] == [1002, 1003, 1004]
    assert other[-1] == 1001 + kept + max(least, 81 - kept)


def test_a_node_keeps_a_line_for_its_own_but_not_for_its_owner() -> None:
    update = Update(X, write, m.SWAP)
    start = 4000
    first = on(0, update, Local(start))
    near = on(1, Local(start + 40), update)
    far = on(10, Local(start + 20), update)
    _, one, two = times(replace(XEON, hold_cycles=2000), first, near, far)
    assert one[-1] == start / 4 + 10 + 120  # although the far one asked before
    assert two[-1] == 355 + 2000 + 324
    _, one, two = times(XEON, first, near, far)
    assert two[-1] == start / 4 + 5 + 324  # the hold is long over: now the others' turn
    assert one[-1] == two[-1] + 100 + 324  # its new node keeps it, but has nobody to give it to


@pytest.mark.parametrize("rereads_last", [True, False])
def test_a_load_that_nobody_was_woken_for_has_its_turn(rereads_last: bool) -> None:
    update = Update(X, write, m.SWAP)
    loads = [on(1, Local(4000), Load(X)), on(2, Local(4004), Load(X))]
    writes = on(3, Local(4008), update)
    _, one, two, three = times(replace(XEON, rereads_last=rereads_last), on(0, update), *loads, writes)
    assert one[-1] < two[-1] < three[-1]


@pytest.mark.parametrize(("rereads_last", "fewest"), [(True, 500), (False, 500)])
def test_who_holds_a_lock_reads_its_data_though_others_try_for_ever(rereads_last: bool, fewest: int) -> None:
    """The lock byte and the counter share a line, and the updates of those who try never end."""
    machine = replace(XEON, rereads_last=rereads_last)
    memory = Memory(machine, lambda _: 1, lambda _: 0)
    run = begin(machine, memory, range(4), [_trying() for _ in range(4)], 1, "spread")
    run.until(4 * 10**6)
    assert len(run.notes) > fewest


def _trying() -> Thread:
    lock, counter = 64, 72
    while True:
        while (yield Update(lock, lambda _: 1, m.SWAP)) != 0:
            yield Local(40)
        yield Load(counter)
        yield Store(lock, lambda _: 0)
        yield Note("done")
