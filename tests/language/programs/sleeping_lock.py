"""Spin a while, then sleep on a futex; and its reader of a clock, its fences and its sleep by parking."""

# ruff: noqa: PT018 - several conditions in one `assert` are part of what is compiled

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    Workload,
    acquire,
    fence,
    futex_wait,
    futex_wake,
    now,
    park,
    pause,
    relaxed,
    release,
    running,
    thread,
    threads,
    u32,
    u64,
    unpark,
)

FREE = 0
HELD = 1
WAITED_FOR = HELD + 1
EVERYBODY = 0xFFFF_FFFF


class SleepingLock(Lock):
    state: Atomic[u32]
    patience: Param[u32] = 3

    def lock(self) -> None:
        for _ in range(self.patience):
            if self.state.compare_exchange(FREE, HELD, acquire) == FREE:
                return
            pause()
        while self.state.exchange(WAITED_FOR, acquire) != FREE:
            futex_wait(self.state, WAITED_FOR, EVERYBODY)

    def unlock(self) -> None:
        if self.state.exchange(FREE, release) == WAITED_FOR:
            futex_wake(self.state, 1)


class Sleepers(Workload):
    lock: SleepingLock
    total: u64
    longest: u64
    woken: Atomic[u32]

    def each_thread(self) -> None:
        while running():
            before = now()
            with self.lock:
                self.total += 1
                self.longest = max(self.longest, now() - before)
        fence(release)
        self.woken.fetch_add(1, relaxed)
        if thread() == 0:
            while self.woken.load(acquire) < threads():
                park()
        else:
            unpark(0)

    def at_rest(self) -> None:
        assert self.total > 0 and self.woken.load() == threads(), "all came"
