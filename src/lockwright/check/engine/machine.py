"""One visible instruction of one thread, under `sc` and `tso`.

1. A store enters the buffer of its thread under `tso`, and memory under `sc`.
2. A load takes the newest entry of its own buffer that overlaps it; one with only some of its bits must drain.
3. Updates, seq_cst stores and fences, and whatever asks the system for something, need an empty buffer.
4. Every change outside the block of the acting thread is logged, so that it can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.flat.local import wrap

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s


@inner
def put(w: Int64s, cfg: Int64s, index: Int64, value: Int64) -> None:
    """Change a number of the state, and log what it was."""
    log = cfg[at.LOG] + 2 * cfg[at.LOGGED]
    w[log] = index
    w[log + 1] = w[index]
    cfg[at.LOGGED] += 1
    w[index] = value


@inner
def undo(w: Int64s, cfg: Int64s, block: Int64) -> None:
    """Take back all changes of a move: the logged ones, and those of the block of the thread, which was kept."""
    for number in range(cfg[at.LOGGED] - 1, -1, -1):
        log = cfg[at.LOG] + 2 * number
        w[w[log]] = w[log + 1]
    cfg[at.LOGGED] = 0
    for index in range(cfg[at.BLOCK]):
        w[block + index] = w[cfg[at.KEEP] + index]


@inner
def take_bits(whole: Int64, shift: Int64, bits: Int64) -> Int64:
    """Return a part of a cell; 0 bits: all of it."""
    if bits == 0 or bits >= 64:
        return whole
    return (whole >> shift) & ((1 << bits) - 1)


@inner
def put_bits(whole: Int64, part: Int64, shift: Int64, bits: Int64) -> Int64:
    """Return a cell with a part replaced."""
    if bits == 0 or bits >= 64:
        return part
    mask = (1 << bits) - 1
    return (whole & ~(mask << shift)) | ((part & mask) << shift)


@inner
def is_gone(facts: Int64s, cfg: Int64s, w: Int64s, address: Int64) -> Int64:
    """Return whether an address lies in a record that is not allocated."""
    if cfg[at.HAS_HEAP] == 0:
        return False
    record = facts[address, at.RECORD]
    return record >= 0 and w[cfg[at.RECORDS] + record] == 0


@inner
def flush(code: Int64s, facts: Int64s, cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Let the oldest buffered store reach memory; return 0, or a fault."""
    first = block + cfg[at.BUFFER]
    address, value, row = w[first], w[first + 1], w[first + 2]
    if is_gone(facts, cfg, w, address):
        return -op.USE_AFTER_FREE
    cell = cfg[at.MEMORY] + address
    put(w, cfg, cell, put_bits(w[cell], value, code[row, op.Y], code[row, op.Z]))
    length = w[block + at.BUFFERED] - 1
    w[block + at.BUFFERED] = length
    for index in range(at.ENTRY * length):
        w[first + index] = w[first + index + at.ENTRY]
    for index in range(at.ENTRY * length, at.ENTRY * length + at.ENTRY):
        w[first + index] = 0
    return 0


@inner
def read(code: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, address: Int64) -> Int64:
    """Return the buffer entry that a load reads from (counted from 1), 0 for memory, or DISABLED."""
    shift, bits = code[pc, op.Y], code[pc, op.Z]
    for number in range(w[block + at.BUFFERED] - 1, -1, -1):
        entry = block + cfg[at.BUFFER] + at.ENTRY * number
        if w[entry] != address:
            continue
        row = w[entry + 2]
        first, size = code[row, op.Y], code[row, op.Z]
        if size == 0:
            return number + 1
        if bits == 0:
            return at.DISABLED
        if first >= shift + bits or shift >= first + size:
            continue
        if first <= shift and shift + bits <= first + size:
            return number + 1
        return at.DISABLED
    return 0


@inner
def access(code: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, address: Int64, b: Int64, c: Int64) -> Int64:
    """Do a memory instruction; return the next row, or DISABLED.  The result goes into its slot."""
    opcode, bits = code[pc, op.OP], code[pc, op.BITS]
    shift, size = code[pc, op.Y], code[pc, op.Z]
    cell = cfg[at.MEMORY] + address
    result = code[pc, op.D]
    if opcode == op.LOAD or opcode == op.ATOMIC_LOAD:
        source = read(code, cfg, w, block, pc, address)
        if source < 0:
            return at.DISABLED
        value = w[cell]
        if source > 0:
            entry = block + cfg[at.BUFFER] + at.ENTRY * (source - 1)
            value = w[entry + 1]
            if size != 0:
                shift -= code[w[entry + 2], op.Y]
        if result >= 0:
            w[block + at.SLOT + result] = wrap(take_bits(value, shift, size), bits)
        return pc + 1
    length = w[block + at.BUFFERED]
    if opcode == op.STORE or opcode == op.ATOMIC_STORE:
        if cfg[at.TSO] != 0 and (opcode == op.STORE or code[pc, op.X] != op.SEQ_CST):
            if length >= cfg[at.CAPACITY]:
                return at.DISABLED
            entry = block + cfg[at.BUFFER] + at.ENTRY * length
            w[entry] = address
            w[entry + 1] = b
            w[entry + 2] = pc
            w[block + at.BUFFERED] = length + 1
            return pc + 1
        if length != 0:
            return at.DISABLED
        put(w, cfg, cell, put_bits(w[cell], b, shift, size))
        return pc + 1
    if length != 0:
        return at.DISABLED
    old = wrap(take_bits(w[cell], shift, size), bits)
    new = b
    if opcode == op.COMPARE_EXCHANGE:
        new = c if old == b else old
    elif opcode == op.FETCH_ADD:
        new = wrap(old + b, bits)
    elif opcode == op.FETCH_SUB:
        new = wrap(old - b, bits)
    elif opcode == op.FETCH_OR:
        new = old | b
    elif opcode == op.FETCH_AND:
        new = old & b
    if new != old:
        put(w, cfg, cell, put_bits(w[cell], new, shift, size))
    if result >= 0:
        w[block + at.SLOT + result] = old
    return pc + 1


@inner
def mark(
    code: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    pc: Int64,
    address: Int64,
    got: Int64,
    thread: Int64,
) -> Int64:
    """Pass a boundary of a lock; return the next row, or a fault.  Events count as `opcodes.EVENTS` lists them."""
    event = code[pc, op.X]
    lock = -1
    if code[pc, op.Y] >= 0:
        lock = lock_of[code[pc, op.Y], address]
    if lock < 0:
        return pc + 1
    holder = cfg[at.HOLDERS] + 2 * lock
    is_end = (event & 1) == 1
    bit = 1 << thread
    phase = w[block + at.PHASE]
    if event == 1 or event == 11 or (event == 3 and got != 0):
        if w[holder] != 0 or w[holder + 1] != 0:
            return -op.TWO_HOLDERS
        put(w, cfg, holder, thread + 1)
        phase = 3
    elif event == 7:
        if w[holder] != 0:
            return -op.TWO_HOLDERS
        put(w, cfg, holder + 1, w[holder + 1] | bit)
        phase = 3
    elif event == 4 or event == 12:
        if w[holder] != thread + 1:
            return -op.NOT_HOLDER
        put(w, cfg, holder, np.int64(0))
        phase = 4
    elif event == 8:
        if w[holder + 1] & bit == 0:
            return -op.NOT_HOLDER
        put(w, cfg, holder + 1, w[holder + 1] & ~bit)
        phase = 4
    elif event == 2 or event == 3:
        pass
    elif is_end:
        phase = 0
    else:
        phase = 1
    if lock == cfg[at.SUBJECT]:
        w[block + at.PHASE] = phase
    return pc + 1


@inner
def wake(w: Int64s, cfg: Int64s, thread: Int64) -> None:
    """End the sleep of a thread."""
    block = thread * cfg[at.BLOCK]
    put(w, cfg, block + at.SLEEP, np.int64(at.AWAKE))
    put(w, cfg, block + at.SLEEP_ADDRESS, np.int64(0))
    put(w, cfg, block + at.SLEEP_BITS, np.int64(0))


@inner
def sleeps_here(w: Int64s, cfg: Int64s, thread: Int64, address: Int64, bits: Int64) -> Int64:
    """Return whether a thread sleeps on a futex and these bits wake it."""
    block = thread * cfg[at.BLOCK]
    if w[block + at.SLEEP] != at.ON_FUTEX or w[block + at.SLEEP_ADDRESS] != address:
        return False
    return w[block + at.SLEEP_BITS] & bits != 0


@inner
def sleepers(w: Int64s, cfg: Int64s, address: Int64, bits: Int64) -> Int64:
    """Return how many threads sleep on a futex and are woken by these bits."""
    count = 0
    for thread in range(cfg[at.THREADS]):
        if sleeps_here(w, cfg, thread, address, bits):
            count += 1
    return count


@inner
def combinations(n: Int64, k: Int64) -> Int64:
    """Return in how many ways k of n can be chosen."""
    count = 1
    for index in range(k):
        count = count * (n - index) // (index + 1)
    return count


@inner
def wake_some(w: Int64s, cfg: Int64s, address: Int64, count: Int64, bits: Int64, choice: Int64) -> None:
    """Wake the sleepers of a futex that are combination number `choice`, counted as `itertools.combinations` does."""
    left = sleepers(w, cfg, address, bits)
    wanted = min(count, left)
    for thread in range(cfg[at.THREADS]):
        if wanted > 0 and sleeps_here(w, cfg, thread, address, bits):
            left -= 1
            with_it = combinations(left, wanted - 1)
            if choice < with_it:
                wake(w, cfg, thread)
                wanted -= 1
            else:
                choice -= with_it


@inner
def value_of(consts: Int64s, w: Int64s, block: Int64, place: Int64) -> Int64:
    """Return the value of an operand."""
    if place >= 0:
        return w[block + at.SLOT + place]
    return consts[~place]


@inner
def choices(code: Int64s, consts: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64) -> Int64:
    """Return how many choices the instruction has."""
    opcode = code[pc, op.OP]
    if opcode == op.GIVE_UP or opcode == op.ALLOC:
        return 2
    if opcode == op.RANDOM:
        return max(1, value_of(consts, w, block, code[pc, op.A]))
    if opcode == op.FUTEX_WAKE:
        address = value_of(consts, w, block, code[pc, op.A])
        count = value_of(consts, w, block, code[pc, op.B])
        found = sleepers(w, cfg, address, value_of(consts, w, block, code[pc, op.C]))
        return combinations(found, min(count, found))
    return 1


@inner
def allocate(
    code: Int64s, facts: Int64s, pools: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, choice: Int64
) -> Int64:
    """Take the lowest free record of a pool, or none (choice 1); return the next row, or DISABLED."""
    pool = code[pc, op.X]
    result = 0
    if choice == 0:
        for index in range(pools[pool, 2]):
            base = pools[pool, 0] + index * pools[pool, 1]
            live = cfg[at.RECORDS] + facts[base, at.RECORD]
            if w[live] == 0:
                put(w, cfg, live, np.int64(1))
                result = base
                break
        if result == 0:
            return at.DISABLED
        if code[pc, op.Y] != 0:
            for cell in range(result, result + pools[pool, 1]):
                put(w, cfg, cfg[at.MEMORY] + cell, np.int64(0))
    if code[pc, op.D] >= 0:
        w[block + at.SLOT + code[pc, op.D]] = result
    return pc + 1


@inner
def doze(w: Int64s, block: Int64, reason: Int64, flag: Int64, cfg: Int64s) -> None:
    """Sleep, unless what ends the sleep has come already: then use it up."""
    if w[flag] != 0:
        put(w, cfg, flag, np.int64(0))
    else:
        w[block + at.SLEEP] = reason


@inner
def system(
    code: Int64s,
    cpu_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    pc: Int64,
    thread: Int64,
    a: Int64,
    b: Int64,
    c: Int64,
    choice: Int64,
) -> Int64:
    """Do what concerns CPUs and sleeping; return the next row, a fault, or DISABLED."""
    opcode = code[pc, op.OP]
    cpu = cpu_of[thread, 0]
    result = 0
    if opcode == op.CPU:
        result = cpu
    elif opcode == op.NUMA_NODE:
        result = cpu_of[thread, 1]
    elif opcode == op.INTERRUPTS_OFF:
        result = 1 - w[block + at.MASKED]
        w[block + at.MASKED] = 1
    elif opcode == op.INTERRUPTS_RESTORE:
        w[block + at.MASKED] = np.int64(a == 0)
    elif opcode == op.PREEMPTION:
        w[block + at.UNPREEMPTED] += code[pc, op.X]
        if w[block + at.UNPREEMPTED] < 0:
            return -op.PREEMPTION_UNBALANCED
    elif opcode == op.SOFTIRQS:
        w[block + at.SOFTIRQS_OFF] = max(0, w[block + at.SOFTIRQS_OFF] + code[pc, op.X])
    elif opcode == op.IN_NMI:
        result = 0
    else:
        if w[block + at.BUFFERED] != 0:
            return at.DISABLED
        if opcode == op.HALT or opcode == op.HALT_IF:
            if (opcode == op.HALT and code[pc, op.X] != 0) or (opcode == op.HALT_IF and a != 0):
                w[block + at.MASKED] = 0
            doze(w, block, at.HALTED, cfg[at.LATCHES] + cpu, cfg)
        elif opcode == op.PARK:
            if w[block + at.TOKEN] != 0:
                w[block + at.TOKEN] = 0
            else:
                w[block + at.SLEEP] = at.PARKED
        elif opcode == op.UNPARK:
            if a < 0 or a >= cfg[at.THREADS]:
                return -op.NO_SUCH_THREAD
            other = a * cfg[at.BLOCK]
            if w[other + at.SLEEP] == at.PARKED:
                wake(w, cfg, a)
            else:
                put(w, cfg, other + at.TOKEN, np.int64(1))
        elif opcode == op.FUTEX_WAIT:
            value = take_bits(w[cfg[at.MEMORY] + a], code[pc, op.Y], code[pc, op.Z])
            if wrap(value, code[pc, op.BITS]) == b:
                w[block + at.SLEEP] = at.ON_FUTEX
                w[block + at.SLEEP_ADDRESS] = a
                w[block + at.SLEEP_BITS] = c
        elif opcode == op.FUTEX_WAKE:
            wake_some(w, cfg, a, b, c, choice)
        elif opcode == op.EVENT_CLEAR:
            put(w, cfg, cfg[at.EVENTS] + cpu, np.int64(0))
        elif opcode == op.EVENT_PENDING:
            result = w[cfg[at.EVENTS] + cpu]
        elif opcode == op.EVENT_POLL:
            if w[cfg[at.EVENTS] + cpu] == 0:
                w[block + at.SLEEP] = at.ON_EVENT
        else:  # kicks, events and CPUs of others
            target = cpu if opcode == op.EVENT_SET else a
            if target < 0 or target >= cfg[at.CPUS]:
                return -op.NO_SUCH_CPU
            if opcode == op.CPU_ONLINE:
                result = 1 - w[cfg[at.OFFLINE] + target]
            elif opcode == op.CPU_SET_ONLINE:
                put(w, cfg, cfg[at.OFFLINE] + target, np.int64(b == 0))
            else:
                nudge(cpu_of, cfg, w, target, opcode == op.KICK, code[pc, op.X] != 0)
    if code[pc, op.D] >= 0:
        w[block + at.SLOT + code[pc, op.D]] = result
    return pc + 1


@inner
def nudge(cpu_of: Int64s, cfg: Int64s, w: Int64s, cpu: Int64, is_kick: bool, is_latched: bool) -> None:
    """Kick a CPU, or set its event."""
    if is_kick and w[cfg[at.OFFLINE] + cpu] != 0:
        return
    reason = at.HALTED if is_kick else at.ON_EVENT
    count = 0
    for thread in range(cfg[at.THREADS]):
        if cpu_of[thread, 0] == cpu and w[thread * cfg[at.BLOCK] + at.SLEEP] == reason:
            wake(w, cfg, thread)
            count += 1
    if not is_kick:
        put(w, cfg, cfg[at.EVENTS] + cpu, np.int64(1))
    elif count == 0 and is_latched:
        put(w, cfg, cfg[at.LATCHES] + cpu, np.int64(1))


@inner
def visible_step(
    code: Int64s,
    consts: Int64s,
    facts: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    pc: Int64,
    thread: Int64,
    choice: Int64,
) -> Int64:
    """Do the visible instruction at `pc`; return the next row, a fault, or DISABLED.

    `tables` is one array: rows 0 to threads - 1 are the CPU and the node of each thread, then the heap pools.
    """
    opcode = code[pc, op.OP]
    a = value_of(consts, w, block, code[pc, op.A])
    b = value_of(consts, w, block, code[pc, op.B])
    c = value_of(consts, w, block, code[pc, op.C])
    if (op.LOAD <= opcode <= op.FETCH_AND) or opcode == op.FUTEX_WAIT:
        if a == 0:
            return -op.NULL
        if is_gone(facts, cfg, w, a):
            return -op.USE_AFTER_FREE
        if opcode != op.FUTEX_WAIT:
            return access(code, cfg, w, block, pc, a, b, c)
    if opcode == op.FENCE:
        if code[pc, op.X] == op.SEQ_CST and w[block + at.BUFFERED] != 0:
            return at.DISABLED
        return pc + 1
    if opcode == op.MARK:
        return mark(code, lock_of, cfg, w, block, pc, a, b, thread)
    if opcode == op.DOORWAY:
        if w[block + at.PHASE] == 1:
            w[block + at.PHASE] = 2
        return pc + 1
    if opcode == op.RUNNING or opcode == op.RANDOM or opcode == op.GIVE_UP:
        result = choice
        if opcode == op.RUNNING:
            result = 1
            if cfg[at.FOREVER] == 0:
                result = np.int64(w[block + at.LEFT] > 0)
                w[block + at.LEFT] -= result
        elif opcode == op.RANDOM and a == 0:
            return -op.RANDOM_OF_ZERO
        if code[pc, op.D] >= 0:
            w[block + at.SLOT + code[pc, op.D]] = result
        return pc + 1
    if opcode == op.ALLOC:
        return allocate(code, facts, tables[cfg[at.THREADS] :], cfg, w, block, pc, choice)
    if opcode == op.FREE:
        if w[block + at.BUFFERED] != 0:
            return at.DISABLED
        if a == 0:
            return -op.NULL
        record = facts[a, at.RECORD]
        if record < 0 or w[cfg[at.RECORDS] + record] == 0:
            return -op.DOUBLE_FREE
        put(w, cfg, cfg[at.RECORDS] + record, np.int64(0))
        return pc + 1
    return system(code, tables, cfg, w, block, pc, thread, a, b, c, choice)
