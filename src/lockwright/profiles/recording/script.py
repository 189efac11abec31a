"""The text of recordings: what `perf script` makes of them, one after the other, with a head that says of what run."""

from __future__ import annotations

import gzip
import re
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


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it.

    Args:
        path: The file.
        lost: How many events of each recording perf could not keep up with.
    """

    path: Path
    lost: tuple[int, ...]


def write(perf: str, recordings: Sequence[Path], folder: Path, head: Mapping[str, str]) -> Written:
    """Write the text of recordings into a folder; the file is whole, or not there.

    Args:
        perf: Where perf is.
        recordings: What `perf record` wrote.
        folder: Where the text goes.
        head: What the first lines say, as `# key : value`, the way perf writes its own head.

    Raises:
        LockwrightError: perf cannot read what it wrote.
    """
    unfinished = folder / f".{NAME}"
    try:
        with gzip.open(unfinished, "wb", _LEVEL) as out:
            for key, value in head.items():
                out.write(f"# {key} : {' '.join(value.split())}\n".encode())
            out.write(b"#\n")
            lost = tuple(_copy(perf, one, out) for one in recordings)
        return Written(unfinished.rename(folder / NAME), lost)
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(perf: str, recording: Path, out: gzip.GzipFile) -> int:
    """Copy the text of one recording; return how many events its lines say were lost."""
    given = [perf, "script", "-i", str(recording), "--ns", "--no-inline", "--show-lost-events"]
    lost = 0
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words) as process:
            try:
                rest = b""
                while process.stdout and (piece := process.stdout.read(_AT_ONCE_BYTES)):
                    out.write(piece)
                    whole, end, rest = (rest + piece).rpartition(b"\n")
                    lost += sum(int(one) for one in _LOST.findall(whole + end))
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            words.seek(0)
            said = " ".join(words.read(2000).decode(errors="replace").split())
            raise refused("P024", "perf cannot read what it recorded", "try again", notes=(f"perf script: {said}",))
    return lost
