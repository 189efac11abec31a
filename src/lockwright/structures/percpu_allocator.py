"""The allocator of per-CPU memory: one mutex for everybody, then a scan for areas that are free, under a lock.

An area is a number of units in a row; every CPU has memory of its own for each unit.  A flag for each unit says
whether it is taken (the kernel keeps the lengths of areas, and finds the same one: the first that fits).  Memory is
not cleared here: whoever gets it clears what it uses, on every CPU.

Source: Linux mm/percpu.c (3.14), `pcpu_alloc`, `pcpu_alloc_area`, `free_percpu`.
"""

from typing import Generic, TypeVar

from lockwright.language import (
    Array,
    Lock,
    Param,
    PerCpu,
    Struct,
    cpu,
    field,
    i64,
    interrupts_disabled,
    symbol,
    u32,
)

M = TypeVar("M", bound=Lock)
L = TypeVar("L", bound=Lock)
V = TypeVar("V", bound=Struct)
NO_AREA = -1


class Areas(Struct, Generic[M, L]):
    """Which units are taken."""

    units: Param[u32] = 64
    assert 1 <= units <= 65536, "a chunk has 1 to 65,536 units"
    mutex: M  # pcpu_alloc_mutex: one allocation at a time
    lock: L = field(align=64)  # pcpu_lock: frees, which may come from an interrupt
    taken: Array[bool] = field(length=units)

    @symbol("pcpu_alloc")
    def take(self, length: u32) -> i64:
        """The first of `length` units in a row that are now the caller's, or NO_AREA."""
        with self.mutex, interrupts_disabled(), self.lock:
            return self.first_fit(length)

    @symbol("pcpu_alloc_area")
    def first_fit(self, length: u32) -> i64:
        row = u32(0)
        for unit in range(self.units):
            row = 0 if self.taken[unit] else row + 1
            if row == length:
                for one in range(unit + 1 - length, unit + 1):
                    self.taken[one] = True
                return i64(unit) + 1 - i64(length)
        return NO_AREA

    @symbol("free_percpu")
    def give_back(self, first: i64, length: u32) -> None:
        with interrupts_disabled(), self.lock:
            for one in range(u32(first), u32(first) + length):
                assert self.taken[one], "only what was taken is given back"
                self.taken[one] = False


class Chunk(Struct, Generic[V]):
    """One CPU's memory."""

    units: Param[u32] = 64
    memory: Array[V] = field(length=units)


class PerCpuMemory(Struct, Generic[M, L, V]):
    units: Param[u32] = 64
    assert 1 <= units <= 65536, "a chunk has 1 to 65,536 units"
    areas: Areas[M, L] = field(units=units)
    chunks: PerCpu[Chunk[V]] = field(units=units)

    def mine(self, unit: i64) -> V:
        """What this CPU has there."""
        return self.chunks[cpu()].memory[u32(unit)]

    def of(self, owner: u32, unit: i64) -> V:
        """What another CPU has there."""
        return self.chunks[owner].memory[u32(unit)]
