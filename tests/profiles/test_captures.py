"""Real recordings: each is read as what it is, whole, and with the numbers that its profiler printed."""

from __future__ import annotations

import re

import pytest
from tests.profiles.captured import CAPTURES, FILES, content, of, profile

from lockwright.profiles import folding

KINDS = {
    r".*script\.gz": "perf script",
    r".*\.report.*|report/.*|commits/ovs.*": "perf report",
    r"diff/.*": "perf diff",
    r".*\.lock-contention.*": "perf lock contention",
    r".*\.lock-report.*": "perf lock report",
    r"commits/xfs.*": "perf top of 2009 to 2011",
    r"commits/ipvs.*": "oprofile",
}
WORDS_OF_THE_AUTHOR = {"commits/ovs-flow-stats-after.txt": 1, "commits/ovs-flow-stats-before.txt": 1}
COMMITS = {
    "ipvs-before": ("ip_vs_conn_in_get", 42.3741, "__ticket_spin_lock", 4.4840),
    "ipvs-after": ("bnx2", 14.4616, "__ticket_spin_lock", 7.7986),
    "ovs-flow-stats-before": ("mutex_spin_on_owner", 8.43, "__ticket_spin_lock", 5.64 + 1.03 + 0.92),
    "ovs-flow-stats-after": ("find_match_wc", 6.85, "__ticket_spin_lock", 3.06 + 1.01),
    "xfs-buffer-alloc-before": ("_xfs_buf_find", 10.0, "__ticket_spin_lock", 4.5),
    "xfs-buffer-alloc-after": ("_xfs_buf_find", 9.1, "__ticket_spin_lock", 4.8),
    "xfs-buffer-hash-before": ("_xfs_buf_find", 19.3, "__ticket_spin_lock", 12.5),
    "xfs-buffer-hash-after": ("__ticket_spin_lock", 21.2, "_xfs_buf_find", 6.6),
}
"""Commit messages: the heaviest function and one more, with their shares in percent."""


@pytest.mark.parametrize("name", FILES)
def test_each_is_read_as_what_it_is(name: str) -> None:
    kind = next(kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, name))
    assert profile(name).provenance.reader == kind


@pytest.mark.parametrize("name", [one for one in FILES if "verbose" not in one])
def test_no_line_is_passed_over(name: str) -> None:
    provenance = profile(name).provenance
    assert provenance.lines == len(content(name).splitlines())
    assert provenance.skipped == WORDS_OF_THE_AUTHOR.get(name, 0)


@pytest.mark.parametrize("name", FILES)
def test_only_cut_files_are_called_cut(name: str) -> None:
    assert bool(profile(name).provenance.cut) == (name == "create-unlink.cpu-cut.script.gz")


@pytest.mark.parametrize("name", COMMITS)
def test_the_profiles_of_commits(name: str) -> None:
    first, share, other, other_share = COMMITS[name]
    weights = folding.by_symbol(profile(f"commits/{name}.txt").samples)
    assert next(iter(weights)) == first
    assert weights[first] == pytest.approx(share)
    assert weights[other] == pytest.approx(other_share)


def test_samples_of_a_script_add_up() -> None:
    samples = profile("timer-gettime.cpu.script.gz").samples
    heads = len(re.findall(rb"cpu-clock", content("timer-gettime.cpu.script.gz")))
    assert sum(one.count for one in samples) == heads == 1496
    assert sum(one.weight for one in samples) == 748374000  # what `perf report` prints as the count of the event


def test_how_long_a_script_lasts() -> None:
    """From the first event to the last: four threads on two CPUs of 500,250 ns a sample have 374 ms of each."""
    assert float(profile("timer-gettime.cpu.script.gz").facts["seconds"]) == pytest.approx(0.38, abs=0.02)


def test_facts_of_the_head_of_a_script() -> None:
    head = b"# ========\n# hostname : vm\n# nrcpus online : 2\n# cmdline : /usr/bin/perf record -g ./a.out \n#\n"
    found = of(head + content("timer-gettime.cpu.script.gz"))
    assert (found.facts["hostname"], found.facts["nrcpus online"]) == ("vm", "2")
    assert found.facts["cmdline"] == "/usr/bin/perf record -g ./a.out"
    assert found.samples == profile("timer-gettime.cpu.script.gz").samples
    assert found.provenance.skipped == 0


@pytest.mark.parametrize("report", ["timer-gettime.report-flat.txt", "timer-gettime.report-children.txt"])
def test_script_and_report_of_one_recording_agree(report: str) -> None:
    script = profile("timer-gettime.cpu.script.gz")
    ours, printed = folding.by_symbol(script.samples), folding.by_symbol(profile(report).samples)
    assert len(printed) == 16
    for symbol, share in printed.items():
        assert 100 * ours[symbol] / script.total == pytest.approx(share, abs=0.006), symbol


def test_callers_in_the_graph_of_a_report() -> None:
    samples = profile("create-unlink.report.txt").samples
    callers = folding.by_caller(samples)
    assert callers["rwsem_spin_on_owner", "do_unlinkat"] == pytest.approx(2.05, abs=0.01)
    assert callers["rwsem_spin_on_owner", "path_openat"] == pytest.approx(
        1.87, abs=0.01
    )  # with 3.91 above, which was rounded
    assert sum(one.weight for one in samples) == pytest.approx(sum(own_shares("create-unlink.report.txt")))
    assert sum(one.count for one in samples) == sum(counts("create-unlink.report.txt"))


def own_shares(name: str) -> list[float]:
    return [float(one) for one in re.findall(rb"^ +(\d+\.\d\d)% +\d+  \S", content(name), re.MULTILINE)]


def counts(name: str) -> list[int]:
    return [int(one) for one in re.findall(rb"^ +\d+\.\d\d% +(\d+)  \S", content(name), re.MULTILINE)]


def test_graphs_in_both_orders_and_a_script_have_the_same_stacks() -> None:
    script = profile("pthread-mutex.cpu.script.gz")
    expected = {
        stack: 100 * weight / script.total
        for stack, weight in folding.fold(folding.merge_commands(script.samples)).items()
    }
    for report in ("caller", "fractal"):
        found = folding.fold(profile(f"pthread-mutex.report-{report}.txt").samples)
        assert set(found) <= {tuple(one for one in stack if one != "[unknown]") for stack in expected}, report
        assert found["start_thread", "f", "update"] == pytest.approx(97.39)


def test_the_captures_say_where_they_come_from() -> None:
    text = (CAPTURES / "README.md").read_text(encoding="utf-8")
    assert all(name.split("/")[0].split(".")[0] in text for name in FILES)
