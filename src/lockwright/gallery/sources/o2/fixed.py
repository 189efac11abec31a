"""Open vSwitch sums up a flow: the softirq of the same CPU counts packets under the same lock."""

from lockwright.language import Struct, Workload, softirq, softirqs_disabled, u16, u64, workers
from lockwright.locks.ticket import TicketLock


class Record(Struct):
    lock: TicketLock[u16]
    packets: u64


class Flow(Struct):
    record: Record

    def update(self) -> None:
        with self.record.lock:
            self.record.packets += 1

    def packets(self) -> u64:
        with softirqs_disabled(), self.record.lock:
            return self.record.packets


class Dump(Workload):
    flow: Flow

    @workers(1, cpu=0)
    def dump(self) -> None:
        assert self.flow.packets() <= 1

    @softirq(cpu=0)
    def receive(self) -> None:
        self.flow.update()
