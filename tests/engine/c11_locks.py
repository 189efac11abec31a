"""Five locks by hand, each with a plain counter inside: their orders are named slots, so that a test can weaken one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.ir.assembly import assemble

from lockwright.flat.flatten import flatten
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import prepare
from lockwright.ir.program import Field, Global, Program, Shape, Struct
from lockwright.ir.table import Order
from lockwright.ir.types import I64, U8, U16, U32, Array, Atomic, Extent, Part, Pointer, StructRef, Word
from lockwright.ir.verify import verify
from lockwright.ir.waiting import Waiting, waiting

if TYPE_CHECKING:
    from lockwright.flat.program import Flat

TICKETS = Word("Tickets", (Part("head", U16, 0), Part("tail", U16, 16)), 32)
NODE = Pointer(StructRef("Node"))

LOOP = """
        lock = root @lock
        where = root @count
    again:
        more = running
        branch @enter @out more
    enter:
        mark @lock_begin lock
    {lock}
        mark @lock_end lock
    inside:
        count = load where
        count = add count 1:u8
        store where count
        mark @unlock_begin lock
    {unlock}
        mark @unlock_end lock
        jump @again
    out:
        return
"""


@dataclass(frozen=True)
class HandMade:
    """A lock: its fields, what stands before the loop, lock and unlock; `{slot}` stands for an order."""

    fields: tuple[Field, ...]
    lock: str
    unlock: str
    orders: dict[str, str]
    before: str = ""
    node: tuple[Field, ...] = ()
    node_pool: bool = False
    setup: bool = False


TICKET = HandMade(
    (Field("owner", Atomic(U16)), Field("next", Atomic(U16))),
    """
        next = field @next lock
        owner = field @owner lock
        ticket = fetch_add @{draw} next 1:u16
    wait:
        seen = atomic_load @{wait} owner
        other = ne seen ticket
        branch @wait @in other
    in:
    """,
    """
        mine = atomic_load @{read} owner
        mine = add mine 1:u16
        atomic_store @{serve} owner mine
    """,
    {"draw": "relaxed", "wait": "acquire", "read": "relaxed", "serve": "release"},
)
TTAS = HandMade(
    (Field("held", Atomic(U8)),),
    """
        held = field @held lock
    wait:
        seen = atomic_load @{test} held
        isheld = ne seen 0:u8
        branch @wait @try isheld
    try:
        old = exchange @{take} held 1:u8
        taken = ne old 0:u8
        branch @wait @in taken
    in:
    """,
    "        atomic_store @{free} held 0:u8",
    {"test": "relaxed", "take": "acquire", "free": "release"},
)
LINUX_TICKET = HandMade(
    (Field("tickets", Atomic(TICKETS)),),
    """
        tickets = field @tickets lock
        mine = fetch_add @{draw} tickets 65536:Tickets
        head = part @head mine
        tail = part @tail mine
    test:
        other = ne head tail
        branch @wait @in other
    wait:
        waited = part_address @head tickets
        head = atomic_load @{wait} waited
        jump @test
    in:
    """,
    """
        mine_ = part_address @head tickets
        now_ = atomic_load @{read} mine_
        now_ = add now_ 1:u16
        place = part_address @head tickets
        atomic_store @{serve} place now_
    """,
    {"draw": "acquire", "wait": "acquire", "read": "relaxed", "serve": "release"},
)
CLH = HandMade(
    (Field("tail", Atomic(NODE)), Field("mine", Array(NODE, Extent.THREADS)),
     Field("before", Array(NODE, Extent.THREADS))),
    """
        all = field @mine lock
        own = element all me
        node = load own
        flag = field @held node
        atomic_store @relaxed flag 1:u8
        tail = field @tail lock
        previous = exchange @{swap} tail node
        befores = field @before lock
        before = element befores me
        store before previous
        flag = field @held previous
    wait:
        seen = atomic_load @{wait} flag
        isheld = ne seen 0:u8
        branch @wait @in isheld
    in:
    """,
    """
        all = field @mine lock
        own = element all me
        node = load own
        befores = field @before lock
        before = element befores me
        previous = load before
        store own previous
        flag = field @held node
        atomic_store @{free} flag 0:u8
    """,
    {"swap": "acq_rel", "wait": "acquire", "free": "release"},
    before="        me = thread",
    node=(Field("held", Atomic(U8)),),
    setup=True,
)  # fmt: skip
MCS = HandMade(
    (Field("tail", Atomic(NODE)),),
    """
        nodes = root @nodes
        node = element nodes me
        link = field @next node
        flag = field @waiting node
        tail = field @tail lock
        atomic_store @relaxed link null:Node*
        atomic_store @relaxed flag 1:u8
        previous = exchange @{swap} tail node
        queued = ne previous null:Node*
        branch @queue @in queued
    queue:
        their = field @next previous
        atomic_store @{link} their node
    wait:
        seen = atomic_load @{wait} flag
        isheld = ne seen 0:u8
        branch @wait @in isheld
    in:
    """,
    """
        successor = atomic_load @{peek} link
        alone = eq successor null:Node*
        branch @last @hand alone
    last:
        found = compare_exchange @{cas} @{failure} tail node null:Node*
        done = eq found node
        branch @left @succ done
    succ:
        successor = atomic_load @{succ} link
        missing = eq successor null:Node*
        branch @succ @hand missing
    hand:
        flag = field @waiting successor
        atomic_store @{hand} flag 0:u8
        jump @left
    left:
    """,
    {
        "swap": "acq_rel", "link": "release", "wait": "acquire", "peek": "acquire", "cas": "release",
        "failure": "relaxed", "succ": "acquire", "hand": "release",
    },
    before="        me = thread",
    node=(Field("next", Atomic(NODE)), Field("waiting", Atomic(U8))),
    node_pool=True,
)  # fmt: skip
LOCKS = {"ticket": TICKET, "ttas": TTAS, "linux_ticket": LINUX_TICKET, "clh": CLH, "mcs": MCS}


def set_up_nodes(program: Program) -> None:
    """Give the lock a free node, and each thread one of its own."""
    build = FunctionBuilder(program, "setup")
    here = build.constant(-1, I64)
    lock = build.emit("root", attributes=("lock",))
    free = build.emit("alloc", here, attributes=("Node", 1))
    build.do("atomic_store", build.emit("field", lock, attributes=("tail",)), free, attributes=(Order.RELAXED,))
    total = build.emit("extent", attributes=(Extent.THREADS,))
    index = build.emit("copy", build.constant(0, U32))
    loop, one, out = build.label("loop"), build.label("one"), build.label("out")
    build.jump(loop)
    build.enter(loop)
    build.branch(build.emit("lt", index, total), one, out)
    build.enter(one)
    node = build.emit("alloc", here, attributes=("Node", 1))
    build.do("store", build.emit("element", build.emit("field", lock, attributes=("mine",)), index), node)
    build.emit("add", index, build.constant(1, U32), into=index)
    build.jump(loop)
    build.enter(out)
    build.give_back()
    build.finish()
    program.setup = "setup"


def program_of(lock: HandMade, **orders: str) -> Program:
    """Return the lock with a counter inside, some of its orders replaced."""
    program = Program("lock")
    program.structs["Lock"] = Struct("Lock", lock.fields, is_lock=True)
    if lock.node:
        program.structs["Node"] = Struct("Node", lock.node)
    program.globals["lock"] = Global("lock", StructRef("Lock"))
    program.globals["count"] = Global("count", U8)
    program.globals["spare"] = Global("spare", Atomic(TICKETS))  # so that the notation knows the word
    if lock.node_pool:
        program.globals["nodes"] = Global("nodes", Array(StructRef("Node"), Extent.THREADS))
    program.subject = ("lock",)
    chosen = {**lock.orders, **orders}
    text = LOOP.format(lock=lock.lock.format(**chosen), unlock=lock.unlock.format(**chosen))
    if lock.before:
        text = "\n" + lock.before + text
    if lock.setup:
        set_up_nodes(program)
    assemble(program, "worker", text)
    return verify(program)


def prepared(program: Program, threads: int) -> tuple[Waiting, Flat, list[int], list[bool]]:
    """Return a program as the explorers want it: with awaits, flat, and its memory at the beginning."""
    inlined = waiting(inline(program))
    cells, image = prepare(inlined.program, Shape.plain(threads), spare_records=0)
    flat = flatten(inlined, cells)
    return inlined, flat, image.memory, [one for out in image.is_out.values() for one in out]
