"""The lines of a file as people keep and paste it: plain or gzip, with the encoding and line ends of anywhere."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lockwright.profiles.pasted import limited, undone
from lockwright.profiles.watch import Watch
from lockwright.profiles.wrapped import NAME, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STANDARD_INPUT = "-"
HEAD_LINES = 1000  # looked at to find out what a file is
LONGEST_LINE = 1 << 20  # characters; what is longer comes in pieces
PROBED_LINES = 40  # of every `PROBED_EVERY`, to see whether another kind of file begins
PROBED_EVERY = 4096  # lines at first; twice as many whenever there are too many probes
_MOST_PROBES = 64
_AT_ONCE_LINES = 256
_AT_ONCE_CHARACTERS = 1 << 22
_AT_ONCE_BYTES = 1 << 18
_PEEKED_BYTES = 64
_GZIP = b"\x1f\x8b"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FEWEST = 8  # bytes that tell UTF-16 without a mark


class Lines:
    """The lines of a file, in order, each once; counted, and without what was done to them on their way.

    Attributes:
        name: What messages call the file.
        count: How many lines were given out.
        cut: How the file breaks off, once that was met.
        head: The first lines.
        undone: What had been done to the text and was taken off.
        has_mark: Whether it begins with the mark of an encoding.
        probes: Some lines of the middle, and the last ones, each with its number.
    """

    def __init__(self, name: str, raw: IO[bytes] | io.RawIOBase, watch: Watch | None = None) -> None:
        self.name, self.count, self.cut = name, 0, ""
        self.watch = watch or Watch()
        self.probes: list[tuple[int, list[str]]] = []
        self._ends, self.has_mark = True, False
        with self.watch.waiting():
            start = raw.read(_PEEKED_BYTES)
        whole: Any = io.BufferedReader(_Counted(start, raw, self.watch), _AT_ONCE_BYTES)
        if start.startswith(_GZIP):
            whole = io.BufferedReader(gzip.GzipFile(fileobj=whole), _AT_ONCE_BYTES)
        self._text = io.TextIOWrapper(whole, self._encoding(whole), "replace")
        pieces = self._read()
        first = list(limited(pieces, HEAD_LINES))
        self.is_binary = any("\0" in one for one in first)
        self.undone: tuple[str, ...] = ()
        self.head, self._rest = first, pieces
        if not self.is_binary:
            self.undone, self.head, self._rest = undone(first, pieces, HEAD_LINES)

    def __iter__(self) -> Iterator[str]:
        lines = chain(self.head, self._rest)
        batch: list[str] = []
        at_once, probed, every = _AT_ONCE_LINES, 0, PROBED_EVERY
        while batch := list(islice(lines, at_once)):
            at_once = _AT_ONCE_LINES if sum(map(len, batch)) < _AT_ONCE_CHARACTERS else 1
            if self.count >= probed:
                self.probes.append((self.count + 1, batch[:PROBED_LINES]))
                if len(self.probes) > _MOST_PROBES:
                    del self.probes[1::2]
                    every *= 2
                probed = self.count + every
            last = (self.count + 1, batch)
            self.count += len(batch)
            yield from batch
            self.watch.told()
            if self.watch.is_stopped:
                self.cut = self.cut or f"reading was interrupted after line {self.count:,}"
                return
        if self.count:
            self.probes.append(last)
        if not self.cut and not self._ends:
            self.cut = f"line {self.count} has no end"

    def unwrap(self, claims: Callable[[Sequence[str]], list[int]], width: int) -> None:
        """Join lines that a mail program wrapped: before the lines are read, by what whole ones look like."""
        lines = unwrapped(chain(self.head, self._rest), claims, width)
        self.head = list(limited(lines, HEAD_LINES))
        self._rest, self.undone = lines, tuple(dict.fromkeys((*self.undone, NAME)))

    def _encoding(self, whole: io.BufferedReader) -> str:
        """Return how the text is encoded: by its mark, or by the zeros of UTF-16."""
        try:
            start = whole.peek(_PEEKED_BYTES)[:_PEEKED_BYTES]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._break_off(error)
            return "utf-8"
        for mark, name in _MARKS:
            if start.startswith(mark):
                self.has_mark = True
                return name
        start = start[: len(start) // 2 * 2]
        if len(start) >= _FEWEST and not any(start[1::2]) and all(start[::2]):
            return "utf-16-le"
        if len(start) >= _FEWEST and not any(start[::2]) and all(start[1::2]):
            return "utf-16-be"
        return "utf-8"

    def _break_off(self, error: Exception) -> None:
        why = "breaks off" if isinstance(error, EOFError) else "is damaged"
        self.cut = f"the compressed data {why}"

    def _read(self) -> Iterator[str]:
        """Yield lines without their ends; stop where compressed data breaks off, and note it."""
        try:
            for line in iter(partial(self._text.readline, LONGEST_LINE), ""):
                self._ends = line[-1] == "\n"
                yield line[:-1] if self._ends else line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._break_off(error)
        except KeyboardInterrupt:
            if not self.watch.is_stopped:
                raise
            self.cut = "reading was interrupted while it waited for more"


class _Counted(io.RawIOBase):
    """A file whose first bytes were looked at: they come again; all are counted."""

    def __init__(self, start: bytes, rest: IO[bytes] | io.RawIOBase, watch: Watch) -> None:
        self._start, self._watch = start, watch
        self._more = getattr(rest, "read1", rest.read)  # what is there, without waiting for all that was asked for

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with self._watch.waiting():
            got = self._start or self._more(len(buffer))
        taken, self._start = got[: len(buffer)], self._start[len(buffer) :]
        buffer[: len(taken)] = taken
        self._watch.done_bytes += len(taken)
        return len(taken)


def opened(source: str) -> IO[bytes]:
    """Open a file for reading bytes; `-` is standard input.

    Raises:
        OSError: It is not there, or may not be read.
    """
    if source == STANDARD_INPUT:
        return sys.stdin.buffer
    return Path(source).open("rb")
