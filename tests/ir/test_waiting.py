"""What is an await, what is a delay, and what is neither."""

import pytest
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


def test_a_ticket_is_awaited_at_its_read() -> None:
    worker, awaits = run(TICKET)
    assert len(awaits) == 1
    assert restart_op(worker, awaits[0]) == "atomic_load"
    assert not awaits[0].is_bounded
    assert awaits[0].text == "while self.owner.load(acquire) != ticket"
    assert awaits[0].symbol == "worker"


def test_the_restart_may_lie_inside_the_loop() -> None:
    worker, awaits = run(LINUX_TICKET)
    assert [restart_op(worker, one) for one in awaits] == ["atomic_load"]
    assert awaits[0].text == "while head != mine.tail"
    assert awaits[0].restart[0] in awaits[0].blocks


def test_random_back_off_vanishes_with_its_limit() -> None:
    worker, awaits = run(TTAS_BACKOFF)
    assert [one.text for one in awaits] == ["while self.held.load(relaxed)"]
    assert sorted(ops(worker)) == sorted(
        ["root", "atomic_load", "ne", "branch", "exchange", "eq", "branch", "return"]
        + ["jump"] * ops(worker).count("jump")
    )


def test_proportional_back_off_vanishes_with_the_distance() -> None:
    worker, awaits = run(PROPORTIONAL)
    assert len(awaits) == 1
    assert awaits[0].text == "until ahead == 0"
    assert {"mul", "convert", "lt"}.isdisjoint(ops(worker))


def test_a_retry_is_no_await() -> None:
    worker, awaits = run(TAS)
    assert awaits == []
    assert "pause" not in ops(worker)


def test_a_value_may_be_kept_from_an_await() -> None:
    _, awaits = run(MCS_UNLOCK)
    assert [one.text for one in awaits] == ["while (successor := node.next.load(acquire)) is None"]


def test_two_reads_are_one_await_from_the_first() -> None:
    worker, awaits = run(PETERSON)
    assert len(awaits) == 1
    assert awaits[0].restart == (worker.blocks[1].label, 0)


def test_a_bounded_wait_gives_up() -> None:
    worker, awaits = run(PV)
    assert len(awaits) == 1
    assert awaits[0].is_bounded
    assert awaits[0].text == "until self.tickets.head.load(acquire) == want"
    assert ops(worker).count("give_up") == 1
    assert {"lt", "add"}.isdisjoint(ops(worker))


def test_true_of_give_up_leaves() -> None:
    worker, awaits = run(PV)
    block = next(block for block in worker.blocks if "give_up" in [one.op for one in block.instructions])
    leave, stay = block.instructions[-1].attributes
    assert leave not in awaits[0].blocks
    assert stay in awaits[0].blocks


@pytest.mark.parametrize("text", [TICKET, LINUX_TICKET, TTAS_BACKOFF, PROPORTIONAL, TAS, MCS_UNLOCK, PETERSON, PV])
def test_doing_it_twice_changes_nothing(text: str) -> None:
    one = program()
    assemble(one, "worker", text)
    once = waiting(one)
    assert waiting(once.program) == once


def test_a_bounded_wait_straight_inside_an_endless_one_is_endless() -> None:
    worker, awaits = run("""
        held = root @held
    round:
        i = copy 0:u32
    spin:
        more = lt i 50:u32
        branch @look @round more
    look:
        seen = atomic_load @acquire held
        free = eq seen 0:u8
        branch @done @next free           # self.held.load(acquire) == 0
    next:
        i = add i 1:u32
        jump @spin
    done:
        return
    """)
    assert [one.is_bounded for one in awaits] == [False]
    assert "give_up" not in ops(worker)


def test_bounded_waits_may_be_nested() -> None:
    worker, awaits = run("""
        held = root @held
        j = copy 0:u32
    outer:
        again = lt j 9:u32
        branch @round @late again
    round:
        i = copy 0:u32
    spin:
        more = lt i 50:u32
        branch @look @step more
    look:
        seen = atomic_load @acquire held
        free = eq seen 0:u8
        branch @done @next free           # self.held.load(acquire) == 0
    next:
        i = add i 1:u32
        jump @spin
    step:
        j = add j 1:u32
        jump @outer
    late:
        before = exchange @acquire held 1:u8
        return
    done:
        return
    """)
    assert len(awaits) == 1
    assert awaits[0].is_bounded
    assert {"lt", "add"}.isdisjoint(ops(worker))


def test_a_count_of_the_reads_is_work() -> None:
    _, awaits = run("""
        held = root @held
        plain = root @plain
        spins = copy 0:u32
    wait:
        seen = atomic_load @acquire held
        busy = ne seen 0:u8
        branch @spin @done busy
    spin:
        spins = add spins 1:u32
        jump @wait
    done:
        store plain spins
        return
    """)
    assert awaits == []


def test_a_count_that_nobody_reads_is_none() -> None:
    worker, awaits = run("""
        held = root @held
        spins = copy 0:u32
    wait:
        seen = atomic_load @acquire held
        busy = ne seen 0:u8
        branch @spin @done busy
    spin:
        spins = add spins 1:u32
        jump @wait
    done:
        return
    """)
    assert len(awaits) == 1
    assert "add" not in ops(worker)


def test_walking_a_chain_is_work() -> None:
    _, awaits = run("""
        node = root @node
        at = field @after node
        p = load at
    walk:
        more = ne p null:Node*
        branch @next @done more
    next:
        at = field @after p
        p = load at
        jump @walk
    done:
        return
    """)
    assert awaits == []


SCAN = """
        flags = root @flags
        many = extent @threads
        i = copy 0:u32
    scan:
        more = lt i many
        branch @look @done more
    look:
        where = element flags i
        seen = atomic_load @acquire where
        busy = ne seen 0:u8
        branch @{busy} @{idle} busy
    next:
        i = add i 1:u32
        jump @scan
    done:
        return
"""


def test_a_scan_over_all_threads_is_work() -> None:
    worker, awaits = run(SCAN.format(busy="done", idle="next"))
    assert awaits == []
    assert "give_up" not in ops(worker)


def test_waiting_for_each_thread_in_turn_is_an_await_in_a_loop() -> None:
    worker, awaits = run(SCAN.format(busy="look", idle="next"))
    assert len(awaits) == 1
    assert "lt" in ops(worker)
    assert awaits[0].blocks == {awaits[0].restart[0]}


def test_a_bounded_loop_that_writes_keeps_its_counter() -> None:
    worker, awaits = run("""
        held = root @held
        i = copy 0:u32
    spin:
        more = lt i 3:u32
        branch @try @late more
    try:
        before = exchange @acquire held 1:u8
        free = eq before 0:u8
        branch @late @next free
    next:
        i = add i 1:u32
        jump @spin
    late:
        return
    """)
    assert awaits == []
    assert "lt" in ops(worker)


def test_a_count_that_alone_ends_a_loop_of_reads_is_kept() -> None:
    worker, awaits = run("""
        held = root @held
        i = copy 0:u32
    spin:
        more = lt i 3:u32
        branch @try @late more
    try:
        before = atomic_load @acquire held
        i = add i 1:u32
        jump @spin
    late:
        return
    """)
    assert awaits == []
    assert "give_up" not in ops(worker)


def test_a_sleeping_loop_is_work() -> None:
    _, awaits = run("""
        held = root @held
    wait:
        seen = atomic_load @acquire held
        busy = ne seen 0:u8
        branch @sleep @done busy
    sleep:
        futex_wait held seen -1:u32
        jump @wait
    done:
        return
    """)
    assert awaits == []


def test_a_local_loop_that_may_never_end_is_no_delay() -> None:
    worker, _ = run("""
        plain = root @plain
        x = load plain
        stop = eq x 0:u32
    spin:
        pause
        branch @done @spin stop
    done:
        return
    """)
    assert "branch" in ops(worker)


def test_a_delay_in_front_of_an_await_vanishes() -> None:
    worker, awaits = run("""
        held = root @held
        left = copy 100:u32
    delay:
        pause
        left = sub left 1:u32
        more = gt left 0:u32
        branch @delay @wait more
    wait:
        seen = atomic_load @acquire held
        busy = ne seen 0:u8
        branch @wait @done busy
    done:
        return
    """)
    assert ops(worker) == ["root", "jump", "atomic_load", "ne", "branch", "return"]
    assert len(awaits) == 1


def test_reading_until_it_is_stable_is_an_await() -> None:
    """A sequence lock's reader: what it read is not live at the first read."""
    _, awaits = run("""
        room = root @room
        plain = root @plain
    again:
        before = atomic_load @acquire room
        odd = and before 1:i64
        busy = ne odd 0:i64
        branch @again @read busy          # (before := self.room.load(acquire)) & 1
    read:
        value = load plain
        fence @acquire
        after = atomic_load @relaxed room
        moved = ne before after
        branch @again @done moved         # self.room.load(relaxed) != before
    done:
        store plain value
        return
    """)
    assert len(awaits) == 1
    assert awaits[0].text == "while self.room.load(relaxed) != before"


def test_what_runs_alone_keeps_its_counter() -> None:
    one = program()
    assemble(one, "rest", PV.replace("halt @on", ""))
    one.workers.clear()
    one.at_rest.append("rest")
    assert "give_up" not in ops(waiting(one).program.functions["rest"])


TIMED = """
        held = root @held
        plain = root @plain
        begin = now
    wait:
        {read}
        time = now
        since = sub time begin
        early = lt since 1000:u64
        branch @wait @late early
    late:
        store plain 1:u32
        return
    done:
        return
"""


def test_a_loop_until_a_time_is_a_delay() -> None:
    worker, awaits = run(TIMED.format(read=""))
    assert awaits == []
    assert [op for op in ops(worker) if op != "jump"] == ["root", "store", "return"]


def test_a_wait_until_a_time_may_give_up() -> None:
    read = """seen = atomic_load @acquire held
        free = eq seen 0:u8
        branch @done @more free        # self.held.load(acquire) == 0
    more:"""
    worker, awaits = run(TIMED.format(read=read))
    assert [(one.is_bounded, one.text) for one in awaits] == [(True, "until self.held.load(acquire) == 0")]
    assert "now" not in ops(worker)
