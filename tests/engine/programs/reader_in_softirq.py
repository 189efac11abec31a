"""Statistics under a spin lock that a softirq takes too: held with softirqs on, it deadlocks with itself."""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Lock,
    Workload,
    acquire,
    pause,
    release,
    running,
    softirq,
    softirqs_disabled,
    u8,
    u32,
)


class SpinLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            while self.held.load(acquire):
                pause()

    def unlock(self) -> None:
        self.held.store(0, release)


class Bare(Workload):
    lock: SpinLock
    packets: u32

    def each_thread(self) -> None:
        while running():
            with self.lock:
                self.packets += 1

    @softirq()
    def receive(self) -> None:
        with self.lock:
            self.packets += 1


class Guarded(Workload):
    lock: SpinLock
    packets: u32

    def each_thread(self) -> None:
        while running():
            with softirqs_disabled(), self.lock:
                self.packets += 1

    @softirq()
    def receive(self) -> None:
        with self.lock:
            self.packets += 1
