"""Writing results: to standard output, or to a file that is whole or not there at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

STANDARD_OUTPUT = "-"


def refuse_unwritable(targets: Mapping[str, str | None], streams: Collection[str] = ("--json",)) -> None:
    """Refuse files that cannot be written, before the work whose result they are for.

    Args:
        targets: What follows each option, such as `--json`.
        streams: The options that take `-`, one of them at a time.

    Raises:
        LockwrightError: A target is a folder, lies in none, or may not be written.
    """
    streaming = [option for option in streams if targets.get(option) == STANDARD_OUTPUT]
    for option, target in targets.items():
        if target is None or [option] == streaming:
            continue
        problem = _problem(target, streams, streaming) or _twice(option, targets)
        if problem:
            from lockwright.language.select import refuse

            raise refuse(
                "U002", f"`{option} {target}` cannot be written: {problem}", "name a file in a folder of yours"
            )


def _twice(option: str, targets: Mapping[str, str | None]) -> str:
    """Return which other option, named before, names the same file; a device takes what comes."""
    path = Path(str(targets[option])).resolve()
    for other, target in targets.items():
        if other == option:
            return ""
        if target and target != STANDARD_OUTPUT and Path(target).resolve() == path and not _is_special(path):
            return f"`{other}` is written there"
    return ""


def _problem(target: str, streams: Collection[str], streaming: list[str]) -> str:
    """Return why nothing can be written there; empty if it can."""
    if not target:
        return "no file is named"
    if target == STANDARD_OUTPUT:
        several = f"{' and '.join(f'`{one}`' for one in streaming)} cannot both go to standard output"
        return several if len(streaming) > 1 else f"only {' and '.join(f'`{one}`' for one in streams)} can go there"
    path = Path(target).resolve()  # a link is followed, not replaced
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder `{path.parent}`"
    asked = path if _is_special(path) else path.parent
    return "" if os.access(asked, os.W_OK) else "that is not permitted"


def _is_special(path: Path) -> bool:
    """Return whether this is a device or a pipe: written to, never replaced."""
    return path.exists() and not path.is_file()


def write(target: str, content: str | bytes) -> None:
    """Write `content` to the file `target`, or to standard output if that is `-`."""
    if target == STANDARD_OUTPUT:
        _print(content)
        return
    data = content.encode() if isinstance(content, str) else content
    try:
        _write(Path(target).resolve(), data)
    except OSError as error:
        error.filename = target  # as it was named, and not what is written on the way
        raise


def _write(path: Path, data: bytes) -> None:
    if _is_special(path):
        path.write_bytes(data)
        return
    import tempfile  # costs every start more than it is worth to the few that write

    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _print(content: str | bytes) -> None:
    if isinstance(content, str):
        sys.stdout.write(content if content.endswith("\n") else content + "\n")
    else:
        sys.stdout.flush()  # what was printed as text comes first
        sys.stdout.buffer.write(content)
