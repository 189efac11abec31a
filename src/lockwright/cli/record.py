"""`lockwright record`: run a command under `perf`, and say which lock it waits for."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lockwright.cli.profile_outputs import Outputs
from lockwright.cli.status import Status

if TYPE_CHECKING:
    from rich.console import Console

    from lockwright.profiles.recording import Request

Command = Annotated[str, Parameter(allow_leading_hyphen=True)]
_SIGNALLED = 128  # and the number of the signal: the status of shells
_NOWHERE_ELSE = Outputs()


def record(
    *command: Command,
    pid: Annotated[int | None, Parameter(name=("--pid", "-p"))] = None,
    all_cpus: Annotated[bool, Parameter(name=("--all-cpus", "-a"), negative="")] = False,
    seconds: float | None = None,
    frequency: Annotated[int, Parameter(name=("--frequency", "-F"))] = 499,
    call_graph: str = "auto",
    no_locks: Annotated[bool, Parameter(negative="")] = False,
    megabytes: int = 64,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    keep: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    rows: int = 12,
    outputs: Outputs = _NOWHERE_ELSE,
) -> int:
    """Record a command, a process or the machine with `perf`, and say which lock it waits for.

    CPU samples with call graphs and every wait for a lock of the kernel are recorded in one run. What cannot be
    recorded here is said, with the command that would change it. Ctrl-C stops the command, and what was recorded till
    then is read. The exit status is that of the command, 128 and the number of the signal if one killed it.

    Args:
        command: What to run, after `--`.
        pid: Record a process that runs already, until it ends, or Ctrl-C.
        all_cpus: Record all CPUs, whoever runs there; with a command, while it runs.
        seconds: Stop after so long; a command that still runs then is ended.
        frequency: Samples per second of each CPU.
        call_graph: How stacks are found: `fp` (frame pointers), `dwarf` (also where there are none), `lbr` (Intel's
            branch records), or `auto`: by `dwarf` where perf can.
        no_locks: Record samples only.
        megabytes: The most of waits, and four times as much of samples.
        output: Keep the recordings in this folder, which must not be there yet.
        keep: Keep them in a folder here, named after the time.
        dry_run: Only say what can be recorded here, and how.
        rows: The most rows of each table.
        outputs: Where results go besides the terminal.
    """
    from lockwright.cli.reading import watched
    from lockwright.cli.usage import mistaken
    from lockwright.profiles.diagnosis import diagnose
    from lockwright.profiles.recording import CALL_GRAPHS, Request, is_call_graph
    from lockwright.profiles.recording import record as recorded
    from lockwright.report.console import print_lines, terminal
    from lockwright.report.recording import recording_lines

    if rows < 1:
        return mistaken(f"`--rows {rows}` is no number of rows", "`--rows 12`")
    if not is_call_graph(call_graph):
        return mistaken(f"`--call-graph {call_graph}` is no kind of call graph", f"one of {', '.join(CALL_GRAPHS)}")
    outputs.refuse_unwritable()
    request = Request(
        command=command,
        pid=pid,
        is_system_wide=all_cpus,
        seconds=seconds,
        frequency_hz=frequency,
        call_graph=call_graph,
        has_locks=not no_locks,
        folder=output or (_named_after_now() if keep else None),
        megabytes=megabytes,
        spares_output=outputs.is_streaming,
    )
    if dry_run:
        return _tell_what_can_be(request)
    _clean_up_at_signals()
    found = recorded(request, _tell, reading=lambda: watched("reading the recording"))
    diagnosis = diagnose(found.profile)
    outputs.write(found.profile, diagnosis)
    if not outputs.is_streaming:
        console = terminal()
        print_lines(recording_lines(found, rows, _columns(console), diagnosis), console)
    return found.status if found.status is not None and found.ending != "seconds" else Status.FINE


def _clean_up_at_signals() -> None:
    """Let signals that end us unwind the stack, so that what is half written is taken away."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda got, _: sys.exit(_SIGNALLED + got))


def _tell(what: str) -> None:
    print(f"record: {what}", file=sys.stderr, flush=True)


def _columns(console: Console) -> int:
    from lockwright.report.profile import COLUMNS

    return min(COLUMNS, console.width) if console.is_terminal else COLUMNS


def _tell_what_can_be(request: Request) -> int:
    from lockwright.profiles.recording import look
    from lockwright.report.console import print_lines, terminal
    from lockwright.report.recording import plan_lines

    console = terminal()
    print_lines(plan_lines(*look(request), _columns(console)), console)
    return Status.FINE


def _named_after_now() -> Path:
    from datetime import datetime

    return Path(f"lockwright-record-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
