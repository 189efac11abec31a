"""POSIX timers: found by number, under the one lock of all numbers or, since Linux 3.0, under RCU.

A timer can be found as soon as it has a number, half made as it is.  `signal` says to which process it belongs; it is
zero until the timer is made and again when it dies, and whoever found a timer looks at it again under the timer's lock.
RCU keeps the memory only: a timer that is freed in a grace period is gone for all who look at `signal`.
Both locks are taken with interrupts off, since timers expire in interrupts: `posix_timer_expiry` adds those.
Source: Linux 8af088710d1e, kernel/posix-timers.c (`lock_timer`, `timer_create`, `timer_delete`,
`release_posix_timer`).
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    Ptr,
    RcuHead,
    Struct,
    Workload,
    acquire,
    alloc,
    field,
    free,
    interrupts_disabled,
    interrupts_off,
    interrupts_restore,
    random,
    rcu_free,
    rcu_read,
    relaxed,
    release,
    running,
    symbol,
    thread,
    u32,
    u64,
)
from lockwright.structures.id_registry import NO_ID, IdRegistry

L = TypeVar("L", bound=Lock)


class Timer(Struct, Generic[L], align=64):
    lock: L
    signal: Atomic[u32]  # the process, from 1; 0: half made, or dying
    number: u32
    process: u32  # for whom it is made; set before `signal`
    expires: u64
    base: u32  # the CPU on which it is armed
    rcu: RcuHead


class PosixTimers(Struct, Generic[L]):
    uses_rcu: Param[bool] = True
    bits: Param[u32] = 6
    lock: L  # idr_lock, of all processes
    numbers: IdRegistry[Timer[L]] = field(bits=bits, align=64)  # a layer has lines of its own

    @symbol("lock_timer")
    def find(self, number: u32, process: u32) -> Ptr[Timer[L]] | None:
        """Return a timer of the process, locked and with interrupts off."""
        if self.uses_rcu:
            with rcu_read():
                timer = self.numbers.find(number)
                if timer is not None:
                    interrupts_off()
                    if self.lock_own(timer, process):
                        return timer
                    interrupts_restore(were_on=True)
            return None
        interrupts_off()
        with self.lock:
            timer = self.numbers.find(number)
            if timer is not None and self.lock_own(timer, process):
                return timer
        interrupts_restore(were_on=True)
        return None

    def lock_own(self, timer: Ptr[Timer[L]], process: u32) -> bool:
        timer.lock.lock()
        if timer.signal.load(acquire) == process:
            return True
        timer.lock.unlock()
        return False

    @symbol("unlock_timer")
    def unlock(self, timer: Ptr[Timer[L]]) -> None:
        timer.lock.unlock()
        interrupts_restore(were_on=True)

    @symbol("sys_timer_create")
    def create(self, process: u32, expires: u64) -> u32:
        """Make a timer and return its number; `NO_ID` if there is no memory or no number."""
        timer = alloc(Timer[L])
        if timer is None:
            return NO_ID
        with interrupts_disabled(), self.lock:
            number = self.numbers.allocate(timer)
        if number == NO_ID:
            free(timer)
            return NO_ID
        timer.number = number
        timer.process = process
        timer.expires = expires
        timer.signal.store(process, release)
        return number

    @symbol("sys_timer_delete")
    def delete(self, number: u32, process: u32) -> bool:
        timer = self.find(number, process)
        if timer is None:
            return False
        self.kill(timer)
        return True

    def kill(self, timer: Ptr[Timer[L]]) -> None:
        """End a timer that the caller has locked."""
        timer.signal.store(0, relaxed)
        self.unlock(timer)
        self.release(timer)

    @symbol("release_posix_timer")
    def release(self, timer: Ptr[Timer[L]]) -> None:
        with interrupts_disabled(), self.lock:
            self.numbers.remove(timer.number)
        if self.uses_rcu:
            rcu_free(timer, timer.rcu)
        else:
            free(timer)

    @symbol("sys_timer_gettime")
    def get_time(self, number: u32, process: u32) -> u64:
        """Return when a timer of the process expires; 0 if it has no such timer."""
        timer = self.find(number, process)
        if timer is None:
            return 0
        assert timer.process == process
        assert timer.number == number
        expires = timer.expires
        self.unlock(timer)
        return expires


class TimersOfProcesses(Workload, Generic[L]):
    """Threads of some processes make, read and delete timers, each with any number."""

    processes: Param[u32] = 2
    assert processes >= 1, "a timer belongs to a process"
    bits: Param[u32] = 1  # there are `1 << bits` numbers
    uses_rcu: Param[bool] = True
    timers: PosixTimers[L] = field(uses_rcu=uses_rcu, bits=bits)

    def each_thread(self) -> None:
        mine = 1 + thread() % self.processes
        while running():
            if random(2) == 0:
                self.timers.create(mine, u64(mine))
            elif random(2) == 0:
                self.timers.delete(random(1 << self.bits), mine)
            else:
                expires = self.timers.get_time(random(1 << self.bits), mine)
                assert expires == 0 or expires == mine

    def at_rest(self) -> None:
        """Find every timer that has a number alive: what was deleted has none, and nothing half made is left."""
        for number in range(1 << self.bits):
            timer = self.timers.numbers.find(number)
            if timer is not None:
                assert timer.number == number
                assert timer.process > 0
                assert timer.signal.load(relaxed) == timer.process
