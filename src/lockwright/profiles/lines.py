"""The lines of a file as people keep and paste it: plain or gzip, quoted in a mail, with the line ends of anywhere."""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_INPUT = "-"
HEAD_LINES = 1000  # looked at to find out what a file is
LONGEST_LINE = 1 << 16  # characters; what is longer comes in pieces
_AT_ONCE_BYTES = 1 << 18
_GZIP = b"\x1f\x8b"
_QUOTE = re.compile(r"(?:> ?)+")
_MOSTLY = 0.8  # of the lines quoted: a mail


class Lines:
    """The lines of a file, in order, each once; counted, and without the quoting of a mail.

    Attributes:
        name: What messages call the file.
        count: How many lines were given out.
        cut: How the file breaks off, once that was met.
        start: The first bytes, decompressed.
        head: The first lines.
    """

    def __init__(self, name: str, raw: IO[bytes]) -> None:
        self.name, self.count, self.cut = name, 0, ""
        self._ends = True
        start = raw.read(2)
        whole: Any = io.BufferedReader(_Rejoined(start, raw), _AT_ONCE_BYTES)
        if start == _GZIP:
            whole = gzip.GzipFile(fileobj=whole)
        self._text = io.TextIOWrapper(whole, "utf-8", "replace")
        self._pieces = self._read()
        first = list(islice(self._pieces, HEAD_LINES))
        quoted, filled = sum(one.startswith(">") for one in first), sum(bool(one.strip()) for one in first)
        self._is_quoted = filled > 0 and quoted >= _MOSTLY * filled
        self.head = [self._clean(one) for one in first]

    @property
    def is_binary(self) -> bool:
        """Whether the beginning is no text."""
        return any("\0" in one for one in self.head)

    def __iter__(self) -> Iterator[str]:
        rest = map(self._clean, self._pieces) if self._is_quoted else self._pieces
        for line in chain(self.head, rest):
            self.count += 1
            yield line
        if not self.cut and not self._ends:
            self.cut = f"line {self.count} has no end"

    def _clean(self, line: str) -> str:
        return _QUOTE.sub("", line, count=1) if self._is_quoted and line.startswith(">") else line

    def _read(self) -> Iterator[str]:
        """Yield lines without their ends; stop where compressed data breaks off, and note it."""
        try:
            for line in iter(partial(self._text.readline, LONGEST_LINE), ""):
                self._ends = line[-1] == "\n"
                yield line[:-1] if self._ends else line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            why = "breaks off" if isinstance(error, EOFError) else "is damaged"
            self.cut = f"the compressed data {why}"


class _Rejoined(io.RawIOBase):
    """A file whose first bytes were looked at: they come again."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        got = self._start or self._rest.read(len(buffer))
        taken, self._start = got[: len(buffer)], self._start[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def opened(source: str) -> IO[bytes]:
    """Open a file for reading bytes; `-` is standard input.

    Raises:
        OSError: It is not there, or may not be read.
    """
    if source == STANDARD_INPUT:
        return sys.stdin.buffer
    return Path(source).open("rb")
