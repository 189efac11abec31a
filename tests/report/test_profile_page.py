"""The page of a profile as HTML: whole, closed, of a size that opens, and with nothing in it but what was read."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from tests.profiles.captured import READ, of, profile
from tests.profiles.writers import made
from tests.report.pages import Page

from lockwright.profiles import Frame, Profile, Sample, Wait
from lockwright.profiles.diagnosis import diagnose
from lockwright.report.diagnosis import sections
from lockwright.report.profile_page import profile_page

GRAPH = {"contended": made.contended, "deep": made.deep, "hostile": made.hostile, "shares": made.shares}


def page_of(one: Profile) -> Page:
    return Page(profile_page(one, diagnose(one)))


@pytest.mark.parametrize("name", [*GRAPH, *READ])
def test_pages_are_whole_and_need_nothing(name: str) -> None:
    one = GRAPH[name]() if name in GRAPH else profile(name)
    html = profile_page(one, diagnose(one))
    page = Page(html)
    assert page.tags.count("h1") == page.tags.count("script") == 1
    assert page.fetched == []
    assert "http" not in html.partition("<body>")[0]
    assert diagnose(one).headline[1:] in "".join(page.text).replace("`", "")
    assert len(html) < 1_000_000


def test_boxes_tell_in_words_what_their_colours_tell() -> None:
    page = page_of(made.contended())
    spin = next(one for one in page.boxes if one["title"].startswith("native_queued_spin_lock_slowpath\n"))
    assert spin["title"].splitlines() == [
        "native_queued_spin_lock_slowpath",
        "spins for a spinlock",
        "75 ms, 83.3 %",
        "[kernel.kallsyms]",
    ]
    assert spin["class"] == "w"
    caller = next(one for one in page.boxes if one["title"].startswith("lock_timer\n"))
    assert (caller["class"], caller["title"].splitlines()[1]) == ("c", "wants the lock")
    assert "all: 90 ms\n90 ms, 100 %" in page.titles()
    assert any(
        title.startswith("rwlock:W tasklist_lock\nthe lock that is waited for\n1.5 us") for title in page.titles()
    )
    assert "Left out: idle time, 10.0 % of everything. Shares in the picture are of the rest." in page.text


def test_the_words_are_those_of_the_terminal() -> None:
    one = profile("commits/ipvs-before.txt")
    page = "".join(page_of(one).text)
    told = [sentence for _, sentences in sections(diagnose(one)) for sentence in sentences]
    assert len(told) > 6
    assert all(sentence.replace("`", "")[1:] in page for sentence in told)
    assert "Left out: idle time, 1.7 % of everything; 39.0 % of everything, for which the file has no row." in page
    assert page.count("[no name]") == 0


def test_hostile_names_are_text() -> None:
    page = page_of(made.hostile())
    assert "img" not in page.tags
    names = {title.splitlines()[0] for title in page.titles()}
    assert {"<script>alert(1)</script>", "a\"quoted' & `ticked`", "имя_функции→λ", "[no name]"} <= names
    assert "null\ufffdand\ufffd[31mescape" in names
    (long,) = (name for name in names if name.startswith("std::vector"))
    assert (len(long), long[-12:]) == (320, " char const*)"[1:])
    assert "…" in long


def test_a_deep_stack_keeps_its_depth_and_a_huge_profile_its_size() -> None:
    assert max(int(one["style"].rpartition(":")[2]) for one in page_of(made.deep()).boxes) == 1001
    chance = random.Random(2)
    names = [f"namespace_{at}::Template<{'argument, ' * 5}{at}>::function_{at}" for at in range(3000)]
    functions = [Frame(name, "/usr/lib/libmodule.so") for name in names]
    samples = [Sample(tuple(chance.choices(functions, k=25)), 1.0, 1, "cmd") for _ in range(10_000)]
    waits = tuple(Wait("", "mutex", one.stack, 1, 1, 5.0, 5.0) for one in samples)
    huge = made.profile(*samples, waits=waits)
    html = profile_page(huge, diagnose(huge))
    assert 300_000 < len(html) < 1_500_000
    assert "branches too light to be seen are not drawn" in html


def test_a_simulated_profile_says_so() -> None:
    one = replace(made.contended(), facts={"simulated on": "amd48"})
    assert "Simulated on amd48: no such machine was run." in "".join(page_of(one).text)
    assert "imulated" not in "".join(page_of(made.contended()).text)


def test_waits_of_which_only_the_number_is_known() -> None:
    one = made.profile(waits=(Wait("0xffff888100", "mutex", made.frames("f", "g"), 7, 0, 0.0, 0.0),))
    page = page_of(one)
    assert "all: 7 waits for locks\n7 waits for locks, 100 %" in page.titles()
    assert any("No time is known." in text for text in page.text)


def test_time_off_the_cpu_is_called_that() -> None:
    text = page_of(profile("folded/offcputime.txt")).text
    assert "Where threads are off the CPU" in text
    assert "Where the time goes" not in text


def test_who_hardly_wants_the_lock_is_not_framed() -> None:
    often, rarely = made.frames("down_write", "often"), made.frames("down_write", "rarely")
    slow = made.frames("rwsem_down_write_slowpath")
    page = page_of(made.profile(Sample(slow + often, 90.0, 90), Sample(slow + rarely, 5.0, 5)))
    assert {one["title"].splitlines()[0] for one in page.boxes if one.get("class") == "c"} == {"often"}


def test_holders_are_drawn_where_they_are_known() -> None:
    holder = Wait("", "mutex", made.frames("mutex_unlock", "reads_a_disk"), 2, 2, 7e6, 6e6)
    page = page_of(replace(made.contended(), blamed=(holder,)))
    assert "Who held the locks meanwhile" in page.text
    assert any(title.startswith("reads_a_disk\n7 ms, 100 %") for title in page.titles())
    assert "Who held the locks meanwhile" not in page_of(made.contended()).text


def test_only_idle_cpus_have_no_picture() -> None:
    one = made.profile(Sample((Frame("native_safe_halt"), Frame("do_idle")), 5.0, 5))
    assert page_of(one).boxes == []


def test_a_table_without_stacks_has_a_picture_of_functions() -> None:
    page = page_of(of("# Overhead  Command  Shared Object  Symbol\n 50.00%  a  [kernel]  [k] osq_lock\n"))
    assert [title.splitlines()[0] for title in page.titles()] == ["all: 50 % of samples", "a", "osq_lock"]
