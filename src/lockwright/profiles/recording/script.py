"""The text of recordings: what `perf script` makes of them, one after the other, with a head that says of what run."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.recording.request import refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NAME = "recording.script.gz"
_LEVEL = 1  # of gzip: the text is five times smaller at ten times the speed of level 9
_AT_ONCE_BYTES = 1 << 20
_LOST = re.compile(rb"PERF_RECORD_LOST(?:_SAMPLES)?\D{1,20}(\d{1,18})")
_TIME = re.compile(rb"^\s*\S.{0,200}?\s(\d{1,12}\.\d{6,9}):\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Copied:
    """The text of one recording.

    Args:
        lost: How many events perf could not keep up with.
        first_s: When the first event was, on perf's clock; None if there is none.
        last_s: When the last one was.
    """

    lost: int
    first_s: float | None
    last_s: float | None


def copy(perf: str, recordings: Sequence[Path], body: Path) -> list[Copied]:
    """Write the text of recordings, one after the other, in gzip.

    Args:
        perf: Where perf is.
        recordings: What `perf record` wrote.
        body: Where the text goes.

    Raises:
        LockwrightError: perf cannot read what it wrote.
    """
    with gzip.open(body, "wb", _LEVEL) as out:
        return [_copy(perf, one, out) for one in recordings]


def finish(folder: Path, head: Mapping[str, str], body: Path) -> Path:
    """Put a head before a text; return the file, which is whole or not there.

    Args:
        folder: Where it goes.
        head: What the first lines say, as `# key : value`, the way perf writes its own head.
        body: The text in gzip; it is removed.
    """
    lines = [f"# {key} : {' '.join(value.split())}\n" for key, value in head.items()]
    unfinished = folder / f".{NAME}"
    try:
        with unfinished.open("wb") as out, body.open("rb") as rest:
            out.write(
                gzip.compress("".join([*lines, "#\n"]).encode())
            )  # a member of its own: gzip files may have several
            shutil.copyfileobj(rest, out)
        return unfinished.rename(folder / NAME)
    finally:
        unfinished.unlink(missing_ok=True)
        body.unlink(missing_ok=True)


def append(file: Path, facts: Mapping[str, str]) -> None:
    """Write facts behind a text, as lines of its head are."""
    if facts:
        lines = "".join(f"# {key} : {' '.join(value.split())}\n" for key, value in facts.items())
        with file.open("ab") as out:
            out.write(gzip.compress(lines.encode()))


def _copy(perf: str, recording: Path, out: gzip.GzipFile) -> Copied:
    given = [perf, "script", "-i", str(recording), "--ns", "--no-inline", "--show-lost-events"]
    lost, first_s, last_s = 0, None, None
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words) as process:
            try:
                rest = b""
                while process.stdout and (piece := process.stdout.read(_AT_ONCE_BYTES)):
                    out.write(piece)
                    whole, end, rest = (rest + piece).rpartition(b"\n")
                    lost += sum(int(one) for one in _LOST.findall(whole + end))
                    times = _TIME.findall(whole)
                    if times:
                        first_s, last_s = float(times[0]) if first_s is None else first_s, float(times[-1])
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            words.seek(0)
            said = " ".join(words.read(2000).decode(errors="replace").split())
            raise refused("P024", "perf cannot read what it recorded", "try again", notes=(f"perf script: {said}",))
    return Copied(lost, first_s, last_s)
