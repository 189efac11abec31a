"""The recordings and written texts that the tests of profiles read."""

from __future__ import annotations

import gzip
import io
from functools import cache
from pathlib import Path

from lockwright.profiles import Profile, read, read_from

CAPTURES = Path(__file__).parent / "captures"
SAMPLES = Path(__file__).parent / "samples"
FILES = sorted(
    str(one.relative_to(CAPTURES)) for one in CAPTURES.rglob("*.*") if one.is_file() and one.name != "README.md"
)
WRITTEN = sorted(
    str(one.relative_to(SAMPLES)) for one in SAMPLES.rglob("*.*") if one.is_file() and one.name != "README.md"
)
ALL = (*FILES, *WRITTEN)
REFUSED = ("perf_annotate/", "perf_stat/", "lock_info/")
READ = tuple(one for one in ALL if not one.startswith(REFUSED))
"""Those that are read; the others are known, and refused."""
_MOST_BYTES = 15_000  # of a recording, where every one is read many times


def place(name: str) -> Path:
    """Return where a recording or a written text lies."""
    return SAMPLES / name if name in WRITTEN else CAPTURES / name


def profile(name: str) -> Profile:
    return read(str(place(name)))


def content(name: str) -> bytes:
    """Return what is in a recording, decompressed."""
    data = place(name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


@cache
def beginning(name: str) -> str:
    """Return the beginning of a recording, as far as whole samples or rows go."""
    text = content(name).decode()
    if len(text) <= _MOST_BYTES:
        return text
    return text[: max(text.rfind("\n\n", 0, _MOST_BYTES) + 2, text.rfind("\n", 0, _MOST_BYTES // 2) + 1)]


def of(text: str | bytes, name: str = "pasted.txt") -> Profile:
    """Return the profile that a text is read as."""
    return read_from(io.BytesIO(text.encode() if isinstance(text, str) else text), name)
