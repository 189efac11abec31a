"""How far a long command is: a bar with the time left, on a terminal only, for what takes longer than a moment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

    from lockwright.simulate.sweep import Progress as Step

SHORT_S = 2.0  # what is over before that needs no bar


class Bar:
    """A bar on standard error, gone when its work is done."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown: Progress | None = None
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Self:
        """Show nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._shown is not None:
            self._shown.stop()

    def show(self, step: Step) -> None:
        """Show how far it is, if it takes long at all."""
        if not self._is_terminal:
            return
        if self._shown is None:
            if step.elapsed_s + step.left_s < SHORT_S:
                return
            self._shown = _bar()
            self._shown.start()
        for task in self._shown.task_ids or (self._shown.add_task(self._what, left=""),):
            self._shown.update(task, completed=step.done, total=step.total, left=time_left(step.left_s))


def time_left(seconds: float) -> str:
    """Return a time as a person reads it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s left"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s left" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min left"


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
        transient=True,
    )


def tell_of_compilation(what: str) -> None:
    """Say what takes so long where nobody has run this before."""
    from lockwright.flat.compiling import work

    def tell() -> None:
        print(f"compiling {what} for this machine (once)", file=sys.stderr, flush=True)

    work.when_slow = tell
