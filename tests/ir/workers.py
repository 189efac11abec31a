"""Workers of one thread that wait, as text, and what `waiting` makes of them."""

from tests.ir.assembly import assemble

from lockwright.ir.program import Field, Function, Global, Program, Struct
from lockwright.ir.types import I64, U8, U16, U32, Array, Atomic, Extent, Part, Place, Pointer, StructRef, Word
from lockwright.ir.waiting import Await, Waiting, waiting

TICKETS = Word("Tickets", (Part("head", U16, 0), Part("tail", U16, 16)), 32)


def program() -> Program:
    made = Program("test")
    made.structs["Node"] = Struct(
        "Node", (Field("next", Atomic(Pointer(StructRef("Node")))), Field("after", Pointer(StructRef("Node"))))
    )
    places: dict[str, Place] = {
        "owner": Atomic(U16),
        "next": Atomic(U16),
        "held": Atomic(U8),
        "turn": Atomic(U8),
        "tickets": Atomic(TICKETS),
        "room": Atomic(I64),
        "node": StructRef("Node"),
        "plain": U32,
        "flags": Array(Atomic(U8), Extent.THREADS),
    }
    for name, place in places.items():
        made.globals[name] = Global(name, place)
    return made


def run(text: str) -> tuple[Function, list[Await]]:
    """Return a worker after `waiting`, and its awaits."""
    one = program()
    assemble(one, "worker", text)
    found: Waiting = waiting(one)
    return found.program.functions["worker"], found.awaits["worker"]


def ops(function: Function) -> list[str]:
    return [one.op for block in function.blocks for one in block.instructions]


def restart_op(function: Function, await_: Await) -> str:
    block = next(block for block in function.blocks if block.label == await_.restart[0])
    return block.instructions[await_.restart[1]].op


TICKET = """
        next = root @next
        ticket = fetch_add @relaxed next 1:u16
    wait:
        owner = root @owner
        now_ = atomic_load @acquire owner
        other = ne now_ ticket
        branch @spin @done other        # self.owner.load(acquire) != ticket
    spin:
        pause
        jump @wait
    done:
        return
"""

LINUX_TICKET = """
        tickets = root @tickets
        mine = atomic_load @acquire tickets
        head = part @head mine
        tail = part @tail mine
    wait:
        other = ne head tail
        branch @spin @done other        # head != mine.tail
    spin:
        pause
        where = part_address @head tickets
        head = atomic_load @acquire where
        jump @wait
    done:
        return
"""

TTAS_BACKOFF = """
        held = root @held
        limit = copy 16:u32
    again:
        seen = atomic_load @relaxed held
        busy = ne seen 0:u8
        branch @spin @try busy          # self.held.load(relaxed)
    spin:
        pause
        jump @again
    try:
        before = exchange @acquire held 1:u8
        free = eq before 0:u8
        branch @done @back_off free
    back_off:
        i = copy 0:u32
        many = random limit
    delay:
        more = lt i many
        branch @one @doubled more
    one:
        pause
        i = add i 1:u32
        jump @delay
    doubled:
        twice = mul 2:u32 limit
        limit = min twice 1024:u32
        jump @again
    done:
        return
"""

PROPORTIONAL = """
        next = root @next
        owner = root @owner
        ticket = fetch_add @relaxed next 1:u16
    wait:
        now_ = atomic_load @acquire owner
        ahead = sub ticket now_
        mine = eq ahead 0:u16
        branch @done @far mine           # ahead == 0
    far:
        wide:u32 = convert ahead
        many = mul wide 16:u32
        i = copy 0:u32
    delay:
        more = lt i many
        branch @one @wait more
    one:
        pause
        i = add i 1:u32
        jump @delay
    done:
        return
"""

TAS = """
        held = root @held
    again:
        before = exchange @acquire held 1:u8
        busy = ne before 0:u8
        branch @spin @done busy
    spin:
        pause
        jump @again
    done:
        return
"""

MCS_UNLOCK = """
        node = root @node
        where = field @next node
    again:
        successor = atomic_load @acquire where
        nobody = eq successor null:Node*
        branch @spin @done nobody        # (successor := node.next.load(acquire)) is None
    spin:
        pause
        jump @again
    done:
        there = field @next successor
        atomic_store @release there null:Node*
        return
"""

PETERSON = """
        held = root @held
        turn = root @turn
    wait:
        flag = atomic_load @seq_cst held
        up = ne flag 0:u8
        branch @second @done up          # self.flag.load() and
    second:
        whose = atomic_load @seq_cst turn
        other = eq whose 1:u8
        branch @spin @done other         # self.turn.load() == other
    spin:
        pause
        jump @wait
    done:
        return
"""

PV = """
        owner = root @owner
        held = root @held
        want = fetch_add @relaxed owner 2:u16
    round:
        i = copy 0:u32
    spin:
        more = lt i 32768:u32
        branch @look @slow more
    look:
        seen = atomic_load @acquire owner
        mine = eq seen want
        branch @done @next mine          # self.tickets.head.load(acquire) == want
    next:
        pause
        i = add i 1:u32
        jump @spin
    slow:
        before = fetch_or @acq_rel held 1:u8
        halt @on
        jump @round
    done:
        return
"""
