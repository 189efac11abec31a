"""How fast `perf script` is read, and in how much memory: a text of a size, made of a recording, in a file and in gzip.

`python benchmarks/profile_reading.py [MEGABYTES ...]`; 100 and 1000 by default. Each is read by a process of its own,
whose peak is taken. The recording is repeated with other times, threads and commands, as a longer one would have; its
stacks are those of the recording. What is made lies in a folder for temporary files, and is removed.
"""

from __future__ import annotations

import gzip
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

CAPTURES = Path(__file__).parents[1] / "tests" / "profiles" / "captures"
RECORDINGS = ("create-unlink.cpu-cut.script.gz", "mmap-ns.lock.script.gz")
MEGA = 10**6
HEAD = re.compile(r"^(\S.*?)(\s+)(\d+)(\s+(?:\[\d+\]\s+)?)(\d+)\.(\d+):", re.MULTILINE)
SPARE = 1.2  # of the disk, beside what is written


def make(path: Path, recording: str, size: int) -> None:
    """Write a recording again and again, each time later and by other threads."""
    text = gzip.decompress((CAPTURES / recording).read_bytes()).decode().rstrip() + "\n\n"
    written = turn = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            part = HEAD.sub(partial(moved, turn), text)
            file.write(part)
            written += len(part)
            turn += 1


def moved(turn: int, got: re.Match[str]) -> str:
    """Return the beginning of a sample with another thread, and a minute later each turn."""
    return f"{got[1]}{got[2]}{int(got[3]) + turn}{got[4]}{int(got[5]) + 60 * turn}.{got[6]}:"


def measure(path: str) -> None:
    """Read one file and say what it took: the work of a process of its own."""
    from lockwright.profiles import read
    from lockwright.profiles.diagnosis import diagnose

    begun, worked = time.perf_counter(), time.process_time()
    found = read(path)
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    verdict = diagnose(found).verdict
    megabytes = Path(path).stat().st_size / MEGA
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = (
        f"{found.provenance.lines:,} lines in {seconds:.1f} s, {worked:.1f} s of a CPU: {megabytes / worked:.1f} MB/s"
    )
    what = f"{len(found.samples):,} stacks, {len(found.waits):,} waits by lock and stack: {verdict}"
    print(f"{speed}, at most {peak:,.0f} MiB; {what}", flush=True)


def main() -> None:
    sizes = [int(one) for one in sys.argv[1:]] or [100, 1000]
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in sizes:
            if shutil.disk_usage(folder).free < SPARE * megabytes * MEGA:
                print(f"{megabytes} MB: no room in {folder}")
                continue
            for recording in RECORDINGS:
                path = Path(folder) / "perf.txt"
                make(path, recording, megabytes * MEGA)
                print(f"{recording}, {megabytes:>5,} MB: ", end="", flush=True)
                subprocess.run([sys.executable, __file__, "--file", str(path)], check=True)
                path.unlink()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--file"]:
        measure(sys.argv[2])
    else:
        main()
