"""The options of `lockwright profile` that write: files that are whole or not there, and standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import CAPTURES, of
from tests.profiles.writers.protobuf import decoded

from lockwright.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

WAITS = str(CAPTURES / "mmap-ns.lock.script.gz")
OPTIONS = ("--json", "--html", "--folded", "--speedscope", "--pprof")


def test_all_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    targets = {option: tmp_path / option[2:] for option in OPTIONS}
    assert run(["profile", WAITS, *(f"{option}={path}" for option, path in targets.items())]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("contended lock: ")
    assert "note: `--folded` writes waiting for locks alone" in shown.err
    assert json.loads(targets["--json"].read_text())["command"] == "profile"
    total_ns = of(targets["--folded"].read_bytes()).total
    assert total_ns == json.loads(targets["--speedscope"].read_text())["profiles"][0]["endValue"]
    assert total_ns == sum(values[0] for _, values, _ in decoded(targets["--pprof"].read_bytes()).samples)
    assert set(tmp_path.iterdir()) == set(targets.values())


@pytest.mark.parametrize("option", OPTIONS)
def test_standard_output_is_for_one_alone(option: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lockwright", "profile", WAITS, option, "-"]
    piped = subprocess.run(command, capture_output=True, check=True).stdout
    path = tmp_path / "written"
    assert run(["profile", WAITS, option, str(path)]) == 0
    assert piped.rstrip(b"\n") == path.read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(("target", "told"), [("missing/x", "there is no folder"), (".", "it is a folder"), ("", "no")])
def test_what_cannot_be_written_is_refused_before_the_file_is_read(
    option: str, target: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["profile", "no such file", f"{option}={target}"]) == 2
    shown = capsys.readouterr()
    assert f"`{option} {target}` cannot be written: {told}" in shown.err
    assert "no such file" not in shown.err
    assert not shown.out


def test_two_on_standard_output_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", WAITS, "--json", "-", "--pprof", "-"]) == 2
    assert "`--json` and `--pprof` cannot both go to standard output" in capsys.readouterr().err


def test_nothing_is_written_before_all_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "heavy.folded"
    source.write_text(f"main;work {10**19}\n")
    made = [tmp_path / name for name in ("folded", "pprof")]
    assert run(["profile", str(source), "--folded", str(made[0]), "--pprof", str(made[1])]) == 2
    assert "error[P031]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [source]


def test_writers_are_imported_only_when_asked_for() -> None:
    code = (
        "import sys; from lockwright.cli.main import run; run(['profile', sys.argv[1]]);"
        "print([one for one in sys.modules if 'writers' in one or 'profile_page' in one])"
    )
    path = str(CAPTURES / "commits" / "ipvs-before.txt")
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True, text=True)
    assert done.stdout.endswith("\n[]\n")
