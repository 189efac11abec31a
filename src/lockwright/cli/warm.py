"""Compile the kernels ahead of their first use: `make setup` does, so that the first check answers at once.

The kernels of `sc` and `tso` and those of `c11` are compiled in two processes beside each other.
"""

from __future__ import annotations

import subprocess
import sys

_RUNS = (
    ("check", "tas", "--memory", "tso", "--threads", "2"),
    ("check", "tas", "--memory", "c11", "--threads", "2"),
)


def warm() -> int:
    """Run a small check under each engine; return 0 if both went well."""
    running = [
        subprocess.Popen([sys.executable, "-m", "lockwright", *run], stdout=subprocess.DEVNULL)  # noqa: S603
        for run in _RUNS
    ]
    return max(abs(one.wait()) for one in running)


if __name__ == "__main__":
    sys.exit(warm())
