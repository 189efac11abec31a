"""The coherence model of `docs/coherence.md` in SimPy: a process for each thread and for each line that serves.

One lock (MCS or ticket) around a counter, one thread on each core, `core` arbitration.  The order of what happens at
one tick is SimPy's, so that single ticks differ from the other two engines; throughput does not.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import simpy
from coherence.in_c import chances, together

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lockwright.machines.model import MachineModel

    Steps = Generator[Any, Any, Any]

TICK = 4
LOAD, STORE, CAS, FAI, SWAP = 0, 1, 2, 3, 5
I, S, E, O, M = range(5)  # noqa: E741 - as the protocol calls them


class Line:
    """A cache line: who has it, who waits for it, who sleeps on it."""

    def __init__(self, world: World, home: int) -> None:
        self.world, self.home = world, home
        self.state, self.owner, self.copies = I, -1, set[int]()
        self.ready_at = self.writes = 0
        self.queue: deque[tuple[int, int, Callable[[], int], Any]] = deque()
        self.sleepers: list[Spinner] = []
        self.called = world.env.event()
        self.is_idle = True
        world.env.process(self.serving())

    def ask(self, core: int, operation: int, effect: Callable[[], int]) -> Any:
        """Join the queue; return the event of the answer."""
        answer = self.world.env.event()
        self.queue.append((core, operation, effect, answer))
        if self.is_idle:
            self.is_idle = False
            self.called.succeed()
        return answer

    def serving(self) -> Steps:
        env, model = self.world.env, self.world.model
        while True:
            if not self.queue:
                self.is_idle = True
                self.called = env.event()
                yield self.called
            core, operation, effect, answer = self.queue.popleft()
            ticks = self.latency(core, operation)
            value = effect()
            if operation == LOAD:
                self.loaded(core)
                occupied = model.read_occupancy_cycles
                busy = ticks * model.read_occupancy_percent // 100 if occupied is None else min(ticks, occupied * TICK)
            else:
                busy = ticks
                self.written(core, env.now + ticks)
            answer.succeed((value, env.now + ticks))
            yield env.timeout(busy)

    def latency(self, core: int, operation: int) -> int:
        model = self.world.model
        node_of, distances = model.node_of_core, model.distances[model.node_of_core[core]]
        home = distances[self.home]
        if self.state in (E, M):
            distance = distances[node_of[self.owner]]
        elif self.state == I:
            distance = home
        elif operation == LOAD:
            distance = min(distances[node_of[one]] for one in self.copies)
        else:
            distance = max((distances[node_of[one]] for one in self.copies if one != core), default=home)
        return model.latency_cycles[operation][self.state][max(distance, home)] * TICK

    def loaded(self, core: int) -> None:
        if self.state == I:
            self.state, self.owner = E, core
        elif self.state == M and self.world.model.has_owned:
            self.state = O
        elif self.state != O:
            self.state, self.owner = S, -1
        self.copies.add(core)

    def written(self, core: int, arrives: int) -> None:
        self.state, self.owner, self.copies, self.ready_at = M, core, {core}, arrives
        self.writes += 1
        sleepers, self.sleepers = sorted(self.sleepers, key=lambda one: one.thread.core), []
        woken = [one for one in sleepers if one.arrives <= self.world.env.now]
        for last in range(len(woken) - 1, 0, -1):
            other = self.world.random(-1, last + 1)
            woken[last], woken[other] = woken[other], woken[last]
        for one in woken:
            one.reread()
        for one in sleepers:
            if one.arrives > self.world.env.now:
                one.reread_late()

    def can_load(self, core: int) -> bool:
        return core in self.copies and not (self.owner == core and self.world.env.now < self.ready_at)

    def can_write(self, core: int) -> bool:
        is_owner = self.owner == core and self.state in (E, M) and self.world.env.now >= self.ready_at
        return is_owner and not self.queue


class Spinner:
    """A thread that sleeps on a line until what it reads there ends its loop."""

    def __init__(self, thread: Thread, line: Line, read: Callable[[], int], stays: Callable[[int], bool]) -> None:
        self.thread, self.line, self.read, self.stays = thread, line, read, stays
        self.arrives, self.ends = thread.world.env.now, thread.world.env.event()
        line.sleepers.append(self)

    def reread_late(self) -> None:
        env = self.thread.world.env
        env.timeout(self.arrives - env.now).callbacks.append(lambda _: self.reread())

    def reread(self) -> None:
        self.thread.world.rereads += 1
        self.line.ask(self.thread.core, LOAD, self.read).callbacks.append(self.found)

    def found(self, answer: Any) -> None:
        value, self.arrives = answer.value
        if self.stays(value):
            self.line.sleepers.append(self)
        else:
            self.ends.succeed(answer.value)


class Thread:
    """A thread, and its store buffer of one."""

    def __init__(self, world: World, core: int, start: int) -> None:
        self.world, self.core = world, core
        self.behind = self.must_wait = 0
        self.node = Line(world, world.model.node_of_core[core])
        self.stored: tuple[Line, Any] | None = None
        self.outcomes: dict[str, bool] = {}
        world.env.process(self.running(start))

    def wait(self, rows: int, pauses: int = 0, missed: int = 0) -> Any:
        model = self.world.model
        ticks = rows * model.instruction_ticks + (pauses * model.pause_cycles + missed * model.mispredict_cycles) * TICK
        return self.world.env.timeout(ticks)

    def mispredicted(self, name: str, outcome: bool) -> int:
        before = self.outcomes.get(name, outcome)
        self.outcomes[name] = outcome
        return int(before != outcome)

    def drained(self, line: Line | None = None) -> Steps:
        """Wait until the store on its way has arrived."""
        if self.stored is not None and line in (None, self.stored[0]):
            _, arrives = yield self.stored[1]
            if arrives > self.world.env.now:
                yield self.world.env.timeout(arrives - self.world.env.now)
            self.stored = None

    def load(self, line: Line, read: Callable[[], int]) -> Steps:
        yield from self.drained(line)
        self.world.accesses += 1
        env, model = self.world.env, self.world.model
        if line.can_load(self.core):
            value = read()
            yield env.timeout(model.load_hit_cycles * TICK)
            return value
        value, arrives = yield line.ask(self.core, LOAD, read)
        yield env.timeout(arrives - env.now)
        return value

    def store(self, line: Line, write: Callable[[], int]) -> Steps:
        yield from self.drained()
        self.world.accesses += 1
        if line.can_write(self.core):
            write()
            line.state = M
            line.writes += 1
        else:
            self.stored = line, line.ask(self.core, STORE, write)
        yield self.world.env.timeout(self.world.model.store_hit_cycles * TICK)

    def update(self, line: Line, operation: int, change: Callable[[], int]) -> Steps:
        yield from self.drained()
        self.world.accesses += 1
        env = self.world.env
        if line.can_write(self.core):
            value = change()
            line.state = M
            line.writes += 1
            yield env.timeout(self.world.model.update_hit_cycles * TICK)
            return value
        value, arrives = yield line.ask(self.core, operation, change)
        yield env.timeout(arrives - env.now)
        return value

    def spin(self, line: Line, read: Callable[[], int], stays: Callable[[int], bool], rows: tuple[int, int]) -> Steps:
        """Read until it need not stay; `rows` are those of a round behind its load, and on its way back."""
        world = self.world
        env, model = world.env, world.model
        value = yield from self.load(line, read)
        while stays(value):
            writes = line.writes
            yield self.wait(sum(rows), 1, self.mispredicted(str(rows), True))
            if writes != line.writes or self.core not in line.copies:
                value = yield from self.load(line, read)
                continue
            value, arrives = yield Spinner(self, line, read, stays).ends
            period = sum(rows) * model.instruction_ticks + (model.pause_cycles + model.load_hit_cycles) * TICK
            yield env.timeout(arrives - env.now + world.random(self.core, period))
        yield self.wait(rows[0], 0, self.mispredicted(str(rows), False))
        return value

    def running(self, start: int) -> Steps:
        world = self.world
        yield world.env.timeout(start)
        while True:
            world.rounds += 1
            if world.rounds == world.stop:
                world.reached.succeed(int(world.env.now))
            yield self.wait(1)
            yield from self.lock_mcs() if world.is_mcs else self.lock_ticket()
            count = yield from self.load(world.data, lambda: world.count)
            yield self.wait(1)
            yield from self.store(world.data, lambda count=count: world.put_count(count + 1))
            yield self.wait(3)
            yield from self.unlock_mcs() if world.is_mcs else self.unlock_ticket()

    def lock_ticket(self) -> Steps:
        world = self.world
        mine = yield from self.update(world.lock, FAI, world.take_ticket)
        yield from self.spin(world.lock, lambda: world.owner, lambda owner: owner != mine, (2, 0))
        yield self.wait(3)

    def unlock_ticket(self) -> Steps:
        world = self.world
        owner = yield from self.load(world.lock, lambda: world.owner)
        yield self.wait(1)
        yield from self.store(world.lock, lambda: world.call(owner + 1))

    def lock_mcs(self) -> Steps:
        world, me = self.world, self.core + 1
        yield self.wait(4)
        yield from self.store(self.node, lambda: self.put("behind", 0))
        yield self.wait(1)
        yield from self.store(self.node, lambda: self.put("must_wait", 1))
        ahead = yield from self.update(world.lock, SWAP, lambda: world.swap_tail(me))
        yield self.wait(2, 0, self.mispredicted("ahead", ahead != 0))
        if ahead:
            yield self.wait(1)
            other = world.threads[ahead - 1]
            yield from self.store(other.node, lambda: other.put("behind", me))
            yield self.wait(1)
            yield from self.spin(self.node, lambda: self.must_wait, bool, (2, 1))
        yield self.wait(3)

    def unlock_mcs(self) -> Steps:
        world, me = self.world, self.core + 1
        yield self.wait(1)
        behind = yield from self.load(self.node, lambda: self.behind)
        yield self.wait(3, 0, self.mispredicted("behind", behind == 0))
        if not behind:
            found = yield from self.update(world.lock, CAS, lambda: world.drop_tail(me))
            yield self.wait(2, 0, self.mispredicted("alone", found == me))
            if found == me:
                return
            yield self.wait(1)
            behind = yield from self.spin(self.node, lambda: self.behind, lambda one: not one, (3, 1))
        yield self.wait(1)
        other = world.threads[behind - 1]
        yield from self.store(other.node, lambda: other.put("must_wait", 0))

    def put(self, name: str, value: int) -> int:
        setattr(self, name, value)
        return value


class World:
    """The machine, the lock, the counter."""

    def __init__(self, lock: str, model: MachineModel, starts: list[int], chance: list[int]) -> None:
        self.model, self.env, self.chance = model, simpy.Environment(), chance
        self.reached = self.env.event()
        self.is_mcs = lock == "mcs"
        self.lock, self.data = Line(self, 0), Line(self, 0)
        self.owner = self.next = self.tail = self.count = 0
        self.rounds = self.stop = self.accesses = self.rereads = 0
        self.threads = [Thread(self, core, start) for core, start in enumerate(starts)]

    def random(self, whose: int, limit: int) -> int:
        """Draw from the generator of a thread, or from the last, for shuffles."""
        self.chance[whose] = (self.chance[whose] * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.chance[whose] >> 33) % limit

    def take_ticket(self) -> int:
        self.next += 1
        return self.next - 1

    def call(self, owner: int) -> int:
        self.owner = owner
        return owner

    def put_count(self, count: int) -> int:
        self.count = count & 3
        return count

    def swap_tail(self, tail: int) -> int:
        before, self.tail = self.tail, tail
        return before

    def drop_tail(self, tail: int) -> int:
        before = self.tail
        if before == tail:
            self.tail = 0
        return before

    def run(self, rounds: int) -> int:
        """Run until so many rounds have been made in all; return the tick."""
        self.stop, self.reached = rounds, self.env.event()
        return int(self.env.run(until=self.reached))


def run_in_simpy(lock: str, model: MachineModel, threads: int, rounds: tuple[int, int]) -> dict[str, int]:
    """Run a lock; return the window's ticks, and all accesses."""
    assert (model.arbitration, model.retention_cycles, model.local_resolve) == ("core", 0, False)
    chance = chances(0, threads)
    starts = together(chance)
    world = World(lock, model, starts, chance)
    first = world.run(rounds[0])
    last = world.run(sum(rounds))
    return {"window": last - first, "accesses": world.accesses, "rereads": world.rereads}
