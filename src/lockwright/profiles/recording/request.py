"""What is to be recorded, and the mistakes in it that can be told before anything runs."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeGuard, get_args

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError

if TYPE_CHECKING:
    from collections.abc import Sequence

CallGraph = Literal["auto", "fp", "dwarf", "lbr"]
CALL_GRAPHS: tuple[CallGraph, ...] = get_args(CallGraph)
FREQUENCY_HZ = 499  # not in step with what happens every millisecond
MOST_HZ = 100_000
MEGABYTES = 64  # of waits: some 200,000, which are read in ten seconds


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be recorded.

    Args:
        command: The program and its arguments; empty if none is to be run.
        pid: A process that runs already; None if none.
        is_system_wide: All CPUs, whoever runs there.
        seconds: After how long to stop; None: when the command or process ends, or at Ctrl-C.
        frequency_hz: Samples of each CPU per second of its work.
        call_graph: How stacks are found: `fp`, by frame pointers, which most C libraries are built without; `dwarf`,
            also where there are none, from a copy of the stack; `lbr`, the branch records of Intel's processors;
            `auto`, by `dwarf` where perf can.
        has_locks: Whether waits for locks are recorded as well.
        folder: Where the recordings are kept; None if they are not.
        megabytes: The most of waits, four times as much of samples, and an eighth of sleeps on futexes: what reaches it
            first stops first.
        spares_output: Whether the command's standard output goes to standard error, because ours is taken.
    """

    command: tuple[str, ...] = ()
    pid: int | None = None
    is_system_wide: bool = False
    seconds: float | None = None
    frequency_hz: int = FREQUENCY_HZ
    call_graph: CallGraph = "auto"
    has_locks: bool = True
    folder: Path | None = None
    megabytes: int = MEGABYTES
    spares_output: bool = False

    @property
    def subject(self) -> str:
        """What is recorded, in words."""
        whole = "all CPUs" if self.is_system_wide else ""
        if self.command:
            shown = " ".join(self.command)
            return f"`{shown}`{' on all CPUs' if whole else ''}"
        return whole or f"process {self.pid}"


def is_call_graph(text: str) -> TypeGuard[CallGraph]:
    """Return whether this is a kind of call graph."""
    return text in CALL_GRAPHS


def refused(code: str, title: str, *helps: str, notes: Sequence[str] = ()) -> LockwrightError:
    """Return an error about no line of any file."""
    return LockwrightError([Diagnostic(code, title, Label(NOWHERE), notes=tuple(notes), helps=helps)])


def verify(request: Request) -> None:
    """Refuse what cannot be recorded.

    Raises:
        LockwrightError: Nothing is to be recorded, or two things at once; the command is not there; the process is
            not; a number is none; the folder is there already.
    """
    if request.pid is not None and (request.command or request.is_system_wide):
        raise refused("U003", "a process and a command, or all CPUs, at once", "give `-p PID`, or `-- COMMAND`")
    if not request.command and request.pid is None and not request.is_system_wide:
        raise refused(
            "U003",
            "nothing to record is named",
            "`lockwright record -- ./program`, `lockwright record -p PID`, or `lockwright record -a --seconds 10`",
        )
    if request.seconds is not None and not 0 < request.seconds < float("inf"):
        raise refused("U003", f"`--seconds {request.seconds:g}` is no time to record", "`--seconds 10`")
    if not 1 <= request.frequency_hz <= MOST_HZ:
        raise refused(
            "U003", f"`--frequency {request.frequency_hz}` is no number of samples per second", "`--frequency 499`"
        )
    if request.megabytes < 1:
        raise refused("U003", f"`--megabytes {request.megabytes}` is no size of a file", "`--megabytes 64`")
    if request.command:
        _verify_command(request.command[0])
    if request.pid is not None:
        _verify_process(request.pid)
    if request.folder is not None:
        _verify_folder(request.folder)


def _verify_command(name: str) -> None:
    if shutil.which(name):
        return
    path = Path(name)
    if "/" not in name:
        raise refused("P022", f"there is no command `{name}`", "a program that lies here is `./NAME`")
    if not path.exists():
        raise refused("P022", f"there is no file `{name}`", "give the program that is to be recorded")
    if path.is_dir():
        raise refused("P022", f"`{name}` is a folder", "give the program that is to be recorded")
    raise refused("P022", f"`{name}` may not be executed", f"`chmod +x {name}`, or name its interpreter before it")


def _verify_process(pid: int) -> None:
    if pid <= 0 or not runs(pid):
        raise refused("P023", f"there is no process {pid}", "`ps -e` lists those that there are")


def runs(pid: int) -> bool:
    """Return whether there is such a process, ours or not."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _verify_folder(folder: Path) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise refused("U002", f"`{folder}` is there already", "name a folder that is not there, or an empty one")
    parent = folder.absolute().parent
    if not parent.is_dir():
        raise refused("U002", f"there is no folder `{parent}`", "name a folder in one that is there")
    if not os.access(parent, os.W_OK):
        raise refused("U002", f"nothing may be written into `{parent}`", "name a folder in one of yours")
