"""Two threads let go of one XFS buffer: each takes the buffer's lock, and then drops its reference.

Source: Linux 37fd1678245f, fs/xfs/xfs_buf.c (`xfs_buf_rele`), with one buffer, which the cache does not keep.
"""

from __future__ import annotations

from lockwright.language import Atomic, Ptr, Struct, Workload, acq_rel, alloc, free, relaxed, symbol, u32
from lockwright.locks.tas import TasLock


class Buffer(Struct):
    holds: Atomic[u32]
    lock: TasLock
    in_flight: bool


class BufferCache(Workload):
    buffer: Ptr[Buffer] | None

    def setup(self) -> None:
        buffer = alloc(Buffer)
        assert buffer is not None
        buffer.holds.store(2, relaxed)
        buffer.in_flight = True
        self.buffer = buffer

    @symbol("xfs_buf_rele")
    def release(self, buffer: Ptr[Buffer]) -> None:
        with buffer.lock:
            is_last = buffer.holds.fetch_sub(1, acq_rel) == 1
            if not is_last:
                buffer.in_flight = False
        if is_last:
            free(buffer)

    def each_thread(self) -> None:
        buffer = self.buffer
        assert buffer is not None
        self.release(buffer)
