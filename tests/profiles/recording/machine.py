"""Machines for tests: folders that look like `/`, and a `PATH` with the `perf` for tests on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.profiles.recording.system import System

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

PERF = Path(__file__).parent / "perf.sh"
ROOT, NOBODY = "000001ffffffffff", "0000000000000000"


def machine(folder: Path, files: Mapping[str, str | None] | None = None, *, is_root: bool = True) -> System:
    """Return a machine on which everything may be recorded, but for what `files` says; None removes a file."""
    every: dict[str, str | None] = {
        "proc/self/status": f"Name:\tprog\nCapEff:\t{ROOT if is_root else NOBODY}\n",
        "proc/self/mounts": "none /sys/kernel/tracing tracefs rw 0 0\n",
        "proc/kallsyms": "ffffffff81000000 T _text\n",
        "proc/cpuinfo": "model name\t: A processor\n",
        "proc/sys/kernel/osrelease": "6.18.44\n",
        "proc/sys/kernel/perf_event_paranoid": "2\n",
        "proc/sys/kernel/kptr_restrict": "0\n",
        "proc/sys/kernel/perf_event_max_sample_rate": "100000\n",
        "sys/kernel/tracing/events/lock/contention_begin/id": "123\n",
        "sys/kernel/tracing/events/syscalls/sys_enter_futex/id": "522\n",
        "etc/os-release": "ID=debian\n",
    }
    for name, text in (every | dict(files or {})).items():
        path = folder / name
        if text is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return System(folder)


def with_perf(folder: Path, monkeypatch: pytest.MonkeyPatch, *ways: str) -> None:
    """Put the perf for tests first on `PATH`, with the ways in which it fails."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "perf").symlink_to(PERF)
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_PERF", " ".join(ways))
