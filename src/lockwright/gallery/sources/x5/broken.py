"""A CPU of a Xen guest comes up while another holds a lock that it needs on the way."""

from lockwright.language import Workload, cpu_set_online, relaxed, workers
from lockwright.locks.hypervisors.xen import lock_kicker_irq
from lockwright.locks.xen_byte import XenByteLock


class Guest(Workload):
    vector: XenByteLock

    def setup(self) -> None:
        lock_kicker_irq[1].store(0, relaxed)

    @workers(1, cpu=0)
    def running_cpu(self) -> None:
        self.vector.lock()
        self.vector.unlock()

    @workers(1, cpu=1)
    def starting_cpu(self) -> None:
        cpu_set_online(1, online=False)  # as it is before it starts
        bind_kicker()
        self.vector.lock()
        self.vector.unlock()
        cpu_set_online(1, online=True)


def bind_kicker() -> None:
    lock_kicker_irq[1].store(1, relaxed)
