"""Time: threads and lines take turns, one event after the other (docs/coherence.md, *A thread*, *Waiting*, *Start*)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulate.plain import chance
from tests.simulate.plain.lines import Waiting
from tests.simulate.plain.requests import Chance, Fence, Load, Local, Note, Read, Sleep, Store, Stretch, Update

from lockwright.machines import model as m

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.simulate.plain.lines import Line
    from tests.simulate.plain.memory import Memory
    from tests.simulate.plain.requests import Answer, Request, Thread

    from lockwright.machines.model import MachineModel

LINE, THREAD = 0, 1
LONGEST_ROUND = 4000
"""Ticks of a round above which a spinner polls."""


@dataclass(slots=True)
class Spinner:
    """A thread asleep: how its loop goes on, and when its last read has arrived."""

    sleep: Sleep
    arrived: int
    left: int = 0  # rounds, if they are counted


@dataclass(slots=True)
class Runner:
    """A thread on its core."""

    number: int
    core: int
    program: Thread
    chance: chance.Generator
    store_arrives: int | None = 0  # None: nobody knows yet
    store_line: int = -1
    waiting: Request | None = None  # for the store buffer
    asleep: Spinner | None = None
    is_over: bool = False
    runs_from: int | None = None  # None: it sleeps or waits in a queue
    hits: int = 0
    misses: int = 0
    slept: int = 0


@dataclass(slots=True)
class Run:
    """A run of some threads; `notes` are (tick, thread, what)."""

    machine: MachineModel
    memory: Memory
    runners: list[Runner]
    shuffles: chance.Generator
    notes: list[tuple[int, int, str]] = field(default_factory=list)
    now: int = 0
    _events: list[tuple[int, int, int]] = field(default_factory=list)
    _then: dict[int, tuple[int, Callable[[], None]]] = field(default_factory=dict)  # by thread: when, and what

    # Events.

    def until(self, tick: int) -> None:
        """Run all that happens before a tick."""
        while self._events and self._events[0][0] < tick:
            now, kind, number = heapq.heappop(self._events)
            if kind == THREAD:
                if number in self._then and self._then[number][0] == now:  # else it was called off
                    self.now = now
                    self._then.pop(number)[1]()
                continue
            self.now = now
            if self.memory.lines[number].due == self.now:
                self._line_is_due(self.memory.lines[number])

    def at(self, tick: int, thread: int, then: Callable[[], None]) -> None:
        """Let a thread go on at a tick; each has one thing to do at a time."""
        assert thread not in self._then
        self._then[thread] = tick, then
        heapq.heappush(self._events, (tick, THREAD, thread))

    def _resume_at(self, tick: int, one: Runner, answer: Answer) -> None:
        self.at(tick, one.number, lambda: self.resume(one, answer))

    # A thread.

    def resume(self, one: Runner, answer: Answer) -> None:
        """Let a thread run until something takes time."""
        while True:
            try:
                request = one.program.send(answer)
            except StopIteration:
                one.is_over, one.runs_from = True, None
                return
            answer = None
            match request:
                case Note(what):
                    self.notes.append((self.now, one.number, what))
                case Chance(below):
                    answer = one.chance.random(below)
                case Local(0):
                    pass
                case Local(ticks):
                    self._resume_at(self.now + ticks, one, None)
                    return
                case Stretch(ticks, missed):
                    answer = ticks * (self.machine.smt_slowdown_percent - 100) // 100 if self._shares(one) else 0
                    if ticks + answer + missed:
                        self._resume_at(self.now + ticks + answer + missed, one, answer)
                        return
                case Sleep() as sleep:
                    if self._falls_asleep(one, sleep):
                        return
                case _:
                    self._access(one, request)
                    return

    def _shares(self, one: Runner) -> bool:
        """Whether another thread of the core runs at this moment."""
        others = (other for other in self.runners if other.core == one.core and other is not one)
        return any(other.runs_from is not None and other.runs_from <= self.now for other in others)

    def _goes_on(self, tick: int, one: Runner, answer: Answer) -> None:
        """Let a thread run again that slept or waited in a queue."""
        one.runs_from = tick
        self._resume_at(tick, one, answer)

    def _access(self, one: Runner, request: Request) -> None:
        if self._must_wait(one, request):
            one.waiting = request
            if one.store_arrives is not None:
                self.at(one.store_arrives, one.number, lambda: self._try_anew(one))
            return
        match request:
            case Fence(ticks):
                self._resume_at(self.now + ticks, one, None)
            case Load(address):
                self._load(one, address)
            case Store(address, change):
                self._store(one, address, change)
            case Update(address, change, operation):
                self._update(one, address, change, operation)

    def _must_wait(self, one: Runner, request: Request) -> bool:
        """Whether a store on its way holds up this request."""
        if one.store_arrives is not None and one.store_arrives <= self.now:
            return False
        return not isinstance(request, Load) or self.memory.line(request.address).number == one.store_line

    def _try_anew(self, one: Runner) -> None:
        request, one.waiting = one.waiting, None
        assert request is not None
        self._access(one, request)

    def _load(self, one: Runner, address: int) -> None:
        line = self.memory.line(address)
        if self.memory.hits(line, one.core, self.now, is_load=True):
            one.hits += 1
            read = Read(self.memory.read(address), line.number, line.written)
            self._resume_at(self.now + 4 * self.machine.load_hit_cycles, one, read)
        else:
            self._join(line, Waiting(one.number, one.core, m.LOAD, address, None, self.now))

    def _store(self, one: Runner, address: int, change: Callable[[int], int]) -> None:
        line = self.memory.line(address)
        if self.memory.hits(line, one.core, self.now, is_load=False):
            one.hits += 1
            self._hit_write(line, address, change)
        else:
            one.store_arrives, one.store_line = None, line.number
            self._join(line, Waiting(one.number, one.core, m.STORE, address, change, self.now))
        self._resume_at(self.now + 4 * self.machine.store_hit_cycles, one, None)

    def _update(self, one: Runner, address: int, change: Callable[[int], int | None], operation: int) -> None:
        line = self.memory.line(address)
        if self.memory.hits(line, one.core, self.now, is_load=False):
            one.hits += 1
            old = self._hit_write(line, address, change)
            self._resume_at(self.now + 4 * self.machine.update_hit_cycles, one, old)
        else:
            self._join(line, Waiting(one.number, one.core, operation, address, change, self.now))

    def _hit_write(self, line: Line, address: int, change: Callable[[int], int | None]) -> int:
        old = self.memory.write(address, change)
        self.memory.hit_write(line)
        self._wake(line)
        self._plan(line)
        return old

    # A line.

    def _join(self, line: Line, request: Waiting) -> None:
        one = self.runners[request.thread]
        one.misses += 1
        if request.operation != m.STORE:
            one.runs_from = None
        request.kept = one.chance.random(4 * self.machine.retention_cycles)
        self.memory.arbiter.joined(line, request)
        self._plan(line)

    def _plan(self, line: Line) -> None:
        """Set down when the line will be due, as its queue now is."""
        due = self.memory.when_due(line, self.now)
        if due != line.due:
            line.due = due
            if due is not None:
                heapq.heappush(self._events, (due, LINE, line.number))

    def _line_is_due(self, line: Line) -> None:
        line.due = None
        request, _ = self.memory.arbiter.next(line, self.now)
        if request is not None:
            self._serve(line, request)
        self._plan(line)

    def _serve(self, line: Line, request: Waiting) -> None:
        ticks = self.memory.serve(line, request, self.now)
        one = self.runners[request.thread]
        if request.sleep is not None:
            self._found(one, request.sleep, ticks)
        elif request.change is None:
            read = Read(self.memory.read(request.address), line.number, line.written)
            self._goes_on(self.now + ticks, one, read)
        else:
            old = self.memory.write(request.address, request.change)
            self._wake(line)
            if request.operation == m.STORE:
                self._store_is_served(one, self.now + ticks)
            else:
                self._goes_on(self.now + ticks, one, old)

    def _store_is_served(self, one: Runner, arrival: int) -> None:
        one.store_arrives = arrival
        if one.waiting is not None:
            self.at(arrival, one.number, lambda: self._try_anew(one))

    # Spinners.

    def _falls_asleep(self, one: Runner, sleep: Sleep) -> bool:
        """Put a thread to sleep if what it read stands, and its rounds are short."""
        if sleep.round_ticks > LONGEST_ROUND:
            return False
        if any(self.memory.lines[line].written != written for line, written in sleep.reads.items()):
            return False
        if sleep.left is not None and not sleep.left(self.memory.read):
            return False
        self._lie_down(one, sleep, self.now)
        return True

    def _lie_down(self, one: Runner, sleep: Sleep, arrived: int) -> None:
        one.slept += 1
        one.runs_from = None
        one.asleep = Spinner(sleep, arrived)
        if sleep.left is not None:
            one.asleep.left = sleep.left(self.memory.read)
            self.at(arrived + one.asleep.left * sleep.round_ticks, one.number, lambda: self._runs_out(one))
        for line in sleep.reads:
            self.memory.lines[line].sleepers.add(one.number)

    def _runs_out(self, one: Runner) -> None:
        """Let a spinner go on whose last round is due."""
        spinner = self._rise(one)
        spinner.sleep.passed += spinner.left
        one.runs_from = self.now
        self.resume(one, None)

    def _rise(self, one: Runner) -> Spinner:
        spinner, one.asleep = one.asleep, None
        assert spinner is not None
        for line in spinner.sleep.reads:
            self.memory.lines[line].sleepers.discard(one.number)
        return spinner

    def _wake(self, line: Line) -> None:
        """Wake who sleeps on a line that is written now."""
        together = []
        for _, number in sorted((self.runners[number].core, number) for number in line.sleepers):
            one = self.runners[number]
            spinner = self._rise(one)
            self._then.pop(number, None)  # its last round, if it counts them
            reads_at = max(spinner.arrived, line.ready_at if one.core == line.owner else 0)
            if len(spinner.sleep.reads) > 1:
                reads_at = self.now
            if spinner.left:
                begun = -(-(max(self.now, reads_at) - spinner.arrived) // spinner.sleep.round_ticks)
                spinner.sleep.passed += max(0, min(spinner.left, begun))
            if len(spinner.sleep.reads) > 1:
                self._goes_on(self.now, one, None)
            elif reads_at > self.now or one.core == line.owner:
                self._read_at(max(self.now, reads_at), one, spinner.sleep)
            else:
                together.append((one, spinner.sleep))
        self.shuffles.shuffle(together)
        for one, sleep in together:
            self._join(line, self._reread(one, sleep))

    def _reread(self, one: Runner, sleep: Sleep) -> Waiting:
        return Waiting(one.number, one.core, m.LOAD, sleep.address, None, self.now, sleep=sleep)

    def _read_at(self, tick: int, one: Runner, sleep: Sleep) -> None:
        one.runs_from = tick
        self.at(tick, one.number, lambda: self._read_late(one, sleep))

    def _read_late(self, one: Runner, sleep: Sleep) -> None:
        """Let a spinner read that was woken before its last read had arrived."""
        line = self.memory.line(sleep.address)
        if self.memory.hits(line, one.core, self.now, is_load=True):
            self.resume(one, None)
        else:
            self._join(line, self._reread(one, sleep))

    def _found(self, one: Runner, sleep: Sleep, ticks: int) -> None:
        """Let a spinner that reads now, and gets it after some ticks, go on or sleep again."""
        line = self.memory.line(sleep.address)
        if sleep.ends(self.memory.read):
            read = Read(self.memory.read(sleep.address), line.number, line.written)
            self._goes_on(self.now + ticks + one.chance.random(sleep.round_ticks), one, read)
        else:
            sleep.reads[line.number] = line.written
            sleep.passed += sleep.left is not None
            self._lie_down(one, sleep, self.now + ticks)


def begin(
    machine: MachineModel, memory: Memory, cpus: Sequence[int], programs: Sequence[Thread], seed: int, start: str
) -> Run:
    """Return a run whose threads are about to start; `start` is spread or together."""
    runners = [
        Runner(number, machine.core_of_cpu[cpu], program, chance.of_thread(seed, number))
        for number, (cpu, program) in enumerate(zip(cpus, programs, strict=True))
    ]
    run = Run(machine, memory, runners, chance.of_run(seed))
    for one, tick in zip(runners, _starts(run, start), strict=True):
        one.runs_from = tick
        run.at(tick, one.number, lambda one=one: run.resume(one, None))  # type: ignore[misc]
    return run


def _starts(run: Run, start: str) -> list[int]:
    threads = len(run.runners)
    if start == "spread":
        return [4 * one.chance.random(3000 * threads) for one in run.runners]
    order = list(range(threads))
    run.shuffles.shuffle(order)
    return [4 * order.index(number) for number in range(threads)]
