"""A queue lock whose node holds the successor; what `lock` returns is handed to `unlock`."""

from __future__ import annotations

from lockwright.language import Atomic, Lock, Ptr, Struct, acq_rel, acquire, pause, relaxed, release, u8, u32


class Waiter(Struct, align=128):
    after: Atomic[Ptr[Waiter] | None]
    blocked: Atomic[u8]


class QueueLock(Lock, fifo=True):
    last: Atomic[Ptr[Waiter] | None]
    handed: Atomic[u32]

    def lock(self, me: Ptr[Waiter]) -> u32:
        me.after.store(None, relaxed)
        me.blocked.store(1, relaxed)
        before = self.last.exchange(me, acq_rel)
        if before is not None:
            before.after.store(me, release)
            while me.blocked.load(acquire) == 1:
                pause()
        return self.handed.load(relaxed)

    def unlock(self, me: Ptr[Waiter], turn: u32) -> None:
        self.handed.store(turn + 1, relaxed)
        after = me.after.load(acquire)
        if after is None:
            if self.last.compare_exchange(me, None, release) is me:
                return
            while (after := me.after.load(acquire)) is None:
                pause()
        after.blocked.store(0, release)
