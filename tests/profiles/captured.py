"""The recordings that the tests of profiles read."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

from lockwright.profiles import Profile, read, read_from

CAPTURES = Path(__file__).parent / "captures"
FILES = sorted(
    str(one.relative_to(CAPTURES)) for one in CAPTURES.rglob("*.*") if one.is_file() and one.name != "README.md"
)


def profile(name: str) -> Profile:
    return read(str(CAPTURES / name))


def content(name: str) -> bytes:
    """Return what is in a recording, decompressed."""
    data = (CAPTURES / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def of(text: str | bytes, name: str = "pasted.txt") -> Profile:
    """Return the profile that a text is read as."""
    return read_from(io.BytesIO(text.encode() if isinstance(text, str) else text), name)
