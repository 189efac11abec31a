"""A counting semaphore with a queue of sleepers: who gives it back hands it to the first of them.

Waiters sleep; the word `woken` is theirs alone, so that a wake-up that comes early is not lost.
Source: Linux 3.2 kernel/semaphore.c (`down`, `down_trylock`, `up`), interrupts left out.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Atomic,
    Lock,
    PerThread,
    Ptr,
    Struct,
    acquire,
    park,
    relaxed,
    release,
    shared,
    symbol,
    thread,
    u8,
    u32,
    unpark,
)

L = TypeVar("L", bound=Lock)


class Waiter(Struct, align=64):
    """A thread that sleeps; it waits for one semaphore at a time."""

    thread: u32
    woken: Atomic[u8]
    after: Ptr[Waiter] | None


sleepers: PerThread[Waiter] = shared()


class Semaphore(Struct, Generic[L]):
    """`count` is how many may still have it; zero at first, that is to say held."""

    lock: L
    count: u32
    first: Ptr[Waiter] | None
    last: Ptr[Waiter] | None

    @symbol("down_trylock")
    def try_down(self) -> bool:
        with self.lock:
            if self.count == 0:
                return False
            self.count -= 1
        return True

    @symbol("down")
    def down(self) -> None:
        mine = sleepers[thread()]
        with self.lock:
            if self.count > 0:
                self.count -= 1
                return
            mine.thread = thread()
            mine.woken.store(0, relaxed)
            mine.after = None
            last = self.last
            if last is None:
                self.first = mine
            else:
                last.after = mine
            self.last = mine
        while mine.woken.load(acquire) == 0:
            park()

    @symbol("up")
    def up(self) -> None:
        with self.lock:
            waiter = self.first
            if waiter is None:
                self.count += 1
                return
            self.first = waiter.after
            if waiter.after is None:
                self.last = None
            sleeper = waiter.thread
            waiter.woken.store(1, release)
            unpark(sleeper)
