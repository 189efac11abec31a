"""The sleeping mutex of Linux 3.17 to 4.9: spin while the owner runs, queued in `osq`; else sleep in a list.

`count` is 1 free, 0 held, below 0 held and perhaps somebody sleeps.  A release frees the mutex first and only then
wakes the first sleeper: there is no hand-over, so that spinners and newcomers may take it before the sleeper does, as
often as they like (9d659ae14b54 of 4.10 ended that).

Waiters spin on `owner`, one at a time, the others on their nodes in `osq`; sleepers sleep on their task's state.  A
spinner gives up when the owner loses its CPU or it must yield its own: here, after `spin_threshold` looks.

Source: Linux 3.17, kernel/locking/mutex.c and arch/x86/include/asm/mutex_64.h; 07d2413a61db (the form of the spinning),
2bd2c92cf07c (3.10: one spinner at a time).
"""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    PerThread,
    Ptr,
    Struct,
    acquire,
    futex_wait,
    futex_wake,
    i64,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    shared,
    symbol,
    thread,
    u16,
    u32,
)
from lockwright.locks.linux_ticket import LinuxTicketLock
from lockwright.locks.osq import OsqLock


class Task(Struct, align=64):
    asleep: Atomic[u32]  # its state: 1 once it means to sleep, until somebody wakes it
    ahead: Ptr[Task] | None  # in the list of the mutex that it waits for
    behind: Ptr[Task] | None


tasks: PerThread[Task] = shared()


class LinuxMutex(Lock, overcommit=True):
    count: Atomic[i64]
    owner: Atomic[Ptr[Task] | None]  # set after `count`, cleared before it: a hint
    osq: OsqLock
    wait_lock: LinuxTicketLock[u16]
    first: Ptr[Task] | None
    last: Ptr[Task] | None
    spin_threshold: Param[u32] = 1 << 15

    def setup(self) -> None:
        self.count.store(1, relaxed)

    @symbol("mutex_lock")
    def lock(self) -> None:
        if self.count.fetch_sub(1, acquire) > 0:
            self.owner.store(tasks[thread()], relaxed)
        else:
            preemption_off()
            if not self.optimistic_spin():
                self.lock_slowpath()
            preemption_on()

    @symbol("mutex_trylock")
    def trylock(self) -> bool:
        if self.count.compare_exchange(1, 0, acquire) != 1:
            return False
        self.owner.store(tasks[thread()], relaxed)
        return True

    @symbol("mutex_unlock")
    def unlock(self) -> None:
        self.owner.store(None, relaxed)
        if self.count.fetch_add(1, release) < 0:
            self.unlock_slowpath()

    @symbol("__mutex_unlock_slowpath")
    def unlock_slowpath(self) -> None:
        self.count.store(1, release)
        self.wait_lock.lock()
        sleeper = self.first
        if sleeper is not None:
            sleeper.asleep.store(0, release)
            futex_wake(sleeper.asleep, 1)
        self.wait_lock.unlock()

    @symbol("mutex_optimistic_spin")
    def optimistic_spin(self) -> bool:
        if not self.osq.trylock():
            return False
        while self.spin_on_owner():
            if self.count.load(relaxed) == 1 and self.count.compare_exchange(1, 0, acquire) == 1:
                self.owner.store(tasks[thread()], relaxed)
                self.osq.unlock()
                return True
            pause()
        self.osq.unlock()
        return False

    @symbol("mutex_spin_on_owner")
    def spin_on_owner(self) -> bool:
        owner = self.owner.load(relaxed)
        if owner is None:  # just freed, or just taken
            return self.spin_without_owner()
        for _ in range(self.spin_threshold):
            if self.owner.load(relaxed) is not owner:
                return True
            pause()
        return False

    def spin_without_owner(self) -> bool:
        for _ in range(self.spin_threshold):
            if self.count.load(relaxed) == 1 or self.owner.load(relaxed) is not None:
                return True
            pause()
        return False

    @symbol("__mutex_lock_slowpath")
    def lock_slowpath(self) -> None:
        self.wait_lock.lock()
        if self.count.load(relaxed) != 1 or self.count.exchange(0, acquire) != 1:
            self.sleep(tasks[thread()])
        self.owner.store(tasks[thread()], relaxed)
        self.wait_lock.unlock()

    def sleep(self, me: Ptr[Task]) -> None:
        self.add(me)
        while self.count.load(relaxed) < 0 or self.count.exchange(-1, acquire) != 1:
            me.asleep.store(1, relaxed)
            self.wait_lock.unlock()
            preemption_on()
            futex_wait(me.asleep, 1)
            preemption_off()
            self.wait_lock.lock()
        me.asleep.store(0, relaxed)
        self.remove(me)
        if self.first is None:
            self.count.store(0, relaxed)

    def add(self, me: Ptr[Task]) -> None:
        last = self.last
        me.ahead = last
        me.behind = None
        self.last = me
        if last is None:
            self.first = me
        else:
            last.behind = me

    def remove(self, me: Ptr[Task]) -> None:
        ahead = me.ahead
        behind = me.behind
        if ahead is None:
            self.first = behind
        else:
            ahead.behind = behind
        if behind is None:
            self.last = ahead
        else:
            behind.ahead = ahead
