"""How far the reading of a file is, and a way to end it early with what was read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Watch:
    """Shared by who reads a file and who waits for it.

    Attributes:
        done_bytes: How much was read, of what lies on the disk: compressed if it is.
        total_bytes: How much there is; 0 if nobody knows.
        is_stopped: Whether reading shall end soon, with what was read.
        is_waiting: Whether it waits for more right now.
        tell: Called now and then while lines are read.
    """

    def __init__(self, tell: Callable[[Watch], None] | None = None) -> None:
        self.done_bytes, self.total_bytes = 0, 0
        self.is_stopped = self.is_waiting = False
        self.tell = tell

    def told(self) -> None:
        """Tell how far it is."""
        if self.tell is not None:
            self.tell(self)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Mark a stretch in which reading may be interrupted at once."""
        self.is_waiting = True
        try:
            yield
        finally:
            self.is_waiting = False

    def stop(self) -> None:
        """End the reading: soon, or by an interrupt if it waits for more.

        Raises:
            KeyboardInterrupt: It waits for more, or was stopped already.
        """
        again, self.is_stopped = self.is_stopped, True
        if again or self.is_waiting:
            raise KeyboardInterrupt
