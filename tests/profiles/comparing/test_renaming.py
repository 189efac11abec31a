"""Functions under another name: found, told as a guess, and not found where the names mean other things."""

from __future__ import annotations

import pytest
from tests.profiles.comparing.made import compared, recording, side

from lockwright.profiles.comparing import compare

REST = {"work < main": 700.0}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("queued_spin_lock_slowpath", "native_queued_spin_lock_slowpath", "functions that spin for a spinlock"),
        ("__ticket_spin_lock", "native_queued_spin_lock_slowpath", "functions that spin for a spinlock"),
        ("_spin_lock", "_raw_spin_lock", "functions that take a spinlock"),
        ("_spin_lock_irqsave", "_raw_spin_lock_irqsave", "functions that take a spinlock"),
        ("rwsem_down_write_failed", "rwsem_down_write_slowpath", "functions that sleep for a rwsem"),
        (
            "__alloc_pages_nodemask",
            "__alloc_pages_nodemask_noprof",
            "names are alike, and the same functions call them",
        ),
        ("__do_page_fault", "do_page_fault", "differ in their beginning alone"),
    ],
)
def test_renamed(before: str, after: str, why: str) -> None:
    found = compared({f"{before} < caller": 300, **REST}, {f"{after} < caller": 290, **REST})
    row = next(one for one in found.symbols if one.symbol == after)
    assert row.renamed_from == before
    assert why in row.why_renamed
    assert not row.mark
    assert not row.is_significant
    assert any(f"{after} is taken for {before} under a new name, a guess" in one for one in found.findings)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("_raw_spin_unlock_irqrestore", "_raw_spin_unlock_irq"),
        ("rwsem_down_read_slowpath", "rwsem_down_write_slowpath"),
        ("queued_read_lock_slowpath", "queued_write_lock_slowpath"),
        ("kmem_cache_alloc", "kmem_cache_free"),
        ("ip_vs_conn_in_get", "ip_vs_conn_out_get"),
        ("mutex_spin_on_owner", "rwsem_spin_on_owner"),
        ("0x7f4e6", "0x15d30f"),
        ("memcpy", "schedule"),
    ],
)
def test_not_renamed(before: str, after: str) -> None:
    found = compared({f"{before} < caller": 300, **REST}, {f"{after} < caller": 290, **REST})
    marks = {one.symbol: (one.mark, one.renamed_from) for one in found.symbols}
    assert marks[before] == ("gone", "")
    assert marks[after] == ("new", "")


def test_suffixes_of_the_compiler_are_no_other_name() -> None:
    found = compared({"f.part.0 < g.isra.1": 300, **REST}, {"f.constprop.3 < g": 300, **REST})
    row = next(one for one in found.symbols if one.symbol == "f")
    assert not row.mark
    assert not row.renamed_from
    assert row.difference.value == pytest.approx(0)


def test_other_callers_make_another_function() -> None:
    before = {"lookup_entry_slow < f": 300, **REST}
    found = compared(before, {"lookup_entry_slot < other": 300, **REST})
    assert {one.mark for one in found.symbols if one.symbol.startswith("lookup")} == {"new", "gone"}


def test_a_lock_keeps_its_caller_under_a_new_name() -> None:
    """The caller of the lock is renamed, too: one lock, not two."""
    before = {"queued_spin_lock_slowpath < _raw_spin_lock < __find_buffer < g": 300, "__find_buffer < g": 50, **REST}
    after = {"native_queued_spin_lock_slowpath < _raw_spin_lock < find_buffer < g": 100, "find_buffer < g": 50, **REST}
    (row,) = compared(before, after).locks
    assert (row.lock, row.caller, row.renamed_from) == ("spinlock", "find_buffer", "__find_buffer")
    assert row.before.value == pytest.approx(100 * 300 / 1050)


def test_what_a_cut_table_does_not_list_is_not_renamed() -> None:
    """The other side lists nothing below 10 %: that `queued_...` is not there says nothing."""
    before = recording({"work": 30, "queued_spin_lock_slowpath": 4}, unit="percent")
    after = recording({"work": 30, "native_queued_spin_lock_slowpath": 10}, unit="percent")
    found = compare(side(before), side(after))
    assert not any(one.renamed_from for one in found.changes)
    row = next(one for one in found.symbols if one.symbol == "queued_spin_lock_slowpath")
    assert row.unlisted_after
    assert not row.mark
