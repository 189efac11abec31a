"""The sentence that comes first: what is wrong, in the lock's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.check.telling.final import Standing, condition, where
from lockwright.check.telling.names import Names, counted, listed, thread_name
from lockwright.check.telling.overtakings import overtakings
from lockwright.diagnostics.span import NOWHERE
from lockwright.results import FAULTS, line_name, main_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.check.plain.rest import Failure
    from lockwright.check.plain.state import Event
    from lockwright.check.telling.play import Played, Seen
    from lockwright.check.telling.rows import Story
    from lockwright.check.verdict import Problem
    from lockwright.ir.program import Instruction


_MOST_VALUES = 4


@dataclass(frozen=True, slots=True)
class Told:
    """All that a sentence may draw on."""

    problem: Problem
    played: Played
    story: Story
    standings: list[Standing]
    names: Names
    rest: Failure | None = None  # the assertion that fails when all have finished

    @property
    def kind(self) -> str:
        """The kind of fault."""
        return self.problem.kind

    @property
    def last_thread(self) -> int:
        """Who moved last."""
        return self.played.moves[-1].thread if self.played.moves else 0

    @property
    def main(self) -> str:
        """The file whose lines are named by their number alone, as in the table of the steps."""
        return main_file(self.story.rows)

    def at(self, instruction: Instruction | None) -> str:
        """Return ` at line 84`, or nothing where no line is known."""
        span = instruction.span if instruction is not None else NOWHERE
        return f" at {line_name(span, self.main)}" if span.line else ""

    def step(self, move: int) -> int:
        """Return the step in which a move is told."""
        return max(1, self.story.row_of_move.get(move, 1))

    def at_rest_values(self) -> str:
        """Return what the assertion at rest found: the last values that it read."""
        reads = self.rest.reads[-_MOST_VALUES:] if self.rest is not None else ()
        values = [f"{self.names.word(name)} is {value}" for name, value in reads]
        return f"fails when all have finished: {listed(values)}" if values else "fails when all have finished"


def sentence(told: Told) -> str:
    """Return the sentence."""
    return _SENTENCES.get(told.kind, _plain)(told)


def _plain(told: Told) -> str:
    name = FAULTS.get(told.kind, ("", told.kind.replace("_", " ")))[1]
    event = told.played.seen[-1].event if told.played.seen else None
    detail = told.names.word(event.name) if event is not None and event.kind == "fault" and event.name else ""
    text = f"{name}: {thread_name(told.last_thread)}{told.at(event.instruction if event is not None else None)}"
    if told.kind == "index_out_of_range" and event is not None:
        return f"{text} asks for element {event.name}"
    return f"{text}, {detail}" if detail else text


def _assertion(told: Told) -> str:
    if told.kind == "at_rest":
        rest = told.rest
        said = _asserted(told, rest.instruction, rest.detail) if rest is not None else ""
        return f"not conserved at rest: {said or told.at_rest_values()}"
    event = told.played.seen[-1].event if told.played.seen else None
    message = event.name if event is not None and event.kind == "fault" else ""
    said = _asserted(told, event.instruction, message) if event is not None else message
    return f"assertion failed: {said}" if said else "assertion failed"


def _use_after_free(told: Told) -> str:
    event = told.played.seen[-1].event
    word = told.names.word(event.name)
    record = word.split(".", maxsplit=1)[0]
    text = f"use after free: {thread_name(event.thread)} touches {word}{told.at(event.instruction)}"
    return f"{text}{_who_freed(told, record)}"


def _who_freed(told: Told, record: str) -> str:
    """Return when a record was freed, and who did it, or asked for it with `rcu_free`."""
    calls = [row for row in told.story.rows if f"{row.text} ".startswith(f"frees {record} ")]
    ends = [row for row in told.story.rows if row.text == f"{record} is freed"]
    if not calls:
        return ""
    who, call = thread_name(calls[-1].thread), calls[-1]
    if not ends:
        return f", though {who} freed {record} in step {call.step}"
    return f", though {record} is freed since step {ends[-1].step} (`rcu_free` by {who} in step {call.step})"


def _asserted(told: Told, instruction: Instruction | None, message: str) -> str:
    """Return what an assertion asked for, as it stands in the source, and what its author said of it."""
    span = instruction.span if instruction is not None else NOWHERE
    lines = told.played.machine.program.sources.get(span.file, "").splitlines()
    if not 0 < span.line <= len(lines) or span.line != span.end_line:
        return message
    asked = lines[span.line - 1][span.column - 1 : span.end_column - 1].removeprefix("assert ")
    asked = asked.split(', "')[0].strip()
    return f"`{asked}` is not so" + (f" ({message})" if message and message != asked else "")


def _two_holders(told: Told) -> str:
    entered = told.story.entered
    last = told.last_thread
    first = [thread for thread in entered if thread != last and _is_inside(told, thread)]
    who = [f"{thread_name(one)} since step {entered[one]}" for one in sorted(first, key=lambda one: entered[one])]
    when = entered.get(last, len(told.story.rows))
    return f"two threads are in the critical section of {told.names.lock}: {', '.join([*who, _since(last, when)])}"


def _since(thread: int, step: int) -> str:
    return f"{thread_name(thread)} since step {step}"


def _is_inside(told: Told, thread: int) -> bool:
    holders = told.played.states[-2].world.holders if len(told.played.states) > 1 else ()
    return any(thread == one.owner or thread in one.readers for one in holders)


def _data_race(told: Told) -> str:
    if not told.played.last.fault:
        return _racing_pair(told)
    last = told.played.seen[-1].event
    op = last.instruction.op if last.instruction is not None else "load"
    word = told.names.word(last.name)
    other = _other_access(told, last)
    mine = f"{thread_name(last.thread)} {'writes' if op == 'store' else 'reads'} it in step {len(told.story.rows)}"
    if other is None:
        return f"data race on {word}: {mine}"
    verb = "wrote" if other.event.kind == "write" else "read"
    theirs = f"{thread_name(other.event.thread)} {verb} it in step {told.step(other.move)}"
    return f"data race on {word}: {theirs}, {mine}, and nothing orders the two"


def _racing_pair(told: Told) -> str:
    """Return the sentence of two accesses that stand side by side: the last two moves."""
    pair = [seen for seen in told.played.seen if seen.event.kind in ("read", "write")][-2:]
    words = [f"{thread_name(one.event.thread)} {one.event.kind}s it in step {told.step(one.move)}" for one in pair]
    name = told.names.word(pair[-1].event.name)
    return f"data race on {name}: {' and '.join(words)}, and either could come first"


def _other_access(told: Told, last: Event) -> Seen | None:
    """Return the last access by another thread to the word of a race, a write where the race is with a read."""
    is_write = last.instruction is not None and last.instruction.op == "store"
    for seen in reversed(told.played.seen[:-1]):
        event = seen.event
        same = event.thread != last.thread and event.address == last.address
        if same and (event.kind == "write" or (is_write and event.kind == "read")):
            return seen
    return None


def _lost_wakeup(told: Told) -> str:
    sleeper = next((one for one in told.standings if one.status == "sleeps"), None)
    if sleeper is None:
        return _endless(told)
    how = {"halt": "sleeps", "park": "is parked", "futex": "sleeps on a futex"}
    verb = how.get(sleeper.sleep.reason if sleeper.sleep else "", "sleeps")
    how_woken = "wake it"
    if sleeper.is_masked and sleeper.sleep is not None and sleeper.sleep.reason == "halt":
        verb, how_woken = "halts with interrupts off", "kick its CPU"
    where_ = f"{verb} at {where(sleeper, told.main)}"
    others = [one for one in told.standings if one.status != "done" and one is not sleeper]
    more = "" if not others else f"; {_others(others)}"
    return f"lost wake-up: {thread_name(sleeper.thread)} {where_}, and nobody is left to {how_woken}{more}"


def _no_such(told: Told) -> str:
    """Return the sentence of a kick, a wake-up or an event for a CPU or a thread that the run does not have."""
    event, machine = told.played.seen[-1].event, told.played.machine
    is_cpu = told.kind == "no_such_cpu"
    count = len(machine.shape.cpu_nodes if is_cpu else machine.shape.thread_cpus)
    noun = "CPU" if is_cpu else "thread"
    has = f"only {noun} 0" if count == 1 else f"the {noun}s 0 to {count - 1}"
    at = told.at(event.instruction)
    return f"there is no {noun} {event.name}: {thread_name(told.last_thread)} names it{at}, but this run has {has}"


def _others(others: list[Standing]) -> str:
    names = [thread_name(one.thread) for one in others]
    return f"{listed(names)} {'waits' if len(names) == 1 else 'wait'} too"


def _deadlock(told: Told) -> str:
    held = {one.owner: one for one in told.played.last.world.holders if one.owner is not None}
    parts = []
    for one in told.standings:
        if one.status in ("waits", "sleeps"):
            holds = f"holds {_lock_name(told, held[one.thread].lock)} and " if one.thread in held else ""
            parts.append(f"{thread_name(one.thread)} {holds}waits at {where(one, told.main)}")
    return f"deadlock: {', '.join(parts)}"


def _lock_name(told: Told, address: int) -> str:
    if address == told.played.machine.subject:
        return told.names.lock
    return told.names.word(told.played.machine.cells.describe(address))


def _endless(told: Told) -> str:
    if told.problem.loop:
        return f"a run that never ends: {_asking(told)}, though everybody gets its turn"
    waiter = next((one for one in told.standings if one.status == "waits"), None)
    if waiter is None or waiter.wait is None:
        return "a wait that nobody ends"
    what, place = condition(waiter.wait), where(waiter, told.main)
    value = f" ({listed([f'{name} is {value}' for name, value in waiter.words])})" if waiter.words else ""
    return f"{thread_name(waiter.thread)} waits for ever at {place}, {what}{value}: nobody is left to end it"


def _asking(told: Told) -> str:
    threads = sorted({move.thread for move in told.problem.loop})
    return f"{listed([thread_name(one) for one in threads])} {'goes' if len(threads) == 1 else 'go'} round and round"


def _starvation(told: Told) -> str:
    victim = told.problem.victim or 0
    others = sorted({move.thread for move in told.problem.loop} - {victim})
    who = listed([thread_name(one) for one in others]) if others else "others"
    return f"starvation: {thread_name(victim)} can wait for ever while {who} {_take(others)} the lock again and again"


def _take(others: list[int]) -> str:
    return "takes" if len(others) == 1 else "take"


def _order_broken(told: Told) -> str:
    victim, other = told.problem.victim or 0, told.problem.other or 0
    began = told.story.began.get(victim, 1)
    later = told.story.began.get(other, began)
    enters = told.story.entered.get(other, len(told.story.rows))
    first, second = thread_name(victim), thread_name(other)
    return (
        f"first come, first served is broken: {first} began in step {began}, {second} in step {later}, "
        f"when {first} already waited, yet {second} enters first, in step {enters}"
    )


def _bypass(told: Told) -> str:
    victim = thread_name(told.problem.victim or 0)
    if told.problem.loop:
        return f"{victim} can be overtaken without bound: the steps of the loop can be repeated while it waits"
    steps: dict[int, list[str]] = {}
    for overtaking in overtakings(told.played, told.problem.victim or 0):
        steps.setdefault(overtaking.thread, []).append(str(told.step(overtaking.move)))
    who = [f"{thread_name(one)} in {counted_steps(at)}" for one, at in steps.items()]
    times = counted(sum(len(at) for at in steps.values()), "time")
    allowed = told.problem.allowed
    bound = "" if allowed is None else f", and {allowed or 'none'} {'is' if (allowed or 1) == 1 else 'are'} allowed"
    return f"{victim} is overtaken {times} while it waits, by {listed(who)}{bound}"


def counted_steps(steps: list[str]) -> str:
    """Return `step 8`, or `steps 8 and 14`."""
    return f"{'step' if len(steps) == 1 else 'steps'} {listed(steps)}"


_SENTENCES: dict[str, Callable[[Told], str]] = {
    "two_holders": _two_holders,
    "data_race": _data_race,
    "lost_wakeup": _lost_wakeup,
    "no_such_cpu": _no_such,
    "no_such_thread": _no_such,
    "deadlock": _deadlock,
    "endless_await": _endless,
    "starvation": _starvation,
    "order_broken": _order_broken,
    "bypass": _bypass,
    "assertion": _assertion,
    "at_rest": _assertion,
    "use_after_free": _use_after_free,
}
