"""MCS queue lock: join the queue with one exchange, tell the node in front, and wait to be told.

Waiters spin on their own node.

Source: Mellor-Crummey and Scott, "Algorithms for scalable synchronization on shared-memory multiprocessors", ACM TOCS
9(1), 1991, algorithm 5.
"""

from __future__ import annotations

from lockwright.language import Atomic, Lock, Ptr, Struct, acq_rel, acquire, pause, relaxed, release, u8


class Node(Struct, align=64):
    behind: Atomic[Ptr[Node] | None]
    must_wait: Atomic[u8]


class McsLock(Lock, fifo=True):
    tail: Atomic[Ptr[Node] | None]

    def lock(self, node: Ptr[Node]) -> None:
        node.behind.store(None, relaxed)
        node.must_wait.store(1, relaxed)
        ahead = self.tail.exchange(node, acq_rel)
        if ahead is not None:
            ahead.behind.store(node, release)
            while node.must_wait.load(acquire):
                pause()

    def trylock(self, node: Ptr[Node]) -> bool:
        node.behind.store(None, relaxed)
        return self.tail.compare_exchange(None, node, acq_rel) is None

    def unlock(self, node: Ptr[Node]) -> None:
        behind = node.behind.load(acquire)
        if behind is None:
            if self.tail.compare_exchange(node, None, release) is node:
                return
            while (behind := node.behind.load(acquire)) is None:
                pause()
        behind.must_wait.store(0, release)
