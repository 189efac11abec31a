"""Cells that no thread writes, and that yet are not the same in all states, or not in all that count as one."""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    AtomicWord,
    Lock,
    PerThread,
    Ptr,
    Struct,
    Word,
    Workload,
    acquire,
    alloc,
    free,
    pause,
    random,
    relaxed,
    release,
    running,
    thread,
    u2,
    u8,
)


class TornTicketLock(Lock):
    """Draws a ticket in two steps, and serves nobody: `owner` is compared with tickets and never written."""

    owner: Atomic[u2]
    next: Atomic[u2]

    def lock(self) -> None:
        ticket = self.next.load(relaxed)
        self.next.store(ticket + 1, relaxed)
        while self.owner.load(acquire) != ticket:
            pause()

    def unlock(self) -> None:
        pass


class Torn(Workload):
    lock: TornTicketLock
    word: u8

    def each_thread(self) -> None:
        while running():
            with self.lock:
                self.word = 1 - self.word


class TicketAtRest(Workload):
    """The tickets that were drawn are compared with one that only `at_rest` looks at."""

    first: u2
    next: Atomic[u2]

    def each_thread(self) -> None:
        while running():
            self.next.fetch_add(1, relaxed)

    def at_rest(self) -> None:
        assert self.next.load(relaxed) != self.first


class Owned(Word):
    taken: u8 | int = 0
    owner: u8 | int = 0


class WordLock(Lock):
    """Keeps the number of the holder in a part of a word."""

    state: AtomicWord[Owned]

    def lock(self) -> None:
        me = u8(thread())
        while True:
            seen = self.state.load(relaxed)
            if seen.taken == 0 and self.state.compare_exchange(seen, Owned(taken=1, owner=me), acquire) == seen:
                break
            pause()

    def unlock(self) -> None:
        seen = self.state.load(relaxed)
        assert seen.owner == u8(thread())
        self.state.store(Owned(taken=0, owner=seen.owner), release)


class Holder(Workload):
    lock: WordLock
    word: u8

    def each_thread(self) -> None:
        while running():
            with self.lock:
                self.word = 1 - self.word


class Leader(Workload):
    """One thread is told by a number that lies in memory from the beginning."""

    leader: u8
    turn: Atomic[u8]

    def each_thread(self) -> None:
        while running():
            leads = u8(thread()) == self.leader
            self.turn.store(1, relaxed)
            self.turn.store(2, relaxed)
            assert leads == (u8(thread()) == self.leader)


class CountedAtRest(Workload):
    """Only `at_rest` writes `total`, anew for each way in which threads end."""

    total: u8
    odd: u8
    count: Atomic[u8]

    def each_thread(self) -> None:
        while running():
            if self.count.fetch_add(1, relaxed) == 0:
                self.odd = u8(random(2))

    def at_rest(self) -> None:
        self.total = self.total + 1
        assert self.total == 1


class Node(Struct):
    value: u8


class Renewed(Workload):
    """Only `setup` writes `value`, and `alloc` zeroes it."""

    mine: PerThread[Ptr[Node] | None]
    late: Atomic[u8]

    def setup(self) -> None:
        for i in range(len(self.mine)):
            node = alloc(Node)
            assert node is not None
            node.value = 7
            self.mine[i] = node

    def each_thread(self) -> None:
        while running():
            node = self.mine[thread()]
            if node is not None:
                late = self.late.exchange(1, relaxed)
                assert node.value == 7
                if late == 0:
                    free(node)
                    self.mine[thread()] = None
                    other = alloc(Node)
                    if other is not None:
                        assert other.value == 0
                        free(other)


class Published(Workload):
    """A record is found through a relaxed load: nothing orders its zeroing before the read, and one may be lost."""

    place: Atomic[Ptr[Node] | None]

    def each_thread(self) -> None:
        while running():
            other = self.place.load(relaxed)
            if other is None:
                node = alloc(Node)
                if node is not None:
                    self.place.store(node, relaxed)
            else:
                assert other.value == 0
