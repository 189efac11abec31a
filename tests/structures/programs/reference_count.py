"""An object that its maker hands to a table: users take references while it is there, and the last one frees it."""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    PerThread,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    free,
    rcu_free,
    rcu_read,
    relaxed,
    release,
    thread,
    threads,
    u32,
)
from lockwright.locks.tas import TasLock
from lockwright.structures.reference_count import ReferenceCount


class Thing(Struct):
    references: ReferenceCount
    marks: PerThread[u32]  # what each user writes, and the last one may read


class UnderLock(Workload):
    """The table's reference is dropped by whoever takes the thing out; look-ups take theirs under the lock."""

    lock: TasLock
    thing: Ptr[Thing] | None

    def setup(self) -> None:
        thing = alloc(Thing)
        assert thing is not None
        thing.references.begin()
        self.thing = thing

    def each_thread(self) -> None:
        with self.lock:
            thing = self.thing
            if thing is not None:
                thing.references.get()
        if thing is None:
            return
        thing.marks[thread()] = 1
        with self.lock:
            is_out = self.thing is not None
            self.thing = None
        if is_out:
            assert not thing.references.put(), "this thread has another"
        if thing.references.put():
            marks = u32(0)
            for one in range(threads()):
                marks += thing.marks[one]
            assert marks > 0
            free(thing)


class UnderRcu(Workload):
    """Look-ups take no lock: what they find may be dying, as its count tells, and its memory stays till they end."""

    thing: Atomic[Ptr[Thing] | None]

    def setup(self) -> None:
        thing = alloc(Thing)
        assert thing is not None
        thing.references.begin()
        self.thing.store(thing, relaxed)

    def each_thread(self) -> None:
        with rcu_read():
            thing = self.thing.load(acquire)
            if thing is None or not thing.references.get_unless_zero():
                return
        thing.marks[thread()] = 1
        if self.thing.compare_exchange(thing, None, release) is thing:
            assert not thing.references.put(), "this thread has another"
        if thing.references.put():
            rcu_free(thing)
