"""How what `perf record` writes is known: light, as every file is looked at (`scripting.py` reads it)."""

from __future__ import annotations

import io
import sys
import zlib
from contextlib import suppress
from pathlib import Path

MAGIC = (b"PERFILE2", b"2ELIFREP")
GZIP = b"\x1f\x8b"
STANDARD_INPUT = "-"
LOOKED_AT = 4096  # bytes of the start


def is_recording(source: str) -> bool:
    """Return whether a file or a folder is what `perf record` writes, plain or in gzip; False if it can't be looked at.

    Args:
        source: Its name; `-` is standard input, of which nothing is taken.
    """
    if source == STANDARD_INPUT:
        start = sys.stdin.buffer.peek(LOOKED_AT) if isinstance(sys.stdin.buffer, io.BufferedReader) else b""
        return _begins_recording(start)
    path = Path(source)
    with suppress(OSError):
        if path.is_dir():
            path /= "data"
        if path.is_file():
            with path.open("rb") as file:
                return _begins_recording(file.read(LOOKED_AT))
    return False


def _begins_recording(start: bytes) -> bool:
    if start.startswith(GZIP):
        with suppress(zlib.error):
            start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, len(MAGIC[0]))
    return start[: len(MAGIC[0])] in MAGIC
