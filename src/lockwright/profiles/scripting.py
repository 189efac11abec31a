"""What `perf record` writes, made text by `perf script`, which runs as long as its text is read.

The command is shown with the profile, and what perf says beside its text.  An interrupt, or a perf that is silent for
too long, ends it.
"""

from __future__ import annotations

import gzip
import io
import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.profiles.perf_data import GZIP, LOOKED_AT, STANDARD_INPUT

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGUMENTS = (
    "script",
    "--header",
    "--ns",
    "--no-inline",  # to resolve inlined functions takes minutes, and is no need
    "--show-mmap-events",  # where code lies, in which process
    "--show-task-events",
)
SILENT_S = 300.0  # perf sorts a large recording before it says anything
_ENDING_S = 5.0  # between asking it to end and ending it
_MOST_WORDS = 5  # lines of what it says
_MOST_BYTES = 1 << 16  # of what it says


@dataclass(slots=True)
class Run:
    """One run of `perf script`.

    Attributes:
        command: As it could be typed.
        path: The recording, unpacked.
        text: What it prints, while it does.
        words: What it said beside that, once it has ended.
        failure: Why its text is not whole; empty if it is.
    """

    command: str
    path: str
    text: io.RawIOBase
    words: tuple[str, ...] = ()
    failure: str = field(default="")


def perf() -> str | None:
    """Return where `perf` is; None if it is not installed."""
    return shutil.which("perf")


@contextmanager
def scripted(source: str, program: str, silent_s: float = SILENT_S) -> Iterator[Run]:
    """Run `perf script` on a recording; it is ended with the block.

    Args:
        source: The name of the file or folder; `-` is standard input.
        program: Where `perf` is.
        silent_s: After how many seconds without a byte it is ended.

    Raises:
        LockwrightError: It printed nothing.
    """
    with tempfile.TemporaryFile() as words, _plain(source) as path:
        given = (program, *ARGUMENTS, "-i", path)
        process = subprocess.Popen(  # noqa: S603
            given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words, start_new_session=True
        )
        assert process.stdout is not None
        output = _Output(process.stdout, silent_s)
        run = Run(shlex.join(("perf", *ARGUMENTS, "-i", source)), path, output)
        try:
            if not output.begin():
                _end(process)
                raise _failed(source, process.returncode, _said(words), output)
            yield run
            if output.is_silent:
                run.failure = f"`perf script` said nothing for {silent_s:.0f} s and was ended"
            elif output.is_over and process.wait(silent_s):
                run.failure = f"`perf script` ended with status {process.returncode}"
        finally:
            _end(process)
            run.words = _said(words)
            process.stdout.close()


class _Output(io.RawIOBase):
    """What a process prints as it comes, until it ends or is silent for too long."""

    def __init__(self, pipe: IO[bytes], silent_s: float) -> None:
        self._number, self._silent_s, self._start = pipe.fileno(), silent_s, b""
        self.is_silent = self.is_over = False

    def begin(self) -> bool:
        """Wait for the first bytes; return whether there are any."""
        while len(self._start) < len(GZIP) and (more := self._more(LOOKED_AT)):
            self._start += more
        return bool(self._start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        got = self._start[: len(buffer)]
        self._start = self._start[len(got) :]
        got = got or self._more(len(buffer))
        buffer[: len(got)] = got
        return len(got)

    def _more(self, most: int) -> bytes:
        ready, _, _ = select.select([self._number], [], [], self._silent_s)
        self.is_silent = not ready
        got = os.read(self._number, most) if ready else b""
        self.is_over = self.is_over or (bool(ready) and not got)
        return got


@contextmanager
def _plain(source: str) -> Iterator[str]:
    """Yield the name of a file that perf can open: gzip and standard input are unpacked into one first."""
    if source == STANDARD_INPUT:
        with _copied(sys.stdin.buffer) as name:
            yield name
        return
    path = Path(source)
    if path.is_file():
        with path.open("rb") as file:
            if file.peek(len(GZIP)).startswith(GZIP):
                with _copied(file) as name:
                    yield name
                return
    yield str(path.absolute()) if source.startswith("-") else source


@contextmanager
def _copied(stream: IO[bytes]) -> Iterator[str]:
    """Yield the name of a file that has what a stream has, unpacked."""
    is_packed = stream.peek(len(GZIP)).startswith(GZIP)  # type: ignore[attr-defined]
    with tempfile.NamedTemporaryFile(prefix="lockwright-", suffix=".perf.data") as copy:
        with suppress(EOFError, zlib.error, gzip.BadGzipFile):  # perf says what is missing
            shutil.copyfileobj(gzip.GzipFile(fileobj=stream) if is_packed else stream, copy)
        copy.flush()
        yield copy.name


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING_S)


def _said(words: IO[bytes]) -> tuple[str, ...]:
    """Return the first lines of what perf said, each once."""
    words.seek(0)
    lines = words.read(_MOST_BYTES).decode("utf-8", "replace").splitlines()
    return tuple(dict.fromkeys(one.strip() for one in lines if one.strip()))[:_MOST_WORDS]


def _failed(source: str, status: int, words: tuple[str, ...], output: _Output) -> LockwrightError:
    why = (
        "said nothing for too long"
        if output.is_silent
        else f"ended with status {status}"
        if status
        else "found nothing"
    )
    return unreadable(source, f"`perf script` {why}", words)


def unreadable(source: str, why: str, words: tuple[str, ...]) -> LockwrightError:
    """Return the error about a recording of which perf makes no profile.

    Args:
        source: The name of the file.
        why: What perf did.
        words: What it said.
    """
    title = f"`{source}` is what `perf record` writes, and {why}"
    helps = ("make text of it where it was recorded: `perf script --ns -i FILE > FILE.txt`",)
    return LockwrightError([Diagnostic("P003", title, Label(NOWHERE), notes=words, helps=helps)])
