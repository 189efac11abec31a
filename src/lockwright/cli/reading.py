"""Reading a long file: how far it is, on a terminal, and Ctrl-C that keeps what was read."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lockwright.cli.progress import SHORT_S, time_left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from lockwright.profiles.watch import Watch

_EVERY_S = 0.1  # between two looks at the clock that change what is shown
_SURE_S = 0.5  # after which the time left is worth a guess
_MEGA = 1e6


@contextmanager
def watched(what: str) -> Iterator[Watch]:
    """Give what `profiles.read` takes to tell how far it is; the first Ctrl-C ends the reading, a second one all.

    Args:
        what: What is read, as the bar calls it.
    """
    from lockwright.profiles.watch import Watch

    bar = _Bar(what)
    watch = Watch(bar.show)
    before: Any = None
    takes_signals = threading.current_thread() is threading.main_thread()
    if takes_signals:
        before = signal.signal(signal.SIGINT, lambda *_: watch.stop())
    try:
        yield watch
    finally:
        if takes_signals:
            signal.signal(signal.SIGINT, before)
        bar.close()


class _Bar:
    """A line on standard error, gone when the work is done: only on a terminal, only for what takes long."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = self._last = time.monotonic()
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._shown: Progress | None = None

    def show(self, watch: Watch) -> None:
        """Show how far it is, now and then."""
        now = time.monotonic()
        if not self._is_terminal or now - self._last < _EVERY_S:
            return
        self._last = now
        elapsed_s = now - self._begun
        left_s = (
            (watch.total_bytes / watch.done_bytes - 1) * elapsed_s if watch.total_bytes and watch.done_bytes else 0.0
        )
        if self._shown is None:
            if elapsed_s < _SURE_S or elapsed_s + max(0.0, left_s) < SHORT_S:
                return
            self._shown = _progress()
            self._shown.start()
            self._shown.add_task(self._what, total=watch.total_bytes or None, left="")
        read = f"{watch.done_bytes / _MEGA:,.0f} MB"
        if watch.total_bytes:
            read += f" of {watch.total_bytes / _MEGA:,.0f} MB, {time_left(max(0.0, left_s))}"
        for task in self._shown.task_ids:
            self._shown.update(task, completed=watch.done_bytes, left=read)

    def close(self) -> None:
        """Take the line away."""
        if self._shown is not None:
            self._shown.stop()


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
        transient=True,
    )
