"""Find the loops that wait for another thread: their restart, what they wait for, whether they may give up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import Span
from lockwright.ir.control_flow import ControlFlow
from lockwright.ir.counting import counters
from lockwright.ir.liveness import Liveness, reads
from lockwright.ir.program import Reg
from lockwright.ir.table import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.ir.control_flow import Loop
    from lockwright.ir.program import Block, Function, Instruction, Program

_QUIET_EFFECTS = frozenset({Effect.LOCAL, Effect.JUMP, Effect.READ, Effect.FENCE, Effect.CHECK, Effect.DELAY})
_QUIET_OPS = frozenset({"cpu", "numa_node", "in_nmi", "cpu_online", "event_pending", "give_up"})
"""Instructions of other effects that change nothing."""


@dataclass(frozen=True, slots=True)
class Await:
    """A loop that waits: a thread that comes back to `restart` with nothing changed would do the same again."""

    function: str  # the entry function in which it stands
    restart: tuple[str, int]  # label of the block and index of the read in it
    blocks: frozenset[str]  # the repeating path
    is_bounded: bool  # whether it may leave by `give_up`
    text: str  # `while self.owner.load(acquire) != ticket`, `until ...`
    span: Span  # the condition, in the source
    symbol: str  # the function in which its author wrote it, as a profile calls it
    is_counted: bool = False  # whether it is one only but for a register that counts its rounds


@dataclass(frozen=True, slots=True)
class _QuietLoop:
    """The repeating paths of a loop that change no memory; `exits` leave them, perhaps for the rest of the loop."""

    header: str
    blocks: frozenset[str]
    latches: tuple[str, ...]
    exits: tuple[tuple[str, str], ...]


def find_awaits(
    program: Program | None, function: Function, header: str | None = None, *, counted: bool = False
) -> list[Await]:
    """Return the awaits of a call-free function, in the order in which they run.

    Args:
        program: Where symbols and source texts are; without it, awaits have neither.
        function: Without delays and dead code.
        header: Look only at the loop that begins there.
        counted: Also return loops that would be awaits if they did not count their rounds.
    """
    flow = ControlFlow(function)
    live = Liveness(function, flow)
    found: dict[tuple[str, int], Await] = {}
    for loop in _quiet_loops(flow):
        if header is None or loop.header == header:
            alike = _restarts(flow, live, loop, 0)
            for restart in alike:
                found.setdefault(restart, _describe(program, function, flow, loop, restart))
            counts = _counters(function, flow, loop) if counted and not alike else 0
            for restart in _restarts(flow, live, loop, counts) if counts else []:
                found.setdefault(restart, replace(_describe(program, function, flow, loop, restart), is_counted=True))
    position = {label: index for index, label in enumerate(flow.order)}
    return sorted(found.values(), key=lambda one: (position[one.restart[0]], one.restart[1]))


def counts_among_reads(flow: ControlFlow, loop: Loop, tests: list[str]) -> bool:
    """Whether all of a loop is quiet, and it can end by something other than its counter."""
    other_ends = [edge for edge in loop.exits if edge[0] not in tests and not _is_given_up(flow.blocks[edge[0]])]
    return bool(other_ends) and all(_is_quiet(flow.blocks[label]) for label in loop.blocks)


def _is_quiet(block: Block) -> bool:
    return all(one.entry.effect in _QUIET_EFFECTS or one.op in _QUIET_OPS for one in block.instructions)


def _quiet_loops(flow: ControlFlow) -> list[_QuietLoop]:
    """Return the quiet part of each loop that has one, inner loops first."""
    quiet = {label for label in flow.order if _is_quiet(flow.blocks[label])}
    found = [loop for loop in (_quiet_part(flow, loop, quiet) for loop in flow.loops) if loop is not None]
    return sorted(found, key=lambda loop: len(loop.blocks))


def _quiet_part(flow: ControlFlow, loop: Loop, quiet: set[str]) -> _QuietLoop | None:
    inside = loop.blocks & quiet
    latches = [label for label in loop.latches if label in inside]
    if loop.header not in inside:
        return None
    ahead = _reached([loop.header], flow.successors, inside, loop.header)
    blocks = ahead & _reached(latches, flow.predecessors, inside, loop.header)
    if loop.header not in blocks:
        return None
    edges = ((label, follower) for label in flow.in_order(blocks) for follower in flow.successors[label])
    exits = tuple(edge for edge in edges if edge[1] not in blocks)
    return _QuietLoop(loop.header, frozenset(blocks), tuple(one for one in latches if one in blocks), exits)


def _reached(
    starts: list[str], followers: dict[str, tuple[str, ...]] | dict[str, list[str]], inside: frozenset[str], header: str
) -> set[str]:
    """Return the blocks that can be reached without leaving, and without going through the header."""
    found, waiting = set(starts), list(starts)
    while waiting:
        label = waiting.pop()
        if label == header and label not in starts:
            continue
        new = [one for one in followers[label] if one in inside and one not in found]
        found.update(new)
        waiting.extend(new)
    return found


def _counters(function: Function, flow: ControlFlow, loop: _QuietLoop) -> int:
    """Return the registers that count the rounds of a loop, those too that are not quiet."""
    return counters(function, flow, next(one for one in flow.loops if one.header == loop.header))


def _restarts(flow: ControlFlow, live: Liveness, loop: _QuietLoop, counts: int) -> list[tuple[str, int]]:
    """Return reads where nothing that the loop changes is live; every time round passes one, or may give up."""
    changing = _changing(flow, loop) & ~counts
    firsts = []
    for label in flow.in_order(loop.blocks):
        reading = (
            index
            for index, one in enumerate(flow.blocks[label].instructions)
            if one.entry.effect is Effect.READ and not live.before(label, index) & changing
        )
        index = next(reading, None)
        if index is not None:
            firsts.append((label, index))
    always = [one for one in firsts if all(flow.dominates(one[0], latch) for latch in loop.latches)]
    if always:
        return always[:1]
    chosen = [one for one in firsts if not any(flow.dominates(other[0], one[0]) for other in firsts if other != one)]
    stops = {label for label, _ in chosen} | {label for label in loop.blocks if _is_given_up(flow.blocks[label])}
    return chosen if _stops_every_round(flow, loop, stops) else []


def _stops_every_round(flow: ControlFlow, loop: _QuietLoop, stops: set[str]) -> bool:
    """Whether no way from the header back to it avoids all of some blocks."""
    if loop.header in stops:
        return True
    free = loop.blocks - stops
    ahead = _reached([loop.header], flow.successors, frozenset(free), loop.header)
    return not any(latch in ahead for latch in loop.latches)


def _changing(flow: ControlFlow, loop: _QuietLoop) -> int:
    """Return the registers that may differ from one time round to the next.

    A register that is computed once in the loop, from what does not change, is the same each time.
    """
    made: dict[int, list[Instruction]] = {}
    for label in loop.blocks:
        for one in flow.blocks[label].instructions:
            if one.result is not None:
                made.setdefault(one.result, []).append(one)
    changing = 0
    for register in made:
        changing |= 1 << register
    while True:
        same = 0
        for register, by in made.items():
            if len(by) == 1 and _is_same(by[0], changing):
                same |= 1 << register
        if not changing & same:
            return changing
        changing &= ~same


def _is_same(one: Instruction, changing: int) -> bool:
    return one.entry.effect is Effect.LOCAL and one.op != "now" and not reads(one) & changing


# What a person reads.


def _describe(
    program: Program | None, function: Function, flow: ControlFlow, loop: _QuietLoop, restart: tuple[str, int]
) -> Await:
    read = flow.blocks[restart[0]].instructions[restart[1]]
    conditions = _conditions(flow, loop)
    span = _joined([jump.span for jump, _ in conditions]) or (conditions[0][0].span if conditions else read.span)
    bounded = any(_is_given_up(flow.blocks[label]) for label, _ in loop.exits)
    text = "" if program is None else _text(program, conditions, read)
    symbol = read.inlined[-1].function if read.inlined else function.name
    if program is not None and symbol in program.functions:
        symbol = program.functions[symbol].symbol or symbol
    return Await(function.name, restart, loop.blocks, bounded, text, span, symbol)


def _is_given_up(block: Block) -> bool:
    """Whether the branch at the end of a block is decided by `give_up`."""
    jump = block.instructions[-1]
    choices = {one.result for one in block.instructions if one.op == "give_up"}
    return jump.op == "branch" and isinstance(jump.operands[0], Reg) and jump.operands[0].index in choices


def _conditions(flow: ControlFlow, loop: _QuietLoop) -> list[tuple[Instruction, bool]]:
    """Return the branches that end the wait, in the least inlined function; whether true goes on waiting."""
    found = []
    for label in dict.fromkeys(label for label, _ in loop.exits):
        jump = flow.blocks[label].instructions[-1]
        if jump.op == "branch" and not _is_given_up(flow.blocks[label]):
            found.append((jump, jump.attributes[0] in loop.blocks))
    least = min((len(jump.inlined) for jump, _ in found), default=0)
    return [one for one in found if len(one[0].inlined) == least and one[0].span.line]


def _text(program: Program, conditions: list[tuple[Instruction, bool]], read: Instruction) -> str:
    """Return `while CONDITION` or `until CONDITION`, as the source has it."""
    for word, waits in (("while", True), ("until", False)):
        spans = [jump.span for jump, goes_on in conditions if goes_on is waits]
        if spans and len(spans) == len(conditions):
            return f"{word} {_source(program, spans)}"
    if conditions:
        return _source(program, [jump.span for jump, _ in conditions])
    return _source(program, [read.span])


def _source(program: Program, spans: list[Span]) -> str:
    """Return the text of some spans: as one stretch if they share a line, else joined by `or`."""
    joined = _joined(spans)
    if joined is not None:
        return excerpt(program.sources, joined)
    return " or ".join(dict.fromkeys(excerpt(program.sources, span) for span in spans))


def _joined(spans: Iterable[Span]) -> Span | None:
    """Return the stretch that covers some spans, if they share a line."""
    ordered = sorted(set(spans))
    if not ordered:
        return None
    first, last = ordered[0], max(ordered, key=lambda span: (span.end_line, span.end_column))
    if len({(span.file, span.line) for span in ordered}) > 1:
        return None
    return Span(first.file, first.line, first.column, last.end_line, last.end_column)


def excerpt(sources: dict[str, str], span: Span) -> str:
    """Return the source text of a span on one line, with runs of blanks as one."""
    lines = sources.get(span.file, "").splitlines()[max(0, span.line - 1) : span.end_line]
    if not lines or not span.line:
        return ""
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    text = " ".join(" ".join(lines).split())
    return text + ")" * (text.count("(") - text.count(")"))  # of `a or (b and c)`, the span ends with `c`
