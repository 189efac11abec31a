"""Tables and trees that were cut: what is seen of a lock is the least that it has, and the text says so."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from tests.profiles.diagnosis.made import sampled

from lockwright.profiles import read
from lockwright.profiles.diagnosis import diagnose
from lockwright.report.profile import profile_text

RECORDINGS = Path(__file__).parents[1] / "recordings"
HEAD = "# Overhead  Command  Shared Object      Symbol\n"


def report(folder: Path, *rows: tuple[float, str], tree: str = "") -> str:
    path = folder / "report.txt"
    lines = [
        f"    {share:.2f}%  work  [kernel.kallsyms]  [k] {symbol}\n{tree if at == 0 else ''}"
        for at, (share, symbol) in enumerate(rows)
    ]
    path.write_text(HEAD + "".join(lines), encoding="utf-8")
    return str(path)


def test_the_same_recording_has_at_least_in_its_cut_form_what_it_has_whole() -> None:
    whole = diagnose(read(str(RECORDINGS / "append.cpu.script.gz")))
    cut = diagnose(read(str(RECORDINGS / "append.report.txt")))
    assert whole.lock is not None
    assert cut.lock is not None
    assert (whole.lock.is_least, cut.lock.is_least) == (False, True)
    assert (cut.lock.share_busy_percent or 0) < (whole.lock.share_busy_percent or 0)
    assert cut.headline.startswith("contended lock: at least 31.6 %")
    assert "at least" not in whole.headline


def test_rows_that_are_missing_make_it_the_least(tmp_path: Path) -> None:
    rows = ((30.0, "native_queued_spin_lock_slowpath"), (40.0, "work"))
    tree = "            |\n            ---native_queued_spin_lock_slowpath\n               alloc_fd\n\n"
    file = report(tmp_path, *rows, tree=tree)
    found = diagnose(read(file))
    assert found.headline == "contended lock: at least 30.0 % of busy time for a spinlock wanted by alloc_fd"
    text = " ".join(profile_text(read(file)).split())
    assert "without the 30.0 % of busy time that can be seen of it" in text
    assert "its share is a lower bound" in text
    assert found.promise is not None
    assert asdict(found.promise)["is_least"] is True
    assert asdict(found)["lock"]["is_least"] is True


def test_a_tree_whose_branches_do_not_add_up_makes_it_the_least(tmp_path: Path) -> None:
    rows = ((30.0, "native_queued_spin_lock_slowpath"), (70.0, "work"))
    tree = (
        "            |\n            ---native_queued_spin_lock_slowpath\n               |          \n"
        "                --20.00%--alloc_fd\n\n"
    )
    found = diagnose(read(report(tmp_path, *rows, tree=tree)))
    assert (
        found.headline == ("contended locks: 30.0 % of busy time waits, most of it for a spinlock wanted by alloc_fd")
        or found.headline == "contended lock: at least 20.0 % of busy time for a spinlock wanted by alloc_fd"
    )
    assert found.lock is not None
    assert found.lock.is_least


def test_a_whole_table_is_exact(tmp_path: Path) -> None:
    rows = ((30.0, "native_queued_spin_lock_slowpath"), (70.0, "work"))
    tree = "            |\n            ---native_queued_spin_lock_slowpath\n               alloc_fd\n\n"
    assert diagnose(read(report(tmp_path, *rows, tree=tree))).headline.startswith("contended lock: 30.0 %")


def test_that_no_lock_is_seen_in_a_part_is_said_of_that_part(tmp_path: Path) -> None:
    found = diagnose(read(report(tmp_path, (40.0, "work"), (20.0, "more_work"))))
    assert found.headline.startswith("no lock in sight")
    assert found.headline.endswith("waits for one, in rows that cover 60 % of busy time")


def test_samples_are_exact() -> None:
    spin = "native_queued_spin_lock_slowpath < _raw_spin_lock < alloc_fd"
    assert "at least" not in diagnose(sampled((spin, 30), ("work", 70))).headline


def test_with_children_a_graph_that_goes_to_callees_names_no_caller() -> None:
    found = read(str(RECORDINGS / "semaphore.report-children.txt.gz"))
    stacks = [[frame.symbol for frame in one.stack] for one in found.samples]
    upside_down = [one for one in stacks if one[0] == "__futex_abstimed_wait_common" and "do_futex" in one]
    assert not upside_down
