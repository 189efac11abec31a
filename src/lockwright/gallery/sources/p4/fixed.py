"""An object that holds its own lock and is freed by whoever drops the last reference: the lock of 4.0."""

from lockwright.language import Atomic, Ptr, Struct, Workload, alloc, free, relaxed, u32
from lockwright.locks.hypervisors.kvm import Kvm
from lockwright.locks.pv_ticket_2015 import PvTicket2015Lock


class Object(Struct):
    lock: PvTicket2015Lock[Kvm]
    references: u32

    def drop(self) -> bool:
        """Drop a reference under the lock; return whether it was the last."""
        with self.lock:
            self.references -= 1
            return self.references == 0


class Shared(Workload):
    object: Atomic[Ptr[Object] | None]

    def setup(self) -> None:
        shared = alloc(Object)
        assert shared is not None
        shared.references = 2
        self.object.store(shared, relaxed)

    def each_thread(self) -> None:
        shared = self.object.load(relaxed)
        assert shared is not None
        if shared.drop():
            self.object.store(None, relaxed)
            free(shared)
