"""From a file to a profile: what kind it is, found by its content, and what to say where it is none."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.errors import LockwrightError
from lockwright.profiles import perf_data
from lockwright.profiles.lines import HEAD_LINES, STANDARD_INPUT, Lines, opened
from lockwright.profiles.mixed import others, several
from lockwright.profiles.readers import readers
from lockwright.profiles.refused import is_own, known, unpacked
from lockwright.profiles.truncated import completed
from lockwright.profiles.watch import Watch
from lockwright.profiles.wrapped import margin, unwrapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import RawIOBase
    from typing import IO

    from lockwright.profiles.model import Profile
    from lockwright.profiles.reader import Reader

PERF_DATA = ("PERFILE2", "2ELIFREP")
_NEARLY = 0.9  # of the lines are rows as they stand: nothing was wrapped
_FEW, _FEW_ROWS = 0.05, 3  # of the lines are rows: perhaps of another kind, whose rows were wrapped
_IS_OTHER = "P005"  # the code of what is known, and not read
_TRIED_LINES = 400
_NEAR = 2  # kinds besides the nearest that are told in full
_SHOWN = 200  # characters of a line in a message


def read(source: str, *, watch: Watch | None = None) -> Profile:
    """Read a file that a profiler wrote.

    Args:
        source: The name of a file, plain or gzip; `-` is standard input.  What `perf record` wrote is read by running
            `perf script`, where that is installed.
        watch: Is told how far it is, and can end it early.

    Raises:
        LockwrightError: It is empty, of no known kind, or has nothing of what its kind has.
        OSError: It is not there, or may not be read.
    """
    watch = watch or Watch()
    with watch.waiting():  # for the first bytes
        is_recording = perf_data.is_recording(source)
    if is_recording:
        from lockwright.profiles.scripting import perf

        program = perf()
        if program:
            return _recorded(source, program, watch)
    file = opened(source)
    try:
        with suppress(OSError):  # of a standard input that is no file
            status = os.fstat(file.fileno())
            watch.total_bytes = status.st_size if stat.S_ISREG(status.st_mode) else 0
        return read_from(file, "standard input" if source == STANDARD_INPUT else source, watch=watch)
    finally:
        if source != STANDARD_INPUT:
            file.close()


def _recorded(source: str, program: str, watch: Watch) -> Profile:
    """Read what `perf record` wrote by way of `perf script`; what it said stands in the facts."""
    from lockwright.profiles.machine_code.annotating import with_loops
    from lockwright.profiles.scripting import scripted, unreadable

    name = "standard input" if source == STANDARD_INPUT else source
    profile = None
    with scripted(source, program) as run:
        try:
            profile = read_from(run.text, name, watch=watch)
            if not watch.is_stopped:
                profile = with_loops(profile, run.path, program)
        except LockwrightError as error:
            if any(one.code == _IS_OTHER for one in error.diagnostics):
                raise
    if profile is None:
        why = run.failure or "`perf script` printed no sample of it"
        raise unreadable(name, why, run.words)
    facts = {**profile.facts, "read through": run.command}
    if run.words:
        facts["perf said"] = "; ".join(run.words)
    cut = "; ".join(one for one in (profile.provenance.cut, run.failure) if one)
    return replace(profile, facts=facts, provenance=replace(profile.provenance, cut=cut))


def read_from(file: IO[bytes] | RawIOBase, name: str, *, watch: Watch | None = None) -> Profile:
    """Read what a profiler wrote from an open file.

    Args:
        file: The bytes, plain or gzip.
        name: What messages call it.
        watch: As for `read`.

    Raises:
        LockwrightError: As `read`.
    """
    lines = Lines(name, file, watch)
    reader = _reader(lines)
    profile = reader.read(lines)
    if profile.is_empty:
        cut = (profile.provenance.cut,) if profile.provenance.cut else ()
        title = f"`{name}` looks like {reader.name}, and has neither a sample nor a wait nor a shared line"
        raise _refused("P004", title, f"looked for: {reader.looks_for}", notes=cut)
    mixed = profile.provenance.mixed or others(lines, reader, profile.provenance) or several(profile)
    origin = replace(profile.provenance, undone=lines.undone, mixed=mixed)
    return completed(replace(profile, provenance=origin))


def _reader(lines: Lines) -> Reader:
    if not any(one.strip() for one in lines.head):
        notes = (lines.cut,) if lines.cut else ()
        what = "is empty" if len(lines.head) < HEAD_LINES else f"has nothing in its first {HEAD_LINES:,} lines"
        what = "has the mark of its encoding, and no text behind it" if lines.has_mark and not lines.head else what
        what = "breaks off before its first line" if lines.cut and not lines.head else what
        raise _refused("P002", f"`{lines.name}` {what}", "give the file that the profiler wrote", notes=notes)
    if lines.is_binary or unpacked(lines.head[0]):
        raise _binary(lines)
    if is_own(lines.head):
        title = f"`{lines.name}` is what `lockwright profile` printed"
        raise _refused("P005", title, "give what was read there: it stands behind `read as`")
    reader, wrapped_at = _best(lines.head)
    if reader is None:
        if other := known(lines.head):
            raise _refused("P005", f"`{lines.name}` is {other[0]}, which is not read", f"give {other[1]}")
        raise _unknown(lines)
    if wrapped_at:
        lines.unwrap(reader.claims, wrapped_at)
    return reader


def _best(head: Sequence[str]) -> tuple[Reader | None, int]:
    """Return whose most lines are, and the margin to unwrap them at, 0 if as they stand; None if they are nobody's."""
    filled = sum(bool(one.strip()) for one in head)
    counts = {one: len(one.claims(head)) for one in readers()}
    best = max(counts, key=lambda one: counts[one])
    width = margin(head) if counts[best] < _NEARLY * filled else 0
    if width:
        some = head[:_TRIED_LINES]
        tried = [best] if counts[best] > max(_FEW_ROWS, _FEW * filled) else list(counts)
        whole = {one: list(unwrapped(some, one.claims, width)) for one in tried}
        rows = {one: len(one.claims(found)) for one, found in whole.items() if len(found) < len(some)}
        wrapped = max(rows, key=lambda one: rows[one], default=None)
        if wrapped is not None and (wrapped is best or rows[wrapped] > counts[best]):
            return wrapped, width
    return (best if counts[best] else None), 0


def _binary(lines: Lines) -> LockwrightError:
    if lines.head[0].startswith(PERF_DATA):
        title = "is what `perf record` writes"
        instead = "make text of it: `perf script --ns -i FILE > FILE.txt`; where perf is installed, FILE itself is read"
    elif other := unpacked(lines.head[0]):
        title, instead = f"is {other[0]}", f"give {other[1]}"
    else:
        title, instead = "is no text", "give text, or text in gzip"
    return _refused("P003", f"`{lines.name}` {title}", instead)


def _unknown(lines: Lines) -> LockwrightError:
    """Return the error for a file of no kind, with the kind whose words it has, and the line that has most of them."""
    text = [one.lower() for one in lines.head]
    scores = {one: sum(word in line for line in text for word in one.words) for one in readers()}
    nearest, *others = sorted(scores, key=lambda one: -scores[one])
    filled = [at for at, one in enumerate(text) if one.strip()]
    lines_of_text = [at for at in filled if not text[at].lstrip().startswith("#")] or filled
    at = max(lines_of_text, key=lambda at: (sum(word in text[at] for word in nearest.words), -at))
    shown = lines.head[at][:_SHOWN]
    found = scores[nearest] > 0
    label = f"nearest is {nearest.name}: {nearest.looks_for}" if found else "no profiler known here writes such a line"
    start = len(shown) - len(shown.lstrip()) + 1
    near = [one for one in others if scores[one]][:_NEAR]
    rest = ", ".join(one.name for one in others if one not in near)
    notes = [f"next is {one.name}: {one.looks_for}" for one in near]
    diagnostic = Diagnostic(
        "P001",
        f"`{lines.name}` is of no kind that is known",
        Label(Span(lines.name, at + 1, start, at + 1, len(shown) + 1), label),
        notes=(*notes, f"also looked for: {rest}"),
        helps=("`perf script`, or `perf report --stdio`, write what is read best",),
    )
    source = "\n".join(_printable(one[:_SHOWN]) for one in lines.head[: at + 1])
    return LockwrightError([diagnostic], {lines.name: source})


def _printable(line: str) -> str:
    return "".join(one if one.isprintable() or one == "\t" else "?" for one in line)


def _refused(code: str, title: str, instead: str, notes: Sequence[str] = ()) -> LockwrightError:
    return LockwrightError([Diagnostic(code, title, Label(NOWHERE), notes=tuple(notes), helps=(instead,))])
