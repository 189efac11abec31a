"""The XFS buffer look-up of 2011: a red-black tree for each allocation group, under one spin lock.

A buffer is found, or made and found, with a reference taken and its semaphore held; who lets the last reference go
keeps it in the cache, or, when it is stale, takes it out of the tree and frees it.  Before commit 3815832a every
look-up made a buffer first (`allocate_always`); since then only a miss does, outside the lock, and looks again.
Since fe2429b0 a new buffer gets its pages before anybody can find it.
Source: Linux 3815832a2aa4 and fe2429b0966a, fs/xfs/xfs_buf.c (`_xfs_buf_find`, `xfs_buf_get`, `xfs_buf_rele`).
Leaves out: reads and writes of the disk, buffers of one offset and other lengths, the shrinker.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Array,
    Atomic,
    Lock,
    Param,
    Ptr,
    Struct,
    Workload,
    acq_rel,
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
from lockwright.structures.red_black_tree import RedBlackTree, TreeNode
from lockwright.structures.semaphore import Semaphore

L = TypeVar("L", bound=Lock)


class Pages(Struct):
    """The memory behind a buffer."""

    dirty: bool


class Buffer(Struct, Generic[L], align=64):
    place: TreeNode[Buffer[L]]
    holds: Atomic[u32]
    semaphore: Semaphore[L]  # guards all below; held while the buffer is made
    stale: bool
    cached: bool  # the cache holds a reference
    pages: Ptr[Pages] | None


class AllocationGroup(Struct, Generic[L], align=64):
    lock: L
    tree: RedBlackTree[Buffer[L]]


class BufferCache(Struct, Generic[L]):
    groups: Param[u32] = 1
    assert groups >= 1, "a file system has an allocation group"
    allocate_always: Param[bool] = False
    pages_first: Param[bool] = True
    only_try: Param[bool] = False
    group: Array[AllocationGroup[L]] = field(length=groups)

    @symbol("_xfs_buf_find")
    def find(self, block: u64, fresh: Ptr[Buffer[L]] | None) -> Ptr[Buffer[L]] | None:
        """Return the buffer of a block, locked; else link `fresh`, if there is one, and return that.

        With `only_try` (XBF_TRYLOCK) a buffer that somebody has locked counts as none.
        """
        group = self.group[block % self.groups]
        with group.lock:
            buffer = group.tree.find(block)
            if buffer is None:
                if fresh is not None:
                    group.tree.insert(fresh.place, block, fresh)
                return fresh
            buffer.holds.fetch_add(1, relaxed)
        if not buffer.semaphore.try_down():
            if self.only_try:
                self.release(buffer)
                return None
            buffer.semaphore.down()
        buffer.stale = False
        return buffer

    @symbol("xfs_buf_get")
    def get(self, block: u64) -> Ptr[Buffer[L]] | None:
        """Return the buffer of a block, held and locked; None if memory has run out, or a try failed."""
        if not self.allocate_always:
            found = self.find(block, None)
            if found is not None:
                return found
        fresh = alloc(Buffer[L])
        if fresh is None:
            return None
        fresh.holds.store(1, relaxed)
        if self.pages_first:
            fresh.pages = alloc(Pages)
            if fresh.pages is None:
                free(fresh)
                return None
        found = self.find(block, fresh)
        if found is not fresh:
            self.free(fresh)
            return found
        if not self.pages_first:
            fresh.pages = alloc(Pages)
            if fresh.pages is None:
                fresh.semaphore.up()
                self.release(fresh)
                return None
        return fresh

    @symbol("xfs_buf_rele")
    def release(self, buffer: Ptr[Buffer[L]]) -> None:
        """Let a reference go; the last one keeps the buffer in the cache, or frees it."""
        group = self.group[buffer.place.key % self.groups]
        if not drop_and_lock(buffer.holds, group.lock):
            return
        if not buffer.stale:
            buffer.holds.fetch_add(1, relaxed)
            buffer.cached = True
            group.lock.unlock()
            return
        group.tree.erase(buffer.place)
        group.lock.unlock()
        self.free(buffer)

    @symbol("xfs_buf_stale")
    def make_stale(self, buffer: Ptr[Buffer[L]]) -> None:
        """Let the buffer go with its last reference; the caller has it locked."""
        buffer.stale = True
        if buffer.cached:
            buffer.cached = False
            buffer.holds.fetch_sub(1, acq_rel)

    def free(self, buffer: Ptr[Buffer[L]]) -> None:
        pages = buffer.pages
        if pages is not None:
            free(pages)
        free(buffer)

    def assert_at_rest(self) -> None:
        """Find every tree sound, every buffer whole, unlocked and held by the cache alone."""
        for number in range(len(self.group)):
            tree = self.group[number].tree
            tree.assert_sound()
            place = tree.first()
            while place is not None:
                after = tree.following(place)
                assert after is None or place.key < after.key
                buffer = place.record
                assert buffer is not None
                assert buffer.cached
                assert buffer.holds.load(relaxed) == 1
                assert buffer.semaphore.count == 1
                assert buffer.pages is not None
                place = after


class XfsBuffers(Workload, Generic[L]):
    """Threads get buffers, write to them, and let them go; now and then one makes its buffer stale."""

    blocks: Param[u32] = 2
    assert blocks >= 1, "threads ask for some block"
    makes_stale: Param[bool] = True
    groups: Param[u32] = 1
    allocate_always: Param[bool] = False
    pages_first: Param[bool] = True
    only_try: Param[bool] = False
    cache: BufferCache[L] = field(
        groups=groups, allocate_always=allocate_always, pages_first=pages_first, only_try=only_try
    )
    busy: Array[bool] = field(length=blocks)

    def each_thread(self) -> None:
        while running():
            block = random(self.blocks)
            buffer = self.cache.get(block)
            if buffer is None:
                continue
            assert buffer.place.key == block
            assert not self.busy[block]
            self.busy[block] = True
            pages = buffer.pages
            assert pages is not None
            pages.dirty = True
            if self.makes_stale and random(2) == 0:
                self.cache.make_stale(buffer)
            self.busy[block] = False
            buffer.semaphore.up()
            self.cache.release(buffer)

    def at_rest(self) -> None:
        self.cache.assert_at_rest()
