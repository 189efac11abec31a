"""Locks as the textbooks have them, written by hand as generators: what a thread asks for, one request at a time.

Every lock has its words on lines of their own; addresses are bytes, a line has 64 of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulate.plain.memory import Memory
from tests.simulate.plain.requests import Chance, Load, Local, Note, Read, Sleep, Store, Update
from tests.simulate.plain.run import begin

from lockwright.machines import model as m

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.simulate.plain.requests import Answer, Request, Thread

    from lockwright.machines.model import MachineModel

LINE = 64
DATA, FIRST, SECOND = LINE, 2 * LINE, 3 * LINE
SLOTS = 16 * LINE
"""Line of thread 0; CLH has one more in front of it."""


def line_of(address: int) -> int:
    """Return the line of a byte."""
    return address // LINE


def load(address: int) -> Generator[Request, Answer, int]:
    """Read a word."""
    answer = yield Load(address)
    assert isinstance(answer, Read)
    return answer.value


def store(address: int, value: int) -> Generator[Request, Answer, None]:
    """Write a word."""
    yield Store(address, lambda _: value)


def swap(address: int, value: int) -> Generator[Request, Answer, int]:
    """Write a word, and return the old one."""
    old = yield Update(address, lambda _: value, m.SWAP)
    assert isinstance(old, int)
    return old


def fetch_add(address: int) -> Generator[Request, Answer, int]:
    """Count a word up, and return the old one."""
    old = yield Update(address, lambda value: value + 1, m.FETCH_ADD)
    assert isinstance(old, int)
    return old


def compare_and_swap(address: int, expected: int, value: int) -> Generator[Request, Answer, bool]:
    """Replace a word if it is as expected; return whether it was."""
    old = yield Update(address, lambda old: value if old == expected else None, m.CAS)
    return old == expected


def spin(address: int, is_over: Callable[[int], bool], poll_cycles: int) -> Generator[Request, Answer, int]:
    """Read a word until it suits, in rounds of so many cycles."""
    while True:
        answer = yield Load(address)
        assert isinstance(answer, Read)
        if is_over(answer.value):
            return answer.value
        yield Local(4 * poll_cycles)
        found = yield Sleep(
            address, {answer.line: answer.written}, lambda read: is_over(read(address)), 4 * poll_cycles
        )
        if isinstance(found, Read):
            return found.value


@dataclass(frozen=True, slots=True)
class Lock:
    """The two halves of a lock, for a thread of so many; what `lock` returns goes to `unlock`."""

    lock: Callable[[int], Generator[Request, Answer, int]]
    unlock: Callable[[int, int], Generator[Request, Answer, None]]
    prepared: Callable[[int], dict[int, int]] = lambda _: {}
    """Content at the start, for a number of threads."""


def tas() -> Lock:
    """Return the test-and-set lock."""

    def lock(_: int) -> Generator[Request, Answer, int]:
        while (yield from swap(FIRST, 1)):
            pass
        return 0

    return Lock(lock, lambda _thread, _kept: store(FIRST, 0))


def ttas(poll_cycles: int, longest_cycles: int = 1000) -> Lock:
    """Return the test-and-test-and-set lock; who lost waits for a random time below a limit that doubles."""

    def lock(_: int) -> Generator[Request, Answer, int]:
        limit = 16
        while True:
            yield from spin(FIRST, lambda value: value == 0, poll_cycles)
            if not (yield from swap(FIRST, 1)):
                return 0
            pause = yield Chance(limit)
            assert isinstance(pause, int)
            yield Local(4 * pause)
            limit = min(2 * limit, longest_cycles)

    return Lock(lock, lambda _thread, _kept: store(FIRST, 0))


def ticket(poll_cycles: int, owner: int = SECOND) -> Lock:
    """Return the ticket lock, its two counters on one line or on two."""

    def lock(_: int) -> Generator[Request, Answer, int]:
        mine = yield from fetch_add(FIRST)
        yield from spin(owner, lambda value: value == mine, poll_cycles)
        return mine

    return Lock(lock, lambda _thread, mine: store(owner, mine + 1))


def array(threads: int, poll_cycles: int) -> Lock:
    """Return Anderson's lock."""

    def slot(place: int) -> int:
        return SLOTS + LINE * (place % threads)

    def lock(_: int) -> Generator[Request, Answer, int]:
        place = yield from fetch_add(FIRST)
        yield from spin(slot(place), bool, poll_cycles)
        return place

    def unlock(_: int, place: int) -> Generator[Request, Answer, None]:
        yield from store(slot(place), 0)
        yield from store(slot(place + 1), 1)

    return Lock(lock, unlock, lambda _: {SLOTS: 1})


def mcs(poll_cycles: int) -> Lock:
    """Return the lock of Mellor-Crummey and Scott: a node is `behind`, `must_wait`; node 0 is nobody."""

    def node(thread: int) -> int:
        return SLOTS + LINE * thread

    def lock(thread: int) -> Generator[Request, Answer, int]:
        own = node(thread)
        yield from store(own, 0)
        yield from store(own + 8, 1)
        ahead = yield from swap(FIRST, own)
        if ahead:
            yield from store(ahead, own)
            yield from spin(own + 8, lambda value: value == 0, poll_cycles)
        return own

    def unlock(_: int, own: int) -> Generator[Request, Answer, None]:
        behind = yield from load(own)
        if not behind:
            if (yield from compare_and_swap(FIRST, own, 0)):
                return
            behind = yield from spin(own, bool, poll_cycles)
        yield from store(behind + 8, 0)

    return Lock(lock, unlock)


def clh(threads: int, poll_cycles: int) -> Lock:
    """Return the lock of Craig, and of Magnusson, Landin and Hagersten."""
    mine = {thread: SLOTS + LINE * thread for thread in range(threads)}

    def lock(thread: int) -> Generator[Request, Answer, int]:
        yield from store(mine[thread], 1)
        ahead = yield from swap(FIRST, mine[thread])
        yield from spin(ahead, lambda value: value == 0, poll_cycles)
        return ahead

    def unlock(thread: int, ahead: int) -> Generator[Request, Answer, None]:
        left, mine[thread] = mine[thread], ahead
        yield from store(left, 0)

    return Lock(lock, unlock, lambda _: {FIRST: SLOTS - LINE})


def panel(lock: Lock, pause_cycles: int, thread: int) -> Thread:
    """Take a lock, read and write one shared line, release, pause: for ever."""
    while True:
        kept = yield from lock.lock(thread)
        yield Note("acquired")
        value = yield from load(DATA)
        yield from store(DATA, value + 1)
        yield from lock.unlock(thread, kept)
        yield Local(4 * pause_cycles)


def section(lock: Lock, section_cycles: int, pause_cycles: int, thread: int) -> Thread:
    """Take a lock, work for some cycles, release, pause: for ever."""
    while True:
        kept = yield from lock.lock(thread)
        yield Note("acquired")
        yield Local(4 * section_cycles)
        yield from lock.unlock(thread, kept)
        yield Local(4 * pause_cycles)


def counting(loop_cycles: int) -> Thread:
    """Count one word up: for ever."""
    while True:
        yield from fetch_add(FIRST)
        yield Note("acquired")
        yield Local(4 * loop_cycles)


def home_of(machine: MachineModel, threads: int) -> Callable[[int], int]:
    """Return the homes: slots on the node of their thread if `threads` own them, all else on node 0."""

    def home(line: int) -> int:
        thread = line - SLOTS // LINE
        return machine.node_of_core[machine.core_of_cpu[thread]] if 0 <= thread < threads else 0

    return home


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run of a lock came to, after the warm-up."""

    acquired: int
    cycles: int
    notes: list[tuple[int, int, str]]

    def mops(self, ghz: float) -> float:
        """Return millions of acquisitions a second."""
        return self.acquired * ghz * 1000 / self.cycles


def measure(
    machine: MachineModel,
    lock: Lock | None,
    programs: list[Thread],
    seed: int,
    cycles: int,
    start: str = "spread",
    owners: int = 0,
) -> Measured:
    """Run threads on the first CPUs; the first 3,000 cycles a thread and a fifth of the rest are warm-up.

    Args:
        owners: How many slots are at home with their thread.
    """
    threads = len(programs)
    memory = Memory(machine, line_of, home_of(machine, owners))
    if lock is not None:
        memory.content.update(lock.prepared(threads))
    run = begin(machine, memory, range(threads), programs, seed, start)
    warm = 4 * (3000 * threads + cycles // 5)
    run.until(warm + 4 * cycles)
    return Measured(sum(tick >= warm for tick, _, _ in run.notes), cycles, run.notes)
