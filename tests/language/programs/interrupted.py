"""Interrupts that a thread masks, an NMI that it cannot, a softirq, events; and a CPU that goes offline."""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Lock,
    Workload,
    acquire,
    cpu,
    cpu_online,
    cpu_set_online,
    cpus,
    event_clear,
    event_pending,
    event_poll,
    event_send,
    event_set,
    halt,
    in_nmi,
    interrupt,
    interrupts_disabled,
    interrupts_off,
    interrupts_restore,
    kick,
    pause,
    preemption_disabled,
    preemption_off,
    preemption_on,
    raise_interrupt,
    relaxed,
    release,
    running,
    softirq,
    softirqs_disabled,
    u8,
    u32,
    u64,
    workers,
)


class HandLock(Lock, overcommit=True):
    held: Atomic[u8]

    def lock(self) -> None:
        preemption_off()
        while self.held.exchange(1, acquire):
            pause()

    def trylock(self) -> bool:
        return self.held.exchange(1, acquire) == 0

    def unlock(self) -> None:
        self.held.store(0, release)
        preemption_on()


class Interrupted(Workload):
    lock: HandLock
    ticks: u64
    packets: u64
    alarms: Atomic[u32]

    def each_thread(self) -> None:
        while running():
            with interrupts_disabled(), self.lock:
                self.ticks += 1
            with softirqs_disabled():
                self.packets += 1
            with preemption_disabled():
                were_on = interrupts_off()
                interrupts_restore(were_on)

    @workers(1, cpu=0)
    def sleeper(self) -> None:
        event_clear()
        event_set()
        if not event_pending():
            event_poll()
        if cpus() > 1 and cpu() == 0:
            kick(1, latched=False)
            event_send(1)
            if cpu_online(1):
                cpu_set_online(1, online=False)
        kick(cpu())
        halt(interrupts_on=True)
        raise_interrupt(self.tick, 0)

    @interrupt(every_cycles=50_000)
    def tick(self) -> None:
        with self.lock:
            self.ticks += 1

    @interrupt(cpu=0, maskable=False)
    def alarm(self) -> None:
        if in_nmi():
            self.alarms.fetch_add(1, relaxed)

    @softirq(every_cycles=10_000, cpu=0)
    def receive(self) -> None:
        self.packets += 1
