"""Waiting for the end of a recording: of the command, of the time, or at Ctrl-C; and stopping the command then."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from lockwright.profiles.recording.request import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockwright.profiles.recording.launching import HeldCommand
    from lockwright.profiles.recording.recorder import Recorder

Ending = Literal["end", "seconds", "interrupt"]
"""Why a recording ended: what was recorded did, the time was over, or somebody stopped it."""

GRACE_S = 5.0  # between asking the command to end, and the next, stronger word
_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_TICK_S = 0.1
_SENT_BY_PROCESS = 0  # si_code of kill(2) and less; the kernel's own, for a key on a terminal, is above


@contextmanager
def signals_kept() -> Iterator[None]:
    """Keep signals that stop us for `Waiting`, instead of ending us in the middle."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_STOPPING, signal.SIGCHLD})
    try:
        yield
    finally:
        while signal.sigtimedwait({signal.SIGCHLD}, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Waiting:
    """The wait for an end.

    Args:
        command: What was started; None if nothing was.
        pid: The process that is recorded though it was not started here; None if there is none.
        recorders: The recorders: where all have ended, there is nothing to wait for.
        seconds: How long to record; None if without a limit.
        tell: Called with what a person should know.
    """

    def __init__(
        self,
        command: HeldCommand | None,
        pid: int | None,
        recorders: Sequence[Recorder],
        seconds: float | None,
        tell: Callable[[str], None],
    ) -> None:
        self._command, self._pid, self._recorders, self._tell = command, pid, recorders, tell
        self._until_s = None if seconds is None else time.monotonic() + seconds

    def wait(self) -> Ending:
        """Wait; in the end the command has ended, too."""
        while True:
            if self._has_ended():
                return "end"
            got = signal.sigtimedwait({*_STOPPING, signal.SIGCHLD}, self._pause_s())
            if got is not None and got.si_signo in _STOPPING:
                self._stop(got.si_signo, was_sent=got.si_code <= _SENT_BY_PROCESS)
                return "interrupt"
            if self._until_s is not None and time.monotonic() >= self._until_s:
                if self._has_ended():
                    return "end"
                self._stop(signal.SIGTERM, was_sent=True)
                return "seconds"

    def _pause_s(self) -> float:
        left_s = _TICK_S if self._until_s is None else self._until_s - time.monotonic()
        return min(_TICK_S, max(0.0, left_s))

    def _has_ended(self) -> bool:
        records = [one.poll() for one in self._recorders]
        if self._command is not None:
            return self._command.poll() is not None
        if self._pid is not None and not runs(self._pid):
            return True
        return not any(records)

    def _stop(self, number: int, *, was_sent: bool) -> None:
        """See to it that the command ends; it has had the signal already if a key on its terminal sent it."""
        if self._command is None:
            return
        if was_sent:
            self._command.send(number)
        for harder in (signal.SIGTERM, signal.SIGKILL):
            if self._ends_within_grace():
                return
            self._tell(f"the command has not ended: it gets {signal.Signals(harder).name}")
            self._command.send(harder)
        self._command.wait()

    def _ends_within_grace(self) -> bool:
        """Return whether the command ended before its time, or before the next Ctrl-C, was over."""
        until_s = time.monotonic() + GRACE_S
        while self._command is not None and self._command.poll() is None:
            left_s = until_s - time.monotonic()
            got = signal.sigtimedwait({*_STOPPING, signal.SIGCHLD}, min(_TICK_S, max(0.0, left_s)))
            if left_s <= 0 or (got is not None and got.si_signo in _STOPPING):
                return self._command.poll() is not None
        return True
