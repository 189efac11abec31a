"""A simulation as lines, JSON, CSV and a page, from a result made by hand."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from html import escape
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.report.simulated import GHZ, collapsing, seed_run

from lockwright.points import MovedFall, SimulationResult, Subject
from lockwright.report.simulation import rich_table, simulation_text
from lockwright.report.simulation_numbers import meaning, weak_first
from lockwright.report.simulation_page import simulation_page
from lockwright.report.simulation_records import simulation_csv, simulation_json
from lockwright.report.simulation_story import handoffs, opening, story, told_points
from lockwright.simulate.aggregate import point
from lockwright.simulate.limits import explained

if TYPE_CHECKING:
    from tests.conftest import Golden

GOLDEN = Path(__file__).parent / "golden"
FIELDS = [
    "lock", "cpus", "params", "throughput_per_s", "throughput_per_s_low", "throughput_per_s_high", "jain",
    "longest_bypass", "handoff_ns", "latency_ns_p50", "latency_ns_p99", "latency_ns_max", "simulated_ops",
    "acquisitions", "host_seconds",
]  # fmt: skip


@pytest.mark.parametrize("width", [100, 60])
def test_the_terminal(golden: Golden, width: int) -> None:
    text = simulation_text(collapsing(), width)
    assert max(map(len, text.splitlines())) <= width
    golden(GOLDEN / f"simulation-{width}.txt", text)


def test_branches_stand_beside_each_other() -> None:
    result = SimulationResult("amd48", "a machine")
    runs = [seed_run(rate, seed) for seed, rate in enumerate((1e6, 1.01e6, 4e5), start=1)]
    result.points = [point("ticket", 12, "amd48", {}, runs)]
    assert "1,005 (x2) or 400 (x1)" in simulation_text(result)
    records = simulation_json(result)["branches"]
    assert [(one["throughput_per_s"], one["seeds"]) for one in records] == [(pytest.approx(1.005e6), 2), (4e5, 1)]


def test_many_locks_go_into_several_tables() -> None:
    result = SimulationResult("amd48", "a machine")
    names = [f"lock_number_{number}" for number in range(9)]
    result.points = [point(name, cpus, "amd48", {}, [seed_run(1e6)]) for name in names for cpus in (1, 48)]
    text = simulation_text(result)
    assert max(map(len, text.splitlines())) <= 100
    assert all(name in text for name in names)
    assert text.count(" cpus ") > 1


def test_what_limits_a_lock_stands_below_a_table_that_has_no_room_for_it() -> None:
    for width in (100, 60):
        text = " ".join(simulation_text(collapsing(), width).split())
        assert text.count("waiters re-read one line") >= 1
        assert ("what limits the ticket lock" in text) != ("ticket at 48: " in text)


def test_names_of_files_and_fields_keep_their_letters() -> None:
    result = collapsing()
    result.points = [replace(one, lock="myLock.py") for one in result.points if one.lock == "ticket"]
    result.falls, result.collapses = [], ["myLock.py is fastest at 6 CPUs"]
    result.subjects = {"myLock.py": Subject("", False, ("nowServing",), ("nextOne",), ("nextOne",), ("nowServing",))}
    page = simulation_page(result)
    assert "MyLock" not in page
    assert "<h1>myLock.py collapses on amd48</h1>" in page
    assert "Taking it writes <code>nextOne</code> and releasing it writes <code>nowServing</code>" in page
    assert "<code>nextOne</code> shares that line" in page


def test_nothing_finished_is_said() -> None:
    assert "nothing was finished" in simulation_text(SimulationResult("amd48", "a machine", is_interrupted=True))


def test_points_are_flat_records_with_the_agreed_names() -> None:
    document = msgspec.json.decode(msgspec.json.encode(simulation_json(collapsing())))
    assert {"schema", "command", "params", "seeds", "warnings", "points"} <= set(document)
    assert document["command"] == "simulate"
    assert len(document["points"]) == 8
    assert [list(one) for one in document["points"]] == [FIELDS] * 8
    assert document["points"][0]["handoff_ns"] is None  # nobody waited
    assert document["limits"][3]["cycles"]["rereads"] == pytest.approx(4200, rel=0.01)
    assert {one["seed"] for one in document["runs"]} == {1, 2, 3}


def test_csv_has_a_row_for_each_point_and_a_column_for_each_parameter() -> None:
    rows = list(csv.DictReader(io.StringIO(simulation_csv(collapsing()))))
    assert len(rows) == 8
    assert rows[0]["hold_cycles"] == "100"
    assert rows[0]["handoff_ns"] == ""
    assert float(rows[3]["throughput_per_s"]) == pytest.approx(4e5)


def test_the_table_for_python_has_a_row_for_each_point() -> None:
    assert rich_table(collapsing()).row_count == 8


def test_the_opening_says_what_the_lock_is_and_how_far_it_falls() -> None:
    told = " ".join(opening("ticket", collapsing()))
    assert "Its fields `owner` and `next` lie in one cache line." in told
    assert "Taking it writes `next` and releasing it writes `owner`" in told
    assert "collapses: at 48 CPUs it does 0.40 M/s, 8% of that" in told


def test_the_story_of_a_collapse_names_the_line_the_queue_and_the_reason() -> None:
    told = " ".join(story("ticket", collapsing()))
    assert "47 threads wait and spin on one cache line, which is read again 47 times a section" in told
    assert "47 reads of 90 cycles make 4,200 cycles" in told
    assert "These 90 cycles are the machine's `min_transfer`" in told
    assert "distances have no effect here" in told


@pytest.mark.parametrize(("longest_cycles", "saves_nothing"), [(80, True), (90, True), (91, False), (700, False)])
def test_a_lock_that_stays_near_gains_only_where_distance_costs(longest_cycles: int, saves_nothing: bool) -> None:
    result = collapsing()
    assert result.least_transfer is not None
    result.least_transfer = replace(result.least_transfer, longest_cycles=longest_cycles)
    told = handoffs(result)
    assert "At 48 CPUs 31% of those of the ticket lock stay on one die; Jain's index is 0.98." in told
    assert ("staying near saves nothing" in told) is saves_nothing
    assert "cheaply" not in simulation_page(result)
    assert escape(told, quote=False) in simulation_page(result).replace("&#x27;", "'")


def test_the_story_of_a_collapse_says_why_it_is_there() -> None:
    told = " ".join(story("ticket", collapsing()))
    assert "for some m `(N - 1 - m) x (175 + 103 m) >= 1,050`" in told
    assert "at 6 CPUs in 3 of 3 seeds (before 100% of the sections there)" in told


def test_points_around_the_fall_are_compared() -> None:
    assert [one.cpus for one in told_points("ticket", collapsing())] == [6, 12, 48]


def test_a_line_that_is_read_more_often_than_threads_wait_tells_of_arrivals() -> None:
    result = collapsing()
    runs = [seed_run(4e5, waiters=40, rereads=50, cycles=4500)]
    result.points = [*result.points[:3], explained(point("ticket", 48, "amd48", {}, runs), GHZ)]
    told = " ".join(story("ticket", result))
    assert "40.0 waiters read it 50.0 times a section: threads that arrive write `next` in the same line" in told


def test_a_number_that_decides_stands_first_and_the_others_are_folded() -> None:
    result = collapsing()
    result.weak = ["ghz = 2 GHz (recalled)", "min_transfer = 420 cycles (chosen)", "retention = 0 cycles (estimated)"]
    result.sensitivity = [("retention", -0.2, nan), ("ghz", 0.001, 0.0), ("pause", 0.0, 0.0)]
    assert [one.partition(" ")[0] for one in weak_first(result)] == ["retention", "min_transfer", "ghz"]
    page = simulation_page(result)
    assert "2 others change it by less than 1 %" in page
    assert "the number cannot have that value" in page
    assert "decide the throughput at 48 CPUs" in page


def test_where_a_lock_falls_with_another_number_stands_beside_it() -> None:
    result = collapsing()
    result.sensitivity = [("min_transfer", 0.2, -0.2), ("retention", -0.1, nan)]
    result.moved_falls = [
        MovedFall("ticket", "min_transfer", 0.8, (12, 13), (3, 24)),
        MovedFall("ticket", "min_transfer", 1.25, None, (3, 24)),
        MovedFall("ticket", "retention", 0.8, (6, 12), (3, 24)),
    ]
    text = simulation_text(result)
    assert "12 to 13 not from 3 to 24 CPUs: where it falls" in text
    assert " 6 to 12        - CPUs: where it falls" in text
    page = simulation_page(result)
    assert "<td>the least that moving a line between caches takes</td>" in page
    assert '<td class="n">12 to 13</td><td class="n">not from 3 to 24</td>' in page
    assert "As it is, the ticket lock falls from 6 to 12 CPUs." in page


def test_numbers_have_a_meaning_in_words() -> None:
    assert meaning("load.M.one_hop") == "a load that finds its line in state M, one hop away"
    assert meaning("ghz") == ""


def test_the_story_of_a_queue_lock_says_that_waiters_leave_each_other_alone() -> None:
    told = " ".join(story("mcs", collapsing()))
    assert "they leave each other alone" in told
    assert "one cache line" not in told
    assert "a queue lasts" not in told


def test_one_cpu_that_does_more_than_several_is_told() -> None:
    result = collapsing()
    alone = point("ticket", 1, "amd48", {}, [seed_run(8e6)])
    result.points = [alone, *(one for one in result.points if one.lock == "ticket" and one.cpus > 1)]
    assert "One CPU alone, which never waits for a line, does 8.00 M/s." in opening("ticket", result)[-1]
