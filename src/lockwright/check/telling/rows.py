"""Rows of the story: one for each thing that a thread does to what others can see.

Boundaries of locks are no rows of their own where they can stand in one: `lock: next 0 → 1, ticket = 0, enters`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from lockwright.check.plain.system import sleepers
from lockwright.check.telling.names import Names, listed, thread_name
from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.ir.table import Effect
from lockwright.ir.types import Integer, Pointer, StructRef, Word
from lockwright.results import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.check.plain.state import Event
    from lockwright.check.telling.play import Played, Seen
    from lockwright.ir.cells import Cells
from lockwright.ir.types import Value

_CPU_WORDS = {
    "halt": "halts",
    "halt_if": "halts",
    "park": "parks",
    "event_poll": "waits for its event",
    "rcu_synchronize": "waits for the readers",
    "interrupts_off": "interrupts off",
    "interrupts_restore": "interrupts as before",
    "kick": "kicks CPU {0}",
    "unpark": "unparks {thread}",
    "futex_wait": "sleeps on the futex",
    "event_clear": "clears its event",
    "event_set": "sets its event",
    "event_send": "sends an event to CPU {0}",
    "raise_interrupt": "raises an interrupt on CPU {0}",
}
_VERBS = {Effect.READ: "reads", Effect.WRITE: "writes", Effect.UPDATE: "changes"}
_HIDDEN_CPU = frozenset({"cpu", "numa_node", "in_nmi", "cpu_online", "preemption", "softirqs"})


@dataclass(slots=True)
class Draft:
    """A row in the making."""

    thread: int
    parts: list[str] = field(default_factory=list)
    span: Span = NOWHERE
    function: str = ""
    kind: str = "step"
    note: str = ""
    seen: list[Seen] = field(default_factory=list)
    first_move: int = 0
    last_move: int = 0
    prefix: str = ""
    suffix: str = ""

    @property
    def text(self) -> str:
        """The row in words."""
        body = ", ".join(part for part in (*self.parts, self.suffix) if part)
        return f"{self.prefix}: {body}" if self.prefix and body else body or self.prefix


@dataclass(frozen=True, slots=True)
class Story:
    """The rows, and for each event that was told the row in which it stands."""

    rows: tuple[Row, ...]
    drafts: tuple[Draft, ...]
    row_of_move: dict[int, int]  # the step number of each move (the last row before it, if it has none)
    entered: dict[int, int]  # of each thread the step in which it entered last
    began: dict[int, int]  # and in which it began to ask for the lock


class Rows:
    """Makes rows of what was played."""

    def __init__(self, played: Played, names: Names, *, everything: bool = False) -> None:
        self.played, self.names, self.everything = played, names, everything
        self.cells: Cells = played.machine.cells
        self.drafts: list[Draft] = []
        self.pending: dict[int, str] = {}  # of each thread the prefix that waits for its next row
        self.entered: dict[int, Draft] = {}
        self.began: dict[int, Draft] = {}
        self.entering: dict[int, Draft | None] = {}
        self.home: dict[int, Draft] = {}  # where each event stands, by its identity

    def story(self) -> Story:
        """Return the story."""
        for seen in self.played.seen:
            self._tell(seen)
        self._flush_pending()
        for draft in self.drafts:
            self._note(draft)
        rows = tuple(self._row(number, draft) for number, draft in enumerate(self.drafts, 1))
        number = {id(draft): step for step, draft in enumerate(self.drafts, 1)}
        return Story(
            rows,
            tuple(self.drafts),
            self._by_move(),
            {thread: number[id(draft)] for thread, draft in self.entered.items() if id(draft) in number},
            {thread: number[id(draft)] for thread, draft in self.began.items() if id(draft) in number},
        )

    def _row(self, number: int, draft: Draft) -> Row:
        text = self._resolved(draft)
        return Row(number, draft.thread, text, draft.span, draft.function, draft.kind, draft.note)

    def _by_move(self) -> dict[int, int]:
        steps, at = {}, 0
        firsts = [draft.first_move for draft in self.drafts]
        for move in range(len(self.played.moves)):
            while at < len(firsts) and firsts[at] <= move:
                at += 1
            steps[move] = at
        return steps

    # One event.

    def _tell(self, seen: Seen) -> None:
        event = seen.event
        match event.kind:
            case "mark":
                self._mark(seen)
            case "local":
                self._local(seen)
            case "fault":
                self._fault(seen)
            case "sleep":
                self._last_word(seen)
            case "wake":
                self._new(seen, "goes on: the readers have left" if event.text == "rcu" else "wakes up")
            case "interrupt":
                self._handler(seen, f"interrupt on CPU {event.value}: {self.names.short(event.name)} begins")
            case "migrate":
                self._new(seen, f"comes from CPU {event.old} to CPU {event.value}", kind="interrupt")
            case "return":
                self._handler(seen, f"{self.names.short(event.name)} returns")
            case _:
                self._action(seen)

    def _action(self, seen: Seen) -> None:
        event = seen.event
        if not self._is_told(event) or (event.kind == "flush" and self._told(seen.writer) is None):
            return
        self._new(seen, self._words(seen), kind="flush" if event.kind == "flush" else "step")

    def _is_told(self, event: Event) -> bool:
        if event.kind in ("flush", "free"):
            return True
        instruction = event.instruction
        if instruction is None or (event.kind == "choice" and instruction.op == "running"):
            return False
        if event.kind == "choice" and instruction.op == "give_up" and not event.value:
            return False
        if instruction.op in _HIDDEN_CPU and not self._matters(instruction.op):
            return False
        return self.everything or self.names.is_shown(instruction.span)

    def _matters(self, op: str) -> bool:
        """Return whether it makes a difference in this run: who may be preempted, which softirqs may arrive."""
        shape, handlers = self.played.machine.shape, self.played.machine.program.handlers
        if op == "preemption":
            return shape.migrates or len(set(shape.thread_cpus)) < len(shape.thread_cpus)
        return op == "softirqs" and any(handler.softirq for handler in handlers)

    def _new(self, seen: Seen, text: str, kind: str = "step") -> Draft:
        event = seen.event
        draft = Draft(event.thread, [text], kind=kind, seen=[seen], first_move=seen.move, last_move=seen.move)
        if event.instruction is not None:
            draft.span = event.instruction.span
            draft.function = self.names.function(event.instruction, event.function)
        if kind == "step":
            draft.prefix = self.pending.pop(event.thread, "")
            if draft.prefix.endswith("lock") and "un" not in draft.prefix:
                self.began[event.thread] = draft
        self.drafts.append(draft)
        self.home[id(seen)] = draft
        return draft

    def _handler(self, seen: Seen, text: str) -> None:
        """A handler begins or returns: a row where the handler is written, or the last word of the row before."""
        recent = self._recent(seen.event.thread, seen.move)
        if recent is not None:
            recent.parts.append(text)
            return
        draft = self._new(seen, text, kind="interrupt")
        draft.span = self.played.machine.program.functions[seen.event.name].span
        draft.function = seen.event.name

    def _local(self, seen: Seen) -> None:
        """A named register was set: it belongs to the row before, if that is of the same move."""
        event, name = seen.event, seen.event.name
        draft = self._recent(event.thread, seen.move)
        if draft is None or event.instruction is None or event.instruction.span.line != draft.span.line:
            return
        if "." in name or any(part.startswith(f"{name} = ") for part in draft.parts):
            return
        draft.parts.append(f"{name} = {self._value(seen.event, seen.event.value)}")

    def _recent(self, thread: int, move: int) -> Draft | None:
        draft = self.drafts[-1] if self.drafts else None
        return draft if draft is not None and draft.thread == thread and draft.last_move == move else None

    def _last_word(self, seen: Seen) -> None:
        draft = self._recent(seen.event.thread, seen.move)
        if draft is None:
            instruction = seen.event.instruction
            self._new(seen, _CPU_WORDS.get(instruction.op if instruction is not None else "", "sleeps"))

    def _fault(self, seen: Seen) -> None:
        """The step that goes wrong; what a mark found wrong was told with the mark."""
        event = seen.event
        if event.instruction is not None and event.instruction.op == "mark":
            return
        draft = self._recent(event.thread, seen.move)
        if draft is None:
            instruction = event.instruction
            what = self._access_words(event) if instruction is not None else "fails"
            draft = self._new(seen, what)
        draft.seen.append(seen)

    def _access_words(self, event: Event) -> str:
        instruction = event.instruction
        assert instruction is not None
        word = self.names.word(event.name) if event.name else "a word"
        if instruction.op == "assert":
            return f"assertion failed: {event.name}" if event.name else "assertion failed"
        verb = _VERBS.get(instruction.entry.effect)
        if verb is not None:
            return f"{verb} {word}"
        return f"{instruction.op.replace('_', ' ')} {word}".strip()

    # Boundaries.

    def _mark(self, seen: Seen) -> None:
        event = seen.event
        thread, text = event.thread, event.text
        if text == "doorway":
            return
        if text.endswith("_begin"):
            self.pending[thread] = text.removesuffix("_begin").replace("_", " ")
            return
        self.pending.pop(thread, None) if "unlock" in text else None
        if text.endswith("unlock_end") or (text == "trylock_end" and not event.value):
            return
        self._enter(seen)

    def _enter(self, seen: Seen) -> None:
        """A thread has the lock: said in its last row, if nobody else did anything since."""
        thread = seen.event.thread
        draft = self.drafts[-1] if self.drafts else None
        if draft is None or draft.thread != thread or draft.kind != "step" or draft.suffix or thread in self.pending:
            draft = self._new(seen, "enters")
        else:
            draft.suffix = "enters"
            draft.last_move = seen.move
        self.entered[thread] = draft
        self.began.setdefault(thread, draft)

    def _flush_pending(self) -> None:
        self.pending.clear()

    # Words.

    def _words(self, seen: Seen) -> str:
        event = seen.event
        instruction = event.instruction
        match event.kind:
            case "read":
                return f"reads {self._word(event)} = {self._value(event, event.value)}"
            case "write":
                return self._change(event)
            case "update":
                if event.new is None:
                    return f"{self._word(event)} is {self._value(event, event.value)}: not exchanged"
                return self._change(event)
            case "flush":
                change = f"{self._word(event)} {self._value(event, event.old)} → {self._value(event, event.new)}"
                return f"the store buffer drains: {change}"
            case "fence":
                return "fence"
            case "free":
                return f"{self._record_at(event.address)} is freed"
        assert instruction is not None
        return self._other(seen, instruction.op)

    def _change(self, event: Event) -> str:
        word, new = self._word(event), self._value(event, event.new)
        if event.buffered:
            return f"{word} ← {new}, into the store buffer"
        return f"{word} {self._value(event, event.old)} → {new}"

    def _other(self, seen: Seen, op: str) -> str:
        event = seen.event
        match op:
            case "give_up":
                return "gives up spinning"
            case "random":
                return f"random gives {event.value}"
            case "alloc":
                failed = event.value in (None, 0)
                return "allocation fails" if failed else f"allocates {self._record(event)}"
            case "preemption" | "softirqs":
                assert event.instruction is not None
                return f"{op} {event.instruction.attributes[0]}"
            case "rcu_read":
                return "enters a read section" if event.value else "leaves its read section"
            case "rcu_free":
                return f"frees {self._record_at(event.address)} {self._after_readers(event.text)}"
            case "free":
                return f"frees {self._record_at(event.address)}"
        target = event.value if event.value is not None else 0
        if op == "futex_wake":
            return self._wakes(seen)
        words = _CPU_WORDS.get(op, op.replace("_", " "))
        words = words.format(target, thread=thread_name(target))
        return f"{words} ({event.text})" if event.text else words

    @staticmethod
    def _after_readers(readers: str) -> str:
        """Return for whom a free waits: the threads that are in a read section now."""
        names = [thread_name(int(one)) for one in readers.split(",") if one]
        return f"when {listed(names)} {'has' if len(names) == 1 else 'have'} left" if names else "at once: nobody reads"

    def _record_at(self, address: int | None) -> str:
        """Return what the record at an address is called; an address may be none."""
        struct = next((name for name, one in self.cells.heap.items() if one.base <= (address or 0) < one.end), None)
        place = None if struct is None else StructRef(struct)
        return "no record" if not address else self.names.word(self.cells.describe(address, place))

    def _record(self, event: Event) -> str:
        """Return the record at an address as it is called everywhere: `Record#1`."""
        made = self._local_type(event)
        place = made.target if isinstance(made, Pointer) else None
        return self.names.word(self.cells.describe(event.value or 0, place))

    def _wakes(self, seen: Seen) -> str:
        """Say whom a `futex_wake` woke: that it may be nobody is the point of many a trace."""
        before, after = (self.played.states[seen.move + one] for one in (0, 1))
        asleep = {number for number, _ in sleepers(after, "futex")}
        woken = [thread_name(number) for number, _ in sleepers(before, "futex") if number not in asleep]
        return f"futex: wakes {listed(woken) if woken else 'nobody'}"

    def _word(self, event: Event) -> str:
        """Return the name of the accessed word, or of its accessed part."""
        name = self.names.word(event.name)
        kind = self._type(event)
        if isinstance(kind, Word) and event.bits and event.bits < kind.bits:
            part = next((one for one in kind.parts if one.shift == event.shift), None)
            return f"{name}.{part.name}" if part else name
        return name

    def _type(self, event: Event) -> Value | None:
        return None if event.address is None else self.cells.cells[event.address].type

    def _value(self, event: Event, value: int | None) -> str:
        """Return a value as its type reads it: words by parts, pointers by what they point to."""
        if value is None:
            return "?"
        kind = self._type(event)
        if event.kind == "local":
            kind = self._local_type(event)
        if isinstance(kind, Word) and (event.kind == "local" or event.bits in (0, kind.bits)):
            return self._parts(kind, value)
        if isinstance(kind, Pointer):
            return "None" if value == 0 else self.names.word(self.cells.describe(value % (1 << 32), kind.target))
        if isinstance(kind, Integer) and kind.bits == 1:
            return "True" if value else "False"
        return str(value)

    def _local_type(self, event: Event) -> Value | None:
        function = self.played.machine.program.functions.get(event.function)
        if function is None or event.instruction is None or event.instruction.result is None:
            return None
        return function.registers[event.instruction.result].type

    @staticmethod
    def _parts(word: Word, value: int) -> str:
        parts = [f"{part.name} {value >> part.shift & (1 << part.type.bits) - 1}" for part in word.parts]
        return f"({', '.join(parts)})"

    # What can only be said when all is known.

    def _resolved(self, draft: Draft) -> str:
        """Return the text, with who wrote what was read."""
        seen = draft.seen[0] if draft.seen else None
        text = draft.text
        told = ("read", "update") if self.played.machine.model == "c11" else ("read",)  # there it decides who sees what
        if seen is None or seen.event.kind not in told:
            return text
        first = draft.parts[0]
        source = self._source(seen)
        return text.replace(first, f"{first}{source}", 1) if source else text

    def _source(self, seen: Seen) -> str:
        if seen.event.forwarded:
            return " (its own, from the store buffer)"
        told = []
        writer = self._told(seen.writer)
        if writer and seen.writer is not None and seen.writer.event.thread != seen.event.thread:
            told.append(f"{thread_name(seen.writer.event.thread)}, step {writer}")
        if seen.unseen:
            news = seen.unseen[-1]
            step = self._told(news)
            where = f" (step {step})" if step else ""
            whose = thread_name(news.event.thread)
            told.append(f"the old value: {whose}'s {self._change_short(news)}{where} is not visible")
        return f" ({'; '.join(told)})" if told else ""

    def _change_short(self, seen: Seen) -> str:
        return f"{self._word(seen.event)} = {self._value(seen.event, seen.event.new)}"

    def _told(self, seen: Seen | None) -> int | None:
        draft = self.home.get(id(seen)) if seen is not None else None
        return None if draft is None else self.drafts.index(draft) + 1

    def _note(self, draft: Draft) -> None:
        """Mark writes that change nothing, and writes that nobody saw before the next one."""
        for seen in draft.seen:
            event = seen.event
            if event.kind in ("write", "update") and event.new is not None:
                if not event.buffered and event.old == event.new:
                    draft.note = "changes nothing"
                elif seen.overwritten and not seen.reads and event.kind == "write":
                    draft.note = "overwritten unseen"


def switches(rows: Sequence[Row]) -> int:
    """Return how often another thread goes on."""
    return sum(one.thread != other.thread for one, other in pairwise(rows))
