"""From a command to a profile, with a perf for tests: what is merged, what is told, and what is left behind."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from tests.profiles.recording.machine import machine, with_perf

from lockwright.errors import LockwrightError
from lockwright.profiles import read
from lockwright.profiles.recording import Request, look, record
from lockwright.profiles.recording.launching import descendants
from lockwright.report.recording import recording_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockwright.profiles.recording import Recording


def recorded(tmp_path: Path, request: Request) -> Recording:
    return record(request, lambda _: None, machine(tmp_path / "root"))


def test_samples_and_waits_are_one_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    found = recorded(tmp_path, Request(("sh", "-c", "exit 3")))
    (sample,), (wait, sleep) = found.profile.samples, found.profile.waits
    assert sample.stack[0].symbol == "spin"
    assert (wait.kind, wait.total_ns, wait.stack[2].symbol) == ("rwsem:W", 250_000, "lock_rename")
    assert (sleep.kind, sleep.total_ns, sleep.stack[-1].symbol) == ("pthread lock", 2_000_000, "deposit")
    assert (found.status, found.ending, found.lacks, found.folder) == (3, "end", (), None)
    assert found.notes == ("1 sample is few for shares: record what works for longer, or `--frequency 4990`",)
    *_, run, status, note = (text for text, _ in recording_lines(found))
    assert run.startswith(f"run     {found.elapsed_s:.2f} s, of the CPUs ")
    assert (status, note) == ("note: the command ended with status 3", f"note: {found.notes[0]}")
    facts = found.profile.facts
    assert (facts["cmdline"], facts["scope"], facts["os release"]) == ("sh -c exit 3", "command", "6.18.44")
    assert facts["threads"] == "1"
    assert 0 < float(facts["lock events s"]) <= float(facts["elapsed_s"]) == pytest.approx(found.elapsed_s, abs=1e-6)


def test_what_is_kept_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "overrun")
    folder = tmp_path / "kept"
    found = recorded(tmp_path, Request(("true",), folder=folder))
    assert found.folder == folder
    kept = ["recording.script.gz", "samples.data", "sleeps.data", "waits.data"]
    assert sorted(one.name for one in folder.iterdir()) == kept
    again = read(str(folder / "recording.script.gz"))
    assert (again.samples, again.waits) == (found.profile.samples, found.profile.waits)
    assert again.facts["lost events"] == "3720"
    assert again.facts == found.profile.facts
    assert "1,240 samples were lost: perf could not keep up" in found.notes
    assert "note: 1,240 waits were lost: perf could not keep up" in [text for text, _ in recording_lines(found)]


def test_perf_is_asked_for_the_right_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    folder = tmp_path / "kept"
    recorded(tmp_path, Request(("true",), frequency_hz=199, call_graph="dwarf", folder=folder, megabytes=3))
    samples, waits = ((folder / f"{one}.data").read_text() for one in ("samples", "waits"))
    assert "-e cycles -F 199 --call-graph dwarf" in samples
    assert "--max-size=12M" in samples
    assert "--synth=task -p " in samples
    assert "-e lock:contention_begin/call-graph=fp/ -e lock:contention_end/call-graph=no/ -c 1" in waits
    assert "--max-size=3M" in waits


@pytest.mark.parametrize(
    ("way", "cpus", "graph"),
    [
        ("", 2, "--call-graph dwarf,8192 -z"),
        ("", 64, "--call-graph dwarf,2096 -z"),
        ("", 1024, "--call-graph dwarf,1024 -z"),
        ("frames", 2, "--call-graph fp --sample-cpu"),
    ],
)
def test_stacks_are_found_without_frame_pointers_where_perf_can(
    way: str, cpus: int, graph: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_perf(tmp_path, monkeypatch, "counters", way)
    monkeypatch.setattr("os.cpu_count", lambda: cpus)
    _, (samples, waits, sleeps) = look(Request(("true",)), machine(tmp_path / "root"))
    assert graph in " ".join(samples)
    assert "call-graph=fp" in " ".join(waits)
    assert graph.partition(" -")[0] in " ".join(sleeps)


def test_only_calls_that_sleep_are_recorded_of_futexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    _, (_, _, sleeps) = look(Request(("true",), megabytes=16), machine(tmp_path / "root"))
    shown = " ".join(sleeps)
    assert shown.startswith("perf record -e syscalls:sys_enter_futex --filter op==0||op==128||")
    assert "||op==393||" in shown  # FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME
    assert "op==1||" not in shown
    assert "op==129" not in shown  # FUTEX_WAKE
    assert "-e syscalls:sys_exit_futex/call-graph=no/ -c 1" in shown
    assert "--max-size=2M" in shown


def test_go_keeps_frame_pointers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    program = tmp_path / "program"
    for names, graph in (((".text", ".gopclntab"), "fp"), ((".text", ".eh_frame"), "dwarf,8192")):
        program.write_bytes(elf(names))
        program.chmod(0o755)
        _, (samples, *_) = look(Request((str(program),)), machine(tmp_path / "root"))
        assert f"--call-graph {graph} " in " ".join(samples)
    program.write_bytes(elf((".text", ".gopclntab"))[:100])
    _, (samples, *_) = look(Request((str(program),)), machine(tmp_path / "root"))
    assert "--call-graph dwarf" in " ".join(samples)


def elf(names: Sequence[str]) -> bytes:
    """Return a file of 64 bits whose sections have these names, and nothing else."""
    strings = b"".join(b"\0" + one.encode() for one in (*names, ".shstrtab")) + b"\0"
    head = struct.pack(
        "<4sBB10xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 2, 62, 1, 0, 0, 64, 0, 64, 0, 0, 64, len(names) + 1, 0
    )
    table = struct.pack("<IIQQQQIIQQ", 1, 3, 0, 0, 64 + 64 * (len(names) + 1), len(strings), 0, 0, 1, 0)
    return head + table + bytes(64 * len(names)) + strings


def test_an_old_perf_is_not_told_when_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "old")
    folder = tmp_path / "kept"
    assert recorded(tmp_path, Request(("true",), folder=folder)).profile.samples
    assert not {"-D", "--control", "--max-size", "--synth=task"} & set((folder / "samples.data").read_text().split())


@pytest.mark.parametrize("name", ["samples", "waits", "sleeps"])
def test_a_process_that_has_ended_meanwhile_is_left_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server's process may end between the listing of them all and the start of perf, which then refuses all."""
    with_perf(tmp_path, monkeypatch, "counters", f"misses-{name}")
    found = recorded(tmp_path, Request(("true",)))
    assert not found.lacks
    assert len(found.profile.samples) == 1
    assert len(found.profile.waits) == 2


def test_waits_that_perf_refuses_are_a_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters", "refuses-waits")
    found = recorded(tmp_path, Request(("true",)))
    assert [one.kind for one in found.profile.waits] == ["pthread lock"]  # of user space, which another perf records
    assert "observability operations is limited" in found.lacks[0].why
    assert not any("waits are those of the first" in one for one in found.notes)


def test_a_recorder_that_reached_its_limit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "full-waits")
    found = recorded(tmp_path, Request(("sleep", "1.2")))
    (note,) = (one for one in found.notes if "waits" in one)
    assert note.endswith("their file reached 64 MB, `--megabytes 128` records twice as much")
    assert float(found.profile.facts["lock events s"]) == pytest.approx(0.10025)  # to the last event there


def test_a_recorder_that_stopped_for_another_reason_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "dies-samples")
    found = recorded(tmp_path, Request(("sleep", "1.2")))
    (note,) = (one for one in found.notes if "samples are those" in one)
    assert note.endswith("s: perf: failed to write perf data, error: No space left on device")


@pytest.mark.parametrize(("way", "code"), [("refuses-samples", "P024"), ("unreadable", "P024"), ("nothing", "P025")])
def test_perf_fails(way: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, way)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = descendants(os.getpid())
    with pytest.raises(LockwrightError, match=code) as caught:
        recorded(tmp_path, Request(("sleep", "0.1")))
    assert ("seccomp" in str(caught.value)) == (way == "refuses-samples")
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".lockwright")]
    assert set(descendants(os.getpid())) <= set(before)


def test_a_command_whose_format_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch)
    script = tmp_path / "script"
    script.write_text("echo no interpreter\n")
    script.chmod(0o755)
    with pytest.raises(LockwrightError, match=r"P022(.|\n)*#!/bin/sh"):
        recorded(tmp_path, Request((str(script),), folder=tmp_path / "kept"))
    assert not (tmp_path / "kept").exists()


def test_the_signal_that_killed_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch)
    found = recorded(tmp_path, Request(("sh", "-c", "kill -SEGV $$")))
    assert found.status == 128 + signal.SIGSEGV
    assert "note: the command ended with signal 11 (SIGSEGV)" in [text for text, _ in recording_lines(found)]


def test_after_its_seconds_the_command_and_what_it_started_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch)
    before = descendants(os.getpid())
    found = recorded(tmp_path, Request(("sh", "-c", "sleep 30 & sleep 31"), seconds=0.3))
    assert (found.ending, found.status) == ("seconds", 128 + signal.SIGTERM)
    assert found.elapsed_s < 5
    assert set(descendants(os.getpid())) <= set(before)


def test_a_signal_stops_the_command_and_what_was_recorded_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_perf(tmp_path, monkeypatch)
    told = list[str]()

    def interrupt() -> None:
        while not told:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    request = Request(("sh", "-c", "trap 'exit 9' INT; while :; do sleep 0.05; done"))
    found = record(request, told.append, machine(tmp_path / "root"))
    assert (found.ending, found.status) == ("interrupt", 9)
    assert found.profile.samples


def test_a_signal_while_it_is_read_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "slow")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = [sys.executable, "-m", "lockwright", "record", "--no-locks", "--", "true"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "reading them" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(0.2)
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    assert {one.name for one in tmp_path.iterdir()} == {"bin"}


def test_a_command_that_ignores_signals_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch)
    monkeypatch.setattr("lockwright.profiles.recording.watching.GRACE_S", 0.2)
    told = list[str]()
    request = Request(("sh", "-c", "trap '' INT TERM; while :; do sleep 0.05; done"), seconds=0.3)
    found = record(request, told.append, machine(tmp_path / "root"))
    assert found.status == 128 + signal.SIGKILL
    assert "the command has not ended: it gets SIGKILL" in told


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Request(), "U003"),
        (Request(("true",), pid=1), "U003"),
        (Request(("true",), seconds=0), "U003"),
        (Request(("true",), seconds=float("nan")), "U003"),
        (Request(("true",), frequency_hz=0), "U003"),
        (Request(("true",), megabytes=0), "U003"),
        (Request(("no-such-command",)), "P022"),
        (Request(("./no-such-file",)), "P022"),
        (Request(("/",)), "P022"),
        (Request((__file__,)), "P022"),
        (Request(pid=-1), "P023"),
        (Request(pid=1 << 40), "P023"),
    ],
)
def test_mistakes_are_told_before_anything_runs(request_: Request, code: str, tmp_path: Path) -> None:
    with pytest.raises(LockwrightError, match=code):
        recorded(tmp_path, request_)


def test_samples_that_short_processes_never_give_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch)
    loop = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"
    found = recorded(tmp_path, Request(("sh", "-c", loop), frequency_hz=50_000))
    assert found.notes[0].startswith("only 1 of some ")
    assert found.notes[0].endswith("have none; `-a` records them")
    whole = recorded(tmp_path, Request(("sh", "-c", loop), frequency_hz=50_000, is_system_wide=True))
    assert whole.notes == ("1 sample is few for shares: record what works for longer, or `--frequency 100000`",)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(LockwrightError, match="U002"):
        recorded(tmp_path, Request(("true",), folder=tmp_path / "nowhere" / "kept"))
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "file"):
        with pytest.raises(LockwrightError, match="U002"):
            recorded(tmp_path, Request(("true",), folder=folder))
