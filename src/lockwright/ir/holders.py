"""Who holds which lock, told by the marks around its methods.

A lock is known by its address and its type: the first field of a lock may be a lock, at the same address.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lockwright.ir.arithmetic import Fault

LockKey = tuple[int, str]
"""Address and type of a lock."""

EVENTS = tuple(
    f"{operation}_{boundary}"
    for operation in ("lock", "trylock", "unlock", "read_lock", "read_unlock", "write_lock", "write_unlock")
    for boundary in ("begin", "end")
)
"""Every event of a `mark`."""


@dataclass(slots=True)
class Holders:
    """The hidden state of each lock: its holder, and its readers."""

    writer: dict[LockKey, int] = field(default_factory=dict)
    readers: dict[LockKey, list[int]] = field(default_factory=dict)

    def mark(self, event: str, lock: LockKey, thread: int, *, got: bool = True) -> None:
        """Note that `thread` passes a boundary; `got` is the result of a `trylock`.

        Raises:
            Fault: `two_holders` or `not_holder`.
        """
        match event:
            case "lock_end" | "write_lock_end":
                self._take(lock, thread)
            case "trylock_end" if got:
                self._take(lock, thread)
            case "read_lock_end":
                if lock in self.writer:
                    raise Fault("two_holders")
                self.readers.setdefault(lock, []).append(thread)
            case "unlock_begin" | "write_unlock_begin":
                if self.writer.get(lock) != thread:
                    raise Fault("not_holder")
                del self.writer[lock]
            case "read_unlock_begin":
                if thread not in self.readers.get(lock, []):
                    raise Fault("not_holder")
                self.readers[lock].remove(thread)

    def _take(self, lock: LockKey, thread: int) -> None:
        if lock in self.writer or self.readers.get(lock):
            raise Fault("two_holders")
        self.writer[lock] = thread
