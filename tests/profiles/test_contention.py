"""The table of `perf lock contention`, made of raw events, against what that tool printed of the same recording."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from tests.profiles.captured import content, of, profile

from lockwright.profiles.contention_table import Row, line, rows, time_text
from lockwright.profiles.readers.lock_contention import NS_PER

RESOLUTION_NS = 1000  # of `perf script` without --ns


def printed(name: str) -> list[str]:
    return content(f"{name}.lock-contention.txt").decode().splitlines()[2:]


@pytest.mark.parametrize(
    ("raw", "table", "count"), [("mmap-ns.lock", "mmap-ns", 33), ("modes/lock", "modes/caller", 8)]
)
def test_the_table_to_the_digit(raw: str, table: str, count: int) -> None:
    """From nanoseconds, as `perf script --ns` prints them: every row is the same text."""
    found = rows(profile(f"{raw}.script.gz").waits)
    assert len(found) == count
    assert [line(one) for one in found] == printed(table)


def test_what_microseconds_decide_of_the_table() -> None:
    """Stamps are cut to microseconds: a wait is known to less than one, a row to less than one for each of its waits.

    Each row has its own partner with the same count, kind and caller, whose times lie in these bounds; where both
    bounds print alike, the text is the same.  Of 31 rows these are the two that say which lock it is.
    """
    found = rows(profile("create-unlink.lock.script.gz").waits)
    left = [printed_row(one) for one in printed("create-unlink")]
    assert len(found) == len(left) == 31
    same = []
    for row in found:
        partner = next((one for one in left if is_row(row, one)), None)
        assert partner, row
        left.remove(partner)
        texts = [time_text(one) for one in (row.total_ns, row.longest_ns, row.mean_ns)]
        same.append(texts == [time_text(ns) for ns, _ in partner[3:]])
        for text, (low_ns, high_ns), (ns, _) in zip(texts, bounds(row), partner[3:], strict=True):
            assert time_text(low_ns) != time_text(high_ns) or text == time_text(ns)
    assert [row.caller for row, is_same in zip(found, same, strict=True) if is_same] == [
        "__x64_sys_unlink+0x3b",
        "do_filp_open+0xc3",
    ]
    assert found[0].total_ns + found[1].total_ns > 0.999 * sum(one.total_ns for one in found)


Time = tuple[float, float]
Printed = tuple[int, str, str, Time, Time, Time]


def printed_row(text: str) -> Printed:
    """Return count, kind and caller of a row, and each of its times with what its last digit leaves open, in ns."""
    count, total, total_unit, longest, longest_unit, mean, mean_unit, kind, caller = text.split()
    times = ((total, total_unit), (longest, longest_unit), (mean, mean_unit))
    first, second, third = ((float(one) * NS_PER[unit], 0.0051 * NS_PER[unit]) for one, unit in times)
    return int(count), kind, caller, first, second, third


def bounds(row: Row) -> list[tuple[float, float]]:
    """Return between which times the total, the longest and the mean lie, in nanoseconds."""
    spans = ((row.total_ns, row.ended), (row.longest_ns, 1), (row.mean_ns, 1))
    return [(max(0, ns - count * RESOLUTION_NS), ns + count * RESOLUTION_NS) for ns, count in spans]


def is_row(row: Row, partner: Printed) -> bool:
    within = all(
        low_ns - open_ns < ns < high_ns + open_ns
        for (ns, open_ns), (low_ns, high_ns) in zip(partner[3:], bounds(row), strict=True)
    )
    return (row.contended, row.kind, row.caller) == partner[:3] and within


def test_maps_tell_address_spaces_apart() -> None:
    """Five processes run the same code at different places: without the records of their maps, rows fall together."""
    text = content("spaces/lock.script.gz").decode()
    without = of("".join(one for one in text.splitlines(keepends=True) if "PERF_RECORD_" not in one))
    assert len(rows(without.waits)) < len(rows(of(text).waits)) == 16
    assert sum(one.total_ns for one in without.waits) == sum(one.total_ns for one in of(text).waits)


def test_forks_share_the_maps_of_their_parents() -> None:
    record = "a {} [000] 1.{}: PERF_RECORD_{}\n"
    wait = "a {} [000] 2.{}: lock:contention_begin: 0xa (flags=SPIN)\n\t{} {} (/bin/a)\n\n"
    end = "a {} [000] 3.{}: lock:contention_end: 0xa (ret=0)\n\n"
    found = of(
        record.format(1, "000000001", "COMM exec: a:1/1")
        + record.format(1, "000000002", "MMAP2 1/1: [0x55000(0x2000) @ 0x1000 fe:00 1 0]: r-xp /bin/a")
        + record.format(1, "000000003", "FORK(2:2):(1:1)")
        + record.format(1, "000000004", "FORK(1:3):(1:1)")
        + record.format(4, "000000005", "COMM exec: a:4/4")
        + record.format(4, "000000006", "MMAP2 4/4: [0x77000(0x2000) @ 0x1000 fe:00 1 0]: r-xp /bin/a")
        + "".join(wait.format(one, f"00000000{one}", "1189", "work+0x9") + end.format(one, "5") for one in (1, 2, 3, 4))
    )
    assert sorted((one.stack[0].address, one.contended) for one in found.waits) == [(0x55189, 3), (0x77189, 1)]


def test_several_address_spaces_share_a_row() -> None:
    """Rows that the tool keeps apart by absolute addresses are together what ours are together."""
    ours: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
    theirs: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
    for row in rows(profile("create-unlink-ns.lock.script.gz").waits):
        ours[row.kind, row.caller][0] += row.contended
        ours[row.kind, row.caller][1] += row.total_ns
    for wait in profile("create-unlink-ns.lock-contention.txt").waits:
        offset = wait.stack[0].offset
        place = (wait.kind, f"{wait.stack[0].symbol}+{offset:#x}")
        theirs[place][0] += wait.contended
        theirs[place][1] += wait.total_ns
    assert {place: count for place, (count, _) in ours.items()} == {
        place: count for place, (count, _) in theirs.items()
    }
    for place, (_, total_ns) in ours.items():
        assert theirs[place][1] == pytest.approx(total_ns, rel=0.01), place


def test_raw_events_and_the_tables_count_the_same() -> None:
    heads = re.findall(rb"contention_begin", content("timer-gettime.lock-cut.script.gz"))
    cut = profile("timer-gettime.lock-cut.script.gz")
    assert sum(one.contended for one in cut.waits) == len(heads)
    assert sum(one.contended for one in profile("timer-gettime.lock-contention.txt").waits) == 82_470


def test_stacks_of_the_verbose_table() -> None:
    waits = profile("timer-gettime.lock-contention-verbose.txt").waits
    assert [one.contended for one in waits] == [20, 1, 1]
    assert [one.symbol for one in waits[2].stack[:4]] == [
        "__pv_queued_spin_lock_slowpath",
        "_raw_spin_lock",
        "sched_tick",
        "update_process_times",
    ]


def event(thread: int, time: str, name: str, rest: str) -> str:
    return f"task {thread} [000] {time}: {name}: {rest}\n\tffffffff81000000 taker+0x1 ([kernel.kallsyms])\n\n"


def test_waits_are_matched_for_each_thread() -> None:
    text = (
        event(1, "1.000000", "lock:contention_begin", "0xa (flags=SPIN)")
        + event(2, "1.000001", "lock:contention_begin", "0xa (flags=SPIN)")
        + event(1, "1.000010", "lock:contention_end", "0xa (ret=0)")
        + event(2, "1.000030", "lock:contention_end", "0xa (ret=0)")
        + event(3, "1.000040", "lock:contention_end", "0xa (ret=0)")
        + event(4, "1.000050", "lock:contention_begin", "0xa (flags=SPIN)")
    )
    found = of(text)
    (wait,) = found.waits
    assert (wait.contended, wait.ended, wait.total_ns, wait.longest_ns) == (3, 2, 39_000, 29_000)
    assert (wait.lock, wait.kind) == ("0xa", "spinlock")
    assert found.facts["ends without a wait"] == "1"
    assert found.facts["waits without an end"] == "1"


def test_the_spinning_phase_of_a_mutex_is_one_wait() -> None:
    text = (
        event(1, "1.000000", "lock:contention_begin", "0xa (flags=SPIN|MUTEX)")
        + event(1, "1.000005", "lock:contention_begin", "0xa (flags=MUTEX)")
        + event(1, "1.000010", "lock:contention_end", "0xa (ret=0)")
    )
    (wait,) = of(text).waits
    assert (wait.contended, wait.total_ns, wait.kind) == (1, 10_000, "mutex")


def test_a_wait_whose_end_was_lost_does_not_last_until_the_next() -> None:
    text = (
        event(1, "1.000000", "lock:contention_begin", "0xa (flags=SPIN)")
        + event(1, "1.500000", "lock:contention_begin", "0xa (flags=SPIN)")
        + event(1, "1.500003", "lock:contention_end", "0xa (ret=0)")
    )
    found = of(text)
    (wait,) = found.waits
    assert (wait.contended, wait.ended, wait.longest_ns) == (2, 1, 3_000)
    assert found.facts["waits without an end"] == "1"


@pytest.mark.parametrize("kind", ["PERF_RECORD_LOST", "PERF_RECORD_LOST_SAMPLES"])
def test_where_events_were_lost_no_wait_goes_on(kind: str) -> None:
    text = (
        event(1, "1.000000", "lock:contention_begin", "0xa (flags=SPIN|MUTEX)")
        + f"task 1 [000] 1.000500: {kind} lost 17\n"
        + event(1, "1.000900", "lock:contention_end", "0xa (ret=0)")
        + event(2, "1.000900", "lock:contention_begin", "0xa (flags=SPIN)")
        + event(2, "1.000905", "lock:contention_end", "0xa (ret=0)")
        + f"task 1 [000] 1.001000: {kind} lost 3\n"
    )
    found = of(text)
    assert sorted((one.contended, one.ended, one.total_ns) for one in found.waits) == [(1, 0, 0), (1, 1, 5_000)]
    assert (found.facts["lost events"], found.facts["waits without an end"]) == ("20", "1")
    assert found.provenance.skipped == 0


def test_events_of_older_kernels() -> None:
    text = (
        event(1, "1.000000", "lock:lock_acquire", "0xffff8800aa read &mm->mmap_sem")
        + event(1, "1.000001", "lock:lock_contended", "0xffff8800aa &mm->mmap_sem")
        + event(1, "1.000009", "lock:lock_acquired", "0xffff8800aa &mm->mmap_sem")
        + event(1, "1.000011", "lock:lock_release", "0xffff8800aa &mm->mmap_sem")
    )
    found = of(text)
    (wait,), (holding,) = found.waits, found.holdings
    assert (wait.lock, wait.contended, wait.total_ns) == ("&mm->mmap_sem", 1, 8_000)
    assert (holding.lock, holding.acquired, holding.total_ns) == ("&mm->mmap_sem", 1, 2_000)
    assert found.facts["seconds"] == "0.000011"


def test_locks_that_nobody_waits_for_are_held_all_the_same() -> None:
    """`lock_acquired` has no wait before it unless the lock was contended: that is no lost event."""
    text = "".join(
        event(1, f"1.{at:06}", f"lock:{name}", "0xffff8800aa &sem->wait_lock")
        for at, name in enumerate(("lock_acquire", "lock_acquired", "lock_release") * 3)
    )
    found = of(text)
    assert [(one.acquired, one.total_ns, one.longest_ns) for one in found.holdings] == [(3, 3_000, 1_000)]
    assert not found.waits
    assert "ends without a wait" not in found.facts


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(999, "999 ns"), (12_605, "12.60 us"), (14_225, "14.23 us"), (1_010_000_000, "1.01 s "), (0, "0 ns")],
)
def test_times_are_printed_as_there(time_ns: int, text: str) -> None:
    assert time_text(time_ns) == text
