"""`lockwright profile` as a person calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import CAPTURES, FILES, content, of, profile

import lockwright
from lockwright.cli.main import run
from lockwright.profiles.diagnosis.words import duration
from lockwright.report.profile import profile_json, profile_text

if TYPE_CHECKING:
    from tests.conftest import Golden

PAGES = Path(__file__).parent / "pages"
SHOWN = [name for name in FILES if "/" not in name or name.startswith("commits/")]


@pytest.mark.parametrize("name", SHOWN)
def test_pages(name: str, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CAPTURES)
    page = profile_text(lockwright.profile(name), rows=6)
    assert all(len(line) <= 100 for line in page.splitlines())
    golden(PAGES / f"{Path(name).name.removesuffix('.gz').removesuffix('.txt')}.txt", page)


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_narrow_terminals_wrap(columns: int) -> None:
    page = profile_text(of(content("commits/ovs-flow-stats-before.txt")), columns=columns)
    text = page.partition("\nlock ")[2]
    assert all(len(line) <= columns for line in text.splitlines())
    assert all(len(line) <= columns for line in page.partition("\n\n")[0].splitlines())


def test_the_command_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(CAPTURES / "mmap-ns.lock.script.gz")
    assert run(["profile", path]) == 0
    assert capsys.readouterr().out == profile_text(lockwright.profile(path))


def test_standard_input() -> None:
    text = (CAPTURES / "commits" / "ipvs-before.txt").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "lockwright", "profile", "-"], input=text, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"not a lock: 43.1 % of busy time (42.4 % of all) in ip_vs_conn_in_get")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", str(CAPTURES / "create-unlink.report.txt"), "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["command"]) == ("lockwright.profile/1", "profile")
    first = found["symbols"][0]
    assert (first["symbol"], first["role"], first["lock"]) == ("rwsem_spin_on_owner", "spin", "rwsem")
    assert first["share_percent"] == pytest.approx(3.91)
    assert {one["caller"] for one in found["lock_callers"]} >= {"do_unlinkat", "path_openat"}
    told = found["diagnosis"]
    assert (told["verdict"], told["lock"]["kind"]) == ("minor", "rwsem")
    assert told["lock"]["sites"][0]["caller"] == "do_unlinkat"


def test_waits_as_json() -> None:
    first = profile_json(profile("mmap-ns.lock.script.gz"))["waits"][0]
    assert (first["kind"], first["caller"], first["contended"]) == ("rwsem:W", "__vm_munmap", 166)
    assert duration(first["total_ns"]) == "1.01 s"


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"", "P002"), (b"what is this\n", "P001"), (b"PERFILE2\0", "P003"), (b"lock_stat version 0.4\n", "P004")],
)
def test_what_cannot_be_read(text: bytes, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "perf.txt"
    path.write_bytes(text)
    assert run(["profile", str(path)]) == 2
    assert f"error[{code}]" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", str(tmp_path / "nowhere.txt")]) == 2
    assert run(["profile", str(tmp_path)]) == 2
    assert run(["profile", str(tmp_path), "--rows", "0"]) == 2
    assert capsys.readouterr().err.count("error[U00") == 3


def test_a_profile_without_locks_says_so() -> None:
    assert profile_text(of("main;work 3\nmain;rest 1\n")).startswith(
        "no lock in sight: no sample in a function that takes one or waits for one\n  pasted.txt: read as folded stacks"
    )


def test_several_events_are_not_added_up() -> None:
    text = "".join(
        f"# Samples: 1K of event '{event}'\n# Overhead  Command  Shared Object  Symbol\n 50.00%  a  b  [k] {symbol}\n"
        for event, symbol in (("cycles", "osq_lock"), ("cache-misses", "memcpy"))
    )
    page = profile_text(of(text))
    assert page.startswith("undecided: at least 50.0 % of busy time waits for a mutex or rwsem")
    assert "of cycles; also recorded: cache-misses" in page
    assert "memcpy" not in page


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(0, "0 ns"), (12, "12 ns"), (999.6, "1,000 ns"), (1000, "1 us"), (1.5e9, "1.5 s"), (12345e9, "12,345 s")],
)
def test_durations(time_ns: float, text: str) -> None:
    assert duration(time_ns) == text


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from lockwright.cli.main import run; run(['profile', sys.argv[1]]);"
        "print(sorted({'numpy', 'numba', 'llvmlite', 'altair'} & set(sys.modules)))"
    )
    path = str(CAPTURES / "commits" / "ipvs-before.txt")
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True, text=True)
    assert done.stdout.endswith("\n[]\n")
