"""The XFS buffer look-up of 2010: one hash table with a spin lock in each bucket.

Each look-up makes a buffer first and throws it away when the block has one.  Commit 9bc08a45 made 4,096 buckets of 256
(`bits` 12 and 8), and no longer moves the buffer that it finds to the front of its chain (`promote`).
A buffer is found with a reference taken and its semaphore held; the last reference takes it out of the table and frees
it, unless the file system itself keeps its buffers (`managed`, XBF_FS_MANAGED).
Source: Linux 9bc08a45fb11, fs/xfs/linux-2.6/xfs_buf.c (`_xfs_buf_find`, `xfs_buf_get`, `xfs_buf_rele`).
Leaves out: the pages of a buffer, stale buffers; both are in `xfs_buffer_tree`.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Array,
    Lock,
    Param,
    Ptr,
    Struct,
    Workload,
    alloc,
    field,
    free,
    random,
    relaxed,
    running,
    symbol,
    u32,
    u64,
)
from lockwright.structures.drop_and_lock import drop_and_lock
from lockwright.structures.hash_table import Entry, HashTable
from lockwright.structures.semaphore import Semaphore

L = TypeVar("L", bound=Lock)


class Buffer(Struct, Generic[L]):
    semaphore: Semaphore[L]  # guards what is below; held while the buffer is made
    dirty: bool


class BufferHash(Struct, Generic[L]):
    bits: Param[u32] = 8
    promote: Param[bool] = True
    managed: Param[bool] = False
    table: HashTable[L, Buffer[L]] = field(bits=bits, promote=promote)

    @symbol("xfs_buf_get")
    def get(self, block: u64) -> Ptr[Entry[Buffer[L]]] | None:
        """Return the buffer of a block, held and locked; None if memory has run out."""
        fresh = alloc(Entry[Buffer[L]])
        if fresh is None:
            return None
        found = self.find(block, fresh)
        if found is not fresh:
            free(fresh)
        return found

    @symbol("_xfs_buf_find")
    def find(self, block: u64, fresh: Ptr[Entry[Buffer[L]]]) -> Ptr[Entry[Buffer[L]]]:
        entry = self.table.get_or_add(block, fresh)
        assert entry is not None
        if entry is not fresh and not entry.value.semaphore.try_down():
            entry.value.semaphore.down()
        return entry

    @symbol("xfs_buf_rele")
    def release(self, entry: Ptr[Entry[Buffer[L]]]) -> None:
        bucket = self.table.bucket(entry.key)
        if not drop_and_lock(entry.references, bucket.lock):
            return
        if self.managed:
            bucket.lock.unlock()
            return
        bucket.chain.remove(entry)
        bucket.lock.unlock()
        free(entry)

    def assert_at_rest(self) -> u32:
        """Find every buffer in its bucket, once, unlocked and without references, and return how many there are."""
        count = u32(0)
        for number in range(len(self.table.buckets)):
            entry = self.table.buckets[number].chain.first
            while entry is not None:
                count += 1
                assert self.table.bucket(entry.key) is self.table.buckets[number]
                assert self.table.buckets[number].chain.find(entry.key) is entry
                assert entry.references.load(relaxed) == 0
                assert entry.value.semaphore.count == 1
                entry = entry.after
        return count


class XfsBufferHash(Workload, Generic[L]):
    """Threads get buffers of a few blocks, write to them, and let them go."""

    blocks: Param[u32] = 2
    assert blocks >= 1, "threads ask for some block"
    stride: Param[u32] = 2  # blocks 0 and 2 share a bucket of two
    bits: Param[u32] = 8
    promote: Param[bool] = True
    managed: Param[bool] = True
    cache: BufferHash[L] = field(bits=bits, promote=promote, managed=managed)
    busy: Array[bool] = field(length=blocks)

    def each_thread(self) -> None:
        while running():
            number = random(self.blocks)
            entry = self.cache.get(number * self.stride)
            if entry is None:
                continue
            assert entry.key == number * self.stride
            assert not self.busy[number]
            self.busy[number] = True
            entry.value.dirty = True
            self.busy[number] = False
            entry.value.semaphore.up()
            self.cache.release(entry)

    def at_rest(self) -> None:
        count = self.cache.assert_at_rest()
        assert count == 0 or self.managed
