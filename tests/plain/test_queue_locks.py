"""MCS and CLH under C11: right as written, and wrong with any of their orders weakened, each in its own way.

What each weakening does is what a prototype with another machine found: a hang is a store that modification order puts
before an older one, which sc and tso cannot show.
"""

import pytest
from tests.ir.assembly import assemble

from lockwright.check.plain.explore import Verdict, check
from lockwright.check.plain.machine import Machine
from lockwright.ir.program import Field, Global, Program, Shape, Struct, Worker
from lockwright.ir.types import U8, Array, Atomic, Extent, Pointer, StructRef
from lockwright.ir.waiting import waiting

HANG = {"lost_wakeup", "deadlock", "endless_await"}

MCS_ORDERS = {
    "swap": "acq_rel",
    "link": "release",
    "wait": "acquire",
    "peek": "acquire",
    "succ": "acquire",
    "cas": "release",
    "hand": "release",
}

MCS = """
    tail = root @tail
    nodes = root @nodes
    p = root @p
    jump @again
again:
    more = running
    branch @lock @end more
lock:
    mark @lock_begin tail
    number = thread
    node = element nodes number
    next = field @next node
    waiting = field @waiting node
    atomic_store @relaxed next null:Node*
    atomic_store @relaxed waiting 1:u8
    previous = exchange @{swap} tail node
    none = eq previous null:Node*
    branch @locked @queue none
queue:
    theirs = field @next previous
    atomic_store @{link} theirs node
    jump @wait
wait:
    flag = atomic_load @{wait} waiting
    free = eq flag 0:u8
    branch @locked @wait free
locked:
    mark @lock_end tail
    old = load p
    new = add old 1:u8
    store p new
    mark @unlock_begin tail
    successor = atomic_load @{peek} next
    last = eq successor null:Node*
    branch @try @hand last
try:
    found = compare_exchange @{cas} @relaxed tail node null:Node*
    mine = eq found node
    branch @out @linking mine
linking:
    successor = atomic_load @{succ} next
    last = eq successor null:Node*
    branch @linking @hand last
hand:
    word = field @waiting successor
    atomic_store @{hand} word 0:u8
    jump @out
out:
    mark @unlock_end tail
    jump @again
end:
    return
"""

CLH_ORDERS = {"swap": "acq_rel", "wait": "acquire", "free": "release"}

CLH = """
    tail = root @tail
    nodes = root @nodes
    p = root @p
    number = thread
    mine = add number 1:u32
    node = element nodes mine
    jump @again
again:
    more = running
    branch @lock @end more
lock:
    mark @lock_begin tail
    waiting = field @waiting node
    atomic_store @relaxed waiting 1:u8
    previous = exchange @{swap} tail node
    theirs = field @waiting previous
    jump @wait
wait:
    flag = atomic_load @{wait} theirs
    free = eq flag 0:u8
    branch @locked @wait free
locked:
    mark @lock_end tail
    old = load p
    new = add old 1:u8
    store p new
    mark @unlock_begin tail
    waiting = field @waiting node
    node = copy previous
    atomic_store @{free} waiting 0:u8
    mark @unlock_end tail
    jump @again
end:
    return
"""

CLH_SETUP = """
    tail = root @tail
    nodes = root @nodes
    node = element nodes 0:u32
    atomic_store @relaxed tail node
    return
"""


def verdict(text: str, orders: dict[str, str], model: str, threads: int, acquisitions: int, setup: str = "") -> Verdict:
    program = Program("queue")
    node = Pointer(StructRef("Node"))
    program.structs["Node"] = Struct("Node", (Field("next", Atomic(node)), Field("waiting", Atomic(U8))))
    length = threads + 1 if setup else Extent.THREADS
    program.globals = {
        "tail": Global("tail", Atomic(node)),
        "nodes": Global("nodes", Array(StructRef("Node"), length)),
        "p": Global("p", U8),
    }
    assemble(program, "worker", text.format(**orders))
    if setup:
        assemble(program, "setup", setup)
        program.setup = "setup"
    program.workers = [Worker("worker")]
    ready = waiting(program)
    return check(Machine(ready.program, ready.awaits, Shape.plain(threads), model, acquisitions))


@pytest.mark.parametrize("model", ["sc", "tso", "c11"])
def test_mcs_is_a_lock(model: str) -> None:
    found = verdict(MCS, MCS_ORDERS, model, 2, 1)
    assert found.faults == {}
    assert found.outcomes == {(("p", 2),)}


@pytest.mark.parametrize(
    ("slot", "order", "kind"),
    [
        ("swap", "release", "data_race"),
        ("swap", "relaxed", "data_race"),
        ("swap", "acquire", "hang"),
        ("link", "relaxed", "hang"),
        ("peek", "relaxed", "hang"),
        ("succ", "relaxed", "hang"),
        ("wait", "relaxed", "data_race"),
        ("hand", "relaxed", "data_race"),
        ("cas", "relaxed", "data_race"),
    ],
)
def test_weak_mcs(slot: str, order: str, kind: str) -> None:
    weak = MCS_ORDERS | {slot: order}
    assert verdict(MCS, weak, "tso", 2, 1).faults == {}
    found = set(verdict(MCS, weak, "c11", 2, 1).faults)
    assert found & HANG if kind == "hang" else kind in found


@pytest.mark.parametrize("model", ["sc", "tso", "c11"])
def test_clh_is_a_lock(model: str) -> None:
    found = verdict(CLH, CLH_ORDERS, model, 2, 2, CLH_SETUP)
    assert found.faults == {}
    assert found.outcomes == {(("p", 4),)}


@pytest.mark.parametrize(
    ("slot", "order", "kind"),
    [
        ("swap", "acquire", "two_holders"),
        ("swap", "release", "two_holders"),
        ("swap", "relaxed", "two_holders"),
        ("wait", "relaxed", "data_race"),
        ("free", "relaxed", "data_race"),
    ],
)
def test_weak_clh(slot: str, order: str, kind: str) -> None:
    weak = CLH_ORDERS | {slot: order}
    assert verdict(CLH, weak, "tso", 2, 1, CLH_SETUP).faults == {}
    assert kind in verdict(CLH, weak, "c11", 2, 1, CLH_SETUP).faults


@pytest.mark.slow
def test_mcs_twice() -> None:
    assert verdict(MCS, MCS_ORDERS, "c11", 2, 2).faults == {}
    assert verdict(MCS, MCS_ORDERS, "sc", 3, 1).faults == {}
