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


def test_the_table_to_the_digit() -> None:
    found = rows(profile("mmap-ns.lock.script.gz").waits)
    assert len(found) == 33
    assert [line(one) for one in found] == printed("mmap-ns")


def test_counts_kinds_and_callers_where_times_are_rounded() -> None:
    """Microseconds were printed: each row has a partner whose times differ by less than that for each wait."""
    found = rows(profile("create-unlink.lock.script.gz").waits)
    open_rows = [one.split() for one in printed("create-unlink")]
    assert len(found) == len(open_rows) == 31
    for row in found:
        partner = next((one for one in open_rows if is_row(row, one)), None)
        assert partner, row
        open_rows.remove(partner)


def is_row(row: Row, cells: list[str]) -> bool:
    count, total, total_unit, longest, longest_unit, _, _, kind, caller = cells
    differs = abs(row.total_ns - float(total) * NS_PER[total_unit])
    longest_differs = abs(row.longest_ns - float(longest) * NS_PER[longest_unit])
    digit = NS_PER[total_unit] / 100
    return (
        (row.contended, row.kind, row.caller) == (int(count), kind, caller)
        and differs < row.ended * RESOLUTION_NS + digit
        and longest_differs < RESOLUTION_NS + NS_PER[longest_unit] / 100
    )


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
    (wait,) = of(text).waits
    assert (wait.lock, wait.contended, wait.total_ns) == ("&mm->mmap_sem", 1, 8_000)


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(999, "999 ns"), (12_605, "12.60 us"), (14_225, "14.23 us"), (1_010_000_000, "1.01 s "), (0, "0 ns")],
)
def test_times_are_printed_as_there(time_ns: int, text: str) -> None:
    assert time_text(time_ns) == text
