"""The spin locks of a published comparison, as textbooks have them: every counter and node on a line of its own.

`poll` is how many cycles a waiter lets pass between two looks, beside the look itself.  The comparison's own library
does not look all the time: its queue locks execute 24 PAUSEs between two looks, its ticket lock 128 NOPs.

Source: David, Guerraoui and Trigonakis, "Everything you always wanted to know about synchronization but were afraid to
ask", SOSP 2013, and their library libslock.
"""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    PerThread,
    Ptr,
    Struct,
    acq_rel,
    acquire,
    compute,
    field,
    random,
    relaxed,
    release,
    thread,
    threads,
    u8,
    u32,
)


class Tas(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            pass

    def unlock(self) -> None:
        self.held.store(0, release)


class Ttas(Lock):
    """Who lost a race stays away for a random time below a limit that doubles."""

    held: Atomic[u8]
    shortest: Param[u32] = 16  # cycles
    longest: Param[u32] = 1000

    def lock(self) -> None:
        limit = self.shortest
        while True:
            while self.held.load(relaxed):
                pass
            if self.held.exchange(1, acquire) == 0:
                return
            compute(random(limit))
            limit = min(2 * limit, self.longest)

    def unlock(self) -> None:
        self.held.store(0, release)


class Ticket(Lock, fifo=True):
    poll: Param[u32] = 0
    next: Atomic[u32]
    owner: Atomic[u32] = field(align=64)

    def lock(self) -> None:
        ticket = self.next.fetch_add(1, relaxed)
        while self.owner.load(acquire) != ticket:
            if self.poll > 0:
                compute(self.poll)

    def unlock(self) -> None:
        self.owner.store(self.owner.load(relaxed) + 1, release)


class Slot(Struct, align=64):
    is_open: Atomic[u8]


class Anderson(Lock, fifo=True):
    poll: Param[u32] = 0
    next: Atomic[u32]
    slots: PerThread[Slot]

    def setup(self) -> None:
        self.slots[0].is_open.store(1, relaxed)

    def lock(self) -> u32:
        place = self.next.fetch_add(1, acq_rel) % threads()
        while self.slots[place].is_open.load(acquire) == 0:
            if self.poll > 0:
                compute(self.poll)
        return place

    def unlock(self, place: u32) -> None:
        self.slots[place].is_open.store(0, relaxed)
        self.slots[(place + 1) % threads()].is_open.store(1, release)


class Queued(Struct, align=64):
    behind: Atomic[Ptr[Queued] | None]
    must_wait: Atomic[u8]


class Mcs(Lock, fifo=True):
    """A thread's node is its own, and at home with it."""

    poll: Param[u32] = 0
    tail: Atomic[Ptr[Queued] | None]
    nodes: PerThread[Queued]

    def lock(self) -> None:
        node = self.nodes[thread()]
        node.behind.store(None, relaxed)
        node.must_wait.store(1, relaxed)
        ahead = self.tail.exchange(node, acq_rel)
        if ahead is not None:
            ahead.behind.store(node, release)
            while node.must_wait.load(acquire):
                if self.poll > 0:
                    compute(self.poll)

    def unlock(self) -> None:
        node = self.nodes[thread()]
        behind = node.behind.load(acquire)
        if behind is None:
            if self.tail.compare_exchange(node, None, release) is node:
                return
            while (behind := node.behind.load(acquire)) is None:
                pass
        behind.must_wait.store(0, release)


class Node(Struct, align=64):
    busy: Atomic[u8]


class Place(Struct, align=64):
    node: Node
    mine: Ptr[Node] = field(align=64)
    ahead: Ptr[Node]


class Clh(Lock, fifo=True):
    """A node is at home with its first owner, and wanders."""

    poll: Param[u32] = 0
    tail: Atomic[Ptr[Node]]
    first: Node
    places: PerThread[Place]

    def setup(self) -> None:
        self.tail.store(self.first, relaxed)
        for index in range(threads()):
            self.places[index].mine = self.places[index].node

    def lock(self) -> None:
        place = self.places[thread()]
        place.mine.busy.store(1, relaxed)
        ahead = self.tail.exchange(place.mine, acq_rel)
        place.ahead = ahead
        while ahead.busy.load(acquire):
            if self.poll > 0:
                compute(self.poll)

    def unlock(self) -> None:
        place = self.places[thread()]
        left = place.mine
        place.mine = place.ahead
        left.busy.store(0, release)
