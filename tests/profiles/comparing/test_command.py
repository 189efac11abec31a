"""`lockwright diff` as a person calls it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import CAPTURES, FILES, of
from tests.profiles.comparing.made import recording, side, waiting
from tests.profiles.test_fuzz import bytes_of, mutated

import lockwright
from lockwright.cli.main import run
from lockwright.errors import LockwrightError
from lockwright.profiles.comparing import compare
from lockwright.report.diff import diff_text
from lockwright.report.diff_block import Given, block
from lockwright.report.diff_records import diff_json

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.profiles import Profile

BEFORE, AFTER = (str(CAPTURES / "commits" / f"ipvs-{one}.txt") for one in ("before", "after"))
FOLDED = "main;find;_raw_spin_lock;native_queued_spin_lock_slowpath {}\nmain;work {}\n"


def folded(folder: Path, name: str, lock: int, work: int) -> str:
    path = folder / name
    path.write_text(FOLDED.format(lock, work))
    return str(path)


def test_the_command_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", BEFORE, AFTER]) == 0
    assert capsys.readouterr().out == diff_text(lockwright.diff(BEFORE, AFTER))


def test_several_runs_a_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [folded(tmp_path, f"{number}.txt", 500 + 10 * number, 500) for number in range(3)]
    others = [folded(tmp_path, f"after{number}.txt", 100 + 10 * number, 500) for number in range(3)]
    assert (
        run(["diff", "--before", *runs, "--after", *others, "--before-work", "5", "6", "7", "--after-work", "9"]) == 0
    )
    page = capsys.readouterr().out
    assert page.startswith(
        "0.403 times the busy time for each operation; less waiting: the spinlock wanted by find fell"
    )
    assert "2,000 draws of runs" in page
    told = " ".join(page.split())
    assert "0.txt and 2 more: folded stacks, 3 runs, at most 1.0 points between two of them" in told


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", BEFORE, AFTER, "--json", "-", "--before-work", "100"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["command"], found["seeds"]) == ("lockwright.diff/1", "diff", [1])
    first = found["symbols"][0]
    assert first["symbol"] == "ip_vs_conn_in_get"
    assert first["difference_percent_low"] < first["difference_percent"] < first["difference_percent_high"]
    assert all(not isinstance(value, dict | list) for one in found["symbols"] for value in one.values())
    assert [one["side"] for one in found["sides"]] == ["before", "after"]


def test_blocks_go_where_they_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "block.md"
    assert run(["diff", BEFORE, AFTER, "--block", "--machine", "m", "--markdown", str(target)]) == 0
    found = lockwright.diff(BEFORE, AFTER)
    assert capsys.readouterr().out == block(found, Given("m"))
    assert target.read_text() == block(found, Given("m"), markdown=True)
    assert run(["diff", BEFORE, AFTER, "--markdown", "-"]) == 0
    assert capsys.readouterr().out == block(found, Given(), markdown=True)


def test_a_page_on_standard_output_keeps_nothing_else_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "found.json"
    assert run(["diff", BEFORE, AFTER, "--html", "-", "--json", str(target)]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!")
    assert page.rstrip().endswith("</html>")
    assert json.loads(target.read_text())["command"] == "diff"


def test_the_text_of_perf_diff_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", str(CAPTURES / "diff" / "delta-abs.txt")]) == 0
    assert "78.1 %  11.7 %       -66.4  update" in capsys.readouterr().out


def test_the_text_of_perf_diff_with_three_files() -> None:
    found = lockwright.diff(str(CAPTURES / "diff" / "three-files.txt"))
    assert found.warnings[0] == "the text compares more than two files: the first two are told, 1 more left out"


def test_profiles_in_place_of_files() -> None:
    one, other = recording({"f": 10, "g": 90}), recording({"f": 90, "g": 10})
    assert lockwright.diff(one, [other, other]).symbols[0].difference.value == 80


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "U001"),
        (["a", "b", "c"], "U001"),
        ([BEFORE, AFTER, "--before", BEFORE], "U001"),
        (["--before", BEFORE], "U001"),
        (["-", "-"], "U001"),
        ([BEFORE, AFTER, "--rows", "0"], "U001"),
        ([BEFORE, AFTER, "--seed", "-1"], "U001"),
        ([BEFORE, AFTER, "--json", "-", "--block"], "U001"),
        ([BEFORE, "nowhere.txt"], "U002"),
        ([BEFORE, AFTER, "--table", "nowhere.csv"], "U002"),
        ([BEFORE, AFTER, "--json", "/nowhere/x.json"], "U002"),
        ([BEFORE], "P040"),
        ([BEFORE, AFTER, "--before-seconds", "0"], "P041"),
        ([BEFORE, AFTER, "--before-seconds", "nan"], "P041"),
        ([BEFORE, AFTER, "--before-work", "1", "2"], "P041"),
        ([BEFORE, AFTER, "--before-work", "many"], "U001"),
        ([BEFORE, str(CAPTURES / "mmap-ns.lock.script.gz")], "P043"),
    ],
)
def test_wrong_input_is_one_clear_error(arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *arguments]) == 2
    told = capsys.readouterr()
    assert told.err.count("error[") == 1
    assert f"error[{code}]" in told.err
    assert not told.out


@pytest.mark.parametrize("code", ["P040", "P041", "P042", "P043", "P044"])
def test_every_code_is_explained(code: str) -> None:
    assert code in lockwright.explain(code)


def test_cache_lines_are_not_compared() -> None:
    lines = str(CAPTURES.parent / "samples" / "perf_c2c" / "false-sharing-6.1.txt")
    with pytest.raises(LockwrightError, match="has cache lines, which are not compared"):
        lockwright.diff(lines, lines)


def test_runs_of_a_side_without_a_common_event() -> None:
    with pytest.raises(LockwrightError, match="P042"):
        compare(side(recording({"f": 1}), recording({"f": 1}, event="other")), side(recording({"f": 1})))
    with pytest.raises(LockwrightError, match="P042"):
        compare(side(recording({"f": 1}), waiting(("mutex", "f", 1, 1.0))), side(recording({"f": 1})))
    with pytest.raises(LockwrightError, match="P043"):
        compare(side(recording({"f": 1})), side(waiting(("mutex", "f", 1, 1.0))))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("threads,before,after\n", 1),
        ("threads,before,after\n1,2\n", 2),
        ("1,2,3\n2,x,3\n", 2),
        ("1,2,3\n\n1,2,3\n", 3),
        ("0,1,2\n", 1),
        ("1,nan,2\n", 1),
        ("1.5,1,2\n", 1),
    ],
)
def test_wrong_tables(text: str, line: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert run(["diff", BEFORE, AFTER, "--table", str(path)]) == 2
    told = capsys.readouterr().err
    assert "error[P044]" in told
    assert f"table.csv:{line}:1" in told


def shown(*profiles: Profile) -> None:
    """Compare two profiles and show them in every way; what cannot be compared has a code."""
    try:
        found = compare(side(profiles[0]), side(profiles[1]))
    except LockwrightError as error:
        codes = {one.code for one in error.diagnostics}
    else:
        codes = set()
    assert codes <= {"P042", "P043"}
    if codes:
        return
    assert found.headline
    assert all(0 <= one.value <= 101 for row in found.changes for one in (row.before, row.after))
    assert diff_text(found)
    assert block(found, Given())
    assert block(found, Given(), markdown=True)
    json.dumps(diff_json(found), allow_nan=False)


def read(data: bytes) -> Profile | None:
    try:
        return of(data)
    except LockwrightError:
        return None


def test_whatever_was_read_can_be_compared() -> None:
    chance = random.Random(5)
    for _ in range(30):
        made = [read(mutated(bytes_of(chance.choice(FILES)), chance)) for _ in range(2)]
        if made[0] is not None and made[1] is not None:
            shown(made[0], made[1])


@pytest.mark.parametrize("name", FILES)
def test_every_recording_against_itself_has_not_changed(name: str) -> None:
    profile = read(bytes_of(name))
    if profile is None or not (profile.samples or profile.waits):
        return
    shown(profile, profile)
    found = compare(side(profile), side(profile))
    assert not any(one.is_significant or one.mark for one in found.changes)
    assert all(one.difference.value == 0 for one in found.changes)
    assert all(one.before == one.after for one in found.waits)


def test_odd_profiles() -> None:
    idle, empty = recording({"intel_idle": 10}), recording({"f": 0}, unit="percent")
    tiny, huge = recording({"f": 1}), recording({"f": 1e15, "g": 1})
    for one in (idle, empty, tiny, huge):
        for other in (idle, empty, tiny, huge):
            shown(one, other)
