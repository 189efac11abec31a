"""Files that results go to, traces that somebody changed, readers that go away."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lockwright.check import search
from lockwright.cli.main import run
from lockwright.cli.status import Status

BROKEN = """from lockwright.language import Atomic, Lock, acquire, release, u8


class TwoSteps(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.load(acquire) != 0:
            pass
        self.held.store(1, release)

    def unlock(self) -> None:
        self.held.store(0, release)
"""
GIVEN = ["check", "two_steps.py", "--memory", "sc", "--threads", "2"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("two_steps.py").write_text(BROKEN)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--json", "missing/x.json"], "there is no folder"),
        (["--html", "."], "it is a folder"),
        (["--json", ""], "no file is named"),
        (["--save-trace", "missing/x"], "`--save-trace missing/x` cannot be written"),
        (["--save-test", "missing/x"], "`--save-test missing/x` cannot be written"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_written_is_refused_before_the_work(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*GIVEN, *arguments]) == Status.INPUT
    shown = capsys.readouterr()
    assert told in shown.err
    assert not shown.out
    assert list(Path().iterdir()) == [Path("two_steps.py")]


def test_the_gallery_refuses_it_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gallery", "P7", "--html", str(folder)]) == Status.INPUT
    assert not capsys.readouterr().out


def test_a_pipe_is_written_to_and_not_replaced(folder: Path) -> None:
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, cwd=folder) as reader:
        assert run([*GIVEN, "--json", "pipe"]) == Status.FINDING
        written = reader.communicate(timeout=20)[0]
    assert json.loads(written)["command"] == "check"
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


@pytest.mark.usefixtures("folder")
def test_a_link_is_followed() -> None:
    Path("link.json").symlink_to("real.json")
    assert run([*GIVEN, "--json", "link.json"]) == Status.FINDING
    assert Path("link.json").is_symlink()
    assert json.loads(Path("real.json").read_text())["command"] == "check"


@pytest.mark.usefixtures("folder")
def test_nothing_to_keep_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "tas", "--threads", "2", "--memory", "sc", "--save-trace", "t", "--save-test", "u"]) == 0
    shown = capsys.readouterr().err
    assert "`--save-trace` wrote nothing: `tas` shows no fault" in shown
    assert "`--save-test` wrote nothing" in shown
    assert list(Path().iterdir()) == [Path("two_steps.py")]


def _trace(**changed: object) -> list[str]:
    run([*GIVEN, "--save-trace", "kept.json"])
    Path("changed.json").write_text(json.dumps(json.loads(Path("kept.json").read_text()) | changed))
    return ["check", "two_steps.py", "--replay", "changed.json"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"version": 2}, "has version 2, this program reads 1"),
        ({"schema": "other"}, "`$.schema`"),
        ({"model": "arm"}, "`$.model`"),
        ({"threads": 0}, "`$.threads`"),
        ({"threads": 10**9}, "`$.threads`"),
        ({"threads": 1}, "do not fit its threads"),
        ({"victim": 44}, "do not fit its threads"),
        ({"acquisitions": 0}, "`$.acquisitions`"),
        ({"interrupts": -5}, "`$.interrupts`"),
        ({"moves": [-1, 5]}, "`$.moves[0]`"),
        ({"moves": []}, "does not show what it says: two holders"),
        ({"kind": "data_race"}, "does not show what it says: data race"),
        ({"kind": "nonsense"}, "do not fit its threads or its kind"),
        ({"loop_length": 400}, "do not fit its threads or its kind"),
        ({"sources": {}}, "has changed since"),
        ({"lock": "other.py"}, "the trace is of other.py"),
        ({"surprise": 1}, "is no trace"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_trace_that_somebody_changed_is_refused(
    changed: dict[str, object], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = _trace(**changed)
    capsys.readouterr()
    assert run(arguments) == Status.INPUT
    shown = capsys.readouterr()
    assert told in shown.err
    assert not shown.out


@pytest.mark.usefixtures("folder")
def test_no_file_but_a_trace_is_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    run([*GIVEN, "--save-trace", "kept.json"])
    for content in (b"", b"\x00\x93", b"[]", b"{}", Path("kept.json").read_bytes()[:300]):
        Path("other.json").write_bytes(content)
        capsys.readouterr()
        assert run(["check", "two_steps.py", "--replay", "other.json"]) == Status.INPUT
        assert "--save-trace FILE" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_replay_writes_what_a_check_writes(capsys: pytest.CaptureFixture[str]) -> None:
    again = _trace()
    assert run([*again, "--html", "page.html", "--save-trace", "again.json"]) == Status.FINDING
    assert "two threads are in the critical section" in Path("page.html").read_text()
    assert Path("again.json").read_text() == Path("kept.json").read_text()
    capsys.readouterr()
    assert run([*again, "--json", "-"]) == Status.FINDING
    assert json.loads(capsys.readouterr().out)["faults"][0]["kind"] == "two_holders"


@pytest.mark.parametrize("more", [["--threads", "3"], ["--orders"], ["--property", "deadlock"]])
@pytest.mark.usefixtures("folder")
def test_a_replay_takes_no_other_instance(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*_trace(), *more]) == Status.INPUT
    assert f"`{more[0]}` does not go with `--replay`" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_replay_takes_one_lock(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*_trace(), "tas"]) == Status.INPUT
    assert "a trace is of one lock" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["check", "tas", "--threads", "2", "--memory", "sc"], 0), (GIVEN, 1), (["locks"], 0), (["show", "mcs"], 0)],
)
def test_a_reader_that_goes_away_changes_no_status(arguments: list[str], status: int, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "lockwright", *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=folder,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (status, "")


def test_a_test_of_a_path_with_quotes_is_python(folder: Path) -> None:
    odd = folder / 'a"""\\b.py'
    odd.write_text(BROKEN)
    assert run(["check", odd.name, "--memory", "sc", "--threads", "2", "--save-test", "made.py"]) == Status.FINDING
    compile(Path("made.py").read_text(), "made.py", "exec")


@pytest.mark.usefixtures("folder")
def test_a_proof_of_one_property_claims_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*GIVEN, "--property", "deadlock"]) == Status.FINE
    shown = capsys.readouterr().out
    assert shown.startswith("proved  two_steps.py: no deadlock\n")
    assert "not covered: other kinds of fault; more threads" in shown
    assert run(["check", "two_steps.py", "--threads", "2", "--acquire", "1", "--property", "deadlock"]) == Status.FINE
    assert "race" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--budget-states", "0"], "a budget of 0 states"),
        (["--budget-states", "-4"], "a budget of -4 states"),
        (["--budget-states", str(10**20)], "makes no sense"),
        (["--budget-seconds", "0"], "a budget of 0 seconds"),
        (["--budget-seconds", "nan"], "a budget of nan seconds"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_budgets_that_are_none(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*GIVEN, *arguments]) == Status.INPUT
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_files_as_editors_and_chance_leave_them(capsys: pytest.CaptureFixture[str]) -> None:
    Path("marked.py").write_bytes(b"\xef\xbb\xbf" + BROKEN.encode())
    assert run(["check", "marked.py", "--memory", "sc", "--threads", "2"]) == Status.FINDING
    Path("bytes.py").write_bytes(b"x\xff")
    Path("folder.py").mkdir()
    Path("plain.txt").write_text(BROKEN)
    for arguments, told in (
        (["check", "bytes.py"], "`bytes.py` is not a text file: byte 2 is no UTF-8"),
        (["litmus", "bytes.py"], "`bytes.py` is not a text file: byte 2 is no UTF-8"),
        (["check", "folder.py"], "`folder.py` cannot be read: Is a directory"),
        (["check", "plain.txt"], "`lockwright check ./plain.txt`"),
        (["check", "."], "`.` is a folder"),
        (["check", "ticket[u8,u8]"], "takes 1 argument\n"),
    ):
        capsys.readouterr()
        assert run(arguments) == Status.INPUT
        assert told in capsys.readouterr().err


@pytest.mark.parametrize("text", ["self.held.load()" + " + self.held.load()" * 5000, "(" * 3000 + "1" + ")" * 3000])
@pytest.mark.usefixtures("folder")
def test_what_is_nested_too_deeply_is_the_mistake_of_the_file(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("deep.py").write_text(BROKEN.replace("pass", f"held = {text}"))
    assert run(["check", "deep.py"]) == Status.INPUT
    assert "error[L001]" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_an_interrupted_check_says_what_it_proved_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    explored = search._run

    def until_tso(one: search.Underway, model: str, acquisitions: int | None) -> object:
        if model == "tso":
            raise KeyboardInterrupt
        return explored(one, model, acquisitions)

    monkeypatch.setattr(search, "_run", until_tso)
    assert run(["check", "tas", "--threads", "2", "--acquire", "1"]) == Status.INTERRUPTED
    told = " ".join(capsys.readouterr().out.split())
    assert "interrupted in tso with 2 threads x 1 acquisition; proved before: sc with 2 threads x 1 acq" in told
