"""Paravirtual queued spin lock of Linux 4.3: as `qspinlock`, but who has spun for a while halts, and a release kicks.

A waiter behind the head halts on its node.  When it becomes the head the holder need not wake it: the holder marks the
node `HASHED`, the word `SLOW`, and enters the pair (lock, node) into a table.  The head itself does the same before it
halts.  A release that finds `SLOW` looks the node up there and kicks its CPU; it is the only kick there is.

Waiters spin on the word or on their node, at most `spin_threshold` times, and then halt.  There is no pending bit.

Source: Linux a23db284fe0d (4.2), 75d2270280686 (the state `HASHED`) and 93edc8bd7750 (4.3);
kernel/locking/qspinlock_paravirt.h, arch/x86/kernel/kvm.c.  Which line of the table a lock begins at is its hash there,
and always the first here.
"""

from __future__ import annotations

from lockwright.language import (
    Array,
    Atomic,
    AtomicWord,
    Lock,
    Param,
    PerCpu,
    Ptr,
    Struct,
    Word,
    acq_rel,
    acquire,
    cpu,
    cpus,
    fence,
    field,
    halt,
    interrupts_off,
    interrupts_restore,
    kick,
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
HELD = 1
SLOW = 3  # held, and the release must kick
RUNNING = 0
HALTED = 1  # behind the head
HASHED = 2  # the head, which may halt; its lock is in the table


class Value(Word):
    locked: u8 = 0
    pending: u8 = 0
    tail: u16 = 0  # 0: nobody queues; else the level, and above it the CPU plus 1


class Node(Struct):
    next: Atomic[Ptr[Node] | None]
    locked: Atomic[u32]
    cpu: Atomic[u32]
    state: Atomic[u8]


class CpuNodes(Struct, align=64):
    nodes: Array[Node] = field(length=NESTING)
    count: u32  # how many of them are in use


class HashEntry(Struct):
    lock: Atomic[Ptr[AtomicWord[Value]] | None]
    node: Atomic[Ptr[Node] | None]


class HashLine(Struct, align=64):
    entries: Array[HashEntry] = field(length=4)


queue: PerCpu[CpuNodes] = shared()
table: PerCpu[HashLine] = shared()  # four entries for each CPU: never full, for a CPU waits in four contexts at most


@symbol("pv_hash")
def remember(lock: Ptr[AtomicWord[Value]], node: Ptr[Node]) -> Ptr[HashEntry]:
    for line in range(cpus()):
        for slot in range(4):
            entry = table[line].entries[slot]
            if entry.lock.compare_exchange(None, lock, acq_rel) is None:
                entry.node.store(node, release)
                return entry
    assert False, "the table is full"


@symbol("pv_unhash")
def forget(lock: Ptr[AtomicWord[Value]]) -> Ptr[Node]:
    for line in range(cpus()):
        for slot in range(4):
            entry = table[line].entries[slot]
            if entry.lock.load(acquire) is lock:
                node = entry.node.load(acquire)
                assert node is not None
                entry.lock.store(None, release)
                return node
    assert False, "the lock is not in the table"


class PvQueuedSpinLock(Lock, overcommit=True):
    value: AtomicWord[Value]
    spin_threshold: Param[u32] = 1 << 15

    @symbol("queued_spin_lock")
    def lock(self) -> None:
        preemption_off()
        if self.value.compare_exchange(Value(), Value(locked=HELD), acquire) != Value():
            self.slowpath()

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
        return self.value.compare_exchange(Value(), Value(locked=HELD), acquire) == Value()

    @symbol("__pv_queued_spin_unlock")
    def unlock(self) -> None:
        if self.value.locked.compare_exchange(HELD, 0, release, failure=acquire) != HELD:
            node = forget(self.value)
            self.value.locked.store(0, release)  # from here on the lock may be gone
            kick(node.cpu.load(relaxed))
        preemption_on()

    @symbol("__pv_queued_spin_lock_slowpath")
    def slowpath(self) -> None:
        mine = queue[cpu()]
        level = mine.count
        mine.count += 1
        node = mine.nodes[level]
        node.locked.store(0, relaxed)
        node.next.store(None, relaxed)
        node.cpu.store(cpu(), relaxed)
        node.state.store(RUNNING, relaxed)
        if not self.try_free():
            self.wait_in_line(node, u16(cpu() + 1 << LEVEL_BITS | level))
        mine.count -= 1

    def wait_in_line(self, node: Ptr[Node], tail: u16) -> None:
        fence()  # `xchg` is a full barrier in the kernel: on x86 the instruction is one, C11 wants it told
        ahead = self.value.tail.exchange(tail, acq_rel)
        fence()
        if ahead != 0:
            queue[(ahead >> LEVEL_BITS) - 1].nodes[ahead & NESTING - 1].next.store(node, release)
            self.wait_node(node)
        self.wait_head(node)
        self.take(node, tail)

    @symbol("pv_wait_node")
    def wait_node(self, node: Ptr[Node]) -> None:
        while True:
            for _ in range(self.spin_threshold):
                if node.locked.load(acquire):
                    return
                pause()
            node.state.store(HALTED, relaxed)
            fence()
            if node.locked.load(relaxed) == 0:
                were_on = interrupts_off()
                if node.state.load(relaxed) == HALTED:
                    halt(interrupts_on=were_on)
                interrupts_restore(were_on)
            node.state.compare_exchange(HALTED, RUNNING, acq_rel)

    @symbol("pv_wait_head")
    def wait_head(self, node: Ptr[Node]) -> None:
        is_hashed = node.state.load(acquire) == HASHED
        while True:
            for _ in range(self.spin_threshold):
                if self.value.locked.load(acquire) == 0:
                    return
                pause()
            if not is_hashed:
                entry = remember(self.value, node)
                is_hashed = True
                if self.value.locked.compare_exchange(HELD, SLOW, acq_rel) == 0:
                    entry.lock.store(None, release)
                    return
            were_on = interrupts_off()
            if self.value.locked.load(relaxed) == SLOW:
                halt(interrupts_on=were_on)
            interrupts_restore(were_on)

    def take(self, node: Ptr[Node], tail: u16) -> None:
        seen = self.value.load(acquire)
        while seen.locked or seen.pending:
            pause()
            seen = self.value.load(acquire)
        while seen.tail == tail:
            found = self.value.compare_exchange(seen, Value(locked=HELD), relaxed)
            if found == seen:
                return
            seen = found
        self.value.locked.store(HELD, relaxed)
        behind = node.next.load(acquire)
        while behind is None:
            pause()
            behind = node.next.load(acquire)
        behind.locked.store(1, release)
        self.kick_node(behind)

    @symbol("pv_kick_node")
    def kick_node(self, node: Ptr[Node]) -> None:
        fence()
        if node.state.compare_exchange(HALTED, HASHED, acq_rel) == HALTED:
            self.value.locked.store(SLOW, relaxed)
            remember(self.value, node)
