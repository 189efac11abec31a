"""The command that is recorded: held before its first instruction until perf watches it, let go, and waited for."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lockwright.profiles.recording.request import refused

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNALLED = 128  # and the number of the signal: the status of shells
_PYTHON_IGNORES = (signal.SIGPIPE, signal.SIGXFSZ)
_STAT = re.compile(r"\d+ \(.*\) \S (\d+) ", re.DOTALL)


class HeldCommand:
    """A child that waits for `release` before it becomes the command.

    A wait for `status` must come in the end: the child is nobody else's to wait for.

    Attributes:
        pid: Of the child, and of the command.
        status: As shells count; None while it runs.
        user_s: CPU time in user space, of it and of those of its children that it waited for; known at its end.
        system_s: The same in the kernel.
    """

    def __init__(self, command: Sequence[str], *, spares_output: bool = False) -> None:
        self.status: int | None = None
        self.user_s = self.system_s = 0.0
        self._command = command
        gate, self._gate = os.pipe()
        self._failed, failing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._gate)
            os.close(self._failed)
            _become(command, gate, failing, spares_output=spares_output)
        os.close(gate)
        os.close(failing)

    def release(self) -> None:
        """Let it become the command.

        Raises:
            LockwrightError: It could not.
        """
        with contextlib.suppress(BrokenPipeError):  # killed meanwhile: `poll` tells
            os.write(self._gate, b"!")
        os.close(self._gate)
        self._gate = -1
        reason = os.read(self._failed, 1 << 10).decode()
        if reason:
            self.wait()
            name, is_format = self._command[0], reason.startswith("Exec format error")
            cure = "a script begins with `#!/bin/sh`" if is_format else "give a program that starts by itself"
            raise refused("P022", f"`{name}` does not start: {reason}", cure)

    def poll(self) -> int | None:
        """Return the status, or None while it runs."""
        return self._reaped(os.WNOHANG)

    def wait(self) -> int:
        """Wait for its end; return the status."""
        while (status := self._reaped(0)) is None:
            pass
        return status

    def send(self, number: int) -> None:
        """Send a signal to it and to all that it started."""
        if self.status is not None:
            return
        for pid in (self.pid, *descendants(self.pid)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def close(self) -> None:
        """End it if it still runs."""
        for end in (self._gate, self._failed):
            if end >= 0:
                os.close(end)
        self._gate = self._failed = -1
        if self.status is None:
            self.send(signal.SIGKILL)
            self.wait()

    def _reaped(self, options: int) -> int | None:
        if self.status is None:
            pid, code, used = os.wait4(self.pid, options)
            if pid:
                ended = os.waitstatus_to_exitcode(code)
                self.status = ended if ended >= 0 else _SIGNALLED - ended
                self.user_s, self.system_s = used.ru_utime, used.ru_stime
        return self.status


def _become(command: Sequence[str], gate: int, failing: int, *, spares_output: bool) -> NoReturn:
    """Wait at the gate, then become the command; in the child."""
    try:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        for one in _PYTHON_IGNORES:
            signal.signal(one, signal.SIG_DFL)
        if spares_output:
            os.dup2(2, 1)
        if os.read(gate, 1):  # empty: who started us is gone
            os.execvp(command[0], list(command))
    except OSError as error:
        os.write(failing, (error.strerror or str(error)).encode())
    finally:
        os._exit(127)


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they did, as far as they run."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                found = _STAT.match((folder / "stat").read_text(encoding="utf-8", errors="replace"))
                if found:
                    children.setdefault(int(found[1]), []).append(int(folder.name))
    every = list[int]()
    waiting = list(children.get(pid, ()))
    while waiting:
        every.append(waiting.pop())
        waiting += children.get(every[-1], ())
    return every
