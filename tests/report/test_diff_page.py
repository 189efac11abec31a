"""The page of a comparison: the words of the terminal, and both sides coloured by each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import CAPTURES
from tests.profiles.writers import made
from tests.report.pages import Page

from lockwright.cli.main import run
from lockwright.profiles import Sample, comparing
from lockwright.report.diff_page import diff_page

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.profiles import Profile

SPIN, WORK, NEW = (
    made.frames("native_queued_spin_lock_slowpath", "_raw_spin_lock", "lock_timer", "sys_timer_gettime"),
    made.frames("copy_to_user", "sys_timer_gettime"),
    made.frames("rcu_core", "sys_timer_gettime"),
)
BEFORE = made.profile(Sample(SPIN, 80.0, 80), Sample(WORK, 20.0, 20))
AFTER = made.profile(Sample(SPIN, 10.0, 10), Sample(WORK, 30.0, 30), Sample(NEW, 10.0, 10))


def html(before: tuple[Profile, ...], after: tuple[Profile, ...]) -> str:
    sides = (comparing.side(before, (), (), "before"), comparing.side(after, (), (), "after"))
    return diff_page(comparing.compare(*sides), before, after)


def boxes(before: tuple[Profile, ...], after: tuple[Profile, ...]) -> dict[str, list[str]]:
    """Return class and title of each box, by picture."""
    found: dict[str, list[str]] = {}
    for one in Page(html(before, after)).boxes:
        name = one["title"].splitlines()[0]
        if name.endswith(": all busy time"):
            found[name.partition(":")[0]] = []
        else:
            list(found.values())[-1].append(" | ".join([one.get("class", ""), *one["title"].splitlines()]))
    return found


def test_boxes_tell_both_shares_and_the_difference() -> None:
    found = boxes((BEFORE,), (AFTER,))
    kernel, by_name = "[kernel.kallsyms]", "takes a lock or waits for one, by its name"
    assert found["after"][:4] == [
        f" | sys_timer_gettime | 100 % | {kernel} | before 100 %, after 100 %: +0.00 points",
        f"more much | ▲ copy_to_user | 60 % | {kernel} | before 20 %, after 60 %: +40.00 points",
        f"less much | ▼ lock_timer | {by_name} | 20 % | {kernel} | before 80 %, after 20 %: -60.00 points",
        f"less much | ▼ _raw_spin_lock | takes a spinlock | 20 % | {kernel} | before 80 %, after 20 %: -60.00 points",
    ]
    assert f"more much | ▲ rcu_core | 20 % | {kernel} | before 0 %, after 20 %: +20.00 points" in found["after"]
    assert (
        f"less much | ▼ lock_timer | {by_name} | 80 % | {kernel} | before 80 %, after 20 %: -60.00 points"
        in found["before"]
    )
    assert not any("rcu_core" in one for one in found["before"])


def test_runs_count_the_same_however_long_they_are() -> None:
    longer = made.profile(Sample(SPIN, 800.0, 800), Sample(WORK, 200.0, 200))
    assert boxes((BEFORE, longer), (AFTER,)) == boxes((BEFORE,), (AFTER,))


def test_hostile_names_are_text() -> None:
    page = Page(html((made.hostile(),), (made.hostile(), made.hostile())))
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert page.fetched == []


def test_waits_alone_have_no_picture() -> None:
    one = made.profile(waits=made.contended().waits)
    page = Page(html((one,), (one,)))
    assert page.boxes == []
    assert "Waits for locks" in page.text


@pytest.mark.parametrize("name", ["delta-abs.txt", "three-files.txt"])
def test_the_command_writes_it(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "diff.html"
    path = str(CAPTURES / "diff" / name)
    assert run(["diff", path, "--html", str(target)]) == 0
    printed = capsys.readouterr().out
    page = Page(target.read_text())
    headline = " ".join(printed.split("\n  ")[0].split())
    assert len(headline) > 20
    assert headline[1:] in " ".join("".join(page.text).split())
    assert run(["diff", path, "--html", "-"]) == 0
    assert capsys.readouterr().out == target.read_text()
    assert run(["diff", path, "--html", "missing/x.html"]) == 2
    assert "there is no folder" in capsys.readouterr().err
