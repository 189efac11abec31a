"""C11 without load buffering: each atomic location a list of messages, each thread with views of them.

The order of the list is modification order.  A view has one number for each cell: of an atomic location the index of a
message, of a plain one a set of bits: W (`NEWEST`), "knows the newest write", and r_t, "knows the newest read of t".

1. A load reads any message from `cur` on, and `cur` moves there.  The view of the message goes into `acq`, and into
   `cur` if the load acquires.  A comparison that fails is such a load, with the order of its failure.
2. A store goes behind any message from `cur` on whose successor is not glued to it.  Its view is `cur` if it releases,
   else `rel`.  Indices of later messages move up by one in every view.
3. A read-modify-write reads a message without a glued successor and goes directly behind it, glued.  Its view has that
   of the message read too: the release sequence.
4. An acquire fence: `cur = acq`.  A release fence: `rel = cur`.  A seq_cst fence: both, and between them `cur` meets
   the indices of the global view G.
5. A seq_cst access acquires and releases; it may not read, nor write behind, what is older than G; a write moves G.
6. A plain read by t without W in `cur` is a race; else r_t leaves every view but t's.  A plain write without all bits
   is a race; else all bits leave every view but its own.
7. A store to a part of a word is a read-modify-write that keeps the rest, but does not inherit the view of what it
   read.
8. Halts, kicks, futexes and the like acquire and release one hidden location.

Leaves out: load buffering (a cycle of program order and reads-from).  Rule 5 is RC11 with sb ∪ rf ∪ psc acyclic.
Source: Kang, Hur, Lahav, Vafeiadis and Dreyer, POPL 2017; Lahav, Vafeiadis, Kang, Hur and Dreyer, PLDI 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lockwright.check.plain.memory import Access, Done
from lockwright.check.plain.values import Fault
from lockwright.ir.table import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

View: TypeAlias = tuple[int, ...]

NEWEST = 1


def read_bit(thread: int) -> int:
    """Return the bit r_t of a plain location."""
    return 2 << thread


class Message(NamedTuple):
    """One write to an atomic location."""

    pattern: int
    is_glued: bool
    view: View


class Views(NamedTuple):
    """What a thread knows, would know after an acquire fence, and knew at its last release fence."""

    cur: View
    acq: View
    rel: View


class C11Memory(NamedTuple):
    """Messages of each atomic cell, the pattern of each plain one, and all views."""

    messages: tuple[tuple[Message, ...], ...]  # empty for a plain cell
    plain: tuple[int, ...]
    threads: tuple[Views, ...]
    barrier: View  # G
    hidden: View
    are_loaded: bool = True  # whether anything but updates reads atomic cells

    @classmethod
    def beginning(
        cls, patterns: Sequence[int], atomic: Sequence[bool], threads: int, *, are_loaded: bool = True
    ) -> C11Memory:
        """Return the memory of the start: all threads know everything."""
        nothing = (0,) * len(patterns)
        everything = tuple(0 if one else all_bits(threads) for one in atomic)
        messages = tuple(
            (Message(pattern, False, nothing),) if one else () for pattern, one in zip(patterns, atomic, strict=True)
        )
        views = Views(everything, everything, nothing)
        return cls(messages, tuple(patterns), (views,) * threads, nothing, nothing, are_loaded)

    # Which accesses are possible.

    def choices(self, thread: int, access: Access) -> Sequence[int]:
        """Return how many messages before the newest may be read or written behind."""
        if access.order is None:
            return (0,)
        newest = len(self.messages[access.cell]) - 1
        return [newest - n for n in range(newest, -1, -1) if self._is_possible(thread, access, n)]

    def _is_possible(self, thread: int, access: Access, n: int) -> bool:
        order, writes = self._outcome(access, n)
        if n < self.threads[thread].cur[access.cell]:
            return False
        if order is Order.SEQ_CST and n < self.barrier[access.cell]:
            return False
        return not writes or not self._has_glued_successor(access.cell, n)

    def _outcome(self, access: Access, n: int) -> tuple[Order | None, bool]:
        """Return the order of an access that reads, or writes behind, message n, and whether it writes."""
        if access.change is None:
            return access.order, False
        if access.reads and access.change(access.part_of(self.messages[access.cell][n].pattern)) is None:
            return access.failure, False
        return access.order, True

    def _has_glued_successor(self, cell: int, n: int) -> bool:
        later = self.messages[cell][n + 1 : n + 2]
        return bool(later) and later[0].is_glued

    # Accesses.

    def perform(self, thread: int, access: Access, choice: int) -> tuple[C11Memory, Done]:
        """Read the message so many before the newest, or write behind it."""
        if access.order is None:
            return self._plain(thread, access)
        newest = len(self.messages[access.cell]) - 1
        n = newest - choice
        order, writes = self._outcome(access, n)
        assert order is not None
        old = access.part_of(self.messages[access.cell][n].pattern)
        memory = self._read(thread, access.cell, n, order) if access.reads else self
        done = Done(access.cell, access.shift, access.bits, old if access.reads else None, newest=newest)
        done = done.but(index=n) if access.reads else done
        if not writes:
            return memory, done
        assert access.change is not None
        new = access.change(old)
        assert new is not None
        memory = memory.written(thread, access, n, new, order)
        return memory, done.but(old=old if access.reads else self._last(access), wrote=new, place=n + 1)

    def _last(self, access: Access) -> int:
        return access.part_of(self.messages[access.cell][-1].pattern)

    def _read(self, thread: int, cell: int, n: int, order: Order) -> C11Memory:
        """Rule 1."""
        views, message = self.threads[thread], self.messages[cell][n]
        cur, acq = with_index(views.cur, cell, n), with_index(views.acq, cell, max(n, views.acq[cell]))
        acq = self.join(acq, message.view)
        if order.acquires:
            cur = self.join(cur, message.view)
        return self.with_views(thread, views._replace(cur=cur, acq=acq))

    def written(self, thread: int, access: Access, n: int, new: int, order: Order) -> C11Memory:
        """Rules 2, 3 and 7: the new message gets index n + 1."""
        cell, place = access.cell, n + 1
        is_glued = access.reads or access.is_part
        pattern = access.put(self.messages[cell][n].pattern, new)
        memory = self.mapped(lambda view: moved_up(view, cell, place))
        views = memory.threads[thread]
        cur = with_index(views.cur, cell, place)
        acq = with_index(views.acq, cell, max(place, views.acq[cell]))
        memory = memory.with_views(thread, views._replace(cur=cur, acq=acq))
        view = cur if order.releases else views.rel
        if access.reads:
            view = memory.join(view, memory.messages[cell][n].view)
        message = Message(pattern, is_glued, with_index(view, cell, 0))
        memory = memory.with_messages(cell, (*memory.messages[cell][:place], message, *memory.messages[cell][place:]))
        return memory._replace(barrier=with_index(memory.barrier, cell, place)) if order is Order.SEQ_CST else memory

    def _plain(self, thread: int, access: Access) -> tuple[C11Memory, Done]:
        """Rule 6."""
        cell, known = access.cell, self.threads[thread].cur[access.cell]
        everything = all_bits(len(self.threads))
        forgotten = everything if access.change else read_bit(thread)
        if (known & everything != everything) if access.change else not known & NEWEST:
            raise Fault("data_race", cell=cell)
        memory = self.mapped(lambda view: with_index(view, cell, view[cell] & ~forgotten))
        views = memory.threads[thread]
        cur = with_index(views.cur, cell, views.cur[cell] | forgotten)
        acq = with_index(views.acq, cell, views.acq[cell] | forgotten)
        memory = memory.with_views(thread, views._replace(cur=cur, acq=acq))
        old = access.part_of(self.plain[cell])
        if access.change is None:
            return memory, Done(cell, access.shift, access.bits, read=old)
        new = access.change(old)
        assert new is not None
        plain = with_index(memory.plain, cell, access.put(self.plain[cell], new))
        return memory._replace(plain=plain), Done(cell, access.shift, access.bits, old=old, wrote=new)

    def fence(self, thread: int, order: Order) -> C11Memory:
        """Rule 4."""
        cur, acq, rel = self.threads[thread]
        barrier = self.barrier
        if order.acquires:
            cur = acq
        if order is Order.SEQ_CST:
            cur = self.join(cur, barrier)
            barrier = tuple(index if self.messages[cell] else 0 for cell, index in enumerate(cur))
            acq = self.join(acq, cur)
        if order.releases:
            rel = cur
        return self.with_views(thread, Views(cur, acq, rel))._replace(barrier=barrier)

    def meet(self, thread: int) -> C11Memory:
        """Rule 8."""
        views = self.threads[thread]
        cur = self.join(views.cur, self.hidden)
        met = Views(cur, self.join(views.acq, cur), cur)
        return self.with_views(thread, met)._replace(hidden=cur)

    # Storage and the end.

    def renew(self, thread: int, cells: Iterable[int], *, zero: bool) -> C11Memory:
        """Forget all former messages and accesses; only the thread knows the cells as they are now."""
        memory = self
        for cell in cells:
            memory = memory.with_fresh(thread, cell, 0 if zero else self.newest(cell))
        return memory

    def with_fresh(self, thread: int, cell: int, pattern: int) -> C11Memory:
        """Return the memory with a cell that only one thread knows."""
        memory = self.mapped(lambda view: with_index(view, cell, 0))
        if self.messages[cell]:
            nothing = (0,) * len(self.plain)
            return memory.with_messages(cell, (Message(pattern, False, nothing),))
        cur, acq, rel = memory.threads[thread]
        known = all_bits(len(self.threads))
        views = Views(with_index(cur, cell, known), with_index(acq, cell, known), rel)
        return memory.with_views(thread, views)._replace(plain=with_index(memory.plain, cell, pattern))

    def tidied(self, unfinished: Sequence[bool]) -> C11Memory:
        """Drop messages that no unfinished thread can read any more, and what finished threads know."""
        nothing = (0,) * len(self.plain)
        threads = tuple(
            views if alive else Views(nothing, nothing, nothing)
            for views, alive in zip(self.threads, unfinished, strict=True)
        )
        memory = self._replace(threads=threads)
        for cell, messages in enumerate(self.messages):
            readable = [views.cur[cell] for views, alive in zip(threads, unfinished, strict=True) if alive]
            least = min(readable, default=len(messages) - 1)
            if messages and least > 0:
                memory = memory.without_oldest(cell, least)
        return memory if self.are_loaded else memory.without_followed()

    def without_followed(self) -> C11Memory:
        """Return the memory without messages that an update follows: only a load could still read them."""
        memory = self
        for cell in range(len(self.plain)):
            while (n := memory.first_followed(cell)) is not None:
                memory = memory.without(cell, n)
        return memory

    def first_followed(self, cell: int) -> int | None:
        """Return the oldest message of a cell that an update follows."""
        return next((n for n in range(len(self.messages[cell])) if self._has_glued_successor(cell, n)), None)

    def without(self, cell: int, n: int) -> C11Memory:
        """Return the memory without a message; the next takes its place."""
        memory = self.mapped(lambda view: with_index(view, cell, view[cell] - (view[cell] > n)))
        messages = memory.messages[cell]
        next_ = messages[n + 1]._replace(is_glued=messages[n].is_glued)
        return memory.with_messages(cell, (*messages[:n], next_, *messages[n + 2 :]))

    def without_oldest(self, cell: int, count: int) -> C11Memory:
        """Return the memory without so many messages of a cell that nobody reads any more."""
        memory = self.mapped(lambda view: with_index(view, cell, max(0, view[cell] - count)))
        first, *rest = memory.messages[cell][count:]
        return memory.with_messages(cell, (first._replace(is_glued=False), *rest))

    def is_settled(self, thread: int) -> bool:
        """Return that there are no store buffers."""
        del thread
        return True

    def can_flush(self, thread: int) -> bool:
        """Return that there are no store buffers."""
        del thread
        return False

    def can_settle(self) -> bool:
        """Return that every run counts."""
        return True

    def flush(self, thread: int) -> tuple[C11Memory, Done]:
        """Raise: never called, as `can_flush` says that nothing waits."""
        raise NotImplementedError

    def newest(self, cell: int) -> int:
        """Return the pattern of the newest message, or of a plain cell."""
        return self.messages[cell][-1].pattern if self.messages[cell] else self.plain[cell]

    # Views.

    def join(self, first: View, second: View) -> View:
        """Return what both know together."""
        if first == second:
            return first
        return tuple(
            max(one, two) if messages else one | two
            for one, two, messages in zip(first, second, self.messages, strict=True)
        )

    def mapped(self, change: Callable[[View], View]) -> C11Memory:
        """Return the memory with every view changed."""
        messages = tuple(
            tuple(message._replace(view=change(message.view)) for message in several) for several in self.messages
        )
        threads = tuple(Views(*map(change, views)) for views in self.threads)
        return C11Memory(messages, self.plain, threads, change(self.barrier), change(self.hidden), self.are_loaded)

    def with_views(self, thread: int, views: Views) -> C11Memory:
        """Return the memory with the views of one thread replaced."""
        return self._replace(threads=(*self.threads[:thread], views, *self.threads[thread + 1 :]))

    def with_messages(self, cell: int, messages: tuple[Message, ...]) -> C11Memory:
        """Return the memory with the messages of one cell replaced."""
        return self._replace(messages=(*self.messages[:cell], messages, *self.messages[cell + 1 :]))


def all_bits(threads: int) -> int:
    """Return all bits of a plain location."""
    return (2 << threads) - 1


def with_index(view: View, cell: int, index: int) -> View:
    """Return a view with one entry replaced."""
    return view if view[cell] == index else (*view[:cell], index, *view[cell + 1 :])


def moved_up(view: View, cell: int, place: int) -> View:
    """Return a view after a message was inserted at `place`."""
    return with_index(view, cell, view[cell] + 1) if view[cell] >= place else view
