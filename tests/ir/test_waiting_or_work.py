"""Loops that only look like waiting: what they count or find is used, or they do something on the way."""

from tests.ir.assembly import assemble
from tests.ir.workers import PV, ops, program, run

from lockwright.ir.waiting import waiting


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


def test_what_runs_alone_keeps_its_counter() -> None:
    one = program()
    assemble(one, "rest", PV.replace("halt @on", ""))
    one.workers.clear()
    one.at_rest.append("rest")
    assert "give_up" not in ops(waiting(one).program.functions["rest"])
