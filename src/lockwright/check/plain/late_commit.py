"""C11 in which seq_cst accesses find their place in the global order late: weaker than the rule of `memory_c11`.

1. A seq_cst access acquires and releases, and is appended to a queue of its thread.
2. Another step commits the oldest access of a thread.  A read needs a message that is not older than G, and that no
   other thread still has to commit; a write needs one that is newer than G, and G moves there; an update needs both.
3. A seq_cst fence waits until the queue of its thread is empty.
4. Only runs in which every queue gets empty count.

It allows what RC11 allows, but where one program has both seq_cst fences and seq_cst accesses.
Leaves out: forgetting old messages, so runs must be finite; reads of an await that fail, so it is for safety only; more
than `CAPACITY` accesses in a queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockwright.check.plain.memory import Done
from lockwright.check.plain.memory_c11 import with_index
from lockwright.ir.table import Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockwright.check.plain.memory import Access
    from lockwright.check.plain.memory_c11 import C11Memory


CAPACITY = 8


class Pending(NamedTuple):
    """A seq_cst access that is not committed: the message that it read, or wrote (an update: wrote)."""

    cell: int
    message: int
    reads: bool
    writes: bool

    @property
    def source(self) -> int:
        """The index of the message that it read."""
        return self.message - self.writes


class LateMemory(NamedTuple):
    """Messages and views, and the queue of each thread, oldest first."""

    views: C11Memory
    queues: tuple[tuple[Pending, ...], ...]

    def choices(self, thread: int, access: Access) -> Sequence[int]:
        """Return how many messages before the newest may be read or written behind."""
        if weakened(access) != access and len(self.queues[thread]) == CAPACITY:
            return ()
        return self.views.choices(thread, weakened(access))

    def perform(self, thread: int, access: Access, choice: int) -> tuple[LateMemory, Done]:
        """Do an access, and remember it if it is seq_cst."""
        views, done = self.views.perform(thread, weakened(access), choice)
        memory = self if done.place is None else self._moved_up(access.cell, done.place)
        memory = memory._replace(views=views)
        order = access.failure if access.is_update and done.wrote is None else access.order
        return (memory.remembering(thread, done) if order is Order.SEQ_CST else memory), done

    def _moved_up(self, cell: int, place: int) -> LateMemory:
        def moved(one: Pending) -> Pending:
            return one._replace(message=one.message + 1) if one.cell == cell and one.message >= place else one

        return self._replace(queues=tuple(tuple(map(moved, queue)) for queue in self.queues))

    def remembering(self, thread: int, done: Done) -> LateMemory:
        """Return the memory with an access that its thread has still to commit."""
        index = done.index if done.place is None else done.place
        assert index is not None
        one = Pending(done.cell, index, reads=done.index is not None, writes=done.place is not None)
        return self._with_queue(thread, (*self.queues[thread], one))

    def _with_queue(self, thread: int, queue: tuple[Pending, ...]) -> LateMemory:
        return self._replace(queues=(*self.queues[:thread], queue, *self.queues[thread + 1 :]))

    def fence(self, thread: int, order: Order) -> LateMemory:
        """Do a fence."""
        return self._replace(views=self.views.fence(thread, order))

    def is_settled(self, thread: int) -> bool:
        """Return whether a thread has committed all its seq_cst accesses."""
        return not self.queues[thread]

    def can_flush(self, thread: int) -> bool:
        """Return whether the oldest access of a thread can be committed now (rule 2)."""
        if not self.queues[thread]:
            return False
        oldest = self.queues[thread][0]
        barrier = self.views.barrier[oldest.cell]
        if oldest.reads and (oldest.source < barrier or self._is_held(thread, oldest.cell, oldest.source)):
            return False
        return not oldest.writes or oldest.message > barrier

    def _is_held(self, thread: int, cell: int, index: int) -> bool:
        return any(
            one.writes and (one.cell, one.message) == (cell, index)
            for other, queue in enumerate(self.queues)
            for one in queue
            if other != thread
        )

    def flush(self, thread: int) -> tuple[LateMemory, Done]:
        """Commit the oldest access of a thread."""
        oldest, *rest = self.queues[thread]
        barrier = self.views.barrier
        if oldest.writes:
            barrier = with_index(barrier, oldest.cell, oldest.message)
        memory = self._with_queue(thread, tuple(rest))
        return memory._replace(views=self.views._replace(barrier=barrier)), Done(oldest.cell)

    def can_settle(self) -> bool:
        """Return whether all queues can be emptied in some order."""
        if not any(self.queues):
            return True
        return any(one.can_settle() for one in self._after_commits())

    def _after_commits(self) -> Iterator[LateMemory]:
        for thread in range(len(self.queues)):
            if self.can_flush(thread):
                yield self.flush(thread)[0]

    def meet(self, thread: int) -> LateMemory:
        """Acquire and release on the hidden location."""
        return self._replace(views=self.views.meet(thread))

    def renew(self, thread: int, cells: Iterable[int], *, zero: bool) -> LateMemory:
        """Make cells those of a record that a thread was given just now."""
        return self._replace(views=self.views.renew(thread, cells, zero=zero))

    def tidied(self, unfinished: Sequence[bool]) -> LateMemory:
        """Return itself: what is not committed counts messages from the oldest."""
        del unfinished
        return self

    def newest(self, cell: int) -> int:
        """Return the pattern of the newest message."""
        return self.views.newest(cell)


def weakened(access: Access) -> Access:
    """Return the access with acquire and release in place of seq_cst."""
    orders = {(True, False): Order.ACQUIRE, (False, True): Order.RELEASE, (True, True): Order.ACQ_REL}
    changes = {}
    if access.order is Order.SEQ_CST:
        changes["order"] = orders[access.reads, access.change is not None]
    if access.failure is Order.SEQ_CST:
        changes["failure"] = Order.ACQUIRE
    return access.but(**changes) if changes else access
