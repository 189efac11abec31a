"""The four pairs of profiles that commits print: each comparison says what its author said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import CAPTURES

import lockwright
from lockwright.profiles.comparing import thread_table
from lockwright.report.diff import diff_lines, diff_text
from lockwright.report.diff_block import Given, block

if TYPE_CHECKING:
    from tests.conftest import Golden

    from lockwright.profiles.comparing import Change, Comparison

PAGES = Path(__file__).parent / "pages"
PAIRS = ("ipvs", "ovs-flow-stats", "xfs-buffer-alloc", "xfs-buffer-hash")
DBENCH = "threads,before,after\n1,15035.3,15150.0\n2,1470.0,1713.7\n3,848.6,967.8\n4,652.9,685.3\n"
"""Rows of a table in a commit message (545ac138, paravirtual ticket locks), for their form."""


def pair(name: str) -> Comparison:
    return lockwright.diff(f"{name}-before.txt", f"{name}-after.txt")


@pytest.fixture(autouse=True)
def _in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CAPTURES / "commits")


def row(found: Comparison, symbol: str) -> Change:
    return next(one for one in found.symbols if one.symbol == symbol)


@pytest.mark.parametrize("name", PAIRS)
def test_pages(name: str, golden: Golden) -> None:
    page = diff_text(pair(name))
    assert all(len(line) <= 100 for line in page.splitlines())
    golden(PAGES / f"{name}.txt", page)


def test_narrow_terminals_wrap() -> None:
    found = pair("ipvs")
    lines = [text for text, _ in diff_lines(found, 6, 60)]
    rows = [one for one in lines if re.match(r" {2,}(< )?\d+\.\d %", one) or one.startswith("  before ")]
    assert any("43.1 %" in one for one in rows)
    assert all(len(one) <= 60 for one in lines if one not in rows)
    assert " ".join(" ".join(lines).split()).startswith(found.headline)


def test_the_look_up_of_ipvs_became_cheap_and_the_lock_did_not_become_worse() -> None:
    """6f7edb48: a larger table; the ticket lock's share rose because the rest had shrunk."""
    found = pair("ipvs")
    look_up, lock = row(found, "ip_vs_conn_in_get"), row(found, "__ticket_spin_lock")
    assert found.headline.startswith("not a lock: ip_vs_conn_in_get fell")
    assert found.headline.endswith("mostly because the base shrank")
    assert "of all samples, idle ones too: ip_vs_conn_in_get 42.4 % before, 7.7 % after" in found.findings
    assert look_up.samples == (1719761, 140661)
    assert lock.difference.value > 0
    assert lock.samples == (181984, 143251)


def test_the_look_up_of_xfs_became_cheap_and_a_lock_took_the_time() -> None:
    """9bc08a45: a larger hash and no more moves to its front; throughput stayed, for the inode lock absorbed it."""
    found = pair("xfs-buffer-hash")
    assert found.headline == (
        "the wait grew behind it: _xfs_buf_find fell from 19.3 % to 6.6 %; "
        "__ticket_spin_lock rose from 12.5 % to 21.2 %"
    )
    assert "__ticket_spin_lock with 21.2 % (12.5 % before)" in found.next_limit


def test_fewer_allocations_in_xfs() -> None:
    """3815832a: buffers are allocated on a miss only; the recordings are of different length, shares alone compare."""
    found = pair("xfs-buffer-alloc")
    assert found.headline.startswith("not a lock: kmem_cache_alloc fell from 5.6 %")
    assert "also changed: kmem_cache_free (3.7 % → 2.3 %) and _xfs_buf_find (10.0 % → 9.1 %)" in found.findings
    assert any(one.startswith("8.6 times as many samples after") for one in found.warnings)
    assert not row(found, "__ticket_spin_lock").is_significant
    assert row(found, "__kmalloc").unlisted_before  # below the last row that was printed: not new


def test_the_mutex_of_the_allocator_is_gone_from_open_vswitch() -> None:
    """63e7959c: records for each node in place of the per-CPU allocator, whose mutex the handlers waited for."""
    found = pair("ovs-flow-stats")
    assert found.headline == "less waiting: mutex_spin_on_owner fell from 8.6 % to 1.8 %"
    assert any("fell with it" in one and "pcpu_alloc_area (2.7 % → below 1.0 %)" in one for one in found.findings)
    assert not row(found, "pcpu_alloc_area").mark  # not printed is not gone
    assert row(found, "__ticket_spin_lock").difference.value == pytest.approx(-3.6, abs=0.05)
    assert found.before.samples == 305_000  # `Events: 305K cycles`


@pytest.mark.parametrize("markdown", [False, True])
def test_the_block_to_paste(markdown: bool, golden: Golden) -> None:
    given = Given("2 x Xeon, 32 CPUs, Linux 3.14", "netperf -t TCP_CRR")
    text = block(pair("ovs-flow-stats"), given, markdown=markdown)
    golden(PAGES / f"ovs-flow-stats.block.{'md' if markdown else 'txt'}", text)
    assert markdown or all(len(line) <= 78 for line in text.splitlines())


def test_what_is_not_known_is_asked_for_and_never_invented() -> None:
    text = " ".join(block(pair("xfs-buffer-hash"), Given()).split())
    for option in ("--machine", "--command", "--before-work", "--table", "--before A B C"):
        assert option in text
    assert text.count("not given") == 5


def test_the_block_with_everything(golden: Golden) -> None:
    found = lockwright.diff(
        ["ipvs-before.txt", "ipvs-before.txt"],
        ["ipvs-after.txt", "ipvs-after.txt"],
        before_seconds=[60, 62],
        after_seconds=[60],
        before_work=[7.2e6],
        after_work=[7.2e6, 7.3e6],
    )
    text = block(found, Given("a machine", "a command"))
    assert "not given: --" not in text.replace("not given: --table", "")
    assert "operations/s" in text
    golden(PAGES / "ipvs.block.txt", text)


def test_the_table_from_one_thread_on(tmp_path: Path) -> None:
    table = tmp_path / "scaling.csv"
    table.write_text(DBENCH)
    text = block(lockwright.diff("ipvs-before.txt", "ipvs-after.txt", table=str(table)), Given())
    assert "        1  15,035  15,150      +0.8 %\n        2   1,470   1,714     +16.6 %\n" in text
    assert "Unchanged: 1 thread +0.8 %;" in text
    assert [one.difference_percent for one in thread_table(DBENCH, "t")] == pytest.approx(
        [0.76, 16.58, 14.05, 4.96], abs=0.01
    )
