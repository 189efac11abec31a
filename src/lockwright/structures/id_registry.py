"""Numbers for records: found under RCU without a lock, given and taken back under a lock of the caller's.

A record that is removed must be freed by `rcu_free`, or by `free` if no reader looks without the lock.
Source: Linux 3.0 lib/idr.c (`idr_find`, `idr_get_new`, `idr_remove`); one layer of it, of a size that is fixed.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import Array, Atomic, Param, Ptr, Struct, acquire, field, relaxed, release, symbol, u32

V = TypeVar("V", bound=Struct)
NO_ID = 0xFFFF_FFFF


class IdRegistry(Struct, Generic[V]):
    """Up to `1 << bits` records; a layer of Linux has 5 bits, or 6 on 64-bit machines."""

    bits: Param[u32] = 6
    assert 1 <= bits <= 16, "a registry has 2 to 65,536 numbers"
    records: Array[Atomic[Ptr[V] | None]] = field(length=1 << bits)

    @symbol("idr_find")
    def find(self, number: u32) -> Ptr[V] | None:
        """Return the record of a number; stay in the read section, or under the lock, while you use it."""
        if number >= len(self.records):
            return None
        return self.records[number].load(acquire)

    @symbol("idr_get_new")
    def allocate(self, record: Ptr[V]) -> u32:
        """Give a record the lowest free number, and let it be found; `NO_ID` if none is left."""
        for number in range(len(self.records)):
            if self.records[number].load(relaxed) is None:
                self.records[number].store(record, release)
                return number
        return NO_ID

    @symbol("idr_remove")
    def remove(self, number: u32) -> None:
        self.records[number].store(None, release)
