"""Open vSwitch sums up a flow: the softirq of the same CPU counts packets under the same lock."""

from lockwright.language import Struct, Workload, softirq, u16, u64, workers
from lockwright.locks.ticket import TicketLock
from lockwright.structures.statistics import Record


class Flow(Struct):
    record: Record[TicketLock[u16]]

    def update(self, octets: u64) -> None:
        with self.record.lock:
            self.record.count(octets, 0)

    def packets(self) -> u64:
        with self.record.lock:
            return self.record.packets


class Dump(Workload):
    flow: Flow

    @workers(1, cpu=0)
    def dump(self) -> None:
        assert self.flow.packets() <= 1

    @softirq(cpu=0)
    def receive(self) -> None:
        self.flow.update(60)
