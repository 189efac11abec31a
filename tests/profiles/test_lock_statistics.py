"""`/proc/lock_stat` and `klockstat`: how long locks were waited for, and how long and how often they were held."""

from __future__ import annotations

import pytest
from tests.profiles.captured import of, place, profile

from lockwright.profiles import Frame


def test_a_class_with_readers_and_writers() -> None:
    found = profile("lock_stat/mmap-0.4.txt")
    writers = [one for one in found.waits if one.kind == "rwsem:W"]
    readers = [one for one in found.waits if one.kind == "rwsem:R"]
    assert {one.lock for one in (*writers, *readers)} == {"&mm->mmap_lock"}
    assert sum(one.contended for one in writers) == sum(one.ended for one in writers) == 70315
    assert sum(one.contended for one in readers) == 12040
    assert sum(one.bounced for one in writers) == 61204
    assert sum(one.total_ns for one in writers) == pytest.approx(48_215_903_120)
    assert max(one.longest_ns for one in writers) == 8_421_770
    assert [one.stack[0].symbol for one in writers] == [
        "do_mprotect_pkey",
        "__vm_munmap",
        "do_user_addr_fault",
        "vm_mmap_pgoff",
    ]
    first = writers[0].stack[0]
    assert (first.offset, first.address) == (0x16E, 0xFFFFFFFF81277F4E)
    assert writers[0].contended == round(70315 * 41022 / 82355)  # all places together waited 82,355 times


def test_how_often_and_how_long_locks_were_held() -> None:
    found = profile("lock_stat/mmap-0.4.txt")
    classes = {(one.lock, one.kind): one for one in found.holdings if not one.stack}
    writers, readers = classes["&mm->mmap_lock", "rwsem:W"], classes["&mm->mmap_lock", "rwsem:R"]
    assert (readers.acquired, writers.acquired) == (2_714_309, 391_442)
    assert writers.mean_ns == pytest.approx(4865, rel=1e-3)
    assert (writers.longest_ns, writers.bounced) == (3_977_050, 214_870)
    holders = {one.stack[0].symbol: one.blocked for one in found.holdings if one.stack and one.lock == "&mm->mmap_lock"}
    assert holders == {"do_mprotect_pkey": 52870, "__vm_munmap": 19402, "do_user_addr_fault": 10083}
    assert classes["jiffies_lock", "lock"].acquired == 40922
    assert classes["tasklist_lock", "rwlock:R"].acquired == 901
    assert classes["&(&zone->lock)->rlock", "spinlock"].acquired == 31844


def test_the_version_without_averages() -> None:
    found = profile("lock_stat/memcg-0.3.txt")
    assert found.facts["version"] == "0.3"
    assert [(one.stack[0].symbol, one.contended) for one in found.waits] == [
        ("res_counter_charge", 702_113),
        ("res_counter_uncharge", 29_879),
        ("_atomic_dec_and_lock", 1318),
    ]


def test_waits_that_no_place_accounts_for_have_no_caller() -> None:
    found = profile("lock_stat/wrapped-by-a-mail.txt")
    assert {one.stack[0].symbol if one.stack else "": one.contended for one in found.waits} == {
        "__schedule": 1502,
        "try_to_wake_up": 1690,
        "update_blocked_averages": 19022,
        "": 9893,
    }
    assert sum(one.total_ns for one in found.waits) == pytest.approx(50_224_770)


def test_a_second_table_is_told_and_not_added() -> None:
    text = place("lock_stat/mmap-0.4.txt").read_text()
    found = of(text * 2)
    assert found.waits == of(text).waits
    assert found.provenance.mixed == "a second table begins at line 40; only the first was read"
    rows = place("lock_stat/grep-0.4.txt").read_text()
    assert of(rows * 2).provenance.mixed == "a second table begins at line 5; only the first was read"


def test_the_callers_of_mutexes() -> None:
    found = profile("klockstat/pipes.txt")
    first, held = found.waits[0], found.holdings[0]
    assert first.stack == (Frame("pipe_write", "", 0x4E),)
    assert (first.kind, first.contended, first.total_ns, first.longest_ns) == ("mutex", 201_144, 163_328_928, 20_117)
    assert (held.stack, held.acquired, held.total_ns, held.longest_ns) == (first.stack, 201_144, 128_732_160, 21_011)
    assert found.holdings[-1].stack[0].symbol == "flush_to_ldisc"


def test_the_first_version_of_the_tool() -> None:
    found = profile("klockstat/average.txt")
    assert [one.contended for one in found.waits] == [13_062_320, 13_062_622]
    assert [one.acquired for one in found.holdings] == [2, 13_062_622]


def test_intervals_are_added_and_stacks_have_their_caller_once() -> None:
    found = profile("klockstat/intervals-with-stacks.txt")
    (wait,) = found.waits
    assert [one.symbol for one in wait.stack] == ["pipe_wait", "pipe_read"]
    assert (wait.contended, wait.total_ns, wait.longest_ns) == (1500, 1_035_000, 18_000)


def test_units_locks_and_threads() -> None:
    first, second = profile("klockstat/libbpf-stacks.txt").waits
    assert (first.lock, second.lock) == ("0xffff8881021fd300", "cgroup_mutex")
    assert [one.symbol for one in first.stack] == ["do_unlinkat", "__x64_sys_unlink", "do_syscall_64"]
    assert (first.total_ns, first.longest_ns) == (4e9, 5.2e6)
    threads = profile("klockstat/libbpf-threads.txt")
    assert [(one.command, one.contended) for one in threads.waits] == [("unlinker", 90211), ("Web Content", 80)]


def test_a_tool_that_goes_on_counting_is_not_added() -> None:
    text = place("klockstat/libbpf.txt").read_text()
    later = text.replace("90211", "95000").replace("4.0 s ", "4.2 s ")
    found = of(text + later)
    assert found.waits[0].contended == 95000
    assert found.waits[1].contended == 90004
