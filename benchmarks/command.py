"""How long a person waits: the whole command, start-up included, for each small lock.

Prints wall seconds (median of `RUNS`) on a warm cache, and those of `--help` and of the first run ever
(an empty cache of machine code).  As ratios: to `python -c pass` in the same run, so that a slow machine cancels out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 5
LOCKS = ("tas", "ttas", "ttas_backoff", "ticket", "linux_ticket", "ticket_backoff", "anderson", "clh", "mcs")


def seconds(arguments: list[str], environment: dict[str, str] | None = None) -> float:
    """Return the wall time of one run of Python with these arguments."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | (environment or {}),
    )
    return time.perf_counter() - began


def median(arguments: list[str]) -> float:
    """Return the median wall time of `RUNS` runs."""
    return statistics.median(seconds(arguments) for _ in range(RUNS))


def main() -> None:
    """Print one line for each command."""
    bare = median(["-c", "pass"])
    print(f"{'command':40} {'seconds':>8} {'x bare python':>14}")

    def row(name: str, took: float) -> None:
        print(f"{name:40} {took:8.2f} {took / bare:14.0f}", flush=True)

    row("python -c pass", bare)
    row("--help", median(["-m", "lockwright", "--help"]))
    with tempfile.TemporaryDirectory() as empty:
        row(
            "check ticket, first run ever", seconds(["-m", "lockwright", "check", "ticket"], {"NUMBA_CACHE_DIR": empty})
        )
    for lock in LOCKS:
        command = ["-m", "lockwright", "check", lock]
        seconds(command)
        row(f"check {lock}", median(command))


if __name__ == "__main__":
    main()
