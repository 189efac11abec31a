"""A cache of one block, as XFS has it now: a new buffer has its pages before it can be found.

Source: Linux fe2429b0966a, fs/xfs/xfs_buf.c; the tree of buffers is one place here, the buffer's semaphore one word.
"""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    free,
    pause,
    relaxed,
    release,
    running,
    symbol,
    u8,
    u32,
)
from lockwright.locks.tas import TasLock


class Pages(Struct):
    writes: u32


class Buffer(Struct):
    holds: Atomic[u32]
    is_free: Atomic[u8]  # the semaphore: taken while the buffer is made
    pages: Ptr[Pages] | None


class Group(Struct):
    lock: TasLock
    buffer: Ptr[Buffer] | None


class BufferCache(Workload):
    group: Group

    @symbol("_xfs_buf_find")
    def find(self, fresh: Ptr[Buffer]) -> Ptr[Buffer]:
        with self.group.lock:
            buffer = self.group.buffer
            if buffer is None:
                self.group.buffer = fresh
                return fresh
            buffer.holds.fetch_add(1, relaxed)
        while buffer.is_free.exchange(0, acquire) == 0:
            pause()
        return buffer

    @symbol("xfs_buf_get")
    def get(self) -> Ptr[Buffer] | None:
        fresh = alloc(Buffer)
        if fresh is None:
            return None
        fresh.holds.store(1, relaxed)
        pages = alloc(Pages)
        if pages is None:
            free(fresh)
            return None
        fresh.pages = pages
        buffer = self.find(fresh)
        if buffer is not fresh:
            free(pages)
            free(fresh)
        return buffer

    @symbol("xfs_buf_relse")
    def release(self, buffer: Ptr[Buffer]) -> None:
        """Unlock a buffer and let it go; the cache keeps it."""
        buffer.is_free.store(1, release)
        buffer.holds.fetch_sub(1, release)

    def each_thread(self) -> None:
        while running():
            buffer = self.get()
            if buffer is None:
                continue
            pages = buffer.pages
            assert pages is not None
            pages.writes += 1
            self.release(buffer)
