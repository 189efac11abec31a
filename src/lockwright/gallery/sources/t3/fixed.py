"""A timer whose RCU head has memory of its own.

One thread waits for the timer's callback, with the memory held by RCU; another deletes the timer meanwhile.
Source: Linux 5d99b32a, include/linux/posix-timers.h, kernel/time/posix-timers.c.
"""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Ptr,
    RcuHead,
    Struct,
    Union,
    Workload,
    acquire,
    alloc,
    rcu_free,
    rcu_read,
    relaxed,
    release,
    symbol,
    u32,
    u64,
    workers,
)
from lockwright.locks.tas import TasLock


class HrTimer(Struct):
    base: u64  # which clock base it belongs to


class It(Union):
    real: HrTimer


class Timer(Struct):
    lock: TasLock
    process: Atomic[u32]  # whose it is; 0: it is being deleted
    it: It
    rcu: RcuHead


class Registry(Struct):
    """All timers by number; here there is one number."""

    lock: TasLock
    timer: Atomic[Ptr[Timer] | None]


class Timers(Workload):
    registry: Registry

    def setup(self) -> None:
        timer = alloc(Timer)
        assert timer is not None
        timer.process.store(1, relaxed)
        timer.it.real.base = 9
        self.registry.timer.store(timer, relaxed)

    @symbol("lock_timer")
    def find(self, process: u32) -> Ptr[Timer] | None:
        with rcu_read():
            timer = self.registry.timer.load(acquire)
            if timer is None:
                return None
            timer.lock.lock()
            if timer.process.load(relaxed) == process:
                return timer
            timer.lock.unlock()
        return None

    @workers(1)
    def wait_for_callback(self) -> None:
        timer = self.find(1)
        if timer is None:
            return
        with rcu_read():
            timer.lock.unlock()  # the callback needs it
            assert timer.it.real.base == 9

    @workers(1)
    def delete(self) -> None:
        timer = self.find(1)
        if timer is None:
            return
        timer.process.store(0, relaxed)
        timer.lock.unlock()
        with self.registry.lock:
            self.registry.timer.store(None, release)
        rcu_free(timer, timer.rcu)
