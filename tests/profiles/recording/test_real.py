"""`lockwright record` with a real perf, as a person calls it; skipped, with the reason, where there is none."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lockwright
from lockwright.errors import LockwrightError
from lockwright.profiles import folding
from lockwright.profiles.recording import Request, look

if TYPE_CHECKING:
    from collections.abc import Sequence

LOADS = str(Path(__file__).with_name("loads.py"))
RECORD = (sys.executable, "-m", "lockwright", "record")


@cache
def missing(*, locks: bool) -> str:
    """Return why nothing can be recorded here; empty if it can."""
    try:
        can, _ = look(Request(("true",)))
    except LockwrightError as error:
        return error.diagnostics[0].title
    if not can.has_kernel:
        return "perf may not look into the kernel"
    if locks and not can.has_locks:
        return f"no waits for locks: {can.lacks[-1].why}"
    return ""


def needs(*, locks: bool = False) -> None:
    if missing(locks=locks):
        pytest.skip(missing(locks=locks))


def run(options: Sequence[str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RECORD, *options, "--", *command], capture_output=True, text=True, check=False, timeout=60)


def test_a_contended_directory() -> None:
    needs(locks=True)
    found = lockwright.record(sys.executable, LOADS, "rename", "1")
    assert (found.status, found.ending) == (0, "end")
    assert found.profile.samples
    assert found.profile.has_stacks
    assert {one.command for one in found.profile.samples} & {"python", "python3", Path(sys.executable).name}
    heaviest = folding.waits_by_caller(found.profile.waits)[0]
    assert heaviest.kind == "rwsem:W"
    assert heaviest.caller in {"do_renameat2", "lock_rename"}
    assert 0.9 < float(found.profile.facts["elapsed_s"]) < 10


def test_the_command_prints_the_report_and_passes_the_status(tmp_path: Path) -> None:
    needs()
    done = run(["-o", str(tmp_path / "kept")], sys.executable, "-c", "sum(range(4_000_000)); raise SystemExit(7)")
    assert done.returncode == 7
    assert "note: the command ended with status 7" in done.stdout
    assert "recording.script.gz" in done.stdout
    assert {one.name for one in (tmp_path / "kept").iterdir()} >= {"samples.data", "recording.script.gz"}


@pytest.mark.slow
def test_json_has_standard_output_for_itself() -> None:
    needs()
    done = run(["--json", "-", "--no-locks"], sys.executable, "-c", "print(sum(range(4_000_000)))")
    assert json.loads(done.stdout)["command"] == "profile"
    assert "7999998000000" in done.stderr


def test_control_c_on_a_terminal_stops_the_command_and_what_there_is_is_read(tmp_path: Path) -> None:
    """The key reaches the command too, so it is not sent a second time: the trap runs once."""
    needs()
    marks = tmp_path / "marks"
    script = f"trap 'echo stopped >> {marks}; exit 4' INT; echo up; while :; do :; done"
    child, terminal = pty.fork()
    if child == 0:
        os.execv(RECORD[0], [*RECORD, "--no-locks", "--", "bash", "-c", script])
    text = _read_until(terminal, b"up")
    time.sleep(0.5)
    os.write(terminal, b"\x03")
    text += _read_until(terminal, b"")
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 4, text.decode()
    assert marks.read_text() == "stopped\n"
    assert b"note: the command ended with status 4" in text


def _read_until(terminal: int, word: bytes) -> bytes:
    """Read what is printed until a word, or the end."""
    text, until_s = b"", time.monotonic() + 60
    while time.monotonic() < until_s and not (word and word in text):
        try:
            got = os.read(terminal, 1 << 16)
        except OSError:  # the last program on a terminal has ended
            break
        if not got:
            break
        text += got
    return text


@pytest.mark.slow
def test_a_process_that_runs_already_and_what_it_has_started() -> None:
    needs()
    with subprocess.Popen([sys.executable, LOADS, "rename", "30"], start_new_session=True) as load:
        try:
            time.sleep(0.5)
            done = subprocess.run(
                [*RECORD, "-p", str(load.pid), "--seconds", "0.5", "--no-locks"],
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        finally:
            os.killpg(load.pid, signal.SIGKILL)
    assert done.returncode == 0, done.stderr
    assert f"recording of process {load.pid}" in done.stdout


@pytest.mark.slow
def test_all_cpus_see_others() -> None:
    needs()
    with subprocess.Popen([sys.executable, LOADS, "work", "30"]) as load:
        try:
            found = lockwright.record(all_cpus=True, seconds=0.5, locks=False)
        finally:
            load.kill()
    assert found.status is None
    assert found.profile.facts["scope"] == "system"
    assert any("python" in one.command for one in found.profile.samples)


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become somebody else, by setpriv"
)
def test_somebody_else_than_root_is_told_what_is_missing() -> None:
    needs()
    if int(Path("/proc/sys/kernel/perf_event_paranoid").read_text()) != 2:
        pytest.skip("kernel.perf_event_paranoid is not 2, the kernel's own")
    kept = "-all,+dac_read_search"  # so that this Python can be read wherever it lies
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    loop = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
    command = [*nobody, f"--inh-caps={kept}", f"--ambient-caps={kept}", *RECORD, "--", "sh", "-c", loop]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd="/")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "not recorded: what the kernel does: its locks, and who wants them" in text
    assert "kernel.perf_event_paranoid is 2, and you are not root" in text
    assert "sysctl kernel.perf_event_paranoid=-1" in text
