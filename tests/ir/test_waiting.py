"""What is an await, what is a delay, and what is neither."""

import pytest
from tests.ir.assembly import assemble
from tests.ir.workers import (
    LINUX_TICKET,
    MCS_UNLOCK,
    PETERSON,
    PROPORTIONAL,
    PV,
    TAS,
    TICKET,
    TTAS_BACKOFF,
    ops,
    program,
    restart_op,
    run,
)

from lockwright.ir.waiting import waiting


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
