"""A struct made twice with other values of its constants, which a field gives and the class holds to a range."""

from __future__ import annotations

from lockwright.language import Array, Atomic, Param, PerCpu, Struct, Workload, cpu, field, relaxed, running, u32


class Slots(Struct):
    bits: Param[u32] = 1
    step: Param[u32] = 1
    assert 0 <= bits <= 4, "1 to 16 slots"
    assert step > 0 or bits == 0
    slots: Array[Atomic[u32]] = field(length=1 << bits)

    def count(self, number: u32) -> None:
        self.slots[number & (1 << self.bits) - 1].fetch_add(self.step, relaxed)


class TwoTables(Workload):
    bits: Param[u32] = 2
    small: Slots
    large: Slots = field(bits=bits, step=bits + 1)
    local: PerCpu[Slots] = field(bits=0)

    def each_thread(self) -> None:
        while running():
            self.small.count(3)
            self.large.count(3)
            self.local[cpu()].count(3)

    def at_rest(self) -> None:
        assert self.small.slots[1].load(relaxed) * 3 == self.large.slots[3].load(relaxed)
        assert len(self.local[0].slots) == 1
