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
    ADDRESS, ASLEEP, ATOMICS, CELL_BASE, CPUS, EVENT, EVENT_SET, FINISHED, FLAGS, FUTEX, HALTED, HAS_DOORWAY, HEAP_BASE,
    HOLD_BASE, INTERRUPTS, LATCH_BASE, LATCHED, LEFT, LOCKS, LOOK_BASE, MERGES, NO_SLEEP, ONLINE, PARKED, PC, PENDING,
    PHASE, PLAINS, PREEMPTION, RECORDS, RUNS, SLEEP, SLOTS, SOFTIRQS, STATUS, STRIDE, SUBJECT, THREADS, TOKEN,
    UNSUPPORTED, USES_ACQ, WANTED, WOKEN, WORDS, World, clear_view, list_rows, message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inlined, kernel
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


@kernel
def mark(w: World, t: Int64, event: Int64, lock: Int64, got: Int64) -> Int64:
    """Pass a boundary of a lock; return 0 or a fault."""
    if event == TRYLOCK_BEGIN or (event == TRYLOCK_END and got == 0):
        return np.int64(0)
    reads = READ_LOCK_BEGIN <= event <= READ_UNLOCK_END
    phase = np.int64(DOORWAY)
    if lock >= 0:
        hold = w.set[HOLD_BASE] + 2 * lock
        one = np.int64(1) << (4 * t)
    if event in (LOCK_END, TRYLOCK_END, READ_LOCK_END, WRITE_LOCK_END):
        phase = np.int64(INSIDE)
        if lock >= 0:
            if w.s[hold] != 0 or (w.s[hold + 1] != 0 and not reads):
                return np.int64(-op.TWO_HOLDERS)
            if reads:
                w.s[hold + 1] += one
            else:
                w.s[hold] = t + 1
    elif event in (UNLOCK_BEGIN, READ_UNLOCK_BEGIN, WRITE_UNLOCK_BEGIN):
        phase = np.int64(LEAVING)
        if lock >= 0:
            if reads:
                if (w.s[hold + 1] >> (4 * t)) & 15 == 0:
                    return np.int64(-op.NOT_HOLDER)
                w.s[hold + 1] -= one
            else:
                if w.s[hold] != t + 1:
                    return np.int64(-op.NOT_HOLDER)
                w.s[hold] = 0
    elif event in (UNLOCK_END, READ_UNLOCK_END, WRITE_UNLOCK_END):
        phase = np.int64(OUTSIDE)
    if lock >= 0 and lock == w.set[SUBJECT]:
        w.s[t * w.set[STRIDE] + PHASE] = phase
    return np.int64(0)


@inlined
def lock_at(w: World, pc: Int64, base: Int64) -> Int64:
    """Return the number of the lock that a mark names, or -1."""
    row = np.int64(w.code[pc, op.Y])
    if row < 0:
        return np.int64(-1)
    return w.lock_of[row, operand(w.consts, w.s, base, np.int64(w.code[pc, op.A]))]


@kernel
def wake(w: World, reason: Int64, cpu: Int64, thread: Int64) -> Int64:
    """Wake sleepers of a kind on a CPU (or -1) or a thread (or -1); return how many."""
    woken = 0
    for t in range(w.set[THREADS]):
        base = t * w.set[STRIDE]
        if w.s[base + SLEEP] == reason and (thread == t or (cpu >= 0 and w.cpu_of[t] == cpu)):
            w.s[base + SLEEP] = WOKEN
            meet(w, np.int64(t))
            woken += 1
    return np.int64(woken)


@inlined
def matches(w: World, t: Int64, address: Int64, bits: Int64) -> bool:
    """Return whether a thread sleeps on this futex and wants one of these bits."""
    base = t * w.set[STRIDE]
    return w.s[base + SLEEP] == FUTEX and w.s[base + ADDRESS] == address and w.s[base + WANTED] & bits != 0


@kernel
def combinations(n: Int64, k: Int64) -> Int64:
    """Return how many sets of k there are among n."""
    result = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return np.int64(result)


@kernel
def wake_futex(w: World, address: Int64, count: Int64, bits: Int64, choice: Int64) -> None:
    """Wake the chosen of the sets of sleepers, in lexicographic order of their threads."""
    n = 0
    for t in range(w.set[THREADS]):
        n += matches(w, np.int64(t), address, bits)
    k = min(count, n) if count >= 0 else n
    rest = choice
    for t in range(w.set[THREADS]):
        if k > 0 and matches(w, np.int64(t), address, bits):
            n -= 1
            with_it = combinations(np.int64(n), np.int64(k - 1))
            if rest < with_it:
                k -= 1
                w.s[t * w.set[STRIDE] + SLEEP] = WOKEN
                meet(w, np.int64(t))
            else:
                rest -= with_it


@kernel
def fall_asleep(w: World, t: Int64, reason: Int64) -> None:
    """Let a thread sleep."""
    base = t * w.set[STRIDE]
    w.s[base + STATUS] = ASLEEP
    w.s[base + SLEEP] = reason


@kernel
def newest(w: World, cell: Int64) -> Int64:
    """Return what lies in a cell, or in the newest message of it."""
    a = w.atomic_of[cell]
    if a >= 0:
        return w.value[a, w.count[a] - 1]
    return w.s[w.set[CELL_BASE] + cell]


@kernel
def run_cpu(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do an instruction of the CPU; return 0 or a fault."""
    row = w.code[pc]
    opcode = np.int64(row[op.OP])
    base = t * w.set[STRIDE]
    regs = base + WORDS
    a = operand(w.consts, w.s, regs, np.int64(row[op.A]))
    b = operand(w.consts, w.s, regs, np.int64(row[op.B]))
    latch = w.set[LATCH_BASE]
    own = latch + w.cpu_of[t]
    result = np.int64(0)
    if opcode == op.CPU:
        result = w.cpu_of[t]
    elif opcode == op.NUMA_NODE:
        result = w.node_of[w.cpu_of[t]]
    elif opcode == op.INTERRUPTS_OFF:
        result = w.s[base + FLAGS] & INTERRUPTS
        w.s[base + FLAGS] &= ~INTERRUPTS
    elif opcode == op.INTERRUPTS_RESTORE:
        w.s[base + FLAGS] = (w.s[base + FLAGS] & ~INTERRUPTS) | (a & INTERRUPTS)
    elif opcode == op.PREEMPTION:
        if row[op.X] < 0 and (w.s[base + FLAGS] // PREEMPTION) & 255 == 0:
            return np.int64(-op.PREEMPTION_UNBALANCED)
        w.s[base + FLAGS] += PREEMPTION * row[op.X]
    elif opcode == op.SOFTIRQS:
        if row[op.X] > 0 or w.s[base + FLAGS] >= SOFTIRQS:
            w.s[base + FLAGS] += SOFTIRQS * row[op.X]
    elif opcode != op.IN_NMI:
        return run_system(w, t, pc, choice, a, b)
    if row[op.D] >= 0:
        w.s[regs + row[op.D]] = result
    return np.int64(0)


@kernel
def run_system(w: World, t: Int64, pc: Int64, choice: Int64, a: Int64, b: Int64) -> Int64:
    """Do an instruction that may sleep or wake; return 0 or a fault."""
    row = w.code[pc]
    opcode = np.int64(row[op.OP])
    base = t * w.set[STRIDE]
    regs = base + WORDS
    latch = w.set[LATCH_BASE]
    own = latch + w.cpu_of[t]
    meet(w, t)
    if opcode in (op.KICK, op.CPU_ONLINE, op.CPU_SET_ONLINE, op.EVENT_SEND) and (a < 0 or a >= w.set[CPUS]):
        return np.int64(-op.NO_SUCH_CPU)
    result = np.int64(0)
    if opcode in (op.HALT, op.HALT_IF):
        if opcode == op.HALT_IF or row[op.X] == 1:
            w.s[base + FLAGS] |= INTERRUPTS & (a if opcode == op.HALT_IF else 1)
        if w.s[own] & LATCHED:
            w.s[own] &= ~LATCHED
        else:
            fall_asleep(w, t, np.int64(HALTED))
    elif opcode == op.KICK:
        if w.s[latch + a] & ONLINE and wake(w, np.int64(HALTED), a, np.int64(-1)) == 0 and row[op.X] == 1:
            w.s[latch + a] |= LATCHED
    elif opcode == op.PARK:
        if w.s[base + TOKEN]:
            w.s[base + TOKEN] = 0
        else:
            fall_asleep(w, t, np.int64(PARKED))
    elif opcode == op.UNPARK:
        if a < 0 or a >= w.set[THREADS]:
            return np.int64(-op.NO_SUCH_THREAD)
        if wake(w, np.int64(PARKED), np.int64(-1), a) == 0:
            w.s[a * w.set[STRIDE] + TOKEN] = 1
    elif opcode in (op.FUTEX_WAIT, op.FUTEX_WAKE):
        if a == 0:
            return np.int64(-op.NULL)
        c = operand(w.consts, w.s, regs, np.int64(row[op.C]))
        if opcode == op.FUTEX_WAKE:
            wake_futex(w, a, b, c, choice)
        elif part_of(newest(w, a), np.int64(row[op.Y]), np.int64(row[op.Z])) == b:
            w.s[base + ADDRESS] = a
            w.s[base + WANTED] = c
            fall_asleep(w, t, np.int64(FUTEX))
    elif opcode == op.CPU_ONLINE:
        result = np.int64(w.s[latch + a] & ONLINE != 0)
    elif opcode == op.CPU_SET_ONLINE:
        w.s[latch + a] = (w.s[latch + a] & ~ONLINE) | (ONLINE if b else 0)
    elif opcode == op.EVENT_CLEAR:
        w.s[own] &= ~EVENT_SET
    elif opcode in (op.EVENT_SET, op.EVENT_SEND):
        cpu = a if opcode == op.EVENT_SEND else w.cpu_of[t]
        w.s[latch + cpu] |= EVENT_SET
        wake(w, np.int64(EVENT), cpu, np.int64(-1))
    elif opcode == op.EVENT_PENDING:
        result = np.int64(w.s[own] & EVENT_SET != 0)
    elif opcode == op.EVENT_POLL:
        if w.s[own] & EVENT_SET == 0:
            fall_asleep(w, t, np.int64(EVENT))
    else:
        return np.int64(UNSUPPORTED)
    if row[op.D] >= 0:
        w.s[regs + row[op.D]] = result
    return np.int64(0)


@kernel
def renew(w: World, t: Int64, record: Int64, zero: Int64) -> None:
    """Forget all former messages and accesses of a record; only the thread knows the cells as they are now."""
    first = w.record_base[record]
    for cell in range(first, first + w.record_size[record]):
        a = w.atomic_of[cell]
        column = a if a >= 0 else w.set[ATOMICS] + w.plain_of[cell]
        if a >= 0:
            w.value[a, 0] = np.int64(0) if zero else w.value[a, w.count[a] - 1]
            w.count[a] = 1
            w.glued[a, 0] = 0
            clear_view(w, message_row(w, a, np.int64(0)))
        elif zero:
            w.s[w.set[CELL_BASE] + cell] = 0
        if a >= 0 or w.plain_of[cell] >= 0:
            used = list_rows(w)
            for k in range(used):
                w.views[w.rows[k], column] = 0
            if a < 0:
                w.views[t, column] = (2 << w.set[THREADS]) - 1
                if w.set[USES_ACQ]:
                    w.views[w.set[THREADS] + t, column] = (2 << w.set[THREADS]) - 1


@kernel
def run_storage(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do `alloc` or `free`; return 0, a fault, or BLOCKED."""
    row = w.code[pc]
    regs = t * w.set[STRIDE] + WORDS
    heap = w.set[HEAP_BASE]
    if row[op.OP] == op.ALLOC:
        found = np.int64(-1)
        for record in range(w.set[RECORDS]):
            if found < 0 and w.pool_of[record] == row[op.X] and w.s[heap + record] == 0:
                found = np.int64(record)
        if choice == 0 and found >= 0:
            w.s[heap + found] = 1
            renew(w, t, found, np.int64(row[op.Y]))
            w.s[regs + row[op.D]] = w.record_base[found]
        elif choice == 1:
            w.s[regs + row[op.D]] = 0
        else:
            return np.int64(-1000)
        return np.int64(0)
    if row[op.OP] != op.FREE:
        return np.int64(UNSUPPORTED)
    address = operand(w.consts, w.s, regs, np.int64(row[op.A]))
    if address == 0:
        return np.int64(-op.NULL)
    record = w.record_of[address]
    if record < 0 or w.s[heap + record] == 0:
        return np.int64(-op.DOUBLE_FREE)
    w.s[heap + record] = 0
    return np.int64(0)


@kernel
def execute(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do the visible instruction at `pc`; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED."""
    row = w.code[pc]
    opcode = np.int64(row[op.OP])
    base = t * w.set[STRIDE]
    regs = base + WORDS
    if op.LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, w.s, regs, np.int64(row[op.A]))
        if cell > 0 and w.record_of[cell] >= 0 and w.s[w.set[HEAP_BASE] + w.record_of[cell]] == 0:
            return np.int64(-op.USE_AFTER_FREE)
        return access(w, t, pc, choice)
    if opcode == op.MARK:
        got = operand(w.consts, w.s, regs, np.int64(row[op.B]))
        return mark(w, t, np.int64(row[op.X]), lock_at(w, pc, regs), got)
    if opcode == op.FENCE:
        fence(w, t, np.int64(row[op.X]) & 7)
        return np.int64(0)
    if opcode == op.DOORWAY:
        if w.s[base + PHASE] == DOORWAY:
            w.s[base + PHASE] = WAITING
        return np.int64(0)
    if opcode in (op.RUNNING, op.RANDOM, op.GIVE_UP):
        if opcode == op.RUNNING:
            choice = np.int64(w.s[base + LEFT] != 0)
            if w.s[base + LEFT] > 0:
                w.s[base + LEFT] -= 1
        if opcode == op.RANDOM and operand(w.consts, w.s, regs, np.int64(row[op.A])) == 0:
            return np.int64(-op.RANDOM_OF_ZERO)
        if row[op.D] >= 0:
            w.s[regs + row[op.D]] = choice
        return np.int64(0)
    if op.ALLOC <= opcode <= op.RCU_FREE:
        return run_storage(w, t, pc, choice)
    return run_cpu(w, t, pc, choice)


@kernel
def is_merged(w: World, pc: Int64, regs: Int64, pending: Int64) -> bool:
    """Return whether an instruction may be done in the step before it."""
    row = w.code[pc]
    opcode = row[op.OP]
    if opcode == op.MARK:
        return pending == 0 and (not is_begin(np.int64(row[op.X])) or w.begins[pc] != 0)
    if w.restart[pc]:
        return False
    if opcode in (op.RUNNING, op.CPU, op.NUMA_NODE, op.LOAD, op.STORE):
        return True
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, w.s, regs, np.int64(row[op.A]))
        return cell > 0 and w.atomic_of[cell] < 0
    return False


@kernel
def settle(w: World, t: Int64, pc: Int64) -> Int64:
    """Let a thread run on from `pc` to its next stop; return 0, a fault, or what `execute` says."""
    base = t * w.set[STRIDE]
    regs = base + WORDS
    for _ in range(MERGED_AT_MOST):
        pc = local_run(w.code, w.consts, w.stops, w.s, regs, pc, t)
        if pc < 0:
            return pc
        if w.stops[pc] == op.END:
            return finish(w, t, pc)
        if w.restart[pc] and w.s[base + PHASE] == DOORWAY and not w.set[HAS_DOORWAY]:
            w.s[base + PHASE] = WAITING
        w.s[base + PC] = pc
        if not w.set[MERGES] or not is_merged(w, pc, regs, w.s[base + PENDING]):
            return np.int64(0)
        event = np.int64(w.code[pc, op.X])
        if w.code[pc, op.OP] == op.MARK and is_begin(event):
            w.s[base + PENDING] = (event + 1) | ((lock_at(w, pc, regs) + 1) << 8)
        else:
            result = execute(w, t, pc, np.int64(0))
            if result < 0:
                return result
        pc += 1
    w.s[base + PC] = pc
    return np.int64(0)


@kernel
def finish(w: World, t: Int64, pc: Int64) -> Int64:
    """Let a thread come to its end."""
    base = t * w.set[STRIDE]
    result = pass_pending(w, t)
    w.s[base + PC] = pc
    w.s[base + STATUS] = FINISHED
    for slot in range(w.set[SLOTS]):
        w.s[base + WORDS + slot] = 0
    forget_thread(w, t)
    return result


@kernel
def pass_pending(w: World, t: Int64) -> Int64:
    """Pass the boundary that waits for this step."""
    base = t * w.set[STRIDE]
    pending = w.s[base + PENDING]
    if pending == 0:
        return np.int64(0)
    w.s[base + PENDING] = 0
    return mark(w, t, (pending & 255) - 1, (pending >> 8) - 1, np.int64(1))


@kernel
def act(w: World, t: Int64, choice: Int64) -> Int64:
    """Take a step; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED."""
    base = t * w.set[STRIDE]
    result = pass_pending(w, t)
    if result < 0:
        return result
    pc = w.s[base + PC]
    result = execute(w, t, pc, choice)
    if result < 0:
        return result
    if w.s[base + STATUS] == ASLEEP:
        w.s[base + PC] = pc + 1
    else:
        result = settle(w, t, pc + 1)
    for other in range(w.set[THREADS]):
        base = other * w.set[STRIDE]
        if result >= 0 and w.s[base + SLEEP] == WOKEN:
            w.s[base + SLEEP] = NO_SLEEP
            w.s[base + STATUS] = RUNS
            w.s[base + ADDRESS] = 0
            w.s[base + WANTED] = 0
            result = settle(w, np.int64(other), w.s[base + PC])
    return result


@kernel
def choices(w: World, t: Int64) -> Int64:
    """Return below which number the choices of the next step of a thread lie (some may be BLOCKED)."""
    base = t * w.set[STRIDE]
    regs = base + WORDS
    row = w.code[w.s[base + PC]]
    opcode = row[op.OP]
    a = operand(w.consts, w.s, regs, np.int64(row[op.A]))
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND and a > 0 and w.atomic_of[a] >= 0:
        return w.count[w.atomic_of[a]] - w.views[t, w.atomic_of[a]]
    if opcode == op.RANDOM:
        return max(a, np.int64(1))
    if opcode in (op.GIVE_UP, op.ALLOC):
        return np.int64(2)
    if opcode == op.FUTEX_WAKE:
        n = 0
        for other in range(w.set[THREADS]):
            n += matches(w, np.int64(other), a, operand(w.consts, w.s, regs, np.int64(row[op.C])))
        return combinations(np.int64(n), min(np.int64(n), operand(w.consts, w.s, regs, np.int64(row[op.B]))))
    return np.int64(1)


@kernel
def read_newest(w: World, pc: Int64, regs: Int64) -> Int64:
    """Do a load of what is newest, of no thread; return 0, or -1 if it is no load."""
    row = w.code[pc]
    cell = operand(w.consts, w.s, regs, np.int64(row[op.A]))
    if row[op.OP] not in (op.LOAD, op.ATOMIC_LOAD) or cell == 0:
        return np.int64(-1)
    if row[op.D] >= 0:
        w.s[regs + row[op.D]] = part_of(newest(w, cell), np.int64(row[op.Y]), np.int64(row[op.Z]))
    return np.int64(0)


@kernel
def waits(w: World, t: Int64) -> bool:
    """Return whether a thread stands at an await that is false on the newest messages."""
    base = t * w.set[STRIDE]
    first = w.s[base + PC]
    if w.s[base + STATUS] != RUNS or not w.restart[first]:
        return False
    look = w.set[LOOK_BASE]
    for slot in range(w.set[SLOTS]):
        w.s[look + slot] = w.s[base + WORDS + slot]
    pc = first
    for _ in range(LOOK_AHEAD):
        if read_newest(w, pc, look) < 0:
            return False
        pc = local_run(w.code, w.consts, w.stops, w.s, look, pc + 1, t)
        if pc == first:
            return True
        if pc < 0 or w.stops[pc] == op.END:
            return False
    return True


@kernel
def rest(w: World, entry: Int64) -> Int64:
    """Run an at-rest function on what is newest; return 0 or a fault."""
    look = w.set[LOOK_BASE]
    for slot in range(w.set[SLOTS]):
        w.s[look + slot] = 0
    pc = local_run(w.code, w.consts, w.stops, w.s, look, entry, np.int64(0))
    for _ in range(op.FUEL):
        if pc < 0:
            return np.int64(-op.AT_REST) if pc == -op.ASSERTION else pc
        if w.stops[pc] == op.END:
            return np.int64(0)
        if read_newest(w, pc, look) < 0:
            row = w.code[pc]
            cell = operand(w.consts, w.s, look, np.int64(row[op.A]))
            if row[op.OP] == op.STORE and cell > 0:
                w.s[w.set[CELL_BASE] + cell] = operand(w.consts, w.s, look, np.int64(row[op.B]))
            elif row[op.D] >= 0:
                w.s[look + row[op.D]] = 0
        pc = local_run(w.code, w.consts, w.stops, w.s, look, pc + 1, np.int64(0))
    return np.int64(-op.ENDLESS_LOOP)
