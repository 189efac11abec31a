"""The queue of spinners in front of Linux's sleeping locks: MCS with one node a CPU, and a way out of its middle.

`trylock` is what the kernel calls: it queues, and may leave the queue before its turn because the thread must yield its
CPU.  How long it stays at most is `spin_threshold`.  `lock` is the same without a way out.

Waiters spin on their own node.

Source: Linux fb0527bd5ea9 (3.15), 4d9d951e6b5d (3.16: CPU numbers for pointers), d84b6728c54d (4.2), whose
osq_lock.c this follows.  The hand-over is a plain store there, and `release` here, as since c55a6ffa6285.
"""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    PerCpu,
    Ptr,
    Struct,
    acq_rel,
    acquire,
    cpu,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    shared,
    symbol,
    u32,
)


class Node(Struct, align=64):
    next: Atomic[Ptr[Node] | None]
    prev: Atomic[Ptr[Node] | None]
    locked: Atomic[u32]
    cpu: Atomic[u32]  # plus 1


spinners: PerCpu[Node] = shared()  # one is enough: preemption is off, and interrupt handlers do not sleep


class OsqLock(Lock):
    tail: Atomic[u32]  # the CPU of the last node plus 1; 0: nobody
    spin_threshold: Param[u32] = 1 << 15

    def lock(self) -> None:
        preemption_off()
        node = spinners[cpu()]
        if not self.join(node):
            while node.locked.load(acquire) == 0:
                pause()

    @symbol("osq_lock")
    def trylock(self) -> bool:
        preemption_off()
        node = spinners[cpu()]
        if self.join(node) or self.wait(node):
            return True
        preemption_on()
        return False

    @symbol("osq_unlock")
    def unlock(self) -> None:
        node = spinners[cpu()]
        if self.tail.compare_exchange(cpu() + 1, 0, acq_rel) != cpu() + 1:
            behind = node.next.exchange(None, acq_rel)
            if behind is None:
                behind = self.wait_next(node, 0)
            if behind is not None:
                behind.locked.store(1, release)
        preemption_on()

    def join(self, node: Ptr[Node]) -> bool:
        node.locked.store(0, relaxed)
        node.next.store(None, relaxed)
        node.cpu.store(cpu() + 1, relaxed)
        ahead = self.tail.exchange(cpu() + 1, acq_rel)
        if ahead == 0:
            return True
        node.prev.store(spinners[ahead - 1], relaxed)
        spinners[ahead - 1].next.store(node, release)
        return False

    def wait(self, node: Ptr[Node]) -> bool:
        for _ in range(self.spin_threshold):
            if node.locked.load(acquire):
                return True
            pause()
        return self.leave(node)

    def leave(self, node: Ptr[Node]) -> bool:
        ahead = node.prev.load(relaxed)
        assert ahead is not None
        # Step A: nobody goes past the one ahead until it has a new `next`.
        while ahead.next.load(relaxed) is not node or ahead.next.compare_exchange(node, None, acq_rel) is not node:
            if node.locked.load(acquire):
                return True
            pause()
            ahead = node.prev.load(acquire)
            assert ahead is not None
        # Step B: nobody behind comes or goes.
        behind = self.wait_next(node, ahead.cpu.load(relaxed))
        if behind is not None:
            # Step C: the two meet.
            behind.prev.store(ahead, release)
            ahead.next.store(behind, release)
        return False

    @symbol("osq_wait_next")
    def wait_next(self, node: Ptr[Node], old: u32) -> Ptr[Node] | None:
        mine = cpu() + 1
        while True:
            if self.tail.load(relaxed) == mine and self.tail.compare_exchange(mine, old, acq_rel) == mine:
                return None
            if node.next.load(relaxed) is not None:
                behind = node.next.exchange(None, acq_rel)
                if behind is not None:
                    return behind
            pause()
