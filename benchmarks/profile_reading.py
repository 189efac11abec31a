"""How fast `perf script` is read, and in how much memory: a recording, repeated to a size, as one stream.

`python benchmarks/profile_reading.py [MEGABYTES]`; 100 by default.
"""

from __future__ import annotations

import gzip
import io
import resource
import sys
import time
from pathlib import Path

from lockwright.profiles import read_from

CAPTURES = Path(__file__).parents[1] / "tests" / "profiles" / "captures"
RECORDINGS = ("create-unlink.cpu-cut.script.gz", "mmap-ns.lock.script.gz")
MEGA = 10**6


class Repeated(io.RawIOBase):
    """A text that comes again and again until it is long enough."""

    def __init__(self, text: bytes, size: int) -> None:
        self._text, self._left, self._at = text, size // len(text) * len(text), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        taken = min(len(buffer), len(self._text) - self._at, self._left)
        buffer[:taken] = self._text[self._at : self._at + taken]
        self._at, self._left = (self._at + taken) % len(self._text), self._left - taken
        return taken


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else 100) * MEGA
    for name in RECORDINGS:
        text = gzip.decompress((CAPTURES / name).read_bytes()).rstrip() + b"\n\n"
        begun = time.perf_counter()
        found = read_from(io.BufferedReader(Repeated(text, size)), name)
        seconds = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name}: {found.provenance.lines:,} lines, {size / MEGA:.0f} MB in {seconds:.1f} s, "
            f"{size / MEGA / seconds:.0f} MB/s, {len(found.samples)} stacks, {len(found.waits)} locks and stacks; "
            f"at most {peak:.0f} MiB of memory so far"
        )


if __name__ == "__main__":
    main()
