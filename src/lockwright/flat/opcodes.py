"""Numbers for what flat code says: opcodes, orders, mark events, faults, register kinds.

Kernels import these as plain module constants, which numba freezes into machine code.
"""

from __future__ import annotations

from lockwright.ir.table import Order

# Columns of a row of code.
OP, D, A, B, C, BITS, X, Y, Z, SOURCE = range(10)
COLUMNS = 10
SIGNED = 256  # in BITS
NONE = ~0  # an operand that is absent: constant number 0, which is 0

# Registers only.
COPY, CONVERT, ADD, SUB, MUL, DIV, MOD, AND, OR, XOR, SHL, SHR, MIN, MAX = range(1, 15)
INVERT, NEGATE, NOT, EQ, NE, LT, LE, GT, GE, PART, PACK = range(15, 26)
ROOT, FIELD, ELEMENT, PART_ADDRESS = range(26, 30)
NOW, THREAD, EXTENT, NUMA_NODE_EXISTS = range(30, 34)
PAUSE, COMPUTE, JUMP, BRANCH, RETURN, ASSERT = range(34, 40)
# Memory.
LOAD, STORE, ATOMIC_LOAD, ATOMIC_STORE, EXCHANGE, COMPARE_EXCHANGE = range(40, 46)
FETCH_ADD, FETCH_SUB, FETCH_OR, FETCH_AND, FENCE, PATCH = range(46, 52)
# Choices and marks.
RUNNING, RANDOM, GIVE_UP, MARK, DOORWAY = range(52, 57)
# CPUs and threads.
CPU, NUMA_NODE, HALT, HALT_IF, KICK, CPU_ONLINE, CPU_SET_ONLINE, PARK, UNPARK, FUTEX_WAIT, FUTEX_WAKE = range(57, 68)
INTERRUPTS_OFF, INTERRUPTS_RESTORE, PREEMPTION, SOFTIRQS, IN_NMI, RAISE_INTERRUPT = range(68, 74)
EVENT_CLEAR, EVENT_SET, EVENT_PENDING, EVENT_POLL, EVENT_SEND = range(74, 79)
# Storage.
ALLOC, FREE, RCU_READ, RCU_SYNCHRONIZE, RCU_FREE = range(79, 84)

OPCODE: dict[str, int] = {
    name.lower(): value
    for name, value in globals().items()
    if name.isupper()
    and isinstance(value, int)
    and name not in {"COLUMNS", "SIGNED", "NONE", "OP", "D", "A", "B"}
    and name not in {"C", "BITS", "X", "Y", "Z", "SOURCE"}
}
"""The opcode of each mnemonic; `call` and `call_table` have none, since `inline` removes them."""

RELAXED, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST, PLAIN = range(6)
ORDER: dict[Order, int] = {
    Order.RELAXED: RELAXED,
    Order.ACQUIRE: ACQUIRE,
    Order.RELEASE: RELEASE,
    Order.ACQ_REL: ACQ_REL,
    Order.SEQ_CST: SEQ_CST,
}

EVENTS = (
    "lock_begin", "lock_end", "trylock_begin", "trylock_end", "unlock_begin", "unlock_end",
    "read_lock_begin", "read_lock_end", "read_unlock_begin", "read_unlock_end",
    "write_lock_begin", "write_lock_end", "write_unlock_begin", "write_unlock_end",
)  # fmt: skip
"""What a mark may say, by number."""

FAULTS = (
    "none", "two_holders", "not_holder", "null", "index_out_of_range", "shift_out_of_range", "division_by_zero",
    "assertion", "endless_loop", "at_rest", "use_after_free", "double_free", "leak", "data_race", "random_of_zero",
    "no_such_cpu", "no_such_thread", "preemption_unbalanced",
)  # fmt: skip
"""Faults that a step may end in, by number; a kernel returns the negative number."""
(
    NO_FAULT, TWO_HOLDERS, NOT_HOLDER, NULL, INDEX_OUT_OF_RANGE, SHIFT_OUT_OF_RANGE, DIVISION_BY_ZERO,
    ASSERTION, ENDLESS_LOOP, AT_REST, USE_AFTER_FREE, DOUBLE_FREE, LEAK, DATA_RACE, RANDOM_OF_ZERO,
    NO_SUCH_CPU, NO_SUCH_THREAD, PREEMPTION_UNBALANCED,
) = range(18)  # fmt: skip

# Kinds of registers and cells: `TICKET + group`, `WORD + index into word_kinds`.
VALUE_KIND, THREAD_KIND, POINTER_KIND = 0, 1, 2
TICKET_KIND = 8
WORD_KIND = 64

# What `visible` says of a row.
INVISIBLE, VISIBLE, END = 0, 1, 2
FUEL = 100_000
"""Instructions that a thread may run between two stops before the loop is called endless."""
