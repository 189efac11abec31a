"""A cache of one block, as XFS has it since 2011: on a miss it makes a buffer without the lock, and looks again.

Source: Linux 3815832a2aa4, fs/xfs/xfs_buf.c; the tree of buffers is a list of two places here.
"""

from __future__ import annotations

from lockwright.language import Array, Ptr, Struct, Workload, alloc, field, free, symbol, u32
from lockwright.locks.tas import TasLock


class Buffer(Struct):
    block: u32


class Group(Struct):
    lock: TasLock
    count: u32
    buffers: Array[Ptr[Buffer] | None] = field(length=2)

    def look(self, block: u32) -> Ptr[Buffer] | None:
        for index in range(self.count):
            buffer = self.buffers[index]
            if buffer is not None and buffer.block == block:
                return buffer
        return None


class BufferCache(Workload):
    group: Group

    @symbol("_xfs_buf_find")
    def find(self, block: u32, fresh: Ptr[Buffer] | None) -> Ptr[Buffer] | None:
        """Return the buffer of a block; if there is none, put `fresh` there and return that."""
        with self.group.lock:
            buffer = self.group.look(block)
            if buffer is None and fresh is not None:
                self.group.buffers[self.group.count] = fresh
                self.group.count += 1
                return fresh
            return buffer

    @symbol("xfs_buf_get")
    def get(self, block: u32) -> Ptr[Buffer] | None:
        buffer = self.find(block, None)
        if buffer is not None:
            return buffer
        fresh = alloc(Buffer)
        if fresh is None:
            return None
        fresh.block = block
        buffer = self.find(block, fresh)
        if buffer is not fresh:
            free(fresh)
        return buffer

    def each_thread(self) -> None:
        self.get(7)

    def at_rest(self) -> None:
        assert self.group.count <= 1
