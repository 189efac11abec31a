"""`perf c2c report` of several versions: cache lines, and who touches which bytes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.profiles.captured import of

SAMPLES = Path(__file__).parent / "samples" / "perf_c2c"


def lines(name: str):
    found = of((SAMPLES / f"{name}.txt").read_text())
    assert found.provenance.reader == "perf c2c report"
    assert found.provenance.skipped == 0
    assert not found.provenance.cut
    assert not found.samples
    assert not found.waits
    return found.shared_lines


def test_both_tables() -> None:
    first, second = lines("false-sharing-6.1")
    assert (first.address, first.hitm_local, first.hitm_remote, first.transfers) == ("0x5581d30f6080", 304, 36, 340)
    assert (first.records, first.loads, first.stores) == (5210, 3004, 2206)
    assert [(one.offset, one.symbol, one.source) for one in first.accesses] == [
        (0, "count_up", "worker.c:41"),
        (0, "count_up", "worker.c:42"),
        (0x20, "is_stopped", "worker.c:58"),
    ]
    reader = first.accesses[2]
    assert (reader.hitm_remote, reader.hitm_local, reader.records, reader.cpus) == (36, 266, 2604, 2)
    assert [one.stores for one in first.accesses] == pytest.approx([0.9 * 2011, 0.1 * 2011 + 195, 0])
    assert [(one.symbol, one.module) for one in second.accesses] == [
        ("rwsem_spin_on_owner", "[kernel.kallsyms]"),
        ("vma_interval_tree_remove", "[kernel.kallsyms]"),
    ]


def test_facts_of_the_recording() -> None:
    facts = of((SAMPLES / "false-sharing-6.1.txt").read_text()).facts
    assert (facts["total records"], facts["load operations"]) == ("8123", "4871")
    assert facts["events"] == "cpu/mem-loads,ldlat=30/P"


def test_the_order_of_columns_until_5_10() -> None:
    first, second = lines("table-4.19")
    assert (first.hitm_local, first.hitm_remote) == (760, 581)
    assert (first.records, first.loads, first.stores) == (5353, 4651, 702)
    assert (second.transfers, second.accesses) == (255, ())


def test_the_second_table_alone() -> None:
    (line,) = lines("pareto-pasted")
    assert (line.hitm_remote, line.hitm_local, line.stores, line.records) == (10420, 18011, 9052, 0)
    assert [one.symbol for one in line.accesses] == ["vma_interval_tree_remove", "down_write", "rwsem_spin_on_owner"]
    assert line.accesses[2].hitm_local == pytest.approx(0.92 * 18011)


def test_peers_of_arm() -> None:
    (line,) = lines("arm-peers-6.1")
    assert (line.peer, line.hitm_local, line.hitm_remote) == (99, 0, 0)
    assert (line.records, line.loads, line.stores) == (18851, 18800, 51)
    assert [(one.peer, one.stores, one.task, one.source) for one in line.accesses] == [
        (2, 0, "3603 3603:stressor", "stressor[25ac]"),
        (97, 51, "3603 3606:stressor", "stressor[3e88]"),
    ]


def test_a_file_that_breaks_off_says_so() -> None:
    text = (SAMPLES / "false-sharing-6.1.txt").read_text()
    cut = text[: text.index("----\n      1        2") + 80]
    found = of(cut[: cut.rindex("\n") + 1])
    assert [len(one.accesses) for one in found.shared_lines] == [3, 0]
    assert "0xffff88a4c1d20c40 are missing" in found.provenance.cut


def test_processes_alone_are_told_apart() -> None:
    """`--coalesce pid,iaddr` has no column of threads."""
    text = (
        (SAMPLES / "arm-peers-6.1.txt")
        .read_text()
        .replace("     3603:stressor ", " ")
        .replace("     3606:stressor ", " ")
    )
    (line,) = of(text).shared_lines
    assert [(one.task, one.records, one.cpus) for one in line.accesses] == [("3603", 9314, 2), ("3603", 9537, 1)]
