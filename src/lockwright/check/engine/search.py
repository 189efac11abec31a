"""The breadth-first search: states packed into words, numbered in the order of their discovery.

A move of a thread, if steps are merged: what may lead (plain accesses, beginnings of lock and unlock), one instruction
that others can see, and all that nobody can see behind it.  Without merging: one visible instruction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import canonical, processors
from lockwright.check.engine import machine as do
from lockwright.check.engine import places as at
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner, kernel
from lockwright.flat.local import local_run

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s

# Counters.
(
    STATES, CURSOR, EDGES, TRANSITIONS, NARROW, FOUND_OUTCOMES, STATE_ROOM, EDGE_ROOM, TABLE_MASK, STOPPED, ROOT
) = range(11)  # fmt: skip
FAULTS = 16
COUNTERS = FAULTS + 2 * 32

# Reasons to return.
FINISHED, SLICE_ENDED, NEEDS_ROOM, TOO_NARROW, FOUND, TOO_MANY, NEEDS_RECORDS = range(7)

MOST_CHOICES = 1000
"""Choices that one instruction may have."""

LONGEST_MOVE = 200
"""Invisible visible-instructions that one move may merge; more are cut into several moves."""

FINAL_FUEL = 100_000


@inner
def elements_of(facts: Int64s, cfg: Int64s, address: Int64) -> Int64:
    """Return the bit of the private-able element in which an address lies, 0 if in none."""
    if address <= 0 or address >= cfg[at.CELLS] or facts[address, at.ELEMENT] < 0:
        return 0
    return 1 << facts[address, at.ELEMENT]


@inner
def is_private(
    facts: Int64s,
    elements: Int64s,
    slot_kinds: Int64s,
    cfg: Int64s,
    w: Int64s,
    thread: Int64,
    address: Int64,
    with_own: Int64,
) -> Int64:
    """Return whether no other thread can name an address, now or before `thread` moves again.

    Others name what their registers and the store buffers of all hold, their own elements of arrays that are indexed
    by nothing but the own number, every global, and what can be reached from there.
    """
    mine = elements_of(facts, cfg, address)
    if mine == 0:
        return False
    reached = 0
    for other in range(cfg[at.THREADS]):
        block = other * cfg[at.BLOCK]
        if other != thread:
            for slot in range(cfg[at.SLOTS]):
                if slot_kinds[slot] == op.POINTER_KIND:
                    reached |= elements_of(facts, cfg, w[block + at.SLOT + slot])
            for depth in range(w[block + at.DEPTH] + 1):
                frame = processors.frame_of(cfg, w, block, depth)
                reached |= elements_of(facts, cfg, w[frame + at.SLEEP_ADDRESS])
        if other != thread or with_own != 0:
            for number in range(w[block + at.BUFFERED]):
                entry = block + cfg[at.BUFFER] + at.ENTRY * number
                if other != thread:
                    reached |= elements_of(facts, cfg, w[entry])
                if facts[w[entry], at.KIND] == op.POINTER_KIND:
                    reached |= elements_of(facts, cfg, w[entry + 1])
    for element in range(cfg[at.ELEMENTS]):
        if elements[element, 2] >= 0 and elements[element, 2] != thread:
            reached |= 1 << element
    for cell in range(1, cfg[at.CELLS]):
        if facts[cell, at.KIND] == op.POINTER_KIND and facts[cell, at.ELEMENT] < 0:
            reached |= elements_of(facts, cfg, w[cfg[at.MEMORY] + cell])
    before = 0
    while before != reached and reached & mine == 0:
        before = reached
        for element in range(cfg[at.ELEMENTS]):
            if (reached >> element) & 1:
                for cell in range(elements[element, 0], elements[element, 0] + elements[element, 1]):
                    if facts[cell, at.KIND] == op.POINTER_KIND:
                        reached |= elements_of(facts, cfg, w[cfg[at.MEMORY] + cell])
    return reached & mine == 0


@inner
def is_plain(opcode: Int64) -> Int64:
    """Return whether an instruction is a plain access."""
    return opcode == op.LOAD or opcode == op.STORE


@inner
def class_of(
    code: Int64s,
    consts: Int64s,
    rows: Int64s,
    facts: Int64s,
    elements: Int64s,
    slot_kinds: Int64s,
    cfg: Int64s,
    w: Int64s,
    thread: Int64,
    pc: Int64,
) -> Int64:
    """Return how the instruction at `pc` takes part in a move, in this state."""
    if cfg[at.MERGE] == 0:
        return at.STOP
    found = rows[pc, at.CLASS]
    if found != at.DYNAMIC:
        return found
    address = do.value_of(consts, w, thread * cfg[at.BLOCK], code[pc, op.A])
    if is_private(facts, elements, slot_kinds, cfg, w, thread, address, np.int64(1)):
        return at.PASS
    return np.int64(at.LEAD if is_plain(code[pc, op.OP]) and cfg[at.RACES] != 0 else at.STOP)


@inner
def drain(
    code: Int64s, facts: Int64s, elements: Int64s, slot_kinds: Int64s, cfg: Int64s, w: Int64s, thread: Int64
) -> Int64:
    """Let buffered stores reach memory as long as nobody can see it; return 0, or a fault."""
    block = thread * cfg[at.BLOCK]
    while w[block + at.BUFFERED] > 0:
        first = block + cfg[at.BUFFER]
        is_unseen = code[w[first + 2], op.OP] == op.STORE and cfg[at.RACES] != 0
        if not is_unseen and not is_private(facts, elements, slot_kinds, cfg, w, thread, w[first], np.int64(0)):
            return 0
        result = do.flush(code, facts, cfg, w, block)
        if result < 0:
            return result
    return 0


@inner
def note_access(cfg: Int64s, w: Int64s, thread: Int64, pc: Int64, address: Int64) -> None:
    """Note a plain access that a thread is about to make: thread, address, row."""
    number = cfg[at.ACCESSED]
    if number < 64 and address > 0:
        base = cfg[at.ACCESSES] + 3 * number
        w[base] = thread
        w[base + 1] = address
        w[base + 2] = pc
        cfg[at.ACCESSED] = number + 1


@inner
def race(code: Int64s, cfg: Int64s, w: Int64s) -> Int64:
    """Return the thread of an access that races with one of another thread, or -1."""
    for first in range(cfg[at.ACCESSED]):
        one = cfg[at.ACCESSES] + 3 * first
        for second in range(first):
            two = cfg[at.ACCESSES] + 3 * second
            if w[one] == w[two] or w[one + 1] != w[two + 1]:
                continue
            a, b = w[one + 2], w[two + 2]
            if code[a, op.OP] == op.LOAD and code[b, op.OP] == op.LOAD:
                continue
            are_parts = code[a, op.Z] != 0 and code[b, op.Z] != 0
            is_above = code[a, op.Y] >= code[b, op.Y] + code[b, op.Z]
            if are_parts and (is_above or code[b, op.Y] >= code[a, op.Y] + code[a, op.Z]):
                continue
            return w[one]
    return -1


@inner
def move(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    rows: Int64s,
    facts: Int64s,
    elements: Int64s,
    slot_kinds: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    thread: Int64,
    choice: Int64,
    is_flush: bool,
) -> Int64:
    """Do one move of a thread; return 1 if it did anything, 0 if it can't move, or a fault.

    A flush with a choice is the arrival of that handler, counted from 1, or behind them the move to a CPU.
    Nothing is merged across a point where a handler may arrive, unless it is all the same when it does.
    """
    block = thread * cfg[at.BLOCK]
    pc = w[block + at.PC]
    start = pc
    has_moved = False
    leads = True
    base = block + at.SLOT
    if is_flush and choice > cfg[at.HANDLERS]:
        w[block + at.ON_CPU] = choice - cfg[at.HANDLERS] - 1
        return 1
    if is_flush and choice > 0:
        pc = processors.arrive(tables, cfg, w, block, choice - 1)
        result = local_run(code, consts, stops, w, base, pc, thread)
        if result < 0:
            return result
        w[block + at.PC] = result
        processors.leave_ended(code, tables, cfg, w, block)
        pc = w[block + at.PC]
        has_moved, leads = True, False
    elif is_flush:
        result = do.flush(code, facts, cfg, w, block)
        if result < 0:
            return result
        has_moved, leads = True, False
        if cfg[at.MERGE] != 0:
            result = drain(code, facts, elements, slot_kinds, cfg, w, thread)
            if result < 0:
                return result
    for _ in range(LONGEST_MOVE):
        if stops[pc] == op.END or w[block + at.SLEEP] != at.AWAKE or (is_flush and cfg[at.MERGE] == 0):
            break
        kind = class_of(code, consts, rows, facts, elements, slot_kinds, cfg, w, thread, pc)
        if not leads and kind != at.PASS:
            break
        is_disturbed = has_moved and cfg[at.HANDLERS] != 0 and rows[pc, at.UNDISTURBED] == 0
        asks = has_moved and cfg[at.MIGRATES] != 0 and rows[pc, at.ASKS_CPU] != 0
        if asks and not processors.keeps_its_cpu(w, block):
            break
        if is_disturbed and processors.is_open(tables, cfg, w, block):
            break
        opcode = code[pc, op.OP]
        chooses = opcode == op.RANDOM or opcode == op.GIVE_UP or opcode == op.ALLOC or opcode == op.FUTEX_WAKE
        if leads and pc != start and chooses:
            break
        if kind != at.PASS and is_plain(opcode):
            address = do.value_of(consts, w, block, code[pc, op.A])
            note_access(cfg, w, thread, pc, address)
        result = do.visible_step(code, consts, facts, tables, lock_of, cfg, w, block, pc, thread, choice)
        if result == at.DISABLED:
            break
        if result >= 0:
            result = local_run(code, consts, stops, w, base, result, thread)
        if result < 0:
            w[block + at.PC] = pc
            return result
        has_moved = True
        if kind == at.STOP:
            leads = False
        w[block + at.PC] = result
        depth = w[block + at.DEPTH]
        if depth != 0:
            processors.leave_ended(code, tables, cfg, w, block)
        pc = w[block + at.PC]
        if cfg[at.MERGE] != 0 and w[block + at.BUFFERED] != 0:
            result = drain(code, facts, elements, slot_kinds, cfg, w, thread)
            if result < 0:
                return result
        if w[block + at.PHASE] == 1 and rows[pc, at.RESTART] != 0 and rows[pc, at.HAS_DOORWAY] == 0:
            w[block + at.PHASE] = 2
            if leads:
                break
        if cfg[at.SHARES_CPUS] != 0 and w[block + at.DEPTH] < depth:
            break  # others may have the CPU now
    if not has_moved:
        return 0
    if cfg[at.DEAD] != 0:
        live = processors.live_slots(rows, cfg, w, block)
        for slot in range(cfg[at.SLOTS]):
            if (live >> slot) & 1 == 0:
                w[base + slot] = 0
    return 1


@inner
def pack(fields: Int64s, cfg: Int64s, w: Int64s, words: Int64s) -> Int64:
    """Pack a state (fields: index, word, shift, bits, signed); return the field that is too narrow, or -1."""
    for word in range(cfg[at.WORDS]):
        words[word] = 0
    for number in range(cfg[at.FIELDS]):
        value, bits = w[fields[number, 0]], fields[number, 3]
        if bits < 64:
            rest = value >> bits
            if fields[number, 4] != 0:
                rest = value >> (bits - 1)
                if rest == -1:
                    rest = 0
                value = value & ((1 << bits) - 1)
            if rest != 0:
                return number
        words[fields[number, 1]] |= value << fields[number, 2]
    return -1


@inner
def put_field(fields: Int64s, w: Int64s, words: Int64s, number: Int64) -> Int64:
    """Replace one number in a packed state; return whether it is too wide."""
    value, bits = w[fields[number, 0]], fields[number, 3]
    if bits >= 64:
        words[fields[number, 1]] = value
        return False
    mask = (1 << bits) - 1
    rest = value >> bits
    if fields[number, 4] != 0:
        rest = value >> (bits - 1)
        if rest == -1:
            rest = np.int64(0)
        value &= mask
    word, shift = fields[number, 1], fields[number, 2]
    words[word] = (words[word] & ~(mask << shift)) | (value << shift)
    return rest != 0


@inner
def repack(
    fields: Int64s, field_of: Int64s, cfg: Int64s, w: Int64s, words: Int64s, store: Int64s, base: Int64, thread: Int64
) -> Int64:
    """Pack the state after a move from the packed state before it: only what the move may have changed."""
    for word in range(cfg[at.WORDS]):
        words[word] = store[base + word]
    count = cfg[at.THREAD_FIELDS]
    for number in range(thread * count, thread * count + count):
        if put_field(fields, w, words, number):
            return number
    for entry in range(cfg[at.LOGGED]):
        number = field_of[w[cfg[at.LOG] + 2 * entry]]
        if number >= 0 and put_field(fields, w, words, number):
            return number
    return -1


@inner
def unpack(fields: Int64s, cfg: Int64s, words: Int64s, base: Int64, w: Int64s) -> None:
    """Unpack a state."""
    for number in range(cfg[at.FIELDS]):
        bits = fields[number, 3]
        value = words[base + fields[number, 1]]
        if bits < 64:
            value = (value >> fields[number, 2]) & ((1 << bits) - 1)
            if fields[number, 4] != 0 and (value >> (bits - 1)) != 0:
                value -= 1 << bits
        w[fields[number, 0]] = value


@inner
def hash_of(cfg: Int64s, words: Int64s, base: Int64) -> Int64:
    """Return the hash of a packed state."""
    found = np.int64(cfg[at.WORDS])
    for word in range(cfg[at.WORDS]):
        found = canonical.mix(found + words[base + word])
    return found


@inner
def insert(cfg: Int64s, counters: Int64s, table: Int64s, store: Int64s, words: Int64s) -> Int64:
    """Return the number of a state; a new one is ~number, and is stored."""
    found = hash_of(cfg, words, np.int64(0))
    mask = counters[TABLE_MASK]
    tag = found & -4294967296
    place = found & mask
    size = cfg[at.WORDS]
    while table[place] != 0:
        entry = table[place]
        if (entry & -4294967296) == tag:
            state = (entry & 4294967295) - 1
            is_same = True
            for word in range(size):
                if store[state * size + word] != words[word]:
                    is_same = False
                    break
            if is_same:
                return state
        place = (place + 1) & mask
    state = counters[STATES]
    counters[STATES] = state + 1
    table[place] = tag | (state + 1)
    for word in range(size):
        store[state * size + word] = words[word]
    return ~state


@kernel
def rebuild(cfg: Int64s, counters: Int64s, table: Int64s, store: Int64s) -> None:
    """Enter all stored states into a new table."""
    mask = counters[TABLE_MASK]
    for state in range(counters[STATES]):
        found = hash_of(cfg, store, state * cfg[at.WORDS])
        place = found & mask
        while table[place] != 0:
            place = (place + 1) & mask
        table[place] = (found & -4294967296) | (state + 1)


@inner
def note_fault(counters: Int64s, kind: Int64, state: Int64, move_: Int64) -> None:
    """Note the first fault of a kind."""
    place = FAULTS + 2 * kind
    if counters[place] == 0:
        counters[place] = state + 1
        counters[place + 1] = move_


@inner
def find_leak(facts: Int64s, cfg: Int64s, w: Int64s, reached: Int64s) -> Int64:
    """Return whether a record that is allocated is reached neither from a global nor from a record that is."""
    count = cfg[at.RECORD_COUNT]
    for record in range(count):
        reached[record] = 0
    is_new = True
    while is_new:
        is_new = False
        for cell in range(1, cfg[at.CELLS]):
            inside = facts[cell, at.RECORD]
            if facts[cell, at.INNER] == 0 or (inside >= 0 and reached[inside] == 0):
                continue
            value = w[cfg[at.MEMORY] + cell]
            if 0 < value < cfg[at.CELLS] and facts[value, at.RECORD] >= 0 and reached[facts[value, at.RECORD]] == 0:
                reached[facts[value, at.RECORD]] = 1
                is_new = True
    for record in range(count):  # noqa: SIM110 - numba compiles a loop faster than a generator
        if w[cfg[at.RECORDS] + record] != 0 and reached[record] == 0:
            return True
    return False


@inner
def run_at_rest(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    facts: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    entry: Int64,
) -> Int64:
    """Run one at-rest function, alone; return 0 or a fault."""
    block = cfg[at.REST]
    thread = np.int64(0)
    for index in range(cfg[at.BLOCK]):
        w[block + index] = 0
    base = block + at.SLOT
    pc = local_run(code, consts, stops, w, base, entry, thread)
    for _ in range(FINAL_FUEL):
        if pc < 0 or stops[pc] == op.END:
            break
        pc = do.visible_step(code, consts, facts, tables, lock_of, cfg, w, block, pc, thread, np.int64(0))
        cfg[at.LOGGED] = 0
        if pc >= 0:
            pc = local_run(code, consts, stops, w, base, pc, thread)
    if pc < 0:
        return pc
    return 0 if stops[pc] == op.END else -op.ENDLESS_LOOP


@inner
def at_rest(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    facts: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    entries: Int64s,
    cfg: Int64s,
    w: Int64s,
    counters: Int64s,
    outcomes: Int64s,
    plain_cells: Int64s,
    scratch: Int64s,
    state: Int64,
) -> None:
    """Judge a final state; memory is not kept."""
    tso = cfg[at.TSO]
    cfg[at.TSO] = 0
    for number in range(cfg[at.AT_RESTS]):
        result = run_at_rest(code, consts, stops, facts, tables, lock_of, cfg, w, entries[number])
        if result < 0:
            kind = -result
            note_fault(counters, np.int64(op.AT_REST) if kind == op.ASSERTION else kind, state, np.int64(-1))
            break
    if cfg[at.LEAKS] != 0 and find_leak(facts, cfg, w, scratch):
        note_fault(counters, np.int64(op.LEAK), state, np.int64(-1))
    cfg[at.TSO] = tso
    if cfg[at.OUTCOMES] == 0:
        return
    found = counters[FOUND_OUTCOMES]
    for number in range(found + 1):
        if number == found:
            if found < outcomes.shape[0]:
                for index in range(cfg[at.PLAIN_CELLS]):
                    outcomes[found, index] = w[cfg[at.MEMORY] + plain_cells[index]]
                counters[FOUND_OUTCOMES] = found + 1
            return
        is_same = True
        for index in range(cfg[at.PLAIN_CELLS]):
            if outcomes[number, index] != w[cfg[at.MEMORY] + plain_cells[index]]:
                is_same = False
                break
        if is_same:
            return


@kernel
def intern(
    code: Int64s,
    rows: Int64s,
    facts: Int64s,
    names: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    refs: Int64s,
    classes: Int64s,
    scratch: Int64s,
    fields: Int64s,
    cfg: Int64s,
    w: Int64s,
    out: Int64s,
    packed: Int64s,
    counters: Int64s,
    table: Int64s,
    store: Int64s,
) -> Int64:
    """Make the state in `w` canonical and enter it; return its number (~number if new)."""
    result = w
    perm = -1
    if cfg[at.SYMMETRIC] != 0 or cfg[at.TICKET_GROUPS] != 0:
        for index in range(cfg[at.STATE_END]):
            out[index] = w[index]
        result = out
        if cfg[at.TICKET_GROUPS] != 0:
            amount = scratch[3072:3328].reshape(128, 2)
            canonical.shift_tickets(code, rows, facts, words, slot_kinds, refs, amount, cfg, out)
        if cfg[at.SYMMETRIC] != 0:
            signature, total, renaming = scratch[0:1024], scratch[1024:2048], scratch[2048:3072]
            moved, second = scratch[4096:], out[cfg[at.TOTAL] :]
            canonical.find_permutation(
                code, rows, facts, names, words, slot_kinds, classes, signature, total, renaming, cfg, out
            )
            canonical.rename(code, facts, names, words, slot_kinds, rows, renaming, moved, cfg, out, second)
            result = second
            perm = 0
            for thread in range(cfg[at.THREADS]):
                perm |= renaming[thread] << (4 * thread)
    scratch[3400] = perm
    narrow = pack(fields, cfg, result, packed)
    if narrow >= 0:
        counters[NARROW] = narrow + 1
        return 0
    return insert(cfg, counters, table, store, packed)


@kernel
def explore(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    rows: Int64s,
    facts: Int64s,
    names: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    elements: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    entries: Int64s,
    refs: Int64s,
    classes: Int64s,
    fields: Int64s,
    field_of: Int64s,
    plain_cells: Int64s,
    cfg: Int64s,
    w: Int64s,
    out: Int64s,
    scratch: Int64s,
    packed: Int64s,
    counters: Int64s,
    table: Int64s,
    store: Int64s,
    parent: Int64s,
    via: Int64s,
    start: Int64s,
    target: Int64s,
    edge_move: Int64s,
    edge_perm: Int64s,
    phase: UInt8s,
    status: UInt8s,
    place: Int64s,
    outcomes: Int64s,
    budget: Int64,
) -> Int64:
    """Expand states until all are, or `budget` of them, or there is no room for more."""
    threads, has_graph = cfg[at.THREADS], start.shape[0] > 1
    for _ in range(budget):
        state = counters[CURSOR]
        if state >= counters[STATES]:
            return FINISHED
        if counters[STATES] + 4096 > counters[STATE_ROOM]:
            return NEEDS_ROOM
        if has_graph and counters[EDGES] + 4096 > counters[EDGE_ROOM]:
            return NEEDS_ROOM
        unpack(fields, cfg, store, state * cfg[at.WORDS], w)
        cfg[at.ACCESSED] = 0
        if has_graph:
            start[state] = counters[EDGES]
        can_move = False
        all_ended = True
        for thread in range(threads):
            block = thread * cfg[at.BLOCK]
            pc = w[block + at.PC]
            is_buffered = w[block + at.BUFFERED] != 0
            is_awake = w[block + at.SLEEP] == at.AWAKE
            has_ended = stops[pc] == op.END and is_awake  # one that sleeps in its last step has not
            all_ended = all_ended and has_ended and not is_buffered
            steps, others = 0, cfg[at.HANDLERS]
            if cfg[at.MIGRATES] != 0:
                others += cfg[at.CPUS]
            is_kept_out = processors.is_kept_out(cfg, w, thread)
            if not is_kept_out and is_awake and not has_ended:
                steps = do.choices(code, consts, cfg, w, block, pc)
                if steps > MOST_CHOICES:
                    return TOO_MANY
            can = 3 if has_ended else (0 if is_awake else 2)
            if can == 0 and is_kept_out:
                can = 1
            for place_ in range(steps + is_buffered + others):
                is_flush = place_ >= steps
                choice = np.int64(place_)
                if is_flush:
                    choice = np.int64(place_ - steps - is_buffered + 1)
                    if choice > cfg[at.HANDLERS]:
                        cpu = choice - cfg[at.HANDLERS] - 1
                        may_go = can == 0 or is_kept_out  # one that waits would look in vain there too
                        if not may_go or not processors.may_migrate(code, rows, cfg, w, thread, cpu):
                            continue
                    elif choice > 0:
                        may_come = processors.may_arrive(code, tables, cfg, w, block, choice - 1)
                        if is_kept_out or not may_come:
                            continue
                for index in range(cfg[at.BLOCK]):
                    w[cfg[at.KEEP] + index] = w[block + index]
                cfg[at.LOGGED] = 0
                result = move(
                    code,
                    consts,
                    stops,
                    rows,
                    facts,
                    elements,
                    slot_kinds,
                    tables,
                    lock_of,
                    cfg,
                    w,
                    thread,
                    choice,
                    is_flush,
                )
                number = np.int64(thread | is_flush << 4 | choice << 5)
                if result < 0:
                    can_move = True
                    note_fault(counters, -result, state, number)
                elif result > 0:
                    size = counters[STATES]
                    if cfg[at.SYMMETRIC] == 0 and cfg[at.TICKET_GROUPS] == 0:
                        narrow = repack(fields, field_of, cfg, w, packed, store, state * cfg[at.WORDS], thread)
                        counters[NARROW] = narrow + 1
                        scratch[3400] = -1
                        reached = np.int64(0)
                        if narrow < 0:
                            reached = insert(cfg, counters, table, store, packed)
                    else:
                        reached = intern(
                            code,
                            rows,
                            facts,
                            names,
                            words,
                            slot_kinds,
                            refs,
                            classes,
                            scratch,
                            fields,
                            cfg,
                            w,
                            out,
                            packed,
                            counters,
                            table,
                            store,
                        )
                    if counters[NARROW] != 0:
                        return TOO_NARROW
                    perm = scratch[3400]
                    if perm == -1:
                        perm = scratch[3401]
                    if reached < 0:
                        reached = ~reached
                        parent[size] = state
                        via[size] = number
                    counters[TRANSITIONS] += 1
                    is_waiting = reached == state and rows[pc, at.RESTART] != 0 and not is_flush
                    if is_waiting and w[block + at.PC] == pc:
                        can = 1 if can == 0 else can
                    else:
                        can_move = True
                        if has_graph:
                            edge = counters[EDGES]
                            target[edge] = reached
                            edge_move[edge] = number
                            edge_perm[edge] = perm
                            counters[EDGES] = edge + 1
                do.undo(w, cfg, block)
            if has_graph:
                phase[state, thread] = processors.phase_of(cfg, w, block)
                place[state, thread] = pc
                holds = 0
                if cfg[at.SUBJECT] >= 0:
                    holder = cfg[at.HOLDERS] + 2 * cfg[at.SUBJECT]
                    if w[holder] == thread + 1 or (w[holder + 1] >> thread) & 1:
                        holds = 16
                status[state, thread] = can | holds | (32 if is_buffered else 0)
        if cfg[at.RACES] != 0 and cfg[at.ACCESSED] > 1:
            racer = race(code, cfg, w)
            if racer >= 0:
                note_fault(counters, np.int64(op.DATA_RACE), state, racer)
        if all_ended and not can_move:
            at_rest(
                code,
                consts,
                stops,
                facts,
                tables,
                lock_of,
                entries,
                cfg,
                w,
                counters,
                outcomes,
                plain_cells,
                scratch,
                state,
            )
        if cfg[at.SHORT_OF] != 0:
            return NEEDS_RECORDS
        counters[CURSOR] = state + 1
        if has_graph:
            start[state + 1] = counters[EDGES]
        if cfg[at.FIRST_FAULT] != 0:
            for kind in range(32):
                if counters[FAULTS + 2 * kind] != 0:
                    return FOUND
    return SLICE_ENDED
