"""One timer, found under RCU: its memory is not zeroed when it is made.

A mutant of Linux 8af088710d1e, kernel/posix-timers.c (`lock_timer`, `release_posix_timer`, `sys_timer_create`).
"""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    free,
    rcu_free,
    rcu_read,
    relaxed,
    release,
    symbol,
    u32,
    workers,
)
from lockwright.locks.tas import TasLock


class Timer(Struct):
    lock: TasLock
    process: Atomic[u32]  # whose it is; 0: it is being made, or deleted
    made_for: u32


class Registry(Struct):
    """All timers by number; here there is one number."""

    lock: TasLock
    timer: Atomic[Ptr[Timer] | None]


class Timers(Workload):
    registry: Registry

    def setup(self) -> None:
        """The memory that the timer will get has held something else before."""
        other = alloc(Timer)
        assert other is not None
        other.process.store(2, relaxed)
        free(other)

    @symbol("lock_timer")
    def find(self, process: u32) -> Ptr[Timer] | None:
        """Return the timer, locked, if it belongs to the process."""
        with rcu_read():
            timer = self.registry.timer.load(acquire)
            if timer is None:
                return None
            timer.lock.lock()
            if timer.process.load(acquire) == process:
                return timer
            timer.lock.unlock()
        return None

    @symbol("sys_timer_create")
    def create(self, process: u32) -> None:
        timer = alloc(Timer, zero=False)
        if timer is None:
            return
        with self.registry.lock:
            self.registry.timer.store(timer, release)
        timer.made_for = process
        timer.process.store(process, release)

    @symbol("sys_timer_delete")
    def delete(self, process: u32) -> None:
        timer = self.find(process)
        if timer is None:
            return
        timer.process.store(0, relaxed)
        timer.lock.unlock()
        with self.registry.lock:
            self.registry.timer.store(None, relaxed)
        rcu_free(timer)

    @workers(1)
    def process_1(self) -> None:
        self.create(1)
        self.delete(1)

    @workers(1)
    def process_2(self) -> None:
        timer = self.find(2)
        if timer is not None:
            assert timer.made_for == 2, "a timer of process 2"
            timer.lock.unlock()
