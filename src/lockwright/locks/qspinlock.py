"""Queued spin lock of Linux 4.2: one waiter spins on the word, all others on nodes of their own, in four bytes.

The first waiter sets `pending` and needs no node.  Whoever comes then queues as in MCS; `tail` names the last node by
its CPU and how deep the contexts are nested there (task, softirq, interrupt, NMI), so that no pointer must fit.

Waiters spin on the word: the pending one and the head of the queue; those behind spin on their own node.

Source: Linux a33fda35e3a7 (the queue), c1fb159db9f2 (the pending bit), 69f9cae90907 (a byte for it), 2c83e8e94925 (the
head takes the lock with a plain store); kernel/locking/qspinlock.c of 4.2.
"""

from __future__ import annotations

from lockwright.language import (
    Array,
    Atomic,
    AtomicWord,
    Lock,
    PerCpu,
    Ptr,
    Struct,
    Word,
    acq_rel,
    acquire,
    cpu,
    fence,
    field,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    shared,
    symbol,
    u8,
    u16,
    u32,
)

NESTING = 4  # contexts on one CPU that can wait at the same time
LEVEL_BITS = 2


class Value(Word):
    locked: u8 = 0
    pending: u8 = 0
    tail: u16 = 0  # 0: nobody queues; else the level, and above it the CPU plus 1


class Node(Struct):
    next: Atomic[Ptr[Node] | None]
    locked: Atomic[u32]


class CpuNodes(Struct, align=64):
    nodes: Array[Node] = field(length=NESTING)
    count: u32  # how many of them are in use


queue: PerCpu[CpuNodes] = shared()


class QueuedSpinLock(Lock):
    value: AtomicWord[Value]

    @symbol("queued_spin_lock")
    def lock(self) -> None:
        preemption_off()
        seen = self.value.compare_exchange(Value(), Value(locked=1), acquire)
        if seen != Value():
            self.slowpath(seen)

    @symbol("queued_spin_trylock")
    def trylock(self) -> bool:
        preemption_off()
        if self.try_free():
            return True
        preemption_on()
        return False

    def try_free(self) -> bool:
        if self.value.load(relaxed) != Value():
            return False
        return self.value.compare_exchange(Value(), Value(locked=1), acquire) == Value()

    @symbol("queued_spin_unlock")
    def unlock(self) -> None:
        self.value.locked.store(0, release)
        preemption_on()

    @symbol("queued_spin_lock_slowpath")
    def slowpath(self, first: Value) -> None:
        seen = first
        if seen == Value(pending=1):  # the pending one is about to take it
            while seen == Value(pending=1):
                pause()
                seen = self.value.load(relaxed)
        while seen.pending == 0 and seen.tail == 0:
            found = self.value.compare_exchange(seen, Value(locked=1, pending=seen.locked), acquire)
            if found == seen:
                if seen.locked:
                    self.wait_pending()
                return
            seen = found
        self.wait_queued()

    def wait_pending(self) -> None:
        while self.value.load(acquire).locked:
            pause()
        self.value.locked.store(1, relaxed)
        self.value.pending.store(0, relaxed)

    def wait_queued(self) -> None:
        mine = queue[cpu()]
        level = mine.count
        mine.count += 1
        node = mine.nodes[level]
        node.locked.store(0, relaxed)
        node.next.store(None, relaxed)
        if not self.try_free():
            self.wait_in_line(node, u16(cpu() + 1 << LEVEL_BITS | level))
        mine.count -= 1

    def wait_in_line(self, node: Ptr[Node], tail: u16) -> None:
        fence()  # `xchg` is a full barrier in the kernel: on x86 the instruction is one, C11 wants it told
        ahead = self.value.tail.exchange(tail, acq_rel)
        fence()
        if ahead != 0:
            queue[(ahead >> LEVEL_BITS) - 1].nodes[ahead & NESTING - 1].next.store(node, release)
            while node.locked.load(acquire) == 0:
                pause()
        self.take(node, tail)

    def take(self, node: Ptr[Node], tail: u16) -> None:
        seen = self.value.load(acquire)
        while seen.locked or seen.pending:
            pause()
            seen = self.value.load(acquire)
        while seen.tail == tail:
            found = self.value.compare_exchange(seen, Value(locked=1), relaxed)
            if found == seen:
                return
            seen = found
        self.value.locked.store(1, relaxed)
        behind = node.next.load(acquire)
        while behind is None:
            pause()
            behind = node.next.load(acquire)
        behind.locked.store(1, release)
