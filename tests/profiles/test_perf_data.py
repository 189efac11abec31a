"""What `perf record` writes, read through `perf script`: with the perf that is here, and with programs in its place."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lockwright.errors import LockwrightError
from lockwright.profiles import read, scripting
from lockwright.profiles.machine_code import annotating
from lockwright.profiles.watch import Watch

BUSY = "s = 0\nfor one in range(3_000_000): s += one"
RECORDING = b"PERFILE2" + bytes(100)
SAMPLE = "task 1 [000] 1.000000001: 250000 cpu-clock: \n\tffffffff81000000 osq_lock+0x1 ([kernel.kallsyms])\n\n"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a short run in user space."""
    if not shutil.which("perf"):
        pytest.skip("there is no perf here")
    path = tmp_path_factory.mktemp("recorded") / "perf.data"
    command = ["perf", "record", "-q", "-e", "cpu-clock:u", "-F", "499", "-g", "-o", str(path)]
    done = subprocess.run([*command, sys.executable, "-c", BUSY], capture_output=True, check=False)
    if done.returncode or not path.exists():
        pytest.skip("perf can't record here")
    return path


def test_a_recording_is_read_through_perf(recording: Path) -> None:
    found = read(str(recording))
    assert found.provenance.reader == "perf script"
    assert sum(one.count for one in found.samples) > 20
    assert not found.provenance.cut
    command = found.facts["read through"]
    assert command == f"perf script --header --ns --no-inline --show-mmap-events --show-task-events -i {recording}"


def test_a_recording_in_gzip(recording: Path, tmp_path: Path) -> None:
    packed = tmp_path / "perf.data.gz"
    packed.write_bytes(gzip.compress(recording.read_bytes()))
    assert read(str(packed)).samples == read(str(recording)).samples


def test_a_recording_from_standard_input(recording: Path) -> None:
    for data in (recording.read_bytes(), gzip.compress(recording.read_bytes())):
        done = subprocess.run(
            [sys.executable, "-m", "lockwright", "profile", "-"], input=data, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert b"standard input: read as perf script" in done.stdout
        assert b"made text by `perf script" in done.stdout


def test_half_a_recording_says_so(recording: Path, tmp_path: Path) -> None:
    data = recording.read_bytes()
    half = tmp_path / "half.data"
    half.write_bytes(data[: len(data) // 2])
    done = subprocess.run(
        [sys.executable, "-m", "lockwright", "profile", str(half)], capture_output=True, check=False, text=True
    )
    if done.returncode:
        assert done.returncode == 2
        assert "error[P003]" in done.stderr
        assert "note: " in done.stderr
    else:
        assert "breaks off" in done.stdout or "perf said" in done.stdout


@pytest.fixture
def recorded(tmp_path: Path) -> str:
    path = tmp_path / "perf.data"
    path.write_bytes(RECORDING)
    return str(path)


def in_place_of_perf(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a shell script where `perf` is looked for."""
    program = folder / "perf"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_without_perf(recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LockwrightError) as raised:
        read(recorded)
    assert "error[P003]" in str(raised.value)
    assert "perf script --ns -i FILE > FILE.txt" in str(raised.value)


def test_what_perf_says_is_kept(recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_perf(tmp_path, f"echo 'no symbols found' >&2; printf '{SAMPLE}'", monkeypatch)
    found = read(recorded)
    assert [one.stack[0].symbol for one in found.samples] == ["osq_lock"]
    assert found.facts["perf said"] == "no symbols found"


def test_a_perf_that_fails(recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_perf(tmp_path, "echo 'incompatible file format' >&2; exit 255", monkeypatch)
    with pytest.raises(LockwrightError) as raised:
        read(recorded)
    assert "`perf script` ended with status 255" in str(raised.value)
    assert "note: incompatible file format" in str(raised.value)


def test_a_perf_that_fails_in_the_middle(recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_perf(tmp_path, f"printf '{SAMPLE}'; exit 3", monkeypatch)
    assert read(recorded).provenance.cut == "`perf script` ended with status 3"


def test_a_perf_that_is_silent_is_ended(recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_perf(tmp_path, f"echo $$ > {tmp_path}/number; sleep 100", monkeypatch)
    monkeypatch.setattr(scripting.scripted.__wrapped__, "__defaults__", (0.5,))  # type: ignore[attr-defined]
    with pytest.raises(LockwrightError, match="said nothing for too long"):
        read(recorded)
    assert not is_running(int((tmp_path / "number").read_text()))


def test_an_interrupt_ends_perf(recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_perf(tmp_path, f"echo $$ > {tmp_path}/number; printf '{SAMPLE}'; sleep 100", monkeypatch)
    watch = Watch()

    def stop() -> None:
        deadline = time.monotonic() + 20
        while not (tmp_path / "number").exists() or not watch.is_waiting:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.3)
        watch.is_stopped = True
        os.kill(os.getpid(), 2)

    thread = threading.Thread(target=stop)
    thread.start()
    found = read(recorded, watch=watch)
    thread.join()
    assert "interrupted" in found.provenance.cut
    assert [one.stack[0].symbol for one in found.samples] == ["osq_lock"]
    assert not is_running(int((tmp_path / "number").read_text()))


def is_running(number: int) -> bool:
    return Path(f"/proc/{number}").exists()


def test_instructions_of_what_is_hot_are_looked_at(
    recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = tmp_path / "samples.txt"
    stack = "\tffff casl+0x1 (/home/user/spins)\n\n"
    samples.write_text("".join(f"spins {thread} 1.000000: 1 cycles:\n{stack}" for thread in (1, 2) * 60), "utf-8")
    listing = Path(__file__).parent / "machine_code/listings/compare_exchange.txt"
    asked = f'echo "$@" >> {tmp_path}/asked; if [ $1 = annotate ]; then cat {listing}; else cat {samples}; fi'
    in_place_of_perf(tmp_path, asked, monkeypatch)
    found = read(recorded)
    assert [(one.symbol, one.kind) for one in found.loops] == [("casl", "takes")]
    assert found.facts["instructions of"] == "casl"
    assert (tmp_path / "asked").read_text("utf-8").splitlines()[1:] == [
        f"annotate --stdio --no-source -i {recorded} -s casl"
    ]


def test_a_perf_that_annotates_nothing_changes_nothing(
    recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place_of_perf(tmp_path, f"if [ $1 = annotate ]; then exit 1; fi; printf '{SAMPLE}'", monkeypatch)
    assert read(recorded).loops == ()


def test_a_perf_that_takes_too_long_to_annotate_is_ended(
    recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "samples.txt"
    stack = "\tffff casl+0x1 (/home/user/spins)\n\n"
    path.write_text("".join(f"spins {thread} 1.000000: 1 cycles:\n{stack}" for thread in (1, 2)), "utf-8")
    in_place_of_perf(tmp_path, f"if [ $1 = annotate ]; then exec sleep 100; fi; cat {path}", monkeypatch)
    monkeypatch.setattr(annotating, "_LIMIT_S", 0.2)
    found = read(recorded)
    assert found.loops == ()
    assert found.samples
