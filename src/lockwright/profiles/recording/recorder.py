"""One `perf record`: started beside what it watches, told when to begin, and stopped."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from lockwright.profiles.recording.request import refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_START_S = 60.0  # perf reads the symbols of all processes before it begins, if all CPUs are recorded
_STOP_S = 120.0  # and the objects of all samples in the end
_POLL_S = 0.02
_BEGUN_S = 0.2
_FORBIDDEN = ("not permitted", "no permission", "permission denied", "is limited")  # in perf's own words


class Recorder:
    """A running `perf record`.

    Args:
        perf: Where perf is.
        data: The file that it writes.
        arguments: What to record, of whom.
        has_control: Whether it can be told when to begin.

    Attributes:
        data: The file.
        ended_at_s: When it was seen to have stopped by itself, on the clock of `time.monotonic`; None if it did not.
        said: What perf printed, once it has stopped.
    """

    def __init__(self, perf: str, data: Path, arguments: Sequence[str], *, has_control: bool) -> None:
        self.data = data
        self.ended_at_s: float | None = None
        self.said: tuple[str, ...] = ()
        self._log = data.with_suffix(".log")
        self._to, self._from = -1, -1
        given, passed = [perf, "record", "-o", str(data), "-N", *arguments], list[int]()
        if has_control:
            told, self._to = os.pipe()
            self._from, answering = os.pipe()
            passed = [told, answering]
            given += ["-D", "-1", f"--control=fd:{told},{answering}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                given,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=passed,
                start_new_session=True,  # Ctrl-C is for the command; perf is stopped after it
            )
        for one in passed:
            os.close(one)

    def begin(self) -> None:
        """Wait until it records.

        Raises:
            LockwrightError: It refuses.
        """
        if self._to >= 0:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._to, b"enable\n")
        until_s = time.monotonic() + _START_S
        while not self._has_begun():
            if self._process.poll() is not None or time.monotonic() > until_s:
                raise refused("P024", "perf does not record", *self._cures(), notes=self.words())
        if self._to < 0:
            time.sleep(_BEGUN_S)  # an old perf writes the head of its file just before it begins

    def poll(self) -> bool:
        """Return whether it still records."""
        if self.ended_at_s is None and self._process.poll() is not None:
            self.ended_at_s = time.monotonic()
        return self.ended_at_s is None

    def stop(self) -> None:
        """Stop it and wait until its file is whole."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.said = self.said or self.words()
        self._close()

    def discard(self) -> None:
        """Stop it and remove what it wrote."""
        self.stop()
        self.data.unlink(missing_ok=True)

    def words(self) -> tuple[str, ...]:
        """Return what perf printed, without what it always prints."""
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        lines = (" ".join(line.split()) for line in text.splitlines())
        return tuple(f"perf: {one}" for one in lines if one and not one.startswith(("[ perf record", "Events ")))[:12]

    def _has_begun(self) -> bool:
        if self._to < 0:
            time.sleep(_POLL_S)
            return self.data.exists() and self.data.stat().st_size > 0
        ready, _, _ = select.select([self._from], [], [], _POLL_S)
        return bool(ready and os.read(self._from, 64))

    def _cures(self) -> tuple[str, ...]:
        cures = ["`lockwright record --dry-run ...` says what may be recorded here, and prints the commands"]
        if any(sign in one.lower() for one in self.words() for sign in _FORBIDDEN):
            cures.append(
                "where nothing else forbids it, a container's seccomp profile does: start it with "
                "`--cap-add PERFMON`, or `--security-opt seccomp=unconfined`"
            )
        return tuple(cures)

    def _close(self) -> None:
        for one in (self._to, self._from):
            if one >= 0:
                os.close(one)
        self._to = self._from = -1
        self._log.unlink(missing_ok=True)
