"""One step of one thread under C11: the instruction in front of which it stands, and what follows unseen.

1. A step does one visible instruction and all invisible ones behind it, up to the next stop.
2. With `MERGES`, it also does what nobody can tell from later: plain accesses (views find their races in any order),
   `running`, ends of lock and unlock; a beginning of lock or unlock waits (`PENDING`) for the step of its first access.
3. Sleepers that a step wakes run on in it to their next stop.
"""
# ruff: noqa: PLR0917 - a kernel takes its parts by position

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_memory import access, fence, forget_thread, meet, part_of
from lockwright.check.engine.c11_world import (
    ADDRESS, ASLEEP, ATOMICS, ATOMIC_OF, BEGINS, CELLS, CELL_BASE, COUNT, CPUS, CPU_OF, EVENT,
    EVENT_SET, FINISHED, FLAGS, FUTEX, GLUED, HALTED, HAS_DOORWAY, HEAP_BASE, HOLD_BASE, INTERRUPTS, LATCHED,
    LATCH_BASE, LEFT, LOCK_OF, LOOK_BASE, MERGES, MESSAGES, NODE_OF, NO_SLEEP, ONLINE, PARKED, PC, PENDING,
    PHASE, PLAIN_OF, POOL_OF, PREEMPTION, RECORDS, RECORD_BASE, RECORD_OF, RECORD_SIZE, RESTART, ROWS, RUNS, SLEEP,
    SLOTS, SOFTIRQS, STATUS, SUBJECT, THREADS, TOKEN, UNSUPPORTED, USES_ACQ, VALUE, WANTED, WOKEN, WORDS, World,
    clear_view, first_word, list_rows, message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inlined, inner, kernel
from lockwright.flat.local import local_run, operand

(
    LOCK_BEGIN, LOCK_END, TRYLOCK_BEGIN, TRYLOCK_END, UNLOCK_BEGIN, UNLOCK_END,
    READ_LOCK_BEGIN, READ_LOCK_END, READ_UNLOCK_BEGIN, READ_UNLOCK_END,
    WRITE_LOCK_BEGIN, WRITE_LOCK_END, WRITE_UNLOCK_BEGIN, WRITE_UNLOCK_END,
) = range(14)  # fmt: skip
OUTSIDE, DOORWAY, WAITING, INSIDE, LEAVING = range(5)
MERGED_AT_MOST = 200
LOOK_AHEAD = 64


@inlined
def is_begin(event: Int64) -> bool:
    """Return whether a mark begins a lock or an unlock."""
    return event in (
        LOCK_BEGIN, READ_LOCK_BEGIN, WRITE_LOCK_BEGIN, UNLOCK_BEGIN, READ_UNLOCK_BEGIN, WRITE_UNLOCK_BEGIN,
    )  # fmt: skip


@inner
def mark(w: World, t: Int64, event: Int64, lock: Int64, got: Int64) -> Int64:
    """Pass a boundary of a lock; return 0 or a fault."""
    if event == TRYLOCK_BEGIN or (event == TRYLOCK_END and got == 0):
        return np.int64(0)
    reads = READ_LOCK_BEGIN <= event <= READ_UNLOCK_END
    phase = np.int64(DOORWAY)
    if lock >= 0:
        hold = w.m[HOLD_BASE] + 2 * lock
        one = np.int64(1) << (4 * t)
    if event in (LOCK_END, TRYLOCK_END, READ_LOCK_END, WRITE_LOCK_END):
        phase = np.int64(INSIDE)
        if lock >= 0:
            if w.m[hold] != 0 or (w.m[hold + 1] != 0 and not reads):
                return np.int64(-op.TWO_HOLDERS)
            if reads:
                w.m[hold + 1] += one
            else:
                w.m[hold] = t + 1
    elif event in (UNLOCK_BEGIN, READ_UNLOCK_BEGIN, WRITE_UNLOCK_BEGIN):
        phase = np.int64(LEAVING)
        if lock >= 0:
            if reads:
                if (w.m[hold + 1] >> (4 * t)) & 15 == 0:
                    return np.int64(-op.NOT_HOLDER)
                w.m[hold + 1] -= one
            else:
                if w.m[hold] != t + 1:
                    return np.int64(-op.NOT_HOLDER)
                w.m[hold] = 0
    elif event in (UNLOCK_END, READ_UNLOCK_END, WRITE_UNLOCK_END):
        phase = np.int64(OUTSIDE)
    if lock >= 0 and lock == w.m[SUBJECT]:
        w.m[first_word(w, t) + PHASE] = phase
    return np.int64(0)


@inlined
def lock_at(w: World, pc: Int64, base: Int64) -> Int64:
    """Return the number of the lock that a mark names, or -1."""
    row = np.int64(w.code[pc, op.Y])
    if row < 0:
        return np.int64(-1)
    return w.m[w.m[LOCK_OF] + row * w.m[CELLS] + operand(w.consts, w.m, base, np.int64(w.code[pc, op.A]))]


@inner
def wake(w: World, reason: Int64, cpu: Int64, thread: Int64) -> Int64:
    """Wake sleepers of a kind on a CPU (or -1) or a thread (or -1); return how many."""
    woken = 0
    for t in range(w.m[THREADS]):
        base = first_word(w, t)
        if w.m[base + SLEEP] == reason and (thread == t or (cpu >= 0 and w.m[w.m[CPU_OF] + t] == cpu)):
            w.m[base + SLEEP] = WOKEN
            meet(w, np.int64(t))
            woken += 1
    return np.int64(woken)


@inlined
def matches(w: World, t: Int64, address: Int64, bits: Int64) -> bool:
    """Return whether a thread sleeps on this futex and wants one of these bits."""
    base = first_word(w, t)
    return w.m[base + SLEEP] == FUTEX and w.m[base + ADDRESS] == address and w.m[base + WANTED] & bits != 0


@inner
def combinations(n: Int64, k: Int64) -> Int64:
    """Return how many sets of k there are among n."""
    result = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return np.int64(result)


@inner
def wake_futex(w: World, address: Int64, count: Int64, bits: Int64, choice: Int64) -> None:
    """Wake the chosen of the sets of sleepers, in lexicographic order of their threads."""
    n = 0
    for t in range(w.m[THREADS]):
        n += matches(w, np.int64(t), address, bits)
    k = min(count, n) if count >= 0 else n
    rest = choice
    for t in range(w.m[THREADS]):
        if k > 0 and matches(w, np.int64(t), address, bits):
            n -= 1
            with_it = combinations(np.int64(n), np.int64(k - 1))
            if rest < with_it:
                k -= 1
                w.m[first_word(w, t) + SLEEP] = WOKEN
                meet(w, np.int64(t))
            else:
                rest -= with_it


@inner
def fall_asleep(w: World, t: Int64, reason: Int64) -> None:
    """Let a thread sleep."""
    base = first_word(w, t)
    w.m[base + STATUS] = ASLEEP
    w.m[base + SLEEP] = reason


@inner
def newest(w: World, cell: Int64) -> Int64:
    """Return what lies in a cell, or in the newest message of it."""
    a = w.m[w.m[ATOMIC_OF] + cell]
    if a >= 0:
        return w.m[w.m[VALUE] + a * w.m[MESSAGES] + w.m[w.m[COUNT] + a] - 1]
    return w.m[w.m[CELL_BASE] + cell]


@inner
def run_cpu(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do an instruction of the CPU; return 0 or a fault."""
    row = w.code[pc]
    opcode = np.int64(row[op.OP])
    base = first_word(w, t)
    regs = base + WORDS
    a = operand(w.consts, w.m, regs, np.int64(row[op.A]))
    b = operand(w.consts, w.m, regs, np.int64(row[op.B]))
    latch = w.m[LATCH_BASE]
    own = latch + w.m[w.m[CPU_OF] + t]
    result = np.int64(0)
    if opcode == op.CPU:
        result = w.m[w.m[CPU_OF] + t]
    elif opcode == op.NUMA_NODE:
        result = w.m[w.m[NODE_OF] + w.m[w.m[CPU_OF] + t]]
    elif opcode == op.INTERRUPTS_OFF:
        result = w.m[base + FLAGS] & INTERRUPTS
        w.m[base + FLAGS] &= ~INTERRUPTS
    elif opcode == op.INTERRUPTS_RESTORE:
        w.m[base + FLAGS] = (w.m[base + FLAGS] & ~INTERRUPTS) | (a & INTERRUPTS)
    elif opcode == op.PREEMPTION:
        if row[op.X] < 0 and (w.m[base + FLAGS] // PREEMPTION) & 255 == 0:
            return np.int64(-op.PREEMPTION_UNBALANCED)
        w.m[base + FLAGS] += PREEMPTION * row[op.X]
    elif opcode == op.SOFTIRQS:
        if row[op.X] > 0 or w.m[base + FLAGS] >= SOFTIRQS:
            w.m[base + FLAGS] += SOFTIRQS * row[op.X]
    elif opcode != op.IN_NMI:
        return run_system(w, t, pc, choice, a, b)
    if row[op.D] >= 0:
        w.m[regs + row[op.D]] = result
    return np.int64(0)


@inner
def run_system(w: World, t: Int64, pc: Int64, choice: Int64, a: Int64, b: Int64) -> Int64:
    """Do an instruction that may sleep or wake; return 0 or a fault."""
    row = w.code[pc]
    opcode = np.int64(row[op.OP])
    base = first_word(w, t)
    regs = base + WORDS
    latch = w.m[LATCH_BASE]
    own = latch + w.m[w.m[CPU_OF] + t]
    meet(w, t)
    if opcode in (op.KICK, op.CPU_ONLINE, op.CPU_SET_ONLINE, op.EVENT_SEND) and (a < 0 or a >= w.m[CPUS]):
        return np.int64(-op.NO_SUCH_CPU)
    result = np.int64(0)
    if opcode in (op.HALT, op.HALT_IF):
        if opcode == op.HALT_IF or row[op.X] == 1:
            w.m[base + FLAGS] |= INTERRUPTS & (a if opcode == op.HALT_IF else 1)
        if w.m[own] & LATCHED:
            w.m[own] &= ~LATCHED
        else:
            fall_asleep(w, t, np.int64(HALTED))
    elif opcode == op.KICK:
        if w.m[latch + a] & ONLINE and wake(w, np.int64(HALTED), a, np.int64(-1)) == 0 and row[op.X] == 1:
            w.m[latch + a] |= LATCHED
    elif opcode == op.PARK:
        if w.m[base + TOKEN]:
            w.m[base + TOKEN] = 0
        else:
            fall_asleep(w, t, np.int64(PARKED))
    elif opcode == op.UNPARK:
        if a < 0 or a >= w.m[THREADS]:
            return np.int64(-op.NO_SUCH_THREAD)
        if wake(w, np.int64(PARKED), np.int64(-1), a) == 0:
            w.m[first_word(w, a) + TOKEN] = 1
    elif opcode in (op.FUTEX_WAIT, op.FUTEX_WAKE):
        if a == 0:
            return np.int64(-op.NULL)
        c = operand(w.consts, w.m, regs, np.int64(row[op.C]))
        if opcode == op.FUTEX_WAKE:
            wake_futex(w, a, b, c, choice)
        elif part_of(newest(w, a), np.int64(row[op.Y]), np.int64(row[op.Z])) == b:
            w.m[base + ADDRESS] = a
            w.m[base + WANTED] = c
            fall_asleep(w, t, np.int64(FUTEX))
    elif opcode == op.CPU_ONLINE:
        result = np.int64(w.m[latch + a] & ONLINE != 0)
    elif opcode == op.CPU_SET_ONLINE:
        w.m[latch + a] = (w.m[latch + a] & ~ONLINE) | (ONLINE if b else 0)
    elif opcode == op.EVENT_CLEAR:
        w.m[own] &= ~EVENT_SET
    elif opcode in (op.EVENT_SET, op.EVENT_SEND):
        cpu = a if opcode == op.EVENT_SEND else w.m[w.m[CPU_OF] + t]
        w.m[latch + cpu] |= EVENT_SET
        wake(w, np.int64(EVENT), cpu, np.int64(-1))
    elif opcode == op.EVENT_PENDING:
        result = np.int64(w.m[own] & EVENT_SET != 0)
    elif opcode == op.EVENT_POLL:
        if w.m[own] & EVENT_SET == 0:
            fall_asleep(w, t, np.int64(EVENT))
    else:
        return np.int64(UNSUPPORTED)
    if row[op.D] >= 0:
        w.m[regs + row[op.D]] = result
    return np.int64(0)


@inner
def renew(w: World, t: Int64, record: Int64, zero: Int64) -> None:
    """Forget all former messages and accesses of a record; only the thread knows the cells as they are now."""
    first = w.m[w.m[RECORD_BASE] + record]
    for cell in range(first, first + w.m[w.m[RECORD_SIZE] + record]):
        a = w.m[w.m[ATOMIC_OF] + cell]
        column = a if a >= 0 else w.m[ATOMICS] + w.m[w.m[PLAIN_OF] + cell]
        if a >= 0:
            w.m[w.m[VALUE] + a * w.m[MESSAGES] + 0] = np.int64(0) if zero else w.m[w.m[VALUE] + a * w.m[MESSAGES] + w.m[w.m[COUNT] + a] - 1]
            w.m[w.m[COUNT] + a] = 1
            w.m[w.m[GLUED] + a * w.m[MESSAGES] + 0] = 0
            clear_view(w, message_row(w, a, np.int64(0)))
        elif zero:
            w.m[w.m[CELL_BASE] + cell] = 0
        if a >= 0 or w.m[w.m[PLAIN_OF] + cell] >= 0:
            used = list_rows(w)
            for k in range(used):
                w.views[w.m[w.m[ROWS] + k], column] = 0
            if a < 0:
                w.views[t, column] = (2 << w.m[THREADS]) - 1
                if w.m[USES_ACQ]:
                    w.views[w.m[THREADS] + t, column] = (2 << w.m[THREADS]) - 1


@inner
def run_storage(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do `alloc` or `free`; return 0, a fault, or BLOCKED."""
    row = w.code[pc]
    regs = first_word(w, t) + WORDS
    heap = w.m[HEAP_BASE]
    if row[op.OP] == op.ALLOC:
        found = np.int64(-1)
        for record in range(w.m[RECORDS]):
            if found < 0 and w.m[w.m[POOL_OF] + record] == row[op.X] and w.m[heap + record] == 0:
                found = np.int64(record)
        if choice == 0 and found >= 0:
            w.m[heap + found] = 1
            renew(w, t, found, np.int64(row[op.Y]))
            w.m[regs + row[op.D]] = w.m[w.m[RECORD_BASE] + found]
        elif choice == 1:
            w.m[regs + row[op.D]] = 0
        else:
            return np.int64(-1000)
        return np.int64(0)
    if row[op.OP] != op.FREE:
        return np.int64(UNSUPPORTED)
    address = operand(w.consts, w.m, regs, np.int64(row[op.A]))
    if address == 0:
        return np.int64(-op.NULL)
    record = w.m[w.m[RECORD_OF] + address]
    if record < 0 or w.m[heap + record] == 0:
        return np.int64(-op.DOUBLE_FREE)
    w.m[heap + record] = 0
    return np.int64(0)


@inner
def execute(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do the visible instruction at `pc`; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED."""
    row = w.code[pc]
    opcode = np.int64(row[op.OP])
    base = first_word(w, t)
    regs = base + WORDS
    if op.LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, w.m, regs, np.int64(row[op.A]))
        if cell > 0 and w.m[w.m[RECORD_OF] + cell] >= 0 and w.m[w.m[HEAP_BASE] + w.m[w.m[RECORD_OF] + cell]] == 0:
            return np.int64(-op.USE_AFTER_FREE)
        return access(w, t, pc, choice)
    if opcode == op.MARK:
        got = operand(w.consts, w.m, regs, np.int64(row[op.B]))
        return mark(w, t, np.int64(row[op.X]), lock_at(w, pc, regs), got)
    if opcode == op.FENCE:
        fence(w, t, np.int64(row[op.X]) & 7)
        return np.int64(0)
    if opcode == op.DOORWAY:
        if w.m[base + PHASE] == DOORWAY:
            w.m[base + PHASE] = WAITING
        return np.int64(0)
    if opcode in (op.RUNNING, op.RANDOM, op.GIVE_UP):
        if opcode == op.RUNNING:
            choice = np.int64(w.m[base + LEFT] != 0)
            if w.m[base + LEFT] > 0:
                w.m[base + LEFT] -= 1
        if opcode == op.RANDOM and operand(w.consts, w.m, regs, np.int64(row[op.A])) == 0:
            return np.int64(-op.RANDOM_OF_ZERO)
        if row[op.D] >= 0:
            w.m[regs + row[op.D]] = choice
        return np.int64(0)
    if op.ALLOC <= opcode <= op.RCU_FREE:
        return run_storage(w, t, pc, choice)
    return run_cpu(w, t, pc, choice)


@inner
def is_merged(w: World, pc: Int64, regs: Int64, pending: Int64, is_first: bool) -> bool:
    """Return whether an instruction may be done in the step before it; nothing in memory before the first step."""
    row = w.code[pc]
    opcode = row[op.OP]
    if opcode == op.MARK:
        return pending == 0 and (not is_begin(np.int64(row[op.X])) or w.m[w.m[BEGINS] + pc] != 0)
    if w.m[w.m[RESTART] + pc]:
        return False
    if opcode in (op.RUNNING, op.CPU, op.NUMA_NODE):
        return True
    if is_first:
        return False
    if opcode in (op.LOAD, op.STORE):
        return True
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, w.m, regs, np.int64(row[op.A]))
        return cell > 0 and w.m[w.m[ATOMIC_OF] + cell] < 0
    return False


@inner
def finish(w: World, t: Int64, pc: Int64) -> Int64:
    """Let a thread come to its end."""
    base = first_word(w, t)
    result = pass_pending(w, t)
    w.m[base + PC] = pc
    w.m[base + STATUS] = FINISHED
    for slot in range(w.m[SLOTS]):
        w.m[base + WORDS + slot] = 0
    forget_thread(w, t)
    return result


@inner
def pass_pending(w: World, t: Int64) -> Int64:
    """Pass the boundary that waits for this step."""
    base = first_word(w, t)
    pending = w.m[base + PENDING]
    if pending == 0:
        return np.int64(0)
    w.m[base + PENDING] = 0
    return mark(w, t, (pending & 255) - 1, (pending >> 8) - 1, np.int64(1))


@inner
def woken(w: World) -> Int64:
    """Return a thread that was woken and has not run on yet, or -1."""
    for t in range(w.m[THREADS]):
        base = first_word(w, t)
        if w.m[base + SLEEP] == WOKEN:
            w.m[base + SLEEP] = NO_SLEEP
            w.m[base + STATUS] = RUNS
            w.m[base + ADDRESS] = 0
            w.m[base + WANTED] = 0
            return np.int64(t)
    return np.int64(-1)


@inner
def act(w: World, t: Int64, choice: Int64) -> Int64:
    """Take a step; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED.  Choice -1: only run to the first stop."""
    result = pass_pending(w, t) if choice >= 0 else np.int64(0)
    does = choice >= 0
    while t >= 0 and result >= 0:
        base = first_word(w, t)
        regs = base + WORDS
        pc = w.m[base + PC]
        for _ in range(MERGED_AT_MOST):
            if does:
                result = execute(w, t, pc, max(choice, np.int64(0)))
                if result < 0:
                    break
                pc += 1
                w.m[base + PC] = pc
                if w.m[base + STATUS] == ASLEEP:
                    break
            pc = local_run(w.code, w.consts, w.stops, w.m, regs, pc, t)
            if pc < 0 or w.stops[pc] == op.END:
                result = finish(w, t, pc) if pc >= 0 else pc
                break
            if w.m[w.m[RESTART] + pc] and w.m[base + PHASE] == DOORWAY and not w.m[HAS_DOORWAY]:
                w.m[base + PHASE] = WAITING
            w.m[base + PC] = pc
            if not w.m[MERGES] or not is_merged(w, pc, regs, w.m[base + PENDING], choice < 0):
                break
            event = np.int64(w.code[pc, op.X])
            does = w.code[pc, op.OP] != op.MARK or not is_begin(event)
            if does:
                choice = min(choice, np.int64(0))
            else:
                w.m[base + PENDING] = (event + 1) | ((lock_at(w, pc, regs) + 1) << 8)
                pc += 1
                w.m[base + PC] = pc
        does = False
        t = woken(w)
    return result


@inner
def choices(w: World, t: Int64) -> Int64:
    """Return below which number the choices of the next step of a thread lie (some may be BLOCKED)."""
    base = first_word(w, t)
    regs = base + WORDS
    row = w.code[w.m[base + PC]]
    opcode = row[op.OP]
    a = operand(w.consts, w.m, regs, np.int64(row[op.A]))
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND and a > 0 and w.m[w.m[ATOMIC_OF] + a] >= 0:
        return w.m[w.m[COUNT] + w.m[w.m[ATOMIC_OF] + a]] - w.views[t, w.m[w.m[ATOMIC_OF] + a]]
    if opcode == op.RANDOM:
        return max(a, np.int64(1))
    if opcode in (op.GIVE_UP, op.ALLOC):
        return np.int64(2)
    if opcode == op.FUTEX_WAKE:
        n = 0
        for other in range(w.m[THREADS]):
            n += matches(w, np.int64(other), a, operand(w.consts, w.m, regs, np.int64(row[op.C])))
        return combinations(np.int64(n), min(np.int64(n), operand(w.consts, w.m, regs, np.int64(row[op.B]))))
    return np.int64(1)


@inner
def read_newest(w: World, pc: Int64, regs: Int64) -> Int64:
    """Do a load of what is newest, of no thread; return 0, or -1 if it is no load."""
    row = w.code[pc]
    cell = operand(w.consts, w.m, regs, np.int64(row[op.A]))
    if row[op.OP] not in (op.LOAD, op.ATOMIC_LOAD) or cell == 0:
        return np.int64(-1)
    if row[op.D] >= 0:
        w.m[regs + row[op.D]] = part_of(newest(w, cell), np.int64(row[op.Y]), np.int64(row[op.Z]))
    return np.int64(0)


@inner
def waits(w: World, t: Int64) -> bool:
    """Return whether a thread stands at an await that is false on the newest messages."""
    base = first_word(w, t)
    first = w.m[base + PC]
    if w.m[base + STATUS] != RUNS or not w.m[w.m[RESTART] + first]:
        return False
    look = w.m[LOOK_BASE]
    for slot in range(w.m[SLOTS]):
        w.m[look + slot] = w.m[base + WORDS + slot]
    pc = first
    for _ in range(LOOK_AHEAD):
        if read_newest(w, pc, look) < 0:
            return False
        pc = local_run(w.code, w.consts, w.stops, w.m, look, pc + 1, t)
        if pc == first:
            return True
        if pc < 0 or w.stops[pc] == op.END:
            return False
    return True


@kernel
def rest(w: World, entry: Int64) -> Int64:
    """Run an at-rest function on what is newest; return 0 or a fault."""
    look = w.m[LOOK_BASE]
    for slot in range(w.m[SLOTS]):
        w.m[look + slot] = 0
    pc = local_run(w.code, w.consts, w.stops, w.m, look, entry, np.int64(0))
    for _ in range(op.FUEL):
        if pc < 0:
            return np.int64(-op.AT_REST) if pc == -op.ASSERTION else pc
        if w.stops[pc] == op.END:
            return np.int64(0)
        if read_newest(w, pc, look) < 0:
            row = w.code[pc]
            cell = operand(w.consts, w.m, look, np.int64(row[op.A]))
            if row[op.OP] == op.STORE and cell > 0:
                w.m[w.m[CELL_BASE] + cell] = operand(w.consts, w.m, look, np.int64(row[op.B]))
            elif row[op.D] >= 0:
                w.m[look + row[op.D]] = 0
        pc = local_run(w.code, w.consts, w.stops, w.m, look, pc + 1, np.int64(0))
    return np.int64(-op.ENDLESS_LOOP)
