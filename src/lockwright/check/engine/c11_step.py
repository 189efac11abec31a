"""One step of one thread under C11: the instruction in front of which it stands, and what follows unseen.

1. A step does one visible instruction and all invisible ones behind it, up to the next stop.
2. With `MERGES`, it also does what nobody can tell from later: plain accesses (views find their races in any order),
   `running`, ends of lock and unlock; a beginning of lock or unlock waits (`PENDING`) for the step of its first access.
3. Sleepers that a step wakes run on in it to their next stop.
"""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_memory import access, fence, forget_thread, meet, part_of
from lockwright.check.engine.c11_world import (
    ADDRESS,
    ASLEEP,
    ATOMIC_OF,
    ATOMICS,
    BEGINS,
    CELL_BASE,
    CELLS,
    COUNT,
    CPU_OF,
    CPUS,
    EVENT,
    EVENT_SET,
    FINISHED,
    FLAGS,
    FUTEX,
    GLUED,
    HALTED,
    HAS_DOORWAY,
    HEAP_BASE,
    HOLD_BASE,
    INTERRUPTS,
    LATCH_BASE,
    LATCHED,
    LEFT,
    LIVE,
    LOCK_OF,
    LOOK_BASE,
    MERGES,
    MESSAGES,
    NO_SLEEP,
    NODE_OF,
    ONLINE,
    PARKED,
    PC,
    PENDING,
    PHASE,
    PLAIN_OF,
    POOL_OF,
    PREEMPTION,
    RECORD_BASE,
    RECORD_OF,
    RECORD_SIZE,
    RECORDS,
    RESTART,
    ROWS,
    RUNS,
    SLEEP,
    SLOTS,
    SOFTIRQS,
    STATUS,
    SUBJECT,
    THREADS,
    TOKEN,
    UNSUPPORTED,
    USES_ACQ,
    VALUE,
    WANTED,
    WOKEN,
    WORDS,
    World,
    clear_view,
    first_word,
    list_rows,
    message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inlined, inner
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
    m = w.m
    if event == TRYLOCK_BEGIN or (event == TRYLOCK_END and got == 0):
        return np.int64(0)
    reads = READ_LOCK_BEGIN <= event <= READ_UNLOCK_END
    phase = np.int64(DOORWAY)
    if lock >= 0:
        hold = m[HOLD_BASE] + 2 * lock
        one = np.int64(1) << (4 * t)
    if event in (LOCK_END, TRYLOCK_END, READ_LOCK_END, WRITE_LOCK_END):
        phase = np.int64(INSIDE)
        if lock >= 0:
            if m[hold] != 0 or (m[hold + 1] != 0 and not reads):
                return np.int64(-op.TWO_HOLDERS)
            if reads:
                m[hold + 1] += one
            else:
                m[hold] = t + 1
    elif event in (UNLOCK_BEGIN, READ_UNLOCK_BEGIN, WRITE_UNLOCK_BEGIN):
        phase = np.int64(LEAVING)
        if lock >= 0:
            if reads:
                if (m[hold + 1] >> (4 * t)) & 15 == 0:
                    return np.int64(-op.NOT_HOLDER)
                m[hold + 1] -= one
            else:
                if m[hold] != t + 1:
                    return np.int64(-op.NOT_HOLDER)
                m[hold] = 0
    elif event in (UNLOCK_END, READ_UNLOCK_END, WRITE_UNLOCK_END):
        phase = np.int64(OUTSIDE)
    if lock >= 0 and lock == m[SUBJECT]:
        m[first_word(w, t) + PHASE] = phase
    return np.int64(0)


@inlined
def lock_at(w: World, pc: Int64, base: Int64) -> Int64:
    """Return the number of the lock that a mark names, or -1."""
    m = w.m
    row = w.code[pc, op.Y]
    if row < 0:
        return np.int64(-1)
    return m[m[LOCK_OF] + row * m[CELLS] + operand(w.consts, m, base, w.code[pc, op.A])]


@inner
def wake(w: World, reason: Int64, cpu: Int64, thread: Int64) -> Int64:
    """Wake sleepers of a kind on a CPU (or -1) or a thread (or -1); return how many."""
    m = w.m
    woken = 0
    for t in range(m[THREADS]):
        base = first_word(w, t)
        if m[base + SLEEP] == reason and (thread == t or (cpu >= 0 and m[m[CPU_OF] + t] == cpu)):
            m[base + SLEEP] = WOKEN
            meet(w, np.int64(t))
            woken += 1
    return np.int64(woken)


@inlined
def matches(w: World, t: Int64, address: Int64, bits: Int64) -> bool:
    """Return whether a thread sleeps on this futex and wants one of these bits."""
    m = w.m
    base = first_word(w, t)
    return m[base + SLEEP] == FUTEX and m[base + ADDRESS] == address and m[base + WANTED] & bits != 0


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
    m = w.m
    n = 0
    for t in range(m[THREADS]):
        n += matches(w, np.int64(t), address, bits)
    k = min(count, n) if count >= 0 else n
    rest = choice
    for t in range(m[THREADS]):
        if k > 0 and matches(w, np.int64(t), address, bits):
            n -= 1
            with_it = combinations(np.int64(n), np.int64(k - 1))
            if rest < with_it:
                k -= 1
                m[first_word(w, t) + SLEEP] = WOKEN
                meet(w, np.int64(t))
            else:
                rest -= with_it


@inner
def fall_asleep(w: World, t: Int64, reason: Int64) -> None:
    """Let a thread sleep."""
    m = w.m
    base = first_word(w, t)
    m[base + STATUS] = ASLEEP
    m[base + SLEEP] = reason


@inner
def newest(w: World, cell: Int64) -> Int64:
    """Return what lies in a cell, or in the newest message of it."""
    m = w.m
    a = m[m[ATOMIC_OF] + cell]
    if a >= 0:
        return m[m[VALUE] + a * m[MESSAGES] + m[m[COUNT] + a] - 1]
    return m[m[CELL_BASE] + cell]


@inner
def run_cpu(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do an instruction of the CPU; return 0 or a fault."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    base = first_word(w, t)
    regs = base + WORDS
    a = operand(w.consts, m, regs, row[op.A])
    b = operand(w.consts, m, regs, row[op.B])
    result = np.int64(0)
    if opcode == op.CPU:
        result = m[m[CPU_OF] + t]
    elif opcode == op.NUMA_NODE:
        result = m[m[NODE_OF] + m[m[CPU_OF] + t]]
    elif opcode == op.INTERRUPTS_OFF:
        result = m[base + FLAGS] & INTERRUPTS
        m[base + FLAGS] &= ~INTERRUPTS
    elif opcode == op.INTERRUPTS_RESTORE:
        m[base + FLAGS] = (m[base + FLAGS] & ~INTERRUPTS) | (a & INTERRUPTS)
    elif opcode == op.PREEMPTION:
        if row[op.X] < 0 and (m[base + FLAGS] // PREEMPTION) & 255 == 0:
            return np.int64(-op.PREEMPTION_UNBALANCED)
        m[base + FLAGS] += PREEMPTION * row[op.X]
    elif opcode == op.SOFTIRQS:
        if row[op.X] > 0 or m[base + FLAGS] >= SOFTIRQS:
            m[base + FLAGS] += SOFTIRQS * row[op.X]
    elif opcode != op.IN_NMI:
        return run_system(w, t, pc, choice, a, b)
    if row[op.D] >= 0:
        m[regs + row[op.D]] = result
    return np.int64(0)


@inner
def run_system(w: World, t: Int64, pc: Int64, choice: Int64, a: Int64, b: Int64) -> Int64:
    """Do an instruction that may sleep or wake; return 0 or a fault."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    base = first_word(w, t)
    regs = base + WORDS
    latch = m[LATCH_BASE]
    own = latch + m[m[CPU_OF] + t]
    meet(w, t)
    if opcode in (op.KICK, op.CPU_ONLINE, op.CPU_SET_ONLINE, op.EVENT_SEND) and (a < 0 or a >= m[CPUS]):
        return np.int64(-op.NO_SUCH_CPU)
    result = np.int64(0)
    if opcode in (op.HALT, op.HALT_IF):
        if opcode == op.HALT_IF or row[op.X] == 1:
            m[base + FLAGS] |= INTERRUPTS & (a if opcode == op.HALT_IF else 1)
        if m[own] & LATCHED:
            m[own] &= ~LATCHED
        else:
            fall_asleep(w, t, np.int64(HALTED))
    elif opcode == op.KICK:
        if m[latch + a] & ONLINE and wake(w, np.int64(HALTED), a, np.int64(-1)) == 0 and row[op.X] == 1:
            m[latch + a] |= LATCHED
    elif opcode == op.PARK:
        if m[base + TOKEN]:
            m[base + TOKEN] = 0
        else:
            fall_asleep(w, t, np.int64(PARKED))
    elif opcode == op.UNPARK:
        if a < 0 or a >= m[THREADS]:
            return np.int64(-op.NO_SUCH_THREAD)
        if wake(w, np.int64(PARKED), np.int64(-1), a) == 0:
            m[first_word(w, a) + TOKEN] = 1
    elif opcode in (op.FUTEX_WAIT, op.FUTEX_WAKE):
        if a == 0:
            return np.int64(-op.NULL)
        c = operand(w.consts, m, regs, row[op.C])
        if opcode == op.FUTEX_WAKE:
            wake_futex(w, a, b, c, choice)
        elif part_of(newest(w, a), row[op.Y], row[op.Z]) == b:
            m[base + ADDRESS] = a
            m[base + WANTED] = c
            fall_asleep(w, t, np.int64(FUTEX))
    elif opcode == op.CPU_ONLINE:
        result = np.int64(m[latch + a] & ONLINE != 0)
    elif opcode == op.CPU_SET_ONLINE:
        m[latch + a] = (m[latch + a] & ~ONLINE) | (ONLINE if b else 0)
    elif opcode == op.EVENT_CLEAR:
        m[own] &= ~EVENT_SET
    elif opcode in (op.EVENT_SET, op.EVENT_SEND):
        cpu = a if opcode == op.EVENT_SEND else m[m[CPU_OF] + t]
        m[latch + cpu] |= EVENT_SET
        wake(w, np.int64(EVENT), cpu, np.int64(-1))
    elif opcode == op.EVENT_PENDING:
        result = np.int64(m[own] & EVENT_SET != 0)
    elif opcode == op.EVENT_POLL:
        if m[own] & EVENT_SET == 0:
            fall_asleep(w, t, np.int64(EVENT))
    else:
        return np.int64(UNSUPPORTED)
    if row[op.D] >= 0:
        m[regs + row[op.D]] = result
    return np.int64(0)


@inner
def renew(w: World, t: Int64, record: Int64, zero: Int64) -> None:
    """Forget all former messages and accesses of a record; only the thread knows the cells as they are now."""
    m = w.m
    first = m[m[RECORD_BASE] + record]
    for cell in range(first, first + m[m[RECORD_SIZE] + record]):
        a = m[m[ATOMIC_OF] + cell]
        column = a if a >= 0 else m[ATOMICS] + m[m[PLAIN_OF] + cell]
        if a >= 0:
            first = m[VALUE] + a * m[MESSAGES]
            m[first] = np.int64(0) if zero else m[first + m[m[COUNT] + a] - 1]
            m[m[COUNT] + a] = 1
            m[m[GLUED] + a * m[MESSAGES] + 0] = 0
            clear_view(w, message_row(w, a, np.int64(0)))
        elif zero:
            m[m[CELL_BASE] + cell] = 0
        if a >= 0 or m[m[PLAIN_OF] + cell] >= 0:
            used = list_rows(w)
            for k in range(used):
                w.views[m[m[ROWS] + k], column] = 0
            if a < 0:
                w.views[t, column] = (2 << m[THREADS]) - 1
                if m[USES_ACQ]:
                    w.views[m[THREADS] + t, column] = (2 << m[THREADS]) - 1


@inner
def run_storage(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do `alloc` or `free`; return 0, a fault, or BLOCKED."""
    m = w.m
    row = w.code[pc]
    regs = first_word(w, t) + WORDS
    heap = m[HEAP_BASE]
    if row[op.OP] == op.ALLOC:
        found = np.int64(-1)
        for record in range(m[RECORDS]):
            if found < 0 and m[m[POOL_OF] + record] == row[op.X] and m[heap + record] == 0:
                found = np.int64(record)
        if choice == 0 and found >= 0:
            m[heap + found] = 1
            renew(w, t, found, row[op.Y])
            m[regs + row[op.D]] = m[m[RECORD_BASE] + found]
        elif choice == 1:
            m[regs + row[op.D]] = 0
        else:
            return np.int64(-1000)
        return np.int64(0)
    if row[op.OP] != op.FREE:
        return np.int64(UNSUPPORTED)
    address = operand(w.consts, m, regs, row[op.A])
    if address == 0:
        return np.int64(-op.NULL)
    record = m[m[RECORD_OF] + address]
    if record < 0 or m[heap + record] == 0:
        return np.int64(-op.DOUBLE_FREE)
    m[heap + record] = 0
    return np.int64(0)


@inner
def execute(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do the visible instruction at `pc`; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    base = first_word(w, t)
    regs = base + WORDS
    if op.LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, m, regs, row[op.A])
        if cell > 0 and m[m[RECORD_OF] + cell] >= 0 and m[m[HEAP_BASE] + m[m[RECORD_OF] + cell]] == 0:
            return np.int64(-op.USE_AFTER_FREE)
        return access(w, t, pc, choice)
    if opcode == op.MARK:
        got = operand(w.consts, m, regs, row[op.B])
        return mark(w, t, row[op.X], lock_at(w, pc, regs), got)
    if opcode == op.FENCE:
        fence(w, t, row[op.X] & 7)
        return np.int64(0)
    if opcode == op.DOORWAY:
        if m[base + PHASE] == DOORWAY:
            m[base + PHASE] = WAITING
        return np.int64(0)
    if opcode in (op.RUNNING, op.RANDOM, op.GIVE_UP):
        if opcode == op.RUNNING:
            choice = np.int64(m[base + LEFT] != 0)
            if m[base + LEFT] > 0:
                m[base + LEFT] -= 1
        if opcode == op.RANDOM and operand(w.consts, m, regs, row[op.A]) == 0:
            return np.int64(-op.RANDOM_OF_ZERO)
        if row[op.D] >= 0:
            m[regs + row[op.D]] = choice
        return np.int64(0)
    if op.ALLOC <= opcode <= op.RCU_FREE:
        return run_storage(w, t, pc, choice)
    return run_cpu(w, t, pc, choice)


@inner
def is_merged(w: World, pc: Int64, regs: Int64, pending: Int64, is_first: bool) -> bool:
    """Return whether an instruction may be done in the step before it; nothing in memory before the first step."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    if opcode == op.MARK:
        return pending == 0 and (not is_begin(row[op.X]) or m[m[BEGINS] + pc] != 0)
    if m[m[RESTART] + pc]:
        return False
    if opcode in (op.RUNNING, op.CPU, op.NUMA_NODE):
        return True
    if is_first:
        return False
    if opcode in (op.LOAD, op.STORE):
        return True
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, m, regs, row[op.A])
        return cell > 0 and m[m[ATOMIC_OF] + cell] < 0
    return False


@inner
def finish(w: World, t: Int64, pc: Int64) -> Int64:
    """Let a thread come to its end."""
    m = w.m
    base = first_word(w, t)
    result = pass_pending(w, t)
    m[base + PC] = pc
    m[base + STATUS] = FINISHED
    for slot in range(m[SLOTS]):
        m[base + WORDS + slot] = 0
    forget_thread(w, t)
    return result


@inner
def pass_pending(w: World, t: Int64) -> Int64:
    """Pass the boundary that waits for this step."""
    m = w.m
    base = first_word(w, t)
    pending = m[base + PENDING]
    if pending == 0:
        return np.int64(0)
    m[base + PENDING] = 0
    return mark(w, t, (pending & 255) - 1, (pending >> 8) - 1, np.int64(1))


@inner
def woken(w: World) -> Int64:
    """Return a thread that was woken and has not run on yet, or -1."""
    m = w.m
    for t in range(m[THREADS]):
        base = first_word(w, t)
        if m[base + SLEEP] == WOKEN:
            m[base + SLEEP] = NO_SLEEP
            m[base + STATUS] = RUNS
            m[base + ADDRESS] = 0
            m[base + WANTED] = 0
            return np.int64(t)
    return np.int64(-1)


@inner
def act(w: World, t: Int64, choice: Int64) -> Int64:
    """Take a step; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED.  Choice -1: only run to the first stop."""
    m = w.m
    result = pass_pending(w, t) if choice >= 0 else np.int64(0)
    does = choice >= 0
    while t >= 0 and result >= 0:
        base = first_word(w, t)
        regs = base + WORDS
        pc = m[base + PC]
        for _ in range(MERGED_AT_MOST):
            if does:
                result = execute(w, t, pc, max(choice, np.int64(0)))
                if result < 0:
                    break
                pc += 1
                m[base + PC] = pc
                if m[base + STATUS] == ASLEEP:
                    break
            pc = local_run(w.code, w.consts, w.stops, m, regs, pc, t)
            if pc < 0 or w.stops[pc] == op.END:
                result = finish(w, t, pc) if pc >= 0 else pc
                break
            if m[m[RESTART] + pc] and m[base + PHASE] == DOORWAY and not m[HAS_DOORWAY]:
                m[base + PHASE] = WAITING
            m[base + PC] = pc
            if not m[MERGES] or not is_merged(w, pc, regs, m[base + PENDING], choice < 0):
                break
            event = w.code[pc, op.X]
            does = w.code[pc, op.OP] != op.MARK or not is_begin(event)
            if does:
                choice = min(choice, np.int64(0))
            else:
                m[base + PENDING] = (event + 1) | ((lock_at(w, pc, regs) + 1) << 8)
                pc += 1
                m[base + PC] = pc
        does = False
        t = woken(w)
    return result


@inner
def choices(w: World, t: Int64) -> Int64:
    """Return below which number the choices of the next step of a thread lie (some may be BLOCKED)."""
    m = w.m
    base = first_word(w, t)
    regs = base + WORDS
    row = w.code[m[base + PC]]
    opcode = row[op.OP]
    a = operand(w.consts, m, regs, row[op.A])
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND and a > 0 and m[m[ATOMIC_OF] + a] >= 0:
        return m[m[COUNT] + m[m[ATOMIC_OF] + a]] - w.views[t, m[m[ATOMIC_OF] + a]]
    if opcode == op.RANDOM:
        return max(a, np.int64(1))
    if opcode in (op.GIVE_UP, op.ALLOC):
        return np.int64(2)
    if opcode == op.FUTEX_WAKE:
        n = 0
        for other in range(m[THREADS]):
            n += matches(w, np.int64(other), a, operand(w.consts, m, regs, row[op.C]))
        return combinations(np.int64(n), min(np.int64(n), operand(w.consts, m, regs, row[op.B])))
    return np.int64(1)


@inner
def read_newest(w: World, pc: Int64, regs: Int64) -> Int64:
    """Do a load of what is newest, of no thread; return 0, or -1 if it is no load."""
    m = w.m
    row = w.code[pc]
    cell = operand(w.consts, m, regs, row[op.A])
    if row[op.OP] not in (op.LOAD, op.ATOMIC_LOAD) or cell == 0:
        return np.int64(-1)
    if row[op.D] >= 0:
        m[regs + row[op.D]] = part_of(newest(w, cell), row[op.Y], row[op.Z])
    return np.int64(0)


@inner
def waits(w: World, t: Int64) -> bool:
    """Return whether a thread stands at an await that is false on the newest messages."""
    m = w.m
    base = first_word(w, t)
    first = m[base + PC]
    if m[base + STATUS] != RUNS or not m[m[RESTART] + first]:
        return False
    look = m[LOOK_BASE]
    for slot in range(m[SLOTS]):
        m[look + slot] = m[base + WORDS + slot]
    pc = first
    for _ in range(LOOK_AHEAD):
        if read_newest(w, pc, look) < 0:
            return False
        pc = local_run(w.code, w.consts, w.stops, m, look, pc + 1, t)
        if pc == first and is_where_it_was(w, first, look, base + WORDS):
            return True
        if pc < 0 or w.stops[pc] == op.END:
            return False
    return True


@inner
def is_where_it_was(w: World, pc: Int64, look: Int64, regs: Int64) -> bool:
    """Return whether nothing that is read later has changed: a loop around the await may come there with the next."""
    m = w.m
    live = m[m[LIVE] + pc]
    is_same = True
    for slot in range(m[SLOTS]):
        is_same &= not (live >> slot) & 1 or m[look + slot] == m[regs + slot]
    return is_same
