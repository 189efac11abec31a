"""POSIX timers that expire: the interrupt takes the lock of a timer that threads change and delete meanwhile.

Each CPU has a place for one armed timer.  The interrupt takes the timer out, notes that its callback runs, and calls
that, which takes the timer's lock.  Who deletes a timer first takes it out of that place, under the timer's lock; if
the callback runs, it lets the lock go and waits for its end (`waits`), or, before 5d99b32a, tries again at once.
Source: Linux 8af088710d1e and 5d99b32a009e, kernel/posix-timers.c (`posix_timer_fn`, `timer_delete_hook`),
kernel/hrtimer.c (`hrtimer_try_to_cancel`, `__run_hrtimer`).  Leaves out: the queue of a CPU, intervals, signals.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    PerCpu,
    Ptr,
    Struct,
    Workload,
    acquire,
    cpu,
    field,
    interrupt,
    pause,
    relaxed,
    release,
    running,
    symbol,
    u32,
    workers,
)
from lockwright.structures.id_registry import NO_ID
from lockwright.workloads.posix_timers import PosixTimers, Timer

L = TypeVar("L", bound=Lock)
MINE = 1


class ClockBase(Struct, Generic[L], align=64):
    """What a CPU has armed, and whose callback it runs."""

    lock: L
    armed: Ptr[Timer[L]] | None
    calling: Atomic[Ptr[Timer[L]] | None]


class Expiring(Workload, Generic[L]):
    """A process makes, arms and deletes timers, from two threads; the interrupt comes in between."""

    uses_rcu: Param[bool] = True
    waits: Param[bool] = True
    timers: PosixTimers[L] = field(uses_rcu=uses_rcu, bits=1)
    bases: PerCpu[ClockBase[L]]
    expired: PerCpu[u32]

    @workers(1)
    def maker(self) -> None:
        while running():
            number = self.timers.create(MINE, 1)
            if number != NO_ID:
                self.arm(number)
                self.delete(number)

    @workers(1)
    def other(self) -> None:
        while running():
            self.delete(0)

    @symbol("sys_timer_settime")
    def arm(self, number: u32) -> None:
        timer = self.timers.find(number, MINE)
        if timer is None:
            return
        base = self.bases[cpu()]
        with base.lock:
            timer.base = cpu()
            base.armed = timer
        self.timers.unlock(timer)

    @symbol("sys_timer_delete")
    def delete(self, number: u32) -> None:
        timer = self.timers.find(number, MINE)
        while timer is not None and not self.try_to_cancel(timer):
            base = self.bases[timer.base]
            self.timers.unlock(timer)
            while self.waits and base.calling.load(acquire) is timer:
                pause()
            timer = self.timers.find(number, MINE)
        if timer is not None:
            self.timers.kill(timer)

    @symbol("hrtimer_try_to_cancel")
    def try_to_cancel(self, timer: Ptr[Timer[L]]) -> bool:
        """Take a timer out of its base; False if its callback runs."""
        base = self.bases[timer.base]
        with base.lock:
            if base.armed is timer:
                base.armed = None
            return base.calling.load(relaxed) is not timer

    @interrupt(every_cycles=1_000_000)
    def tick(self) -> None:
        """Let the timer that this CPU has armed expire."""
        base = self.bases[cpu()]
        with base.lock:
            timer = base.armed
            base.armed = None
            base.calling.store(timer, relaxed)
        if timer is None:
            return
        self.expire(timer)
        with base.lock:
            base.calling.store(None, release)

    @symbol("posix_timer_fn")
    def expire(self, timer: Ptr[Timer[L]]) -> None:
        with timer.lock:
            assert timer.process == MINE
            self.expired[cpu()] += 1
