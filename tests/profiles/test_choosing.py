"""One command of many that were recorded: its samples, its waits, and shares of its own busy time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import lockwright
from lockwright.cli.main import run
from lockwright.errors import LockwrightError
from lockwright.profiles import Profile, read
from lockwright.profiles.choosing import chosen, commands_of
from lockwright.profiles.diagnosis import diagnose
from lockwright.report.profile import profile_text
from lockwright.report.profile_page import profile_page

RECORDINGS = Path(__file__).parent / "recordings"
PIPE, HOG = "pipe.cpu.script.gz", "hog.cpu.script.gz"


def merged(folder: Path, *names: str) -> str:
    """Return a file in which several recordings stand behind each other."""
    path = folder / "merged.txt"
    path.write_bytes(b"".join(gzip.decompress((RECORDINGS / one).read_bytes()) for one in names))
    return str(path)


def sample(command: str, *symbols: str, thread: int = 1) -> str:
    frames = "".join(f"\t    ffff {one}+0x1 ([kernel.kallsyms])\n" for one in symbols)
    return f"{command} {thread} [000] 1.000000: 1 cycles:\n{frames}\n"


def script(folder: Path, *samples: str) -> Profile:
    path = folder / "perf.txt"
    path.write_text("".join(samples), encoding="utf-8")
    return read(str(path))


def refusal(profile: Profile, *names: str) -> tuple[str, str, str]:
    with pytest.raises(LockwrightError) as caught:
        chosen(profile, names)
    (one,) = caught.value.diagnostics
    return one.title, " ".join(one.notes), " ".join(one.helps)


def test_shares_are_of_the_chosen_command_as_if_it_had_been_recorded_alone(tmp_path: Path) -> None:
    whole = read(merged(tmp_path, PIPE, HOG))
    alone, own = diagnose(read(str(RECORDINGS / PIPE))), diagnose(chosen(whole, ["pipe"]))
    assert alone.lock is not None
    assert own.lock is not None
    assert own.lock.share_busy_percent == pytest.approx(alone.lock.share_busy_percent)
    assert own.headline == alone.headline.replace("of busy time", "of the busy time of pipe")
    assert own.promise is not None
    assert own.promise.base.startswith("the busy time of pipe")


def test_text_and_page_say_whose_shares_they_are(tmp_path: Path) -> None:
    own = chosen(read(merged(tmp_path, PIPE, HOG)), ["pipe"])
    text = " ".join(profile_text(own).split())
    assert "pipe alone: 52.7 % of everybody's busy time, and all shares are of that" in text
    assert "pipe alone: 52.7 % of everybody" in profile_page(own, diagnose(own))


def test_a_recording_of_several_names_the_option(tmp_path: Path) -> None:
    text = " ".join(profile_text(read(merged(tmp_path, PIPE, HOG))).split())
    assert "commands: pipe 52.7 %, hog 47.3 %; `--command NAME` takes one alone" in text
    assert "--command pipe takes it alone" in text


def test_one_that_suffers_among_many_is_told_though_all_of_it_is_little(tmp_path: Path) -> None:
    waiting = [sample("small", "native_queued_spin_lock_slowpath", "_raw_spin_lock", "do_thing")] * 60
    working = [sample("small", "work")] * 40 + [sample("large", "compute")] * 9900
    found = diagnose(script(tmp_path, *waiting, *working))
    assert found.verdict == "no lock"
    (caution,) = [one.sentence for one in found.cautions if one.name == "one command"]
    assert caution == (
        "small waits for locks for 60.0 % of its own time, and has 1.0 % of everybody's busy time: "
        "`--command small` tells for which"
    )


def test_patterns_and_several_names_choose_all_that_they_fit(tmp_path: Path) -> None:
    names = ("kworker/0:1-ev", "kworker/1:2-mm", "idler", "bash")
    whole = script(tmp_path, *(sample(name, "work") for name in names))
    assert {one.command for one in chosen(whole, ["kworker/*", "bash"]).samples} == {names[0], names[1], "bash"}


def test_waits_are_those_of_the_command(tmp_path: Path) -> None:
    def wait(command: str, thread: int, end: int) -> str:
        head = "lock:contention_begin: 0xffff0001 (flags=WRITE)"
        begin = f"{command} {thread} [000] 1.000000: {head}\n\tffff down_write+0x1 ([kernel.kallsyms])\n"
        return (
            f"{begin}\tffff do_it+0x1 ([kernel.kallsyms])\n\n"
            f"{command} {thread} [000] {end}.000000: lock:contention_end: 0xffff0001 (ret=0)\n\n"
        )

    whole = script(tmp_path, wait("one", 1, 2), wait("other", 2, 4))
    assert [one.total_ns for one in chosen(whole, ["other"]).waits] == [3e9]
    assert commands_of(whole) == {"other": 75.0, "one": 25.0}
    assert diagnose(chosen(whole, ["other"])).lock is not None


def test_one_thread_of_the_chosen_command_contends_with_nobody(tmp_path: Path) -> None:
    takes = [sample("single", "pthread_mutex_lock", "count_hit")] * 80 + [sample("single", "work")] * 20
    others = [sample("many", "compute", thread=thread) for thread in range(2, 90)]
    assert "one thread takes" in diagnose(chosen(script(tmp_path, *takes, *others), ["single"])).headline


def test_of_a_table_the_rows_that_are_missing_count_as_the_commands(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(
        "# Overhead  Command  Shared Object      Symbol\n"
        "    20.00%  first    [kernel.kallsyms]  [k] native_queued_spin_lock_slowpath\n"
        "    20.00%  first    [kernel.kallsyms]  [k] work\n"
        "    40.00%  second   [kernel.kallsyms]  [k] compute\n",
        encoding="utf-8",
    )
    shares = {one.stack[0].symbol: one.weight for one in chosen(read(str(path)), ["first"]).samples}
    assert shares == pytest.approx({"native_queued_spin_lock_slowpath": 100 / 3, "work": 100 / 3})


def test_folded_stacks_have_their_command_outermost(tmp_path: Path) -> None:
    path = tmp_path / "folded.txt"
    path.write_text("one;main;work 30\nother;main;wait 70\n", encoding="utf-8")
    assert [one.weight for one in chosen(read(str(path)), ["one"]).samples] == [30]


def test_an_unknown_command_is_refused_with_the_nearest_one_and_a_list(tmp_path: Path) -> None:
    whole = read(merged(tmp_path, PIPE, HOG))
    title, notes, helps = refusal(whole, "pipes")
    assert "no command `pipes`" in title
    assert notes == "commands, by busy time: pipe 52.7 %, hog 47.3 %"
    assert helps == "`--command pipe`"
    assert refusal(whole, "HOG")[2] == "`--command hog`"


def test_a_file_without_commands_is_refused() -> None:
    title, _, helps = refusal(read(str(Path(__file__).parent / "captures/commits/ipvs-before.txt")), "nginx")
    assert "does not tell which command" in title
    assert "--sort comm,dso,sym" in helps


def test_the_command_line_chooses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = merged(tmp_path, PIPE, HOG)
    assert run(["profile", file, "--command", "pipe", "--json", str(tmp_path / "out.json")]) == 0
    assert "of the busy time of pipe" in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["facts"]["chosen commands"] == "pipe"
    assert run(["profile", "--command", "pipe", "--command", "hog", file]) == 0
    assert "of the busy time of pipe and hog" in " ".join(capsys.readouterr().out.split())
    assert run(["profile", file, "--command", "nginx"]) == 2
    assert "error[P006]" in capsys.readouterr().err


def test_a_comparison_is_of_the_chosen_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = merged(tmp_path, PIPE, HOG)
    assert run(["diff", file, str(RECORDINGS / PIPE), "--command", "pipe"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("pipe: no change beyond chance")
    assert "pipe alone (52.7 % of everybody's)" in text
    assert "shares are of what was busy: idle left out, of pipe alone" in text
    assert run(["diff", file, file, "--command", "pipe", "--command-line", "./pipe 2", "--block"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Command: ./pipe 2" in text
    assert "Samples of: pipe alone: 52.7 % of busy time before, 52.7 % of busy time after" in text


def test_python_chooses_likewise(tmp_path: Path) -> None:
    file = merged(tmp_path, PIPE, HOG)
    assert {one.command for one in lockwright.profile(file, commands=["hog"]).samples} == {"hog"}
    found = lockwright.diff(file, file, commands=["hog"])
    assert {one.symbol for one in found.changes} == {
        one.symbol for one in lockwright.diff(str(RECORDINGS / HOG), str(RECORDINGS / HOG)).changes
    }
