"""CLH queue lock: join the queue with one exchange, wait for the node in front, and keep that node for the next time.

Waiters spin on their predecessor's node.

Source: Craig, "Building FIFO and priority-queuing spin locks from atomic swap", University of Washington TR 93-02-02,
1993; Magnusson, Landin and Hagersten, "Queue locks on cache coherent multiprocessors", IPPS 1994.
"""

from lockwright.language import (
    Atomic,
    Lock,
    PerThread,
    Ptr,
    Struct,
    acq_rel,
    acquire,
    alloc,
    pause,
    relaxed,
    release,
    thread,
    threads,
    u8,
)


class Node(Struct, align=64):
    busy: Atomic[u8]


class Place(Struct, align=64):
    mine: Ptr[Node]
    ahead: Ptr[Node]


class ClhLock(Lock, fifo=True):
    tail: Atomic[Ptr[Node]]
    places: PerThread[Place]

    def setup(self) -> None:
        free = alloc(Node)
        assert free is not None
        self.tail.store(free, relaxed)
        for index in range(threads()):
            node = alloc(Node)
            assert node is not None
            self.places[index].mine = node

    def lock(self) -> None:
        place = self.places[thread()]
        place.mine.busy.store(1, relaxed)
        place.ahead = self.tail.exchange(place.mine, acq_rel)
        while place.ahead.busy.load(acquire):
            pause()

    def unlock(self) -> None:
        place = self.places[thread()]
        left = place.mine
        place.mine = place.ahead
        left.busy.store(0, release)
