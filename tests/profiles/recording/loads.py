"""Loads for real recordings, run as programs: `python loads.py rename SECONDS`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path


def rename(until_s: float) -> None:
    """Four processes rename files within one directory: its rwsem."""
    with tempfile.TemporaryDirectory() as folder:
        children = []
        for number in range(4):
            child = os.fork()
            if child == 0:
                one, other = Path(folder, f"{number}.a"), Path(folder, f"{number}.b")
                one.touch()
                while time.monotonic() < until_s:
                    for _ in range(50):
                        one.rename(other)
                        other.rename(one)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)


def work(until_s: float) -> None:
    """One process computes."""
    number = 1
    while time.monotonic() < until_s:
        number = number * 6364136223846793005 % (1 << 64)


if __name__ == "__main__":
    {"rename": rename, "work": work}[sys.argv[1]](time.monotonic() + float(sys.argv[2]))
