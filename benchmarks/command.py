"""How long a person waits: the whole command, start-up included, for each small lock.

Prints wall seconds and seconds of CPU time, and the latter as a ratio to `python -c pass` in the same run, so that a
slow machine cancels out.  Runs on a warm cache are the median of `RUNS`.  The first run ever is told apart: from the
sources (all kernels are compiled) and from a wheel (its pack of kernels is made first, which has a line of its own).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

RUNS = 5
LOCKS = ("tas", "ttas", "ttas_backoff", "ticket", "linux_ticket", "ticket_backoff", "anderson", "clh", "mcs")
WITH_PACK = """
import sys
from pathlib import Path
from lockwright.cli.main import main
from lockwright.flat import pack
pack.FILE = Path(sys.argv.pop(1))
main()
"""


class Took(NamedTuple):
    """What one command took, in seconds."""

    wall: float
    cpu: float


def took(arguments: list[str], **environment: str) -> Took:
    """Run Python with these arguments; its children count."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    wall, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(wall, cpu)


def median(arguments: list[str]) -> Took:
    """Return the median of `RUNS` runs, wall and CPU time each for itself."""
    runs = [took(arguments) for _ in range(RUNS)]
    return Took(statistics.median(one.wall for one in runs), statistics.median(one.cpu for one in runs))


def first_run(pack: Path, lock: str) -> Took:
    """Check a lock with nothing cached, and this pack, which need not exist."""
    with tempfile.TemporaryDirectory() as empty:
        return took(["-c", WITH_PACK, str(pack), "check", lock], NUMBA_CACHE_DIR=empty)


def main() -> None:
    """Print one line for each command."""
    bare = median(["-c", "pass"])
    print(f"{'command':40} {'wall s':>8} {'CPU s':>8} {'x bare python':>14}")

    def row(name: str, one: Took) -> None:
        print(f"{name:40} {one.wall:8.2f} {one.cpu:8.2f} {one.cpu / bare.cpu:14.0f}", flush=True)

    row("python -c pass", bare)
    row("--help", median(["-m", "lockwright", "--help"]))
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "kernels.pack"
        row("check tas, first run, from sources", first_run(pack, "tas"))
        row("making the pack of a wheel", took(["-m", "lockwright.cli.warm", "--pack", str(pack)]))
        row("check tas, first run, from a wheel", first_run(pack, "tas"))
    for lock in LOCKS:
        command = ["-m", "lockwright", "check", lock]
        took(command)
        row(f"check {lock}", median(command))


if __name__ == "__main__":
    main()
