"""A recording from its beginning to a profile: the command held, perf attached, both run, and the text read.

The command runs once, watched by two recorders with buffers of their own: a flood of waits loses no sample.  Neither
is the parent of the command: one may stop early, and the command goes on.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.errors import LockwrightError
from lockwright.profiles.hot_loops import as_facts
from lockwright.profiles.machine_code.annotating import with_loops
from lockwright.profiles.reading import read
from lockwright.profiles.recording import plan, script
from lockwright.profiles.recording.abilities import Abilities, Lack, abilities
from lockwright.profiles.recording.launching import HeldCommand
from lockwright.profiles.recording.recorder import Recorder
from lockwright.profiles.recording.request import MOST_HZ, Request, refused, verify
from lockwright.profiles.recording.system import System
from lockwright.profiles.recording.watching import Ending, Waiting, signals_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lockwright.profiles.model import Profile
    from lockwright.profiles.watch import Watch

SAMPLES, WAITS, SLEEPS = "samples", "waits", "sleeps"
_TRIES, _GONE = 3, "No such process"
_EARLY_S = 0.5  # a recorder that stopped so long before the end reached its limit
_FEW = 100  # samples: a share of 10 % is then 4 to 16 %
_TOO_FEW = 2.0  # times fewer than there should be
_NOTHING = frozenset({"P001", "P002", "P004"})
_SPARED = {WAITS: "waits for the kernel's locks", SLEEPS: "sleeps of threads for locks of user space"}
"""What is done without where perf refuses it after all."""
_PER_WAIT = {SAMPLES: plan.SAMPLES_PER_WAIT, WAITS: 1.0, SLEEPS: plan.SLEEPS_PER_WAIT}


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded.

    Args:
        profile: Samples and waits of one run.
        ending: Why it ended: `end` of what was recorded, its `seconds`, or an `interrupt`.
        status: The exit status of the command as shells count, 128 and the signal's number for a signal; None if
            nothing was run.
        elapsed_s: How long it was recorded.
        lacks: What is missing, and what gives it.
        cpu_s: What the command used in user space and in the kernel; None if nothing was run.
        notes: What else to know: lost events, a recording that stopped before the command.
        folder: Where the recordings lie; None if they were not kept.
    """

    profile: Profile
    ending: Ending
    status: int | None
    elapsed_s: float
    cpu_s: tuple[float, float] | None
    lacks: tuple[Lack, ...]
    notes: tuple[str, ...]
    folder: Path | None


@dataclass(frozen=True, slots=True)
class _Run:
    """What was seen of a run, and where perf left it.

    Args:
        folder: Of the recordings.
        recorded_s: How much of the run each recorder saw.
        said: What each of them printed.
    """

    folder: Path

    ending: Ending
    elapsed_s: float
    status: int | None
    cpu_s: tuple[float, float] | None
    recorded_s: Mapping[str, float]
    said: Mapping[str, tuple[str, ...]]
    lacks: tuple[Lack, ...]


def record(
    request: Request,
    tell: Callable[[str], None],
    system: System | None = None,
    *,
    reading: Callable[[], AbstractContextManager[Watch | None]] = nullcontext,
) -> Recording:
    """Record, and read what was recorded.

    Args:
        request: What.
        tell: Called with what a person should know while it lasts.
        system: What the machine says of itself; its own files unless given.
        reading: Entered while the text is read; what it gives is told how far that is, and can end it early.

    Raises:
        LockwrightError: It cannot be recorded, or nothing was.
    """
    verify(request)
    system = system or System()
    can = abilities(system, request)
    kept = None if request.folder is None else request.folder.absolute()
    work = Path(tempfile.mkdtemp(prefix=".lockwright-record.", dir=None if kept is None else kept.parent))
    try:
        return _read(request, can, system, _run(request, can, work, kept, tell), tell, reading)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def look(request: Request, system: System | None = None) -> tuple[Abilities, tuple[tuple[str, ...], ...]]:
    """Find out what can be recorded, and by which commands; record nothing.

    Raises:
        LockwrightError: It cannot be recorded.
    """
    verify(request)
    can = abilities(system or System(), request)
    asked = [plan.samples(request, can, request.pid)] + (
        [plan.waits(request, can, request.pid)] if can.has_locks else []
    )
    asked += [plan.sleeps(request, can, request.pid)] if can.has_futexes else []
    return can, tuple(("perf", "record", *one) for one in asked)


def _run(request: Request, can: Abilities, work: Path, kept: Path | None, tell: Callable[[str], None]) -> _Run:
    """Run the command with perf beside it, or only perf; leave what perf wrote in the folder `kept`, or in `work`."""
    with ExitStack() as stack:
        held = HeldCommand(request.command, spares_output=request.spares_output) if request.command else None
        if held is not None:
            stack.callback(held.close)
        recorders, lacks = _started(request, can, work, held.pid if held else request.pid, stack)
        what = f"{can.event} {min(request.frequency_hz, can.most_hz)} times a second"
        has_waits = WAITS in recorders or SLEEPS in recorders
        tell(f"{request.subject}: {what}{', waits for locks' if has_waits else ''}; Ctrl-C stops and reads")
        with signals_kept():
            if held is not None:
                held.release()
            began_s = time.monotonic()
            ending = Waiting(held, request.pid, tuple(recorders.values()), request.seconds, tell).wait()
            elapsed_s = time.monotonic() - began_s
            for one in recorders.values():
                one.stop()
            folder = work
            if kept is not None:
                work.chmod(0o755)
                folder = work.rename(kept)  # whole now; over an empty folder, too
        seen = {name: (one.ended_at_s or began_s + elapsed_s) - began_s for name, one in recorders.items()}
    cpu_s = (held.user_s, held.system_s) if held else None
    said = {name: one.said for name, one in recorders.items()}
    return _Run(folder, ending, elapsed_s, held.status if held else None, cpu_s, seen, said, lacks)


def _started(
    request: Request, can: Abilities, work: Path, pid: int | None, stack: ExitStack
) -> tuple[dict[str, Recorder], tuple[Lack, ...]]:
    """Start the recorders and wait until they record; do without the waits where perf refuses them after all."""
    asked = {SAMPLES: plan.samples}
    if can.has_locks:
        asked[WAITS] = plan.waits
    if can.has_futexes:
        asked[SLEEPS] = plan.sleeps

    def started(name: str) -> Recorder:
        arguments = asked[name](request, can, pid)
        recorder = Recorder(can.perf, work / f"{name}.data", arguments, has_control=can.has_control)
        stack.callback(recorder.stop)
        return recorder

    recorders, lacks = {name: started(name) for name in asked}, can.lacks
    recorders[SAMPLES] = _begun(recorders[SAMPLES], partial(started, SAMPLES))
    for name, what in _SPARED.items():
        if name not in recorders:
            continue
        try:
            recorders[name] = _begun(recorders[name], partial(started, name))
        except LockwrightError as error:
            said = "; ".join(error.diagnostics[0].notes) or "perf says nothing"
            lacks = (*lacks, Lack(what, said))
            recorders.pop(name).discard()
    return recorders, lacks


def _begun(recorder: Recorder, started: Callable[[], Recorder]) -> Recorder:
    """Wait until a recorder records; start it anew where one of many processes had ended before perf came to it.

    Raises:
        LockwrightError: perf refuses.
    """
    for _ in range(_TRIES):
        try:
            recorder.begin()
        except LockwrightError as error:
            if not any(_GONE in one for one in error.diagnostics[0].notes):
                raise
            recorder.discard()
            recorder = started()
        else:
            return recorder
    recorder.begin()
    return recorder


def _read(
    request: Request,
    can: Abilities,
    system: System,
    run: _Run,
    tell: Callable[[str], None],
    reading: Callable[[], AbstractContextManager[Watch | None]],
) -> Recording:
    """Make text of what perf wrote, and a profile of the text."""
    files = {name: run.folder / f"{name}.data" for name in run.recorded_s}
    megabytes = sum(one.stat().st_size for one in files.values() if one.exists()) / 1e6
    tell(f"recorded {run.elapsed_s:.1f} s, {megabytes:.1f} MB; reading them")
    body = run.folder / ".body.gz"
    copied = dict(zip(files, script.copy(can.perf, tuple(files.values()), body), strict=True))
    run = replace(run, recorded_s=_covered(request, run, copied))
    lost = {name: one.lost for name, one in copied.items() if one.lost}
    facts = _facts(request, can, system, run)
    facts |= {f"lost {name}": str(number) for name, number in lost.items()}
    notes = _notes(request, can, run, lost)
    missing = "; ".join((*(f"{one.what}: {one.why}" for one in run.lacks), *notes))
    if missing:
        facts["missing"] = missing
    path = script.finish(run.folder, facts, body)
    try:
        with reading() as watch:
            profile = read(str(path), watch=watch)
    except LockwrightError as error:
        if watch is not None and watch.is_stopped:  # what was read till then is too little to be anything
            raise KeyboardInterrupt from None
        if error.diagnostics[0].code not in _NOTHING:
            raise
        raise _nothing(request, run) from None
    profile = _with_loops(profile, files[SAMPLES], can, path)
    notes += _few(profile, request, run)
    named = f"recording of {request.subject}" if request.folder is None else str(request.folder / script.NAME)
    profile = replace(
        profile,
        facts={**profile.facts, **facts},
        provenance=replace(profile.provenance, source=named),
    )
    return Recording(profile, run.ending, run.status, run.elapsed_s, run.cpu_s, run.lacks, tuple(notes), request.folder)


def _with_loops(profile: Profile, samples: Path, can: Abilities, text: Path) -> Profile:
    """Look at the instructions of the hottest functions while their program is at hand, and keep it with the text."""
    found = with_loops(profile, str(samples), can.perf)
    script.append(text, as_facts(found))
    return found


def _covered(request: Request, run: _Run, copied: Mapping[str, script.Copied]) -> dict[str, float]:
    """Return how much of the run each recorder saw: one whose file was full, to its last event."""
    began_s = min((one.first_s for one in copied.values() if one.first_s is not None), default=0.0)
    return {
        name: one.last_s - began_s if one.last_s is not None and _is_full(name, request, run) else run.recorded_s[name]
        for name, one in copied.items()
    }


def _most_megabytes(name: str, request: Request) -> int:
    return max(1, round(request.megabytes * _PER_WAIT[name]))


def _is_full(name: str, request: Request, run: _Run) -> bool:
    file = run.folder / f"{name}.data"
    return file.exists() and file.stat().st_size >= _most_megabytes(name, request) << 20


def _facts(request: Request, can: Abilities, system: System, run: _Run) -> dict[str, str]:
    """Return what is known of the run, with the names that perf's own head has where it has one."""
    cpus = str(len(os.sched_getaffinity(0)) if not request.is_system_wide else os.cpu_count() or 1)
    model = re.search(r"^model name\s*:\s*(.*)$", system.text("proc/cpuinfo"), re.MULTILINE)
    facts = {
        "os release": system.text("proc/sys/kernel/osrelease").strip(),
        "cpudesc": model[1] if model else "",
        "nrcpus online": str(os.cpu_count() or 1),
        "cmdline": " ".join(request.command),
        "command": request.subject.replace("`", ""),
        "scope": "system" if request.is_system_wide else "command" if request.command else "process",
        "cpus": cpus,
        "call graph": plan.call_graph(request, can),
        "frequency_hz": str(min(request.frequency_hz, can.most_hz)),
        "elapsed_s": f"{run.elapsed_s:.6f}",
    }
    if WAITS in run.recorded_s:
        facts["lock events s"] = f"{run.recorded_s[WAITS]:.6f}"
    if SLEEPS in run.recorded_s:
        facts["futex events s"] = f"{run.recorded_s[SLEEPS]:.6f}"
    if run.cpu_s is not None:
        facts["user_s"], facts["system_s"] = (f"{one:.3f}" for one in run.cpu_s)
    return {key: value for key, value in facts.items() if value}


def _notes(request: Request, can: Abilities, run: _Run, lost: Mapping[str, int]) -> list[str]:
    notes = []
    for name, seen_s in run.recorded_s.items():
        if _is_full(name, request, run) or run.elapsed_s - seen_s > _EARLY_S:
            part = f"{name} are those of the first {seen_s:.1f} s of {run.elapsed_s:.1f} s"
            notes.append(f"{part}: {_why_early(name, request, run)}")
    notes += [f"{number:,} {name} were lost: perf could not keep up" for name, number in lost.items() if number]
    if request.frequency_hz > can.most_hz:
        notes.append(f"{can.most_hz:,} samples per second is what kernel.perf_event_max_sample_rate allows")
    return notes


def _why_early(name: str, request: Request, run: _Run) -> str:
    """Return why a recorder stopped before the run did: its file was full, or what perf says."""
    if _is_full(name, request, run):
        most = _most_megabytes(name, request)
        return f"their file reached {most} MB, `--megabytes {2 * request.megabytes}` records twice as much"
    return "; ".join(run.said[name]) or "perf stopped and said nothing"


def _few(profile: Profile, request: Request, run: _Run) -> Iterator[str]:
    """Yield a note where samples are so few that shares say little, or fewer than the CPU time should give."""
    events = Counter[str]()
    for one in profile.samples:
        events[one.event] += one.count
    count = max(events.values(), default=0)
    due = 0.0 if run.cpu_s is None else sum(run.cpu_s) * request.frequency_hz * run.recorded_s[SAMPLES] / run.elapsed_s
    if due > max(_FEW, _TOO_FEW * count) and not request.is_system_wide:
        yield (
            f"only {count:,} of some {due:,.0f} samples that so much CPU time gives: processes that live for less "
            "than a sample takes have none; `-a` records them"
        )
    elif count < _FEW:
        are = "sample is" if count == 1 else "samples are"
        more_hz = min(MOST_HZ, 10 * request.frequency_hz)
        yield f"{count} {are} few for shares: record what works for longer, or `--frequency {more_hz}`"


def _nothing(request: Request, run: _Run) -> LockwrightError:
    notes = [f"recorded for {run.elapsed_s:.3f} s"]
    if run.cpu_s is not None:
        notes.append(f"the command used {sum(run.cpu_s):.3f} s of CPU and ended with status {run.status}")
    cure = "record what works for a second or more, or take more samples: `--frequency 10000`"
    return refused("P025", f"nothing was recorded of {request.subject}", cure, notes=notes)
