"""One timer under the lock of all timers: whose it is is looked at while that lock is held.

Source: Linux 179394af, kernel/posix-timers.c (`lock_timer`).
"""

from __future__ import annotations

from lockwright.language import Atomic, Ptr, Struct, Workload, alloc, free, relaxed, symbol, u32, workers
from lockwright.locks.tas import TasLock


class Timer(Struct):
    lock: TasLock
    process: Atomic[u32]  # whose it is; 0: it is being deleted


class Registry(Struct):
    """All timers by number; here there is one number."""

    lock: TasLock
    timer: Ptr[Timer] | None


class Timers(Workload):
    registry: Registry

    def setup(self) -> None:
        timer = alloc(Timer)
        assert timer is not None
        timer.process.store(1, relaxed)
        self.registry.timer = timer

    @symbol("lock_timer")
    def find(self, process: u32) -> Ptr[Timer] | None:
        """Return the timer, locked, if it belongs to the process."""
        self.registry.lock.lock()
        timer = self.registry.timer
        if timer is None:
            self.registry.lock.unlock()
            return None
        timer.lock.lock()
        if timer.process.load(relaxed) == process:
            self.registry.lock.unlock()
            return timer
        timer.lock.unlock()
        self.registry.lock.unlock()
        return None

    @workers(1)
    def get_time(self) -> None:
        timer = self.find(1)
        if timer is not None:
            timer.lock.unlock()

    @workers(1)
    def delete(self) -> None:
        timer = self.find(1)
        if timer is None:
            return
        timer.process.store(0, relaxed)
        timer.lock.unlock()
        with self.registry.lock:
            self.registry.timer = None
        free(timer)
