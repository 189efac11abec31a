"""Which words of its own a thread has no use for: written before anybody reads them, whatever happens.

A queue node outside the queue holds what the last round left in it.  Nobody will read that, but it tells states apart,
and a stale pointer makes other nodes look nameable.  Liveness, as for registers, over the elements of arrays that
threads index by their own number:

1. A read of an own word makes it live; a whole store to it ends that.
2. A read through any other address may read an own word too, so all are live before it.
3. Where an address is given away (stored, exchanged, passed to the system), others may read from then on: all are live.

That no other thread can name the element now is for the search to see, in each state (`privacy.clear_dead_words`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine.rows import MEMORY, MOST_ELEMENTS, following, worker_rows
from lockwright.flat import opcodes as op

if TYPE_CHECKING:
    from lockwright.check.engine.options import Options
    from lockwright.check.engine.rows import Elements
    from lockwright.flat.program import Flat, Int32s, Int64s

Facts = dict[int, int]
"""The own word, by number, whose address each slot holds; other slots hold anything."""

KEEP_QUIET = frozenset({
    op.COPY, op.FIELD, op.ELEMENT, op.PART_ADDRESS, op.EQ, op.NE, op.MARK, op.BRANCH, op.ASSERT, op.DOORWAY,
})  # fmt: skip
"""Instructions that may get an address without giving it away."""


class OwnWords:
    """The words of the elements of one thread, and which of them are dead before each row.

    Attributes:
        words: Of each word: its address for thread 0, and how far the next thread's lies from it.
        dead: For each row: bit w: word w is dead.
    """

    def __init__(self, flat: Flat, options: Options, elements: Elements) -> None:
        pieces = [(base, size) for base, size, thread in elements.pieces if thread == 0]
        found = [(base + offset, size) for base, size in pieces for offset in range(size)]
        can = options.dead_words and options.partial_order and not options.outcomes and not _looks_at_memory(flat)
        self.words = found if can and len(found) <= MOST_ELEMENTS else []
        self.flat = flat
        self.number = {address: number for number, (address, _) in enumerate(self.words)}
        self.all = (1 << len(self.words)) - 1
        self.dead: Int64s = np.zeros(len(flat.code), dtype=np.int64)
        if self.words:
            self._find_dead()

    def of(self, cells: int) -> list[int]:
        """Return for each cell which word it is, or -1."""
        found = [-1] * cells
        threads = len(self.flat.cells.shape.thread_cpus)
        for number, (address, stride) in enumerate(self.words):
            for thread in range(threads):
                found[address + thread * stride] = number
        return found

    def _find_dead(self) -> None:
        """Go backwards over the rows of the workers until nothing changes."""
        rows, code = worker_rows(self.flat), self.flat.code
        known = self._addresses()
        at_end = self.all if self._is_read_at_rest() else 0
        live = dict.fromkeys(rows, 0)
        is_new = True
        while is_new:
            is_new = False
            for pc in reversed(rows):
                after = at_end if code[pc, op.OP] == op.RETURN else 0
                for one in following(code[pc], pc):
                    after |= live.get(one, 0)
                before = self._live_before(code[pc], known.get(pc, {}), after)
                if before != live[pc]:
                    live[pc], is_new = before, True
        for pc in rows:
            self.dead[pc] = self.all & ~live[pc]

    def _live_before(self, row: Int32s, known: Facts, after: int) -> int:
        opcode = int(row[op.OP])
        if opcode not in KEEP_QUIET and self._gives_away(row, opcode):
            return self.all
        if opcode not in MEMORY:
            return after
        place = int(row[op.A])
        own = known.get(place)
        if opcode in (op.STORE, op.ATOMIC_STORE):
            return after & ~(1 << own) if own is not None and row[op.Z] == 0 else after
        if own is not None:
            return after | 1 << own
        return after if place < 0 and int(self.flat.consts[~place]) not in self.number else self.all

    def _gives_away(self, row: Int32s, opcode: int) -> bool:
        """Return whether an operand is a value that may be an address."""
        operands = {op.A, op.B, op.C} - ({op.A} if opcode in MEMORY else set())
        if opcode == op.COMPARE_EXCHANGE:
            operands -= {op.B}  # only compared
        kinds = self.flat.slot_kinds
        places = [int(row[column]) for column in operands]
        return any(place >= 0 and (kinds[place] == op.POINTER_KIND or kinds[place] >= op.WORD_KIND) for place in places)

    def _addresses(self) -> dict[int, Facts]:
        """Return for each row which slots hold the address of an own word, on every path."""
        flat = self.flat
        known: dict[int, Facts] = {entry: {} for entry, _ in flat.workers}
        todo = list(known)
        while todo:
            pc = todo.pop()
            after = self._known_after(pc, known[pc])
            for one in following(flat.code[pc], pc):
                joined = after if one not in known else {s: w for s, w in known[one].items() if after.get(s) == w}
                if one not in known or joined != known[one]:
                    known[one] = joined
                    todo.append(one)
        return known

    def _known_after(self, pc: int, before: Facts) -> Facts:
        row = self.flat.code[pc]
        result, place, opcode = int(row[op.D]), int(row[op.A]), int(row[op.OP])
        if result < 0:
            return before
        found: int | None = None
        if opcode == op.ELEMENT and place < 0 and self.flat.own_index[pc]:
            found = self.number.get(int(self.flat.consts[~place]))
        elif opcode == op.COPY or (opcode == op.FIELD and place >= 0):
            found = before.get(place)
            if found is not None and opcode == op.FIELD:
                found = self.number.get(self.words[found][0] + int(row[op.X]))
        rest = {slot: word for slot, word in before.items() if slot != result}
        return rest if found is None else {**rest, result: found}

    def _is_read_at_rest(self) -> bool:
        """Return whether at-rest functions, or the look for leaks, may read one of the words at the end."""
        if self.flat.pools:
            return True
        code = self.flat.code
        for pc in range(worker_rows(self.flat).stop, len(code)):
            place = int(code[pc, op.A])
            if code[pc, op.OP] in MEMORY and (place >= 0 or int(self.flat.consts[~place]) in self.number):
                return True
        return any(entry in {begin for begin, _ in self.flat.workers} for entry in self.flat.at_rest)


def _looks_at_memory(flat: Flat) -> bool:
    """Return whether somebody besides the threads' own code reads memory: handlers, and the search for leaks."""
    ops = set(flat.code[:, op.OP].tolist())
    return bool(flat.cells.program.handlers) or bool(ops & {op.ALLOC, op.FREE, op.RCU_FREE})
