"""A recording in a terminal: the report of its profile, and what is missing in it."""

from __future__ import annotations

import shlex
import signal
import textwrap
from typing import TYPE_CHECKING

from lockwright.report.profile import COLUMNS, ROWS, profile_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockwright.profiles.diagnosis import Diagnosis
    from lockwright.profiles.recording import Abilities, Lack, Recording

Line = tuple[str, str]  # a text, and the name of its style
_SIGNALLED = 128


def recording_lines(
    recording: Recording, rows: int = ROWS, columns: int = COLUMNS, diagnosis: Diagnosis | None = None
) -> Iterator[Line]:
    """Yield the lines of a recording, each with the name of its style.

    Args:
        recording: What was recorded.
        rows: The most rows of a table.
        columns: How wide the terminal is.
        diagnosis: What the profile says about locks, if that is known already.
    """
    yield from profile_lines(recording.profile, rows, columns, diagnosis)
    yield "", ""
    yield _ran(recording), ""
    notes = list(recording.notes)
    if recording.status:
        notes.insert(0, f"the command ended with {_status(recording.status)}")
    for one in notes:
        yield from _wrapped("note: ", one, "warning", columns)
    yield from _lacks(recording.lacks, columns)
    if recording.folder is not None:
        yield f"kept    {recording.folder}", "dim"


def _ran(recording: Recording) -> str:
    """Return how long it was recorded, and what the command used of the CPUs meanwhile."""
    text = f"run     {recording.elapsed_s:.2f} s"
    if recording.cpu_s is not None:
        user_s, system_s = recording.cpu_s
        text += f", of the CPUs {user_s:.2f} s in user space and {system_s:.2f} s in the kernel"
    return text


def plan_lines(can: Abilities, commands: Sequence[Sequence[str]], columns: int = COLUMNS) -> Iterator[Line]:
    """Yield what can be recorded, and the commands that would record it."""
    version = ".".join(map(str, can.version))
    yield (
        f"perf {version} can record {'the kernel and programs' if can.has_kernel else 'programs, not the kernel'}",
        "title",
    )
    what = "the processor's cycles" if can.event == "cycles" else "time (cpu-clock)"
    rows = (
        ("samples", f"of {what}, up to {can.most_hz:,} per second"),
        ("waits for locks", "yes" if can.has_locks else "no"),
        ("by BPF", "perf could count waits in the kernel (not used)" if can.has_bpf else "perf was built without"),
    )
    yield from ((f"  {name:<16} {text}", "") for name, text in rows)
    yield "", ""
    yield from _lacks(can.lacks, columns)
    yield from ((f"  {shlex.join(one)}", "") for one in commands)


def _lacks(lacks: Iterable[Lack], columns: int) -> Iterator[Line]:
    """Yield what is missing and why, each followed by its cure unless the next has the same."""
    every = list(lacks)
    for one, following in zip(every, [*every, None][1:], strict=True):
        yield from _wrapped("note: ", f"not recorded: {one.what}; {one.why}", "warning", columns)
        if one.cure and (following is None or following.cure != one.cure):
            yield from _wrapped("help: ", one.cure, "help", columns)


def _wrapped(mark: str, text: str, style: str, columns: int) -> Iterator[Line]:
    """Yield a text in lines that fit, later ones indented; a command stays whole."""
    pieces = textwrap.wrap(text, columns - len(mark), break_long_words=False, break_on_hyphens=False)
    yield from ((f"{mark if at == 0 else ' ' * len(mark)}{one}", style) for at, one in enumerate(pieces))


def _status(status: int) -> str:
    if status > _SIGNALLED:
        try:
            return f"signal {status - _SIGNALLED} ({signal.Signals(status - _SIGNALLED).name})"
        except ValueError:
            pass
    return f"status {status}"
