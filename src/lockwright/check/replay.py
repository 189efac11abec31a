"""Keep a counterexample in a file, play it again, and make a test of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import msgspec

from lockwright.check.moves import Move
from lockwright.check.shapes import shape_of
from lockwright.check.smallest import machine
from lockwright.check.telling.counterexample import Found, counterexample
from lockwright.check.telling.play import NotPlayableError
from lockwright.check.verdict import Problem
from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.ir.inline import inline
from lockwright.ir.waiting import waiting
from lockwright.results import FAULTS, PROVED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockwright.ir.program import Program
    from lockwright.results import CheckResult, Fault

VERSION = 1
_Natural = Annotated[int, msgspec.Meta(ge=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]
_Threads = Annotated[int, msgspec.Meta(ge=1, le=16)]  # a move has four bits for its thread
_Arrivals = Annotated[int, msgspec.Meta(ge=0, le=100)]


class Trace(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a `.trace.json` file holds: enough to play it again, and to see that the source is still the same."""

    schema: Literal["lockwright.trace/1"] = "lockwright.trace/1"
    version: int = VERSION
    lock: str
    sources: dict[str, str]  # digest of each file
    kind: str
    sentence: str
    model: Literal["sc", "tso", "c11"]
    threads: _Threads
    acquisitions: _Count | None
    moves: list[_Natural]
    nodes: list[int] = []
    interrupts: _Arrivals = 1
    bypass: _Natural | None = None
    cpus: int | None = None
    offline: list[int] = []
    migrate: bool = False
    loop_length: _Natural = 0
    victim: _Natural | None = None
    other: _Natural | None = None


USUAL: dict[str, Any] = {
    "nodes": [], "interrupts": 1, "bypass": None, "cpus": None, "offline": [], "migrate": False,
}  # fmt: skip
"""What a trace and a test say of the machine of a run and of what it has to keep, unless it is this."""


def trace_of(fault: Fault, name: str, sources: Mapping[str, str], run: Mapping[str, Any] | None = None) -> Trace:
    """Return the trace of a fault; `run` is what was asked of the machine (`run_of`)."""
    return Trace(
        lock=name,
        sources={file: digest(text) for file, text in sources.items()},
        kind=fault.kind,
        sentence=fault.sentence,
        model=cast("Any", fault.model),
        threads=fault.threads,
        acquisitions=fault.acquisitions,
        moves=list(fault.moves),
        loop_length=fault.loop_moves,
        victim=fault.victim,
        other=fault.other,
        **(run or {}),
    )


def digest(text: str) -> str:
    """Return what identifies the text of a source file."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def trace_text(result: CheckResult) -> str:
    """Return the text of the file that keeps the first fault of a check."""
    trace = trace_of(result.faults[0], result.name, result.sources, run_of(result))
    return msgspec.json.format(msgspec.json.encode(trace), indent=1).decode() + "\n"


def run_of(result: CheckResult) -> dict[str, Any]:
    """Return what a check was asked of its machine, where that is not what every check does."""
    return {name: result.params[name] for name, usual in USUAL.items() if result.params.get(name, usual) != usual}


def load(path: Path) -> Trace:
    """Read a trace.

    Raises:
        LockwrightError: The file is no trace, or one of another version.
    """
    try:
        trace = msgspec.json.decode(path.read_bytes(), type=Trace)
    except OSError as error:
        raise _mistake(f"{path}: {error.strerror}", "") from error
    except msgspec.DecodeError as error:
        raise _mistake(
            f"{path} is no trace: {error}", "write one with `lockwright check LOCK --save-trace FILE`"
        ) from error
    if trace.version != VERSION:
        raise _mistake(f"{path} has version {trace.version}, this program reads {VERSION}", "run the check again")
    if not _is_consistent(trace):
        raise _mistake(f"{path} is no trace: its moves do not fit its threads or its kind", "run the check again")
    return trace


def _is_consistent(trace: Trace) -> bool:
    """Return whether the kind exists, threads are those of the run, and the loop is no longer than the run."""
    threads = {Move.decode(code).thread for code in trace.moves} | {trace.victim or 0, trace.other or 0}
    return trace.kind in FAULTS and max(threads) < trace.threads and trace.loop_length <= len(trace.moves)


def _mistake(title: str, cure: str) -> LockwrightError:
    return LockwrightError([Diagnostic("U020", title, Label(NOWHERE), helps=(cure,) if cure else ())])


def replay(program: Program, trace: Trace) -> Fault:
    """Play a trace again, and tell it.

    Raises:
        LockwrightError: The source has changed since, the trace is no run of it, or the run does not show the fault.
    """
    _compare(program, trace)
    found = waiting(inline(program))
    moves = tuple(Move.decode(code) for code in trace.moves)
    split = len(moves) - trace.loop_length
    problem = Problem(trace.kind, moves[:split], moves[split:], trace.victim, trace.other, allowed=trace.bypass)
    shape = shape_of(
        program, trace.threads, trace.nodes, cpus=trace.cpus, offline=trace.offline, migrates=trace.migrate
    )
    played = machine(found, shape, trace.model, trace.acquisitions, trace.interrupts)
    try:
        fault = counterexample(played, found.awaits, problem, Found(trace.model, trace.threads, trace.acquisitions))
    except NotPlayableError as error:
        raise _mistake(f"the trace does not fit: {error}", "run the check again") from error
    if not fault.confirmed:
        raise _mistake(f"the trace does not show what it says: {FAULTS[trace.kind][1]}", "run the check again")
    return fault


def _compare(program: Program, trace: Trace) -> None:
    if trace.lock != program.name:
        raise _mistake(f"the trace is of {trace.lock}, not of {program.name}", f"give it to `check {trace.lock}`")
    changed = [name for name, text in program.sources.items() if trace.sources.get(name) != digest(text)]
    if changed:
        raise _mistake(f"{', '.join(changed)} has changed since the trace was made", "run the check again")


_TEST = '''"""Made by `lockwright check {shown} --save-test`: {sentence}"""

import lockwright


def test_{name}() -> None:
    result = lockwright.check({lock!r}, memory={model!r}, threads={threads}, acquire={acquire!r}{run})
    assert result.verdict == {verdict!r}, result.faults[0].sentence if result.faults else result.verdict
'''


def test_file(result: CheckResult, lock: str) -> str:
    """Return a pytest file that asserts that the lock is proved where it failed: it fails until the fault is cured."""
    fault = result.faults[0]
    word = "".join(sign if sign.isalnum() else "_" for sign in lock.lower()).strip("_")
    plain = str.maketrans({"\\": "\\\\", '"': '\\"'})  # inside the quotes of a docstring
    return _TEST.format(
        shown=lock.translate(plain),
        lock=lock,
        sentence=fault.sentence.translate(plain),
        name=f"{word}_has_no_{fault.kind}",
        model=fault.model,
        threads=fault.threads,
        acquire="forever" if fault.acquisitions is None else fault.acquisitions,
        verdict=PROVED,
        run="".join(f", {name}={value!r}" for name, value in run_of(result).items()),
    )


test_file.__test__ = False  # type: ignore[attr-defined]  # a function of ours, not a test
