"""A flow of Open vSwitch: CPUs of two nodes count packets while somebody sums them up; none is lost.

Packets are counted in the softirq of their CPU; here a thread stands for it, and `Interrupted` has the softirq itself.
Who sums holds softirqs off, since the lock of a record may be taken by a softirq of the same CPU.

Source: Linux net/openvswitch/flow.c at 63e7959c (3.16), and before it at e298e505 (3.14).
"""

from typing import Generic, TypeVar

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    cpus,
    field,
    free,
    rcu_read,
    rcu_synchronize,
    relaxed,
    softirq,
    u32,
    u64,
    workers,
)
from lockwright.structures.percpu_allocator import NO_AREA, PerCpuMemory
from lockwright.structures.statistics import PerCpuStatistics, PerNodeStatistics, Record, SingleStatistics

L = TypeVar("L", bound=Lock)
OCTETS = 60
ACK = 0x10


class Single(Workload, Generic[L]):
    """One record for all."""

    each: Param[u32] = 1
    flow: SingleStatistics[L]
    sent: Atomic[u32]

    @workers(1, node=0)
    def near(self) -> None:
        self.send()

    @workers(2, node=1)
    def far(self) -> None:
        self.send()

    def send(self) -> None:
        for _ in range(self.each):
            self.flow.update(OCTETS, ACK)
            self.sent.fetch_add(1, relaxed)

    def at_rest(self) -> None:
        record = self.flow.record
        assert record.packets == self.sent.load(relaxed)
        assert record.octets == record.packets * OCTETS
        assert record.tcp_flags == ACK


class PerCpu(Workload, Generic[L]):
    """One record for each CPU."""

    each: Param[u32] = 1
    flow: PerCpuStatistics[L]
    sent: Atomic[u32]

    @workers(1, node=0)
    def near(self) -> None:
        self.send()

    @workers(2, node=1)
    def far(self) -> None:
        self.send()

    def send(self) -> None:
        for _ in range(self.each):
            self.flow.update(OCTETS, ACK)
            self.sent.fetch_add(1, relaxed)

    def at_rest(self) -> None:
        packets = u64(0)
        for one in range(len(self.flow.records)):
            packets += self.flow.records[one].packets
            assert self.flow.records[one].octets == self.flow.records[one].packets * OCTETS
        assert packets == self.sent.load(relaxed)


class PerNode(Workload, Generic[L]):
    """A record for each node that needs one: node 1 may make its own once node 0 has written."""

    each: Param[u32] = 1
    flow: PerNodeStatistics[L]
    sent: Atomic[u32]

    def setup(self) -> None:
        assert self.flow.begin()

    @workers(1, node=0)
    def near(self) -> None:
        self.send()

    @workers(2, node=1)
    def far(self) -> None:
        self.send()

    def send(self) -> None:
        for _ in range(self.each):
            self.flow.update(OCTETS, ACK)
            self.sent.fetch_add(1, relaxed)

    def at_rest(self) -> None:
        packets = u64(0)
        for node in range(len(self.flow.records)):
            record = self.flow.records[node].load(relaxed)
            if record is not None:
                packets += record.packets
                assert record.octets == record.packets * OCTETS
                assert node == 0 or record.packets > 0, "a node makes its record when it has a packet"
        assert packets == self.sent.load(relaxed)


class Dumped(Workload, Generic[L]):
    """The per-node form while somebody sums twice: what was seen once is seen again."""

    flow: PerNodeStatistics[L]

    def setup(self) -> None:
        assert self.flow.begin()

    @workers(1, node=0)
    def dump(self) -> None:
        first = self.flow.packets()
        second = self.flow.packets()
        assert first <= second
        assert second <= 2

    @workers(1, node=0)
    def near(self) -> None:
        self.flow.update(OCTETS, ACK)

    @workers(1, node=1)
    def far(self) -> None:
        self.flow.update(OCTETS, ACK)


class Interrupted(Workload, Generic[L]):
    """The softirq of a CPU counts a packet while a thread of this CPU sums, and another CPU counts too."""

    flow: PerNodeStatistics[L]

    def setup(self) -> None:
        assert self.flow.begin()

    @workers(1, cpu=0)
    def dump(self) -> None:
        assert self.flow.packets() <= 2

    @workers(1, cpu=1)
    def far(self) -> None:
        self.flow.update(OCTETS, ACK)

    @softirq(cpu=0)
    def receive(self) -> None:
        self.flow.update(OCTETS, ACK)


class Flow(Struct, Generic[L]):
    statistics: PerNodeStatistics[L]


class Removed(Workload, Generic[L]):
    """A flow is removed while packets find it: it goes with all its records when the last of them has been counted."""

    flow: Atomic[Ptr[Flow[L]] | None]

    def setup(self) -> None:
        flow = alloc(Flow[L])
        assert flow is not None
        assert flow.statistics.begin()
        flow.statistics.update(OCTETS, ACK)  # node 0 has written
        self.flow.store(flow, relaxed)

    @workers(1, node=0)
    def remove(self) -> None:
        flow = self.flow.exchange(None, relaxed)
        assert flow is not None
        rcu_synchronize()
        flow.statistics.end()
        free(flow)

    @workers(1, node=0)
    def near(self) -> None:
        self.receive()

    @workers(1, node=1)
    def far(self) -> None:
        self.receive()

    def receive(self) -> None:
        with rcu_read():
            flow = self.flow.load(acquire)
            if flow is not None:
                flow.statistics.update(OCTETS, ACK)


class SetUp(Workload, Generic[L]):
    """CPUs set up a flow each, per node: two allocations, each of which may fail, then a packet, then away with it."""

    def each_thread(self) -> None:
        flow = alloc(Flow[L])
        if flow is None:
            return
        if flow.statistics.begin():
            flow.statistics.update(OCTETS, ACK)
            assert flow.statistics.packets() == 1
            flow.statistics.end()
        free(flow)


class PerCpuSetUp(Workload, Generic[L]):
    """CPUs set up a flow each, per CPU: the mutex of the per-CPU allocator is one for all, as is its memory."""

    units: Param[u32] = 2  # flows for which there is memory
    memory: PerCpuMemory[L, L, Record[L]] = field(units=units)

    def each_thread(self) -> None:
        flow = self.memory.areas.take(1)
        if flow == NO_AREA:
            return
        for one in range(cpus()):
            self.memory.of(one, flow).clear()
        mine = self.memory.mine(flow)
        with mine.lock:
            mine.count(OCTETS, ACK)
        packets = u64(0)
        for one in range(cpus()):
            packets += self.memory.of(one, flow).read_packets()
        assert packets == 1, "a flow begins with nothing and has the memory for itself"
        self.memory.areas.give_back(flow, 1)
