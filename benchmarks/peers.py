"""States and seconds against SPIN and Harmony, one run on one machine.

SPIN (Debian's `spin`: partial order reduction, safety, one core) and Harmony (PyPI's `harmony`: one worker) explore
under sequential consistency.  Lockwright explores sc and, beside it, tso, with all reductions and all properties; its
seconds are those of the search, on a warm cache.  Compilation (`spin -a`, `gcc`) and start-up are left out for all.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
SIZES = ((2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2))
LOCKS = ("ticket", "ttas", "mcs")


def children_seconds() -> float:
    """Return the CPU seconds of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spin(lock: str, threads: int, times: int) -> tuple[int, float]:
    """Return SPIN's stored states and CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["spin", f"-DN={threads}", f"-DK={times}", "-a", HERE / "spin" / f"{lock}.pml"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        subprocess.run(
            ["gcc", "-O2", "-DSAFETY", "-DMEMLIM=4096", "pan.c", "-o", "pan"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        before = children_seconds()
        printed = subprocess.run(
            ["./pan", "-m1000000", "-w22"], cwd=folder, check=True, capture_output=True, text=True
        ).stdout
    states = re.search(r"([\d.e+]+) states, stored", printed)
    assert states is not None, printed
    return int(float(states[1])), children_seconds() - before


def harmony(program: Path, lock: str, threads: int, times: int) -> tuple[int, float]:
    """Return Harmony's states and the seconds that its engine reports."""
    with tempfile.TemporaryDirectory() as folder:
        model = shutil.copy(HERE / "harmony" / f"{lock}.hny", folder)  # it writes pages beside what it reads
        printed = subprocess.run(
            [
                program,
                "--noweb",
                "-w",
                "1",
                "-c",
                f"N={threads}",
                "-c",
                f"K={times}",
                "-o",
                f"{folder}/out.hco",
                model,
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    found = re.search(r"(\d+) states \(time ([\d.]+)s", printed)
    assert found is not None, printed
    return int(found[1]), float(found[2])


def ours(lock: str, threads: int, times: int, model: str) -> tuple[int, float]:
    """Return our states and the seconds of the engine."""
    from lockwright import check

    check(lock, threads=threads, acquire=times, memory=model)  # the cache of machine code is warm now
    (run,) = check(lock, threads=threads, acquire=times, memory=model).runs
    assert run.verdict == "proved", run
    return run.states, run.seconds


def install_harmony(folder: str) -> Path:
    """Install Harmony into a virtual environment of its own."""
    venv.create(folder, with_pip=True)
    subprocess.run(
        [f"{folder}/bin/pip", "install", "--quiet", "--disable-pip-version-check", "harmony"],
        check=True,
        capture_output=True,
    )
    return Path(folder) / "bin" / "harmony"


def main() -> None:
    """Print one line for each lock and size."""
    if shutil.which("spin") is None:
        sys.exit("spin is missing: install Debian's package `spin`")
    with tempfile.TemporaryDirectory() as folder:
        peer = install_harmony(folder)
        heads = "".join(f"{one:>21}" for one in ("SPIN (sc)", "Harmony (sc)", "Lockwright sc", "Lockwright tso"))
        print(f"{'':11}{heads}  fewer states than SPIN, Harmony")
        for lock in LOCKS:
            for threads, times in SIZES:
                rows = [
                    spin(lock, threads, times),
                    harmony(peer, lock, threads, times),
                    ours(lock, threads, times, "sc"),
                    ours(lock, threads, times, "tso"),
                ]
                cells = " ".join(f"{states:11,} {seconds:7.3f}s" for states, seconds in rows)
                fewer = " ".join(f"{states / rows[2][0]:8.1f}x" for states, _ in rows[:2])
                print(f"{lock:8} {threads}x{times} {cells}  {fewer}", flush=True)


if __name__ == "__main__":
    main()
