"""A counterexample put together: the sentence, the rows, the end, and the places in the source that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.check.plain.rest import at_rest
from lockwright.check.shapes import placement
from lockwright.check.telling import final, rows
from lockwright.check.telling.course import course
from lockwright.check.telling.names import Names, listed, thread_name
from lockwright.check.telling.overtakings import overtakings
from lockwright.check.telling.play import play
from lockwright.check.telling.sentences import Told, sentence
from lockwright.diagnostics.span import NOWHERE
from lockwright.results import Fault, Remark

if TYPE_CHECKING:
    from lockwright.check.plain.machine import Machine
    from lockwright.check.telling.play import Seen
    from lockwright.check.verdict import Problem
    from lockwright.ir.waiting import Await

ORIGINS = {
    "sc": "the logic (it fails under any memory model)",
    "tso": "the processor, not the logic: found under tso, impossible under sc",
    "c11": "the compiler (or a weaker processor): found under c11, impossible under sc and tso",
}
"""What kind of mistake it is, by the first model that shows it."""

_WRITTEN_LABELS = 2


@dataclass(frozen=True, slots=True)
class Found:
    """Where and how a problem was found."""

    model: str
    threads: int
    acquisitions: int | None
    states: int = 0
    seconds: float = 0.0
    origin: str = ""


def counterexample(machine: Machine, awaits: dict[str, list[Await]], problem: Problem, found: Found) -> Fault:
    """Play the moves of a problem on the plain machine, and tell them.

    Raises:
        NotPlayableError: The plain machine cannot do this: one of the two explorers is wrong.
    """
    names = Names(machine.program)
    played = play(machine, [*problem.moves, *problem.loop])
    story = rows.Rows(played, names, everything=not machine.program.subject or problem.kind == "data_race").story()
    standings = final.standings(played, awaits, names)
    rest = at_rest(machine, played.last).failure if problem.kind == "at_rest" else None
    told = Told(problem, played, story, standings, names, rest)
    place, function = _primary(told)
    loop_from = _loop_from(told)
    return Fault(
        kind=problem.kind,
        sentence=sentence(told),
        model=found.model,
        threads=found.threads,
        acquisitions=found.acquisitions,
        rows=story.rows,
        final=tuple(final.told(one, told.main) for one in standings) if _is_stuck(told) else (),
        primary=place,
        function=function,
        secondary=_secondary(told, place),
        origin=found.origin or ORIGINS.get(found.model, ""),
        placement=placement(machine.shape),
        loop_from=loop_from,
        why_fair=_why_fair(told) if problem.loop else "",
        switches=rows.switches(story.rows),
        states=found.states,
        seconds=found.seconds,
        moves=tuple(move.code for move in (*problem.moves, *problem.loop)),
        loop_moves=len(problem.loop),
        victim=problem.victim,
        other=problem.other,
        course=course(played, at_rest=problem.kind == "at_rest"),
        confirmed=_confirmed(told),
    )


def _is_stuck(told: Told) -> bool:
    """Return whether the fault is a state in which nobody can go on."""
    return told.kind in _STUCK and not told.problem.loop


_STUCK = ("deadlock", "lost_wakeup", "endless_await")


def _confirmed(told: Told) -> bool:
    """Return whether the plain machine agrees: the same fault, nobody can move, or the loop is possible."""
    state, problem = told.played.last, told.problem
    if problem.kind in ("at_rest", "leak"):
        return problem.kind in at_rest(told.played.machine, state).faults
    if state.fault or problem.loop:
        return bool(problem.loop) or state.fault == problem.kind
    if problem.kind == "data_race":
        return _side_by_side(told)
    if problem.kind == "order_broken":
        return problem.other in told.story.entered
    if problem.kind == "bypass":
        return len(overtakings(told.played, problem.victim or 0)) > (problem.allowed or 0)
    if told.played.machine.model == "c11":
        return all(one.status != "runs" for one in told.standings)
    return not told.played.machine.moves(state)


def _side_by_side(told: Told) -> bool:
    """Return whether the last two accesses are of two threads to one word, and not both reads."""
    pair = [seen.event for seen in told.played.seen if seen.event.kind in ("read", "write")][-2:]
    return len({one.address for one in pair}) == 1 and len({one.thread for one in pair}) > 1


# Places.


def _primary(told: Told) -> tuple[Remark | None, str]:
    """Return the place of the last thing that went wrong, or where the victim waits."""
    if told.rest is not None and told.rest.instruction is not None:
        return Remark(told.rest.instruction.span, told.at_rest_values()), "at_rest"
    stuck = next((one for one in told.standings if one.status in ("sleeps", "waits")), None)
    place = stuck.instruction.span if stuck is not None and stuck.instruction is not None else NOWHERE
    if _is_stuck(told) and stuck is not None and place.line:
        text = f"{thread_name(stuck.thread)} {_short_end(stuck)}"
        return Remark(place, text), stuck.function
    for row in reversed(told.story.rows):
        if row.span.line:
            text = told.story.drafts[row.step - 1].parts[0]
            return Remark(row.span, f"{thread_name(row.thread)} {text}, step {row.step}"), row.function
    return None, ""


def _short_end(standing: final.Standing) -> str:
    if standing.status == "sleeps":
        return "sleeps here for ever"
    return "waits here for ever"


def _secondary(told: Told, primary: Remark | None) -> tuple[Remark, ...]:
    """Return what led to it: stores that came too late, old values that were read, the other holder's way in."""
    late: list[Remark] = []
    waited: list[Remark] = []
    stale: list[Remark] = []
    for seen in told.played.seen:
        reader = _reader_of_old(told, seen)
        remark = _buffered(told, seen, reader)
        (late if reader is not None else waited).extend([remark] if remark is not None else [])
        stale += [one for one in [_stale(told, seen)] if one is not None]
    remarks = [*(late or waited), *stale]
    if told.kind == "two_holders":
        remarks += _other_entry(told, primary)
    unique = {one.span: one for one in remarks if primary is None or one.span != primary.span}
    return tuple(list(unique.values())[-_WRITTEN_LABELS:])


def _reader_of_old(told: Told, store: Seen) -> Seen | None:
    """Return who last read a word while a store to it was still in its buffer: without one, the wait hurt nobody."""
    event, arrival = store.event, store.arrival
    if not (event.kind == "write" and event.buffered):
        return None
    end = arrival.move if arrival is not None else len(told.played.moves)
    for seen in reversed(told.played.seen):
        same = seen.event.address == event.address and seen.event.thread != event.thread
        if same and seen.event.kind in ("read", "update") and store.move < seen.move <= end:
            return seen
    return None


def _buffered(told: Told, seen: Seen, reader: Seen | None) -> Remark | None:
    event = seen.event
    if not (event.kind == "write" and event.buffered and event.instruction is not None):
        return None
    begin = told.step(seen.move)
    end = told.step(seen.arrival.move) if seen.arrival is not None else len(told.story.rows)
    if end - begin <= 1:
        return None
    until = "" if seen.arrival is not None else " and on"
    text = f"{thread_name(event.thread)}'s store waits in its store buffer, steps {begin} to {end}{until}"
    if reader is not None:
        text += f"; {thread_name(reader.event.thread)} reads the old value in step {told.step(reader.move)}"
    return Remark(event.instruction.span, text)


def _stale(told: Told, seen: Seen) -> Remark | None:
    if not seen.unseen or seen.event.instruction is None:
        return None
    news = seen.unseen[-1]
    text = (
        f"{thread_name(seen.event.thread)} reads the old value in step {told.step(seen.move)}: "
        f"{thread_name(news.event.thread)}'s store of step {told.step(news.move)} need not be visible"
    )
    return Remark(seen.event.instruction.span, text)


def _other_entry(told: Told, primary: Remark | None) -> list[Remark]:
    """Return where the first holder came in."""
    found = []
    for thread, step in told.story.entered.items():
        row = told.story.rows[step - 1]
        if thread != told.last_thread and row.span.line and (primary is None or row.span != primary.span):
            found.append(Remark(row.span, f"{thread_name(thread)} came in here, step {step}"))
    return found


# Loops.


def _loop_from(told: Told) -> int | None:
    if not told.problem.loop:
        return None
    begin = len(told.problem.moves)
    after = [draft.first_move >= begin for draft in told.story.drafts]
    return after.index(True) + 1 if True in after else None


def _why_fair(told: Told) -> str:
    """Return why a scheduler that is fair may do this for ever, and what chance has to do for it."""
    draws = _draws(told)
    chance = f", if `random` gives {listed(draws)} each time round" if draws else ""
    return _why_scheduled(told) + chance


def _draws(told: Told) -> list[str]:
    """Return what `random` gives in the loop, in order."""
    machine, begin = told.played.machine, len(told.problem.moves)
    drawn = []
    for state, move in list(zip(told.played.states, told.played.moves, strict=False))[begin:]:
        frames = state.threads[move.thread].frames
        if not move.flush and frames and machine.code.at(frames[-1].place).op == "random":
            drawn.append(str(move.choice))
    return drawn


def _why_scheduled(told: Told) -> str:
    victim = told.problem.victim
    movers = {move.thread for move in told.problem.loop}
    if victim is None:
        return "every thread takes steps in the loop, or has none to take"
    if victim in movers:
        return f"{thread_name(victim)} takes steps in the loop too, and finds the lock taken each time"
    return f"{thread_name(victim)} has no step to take whenever the others hold the lock"
