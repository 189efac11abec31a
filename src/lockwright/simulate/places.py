"""Where things stand in the arrays of a simulation: columns, states, parameters, limits."""

from __future__ import annotations

TICKS_PER_CYCLE = 4

# A key of the event queue: time, then what happens, then the number of the line or thread.
NUMBER_BITS = 23
KIND_SHIFT = NUMBER_BITS  # 0: a line serves; 1: a thread goes on
TIME_SHIFT = NUMBER_BITS + 1
MOST_LINES = 1 << NUMBER_BITS
NEVER = (1 << 39) - 1
"""A tick that no run reaches: 34 simulated seconds at 4 GHz."""
LATEST = (1 << 63) - 1
"""The key of no event."""

# Columns of a thread, eight to a cache line: those first that a waiter needs who reads again.
(
    PC, TIME, STATE, EVENT_AT, ARRIVES, WATCHED, RESTART, IS_CLEAN,
    ROUND_TICKS, ROUND_ROWS, PERIOD, ROWS_PER_ROUND, IS_LATE, CHANCE, ROUNDS, ACQUIRED,
    BUFFER_LINE, BUFFER_UNTIL, BUFFER_ADDRESS, BUFFER_VALUE, BUFFER_ROW, IS_BLOCKED,
    WAITS_FOR, WAITS_SINCE, BEFORE, BEHIND, BYPASSED, IN_LINE,
    TOKEN, LATCH, EVENT, SLEEP_ADDRESS, SLEEP_BITS, READING, AWAITED_GRACE, MASKED, RUNS_FROM, DUE, ALARM, LEFT,
) = range(40)  # fmt: skip
THREAD_COLUMNS = 40

# States of a thread.
RUNNING, QUEUED, ASLEEP, REREADING, PARKED, ON_FUTEX, HALTED, ON_EVENT, ON_READERS, DONE = range(10)
FIRST_SLEEP_OF_SYSTEM = PARKED

WATCHES = 4
"""Lines that one round of a loop may read for its thread to sleep."""
LONGEST_PERIOD = 1000 * TICKS_PER_CYCLE
COUNTERS = 4
"""Slots that one round of a loop may count up or down for its thread to sleep."""

# Columns of a line.
COHERENCE, OWNER, FREE_AT, READY_AT, SERVE_AT, HOME, QUEUE, LAST_NODE, ARRIVED_AT, WRITES = range(10)
LINE_COLUMNS = 10
NONE = -1

# Columns of a request: number t is thread t's load or update, number threads + t its store.
NEXT, LINE, SINCE, KEPT = range(4)
REQUEST_COLUMNS = 4
HEAD, TAIL = range(2)

# Classes of rows.
(
    LOCAL, LOAD, STORE, UPDATE, FENCE, MARK, DOORWAY, RUNNING_ROW, RANDOM, END, SYSTEM, STORAGE,
) = range(12)  # fmt: skip

# Columns of a straight stretch of local rows: how many they are from a row on, and what they take.
LENGTH, TICKS = range(2)

# Columns of what is counted for each row.
COUNT, STALL, MISSES, MISPREDICTED, POLLS, POLLED_ROWS = range(6)
ROW_COUNTERS = 8  # a cache line

# Columns of a lock.
FIRST_WAITER, LAST_WAITER, WAITERS, RELEASED_AT, RELEASED_BY, ACQUIRED_AT, HOLDERS, READERS, HELD_BY = range(9)
LOCK_COLUMNS = 9

# Parameters and counters of the run.
(
    THREADS, SLOTS, WORDS, DISTANCES, NODES, BY_NODE, REREADS_LAST, HOLD, LOCAL_RESOLVE, READ_TICKS, READ_PERCENT,
    MIN_TRANSFER, RETENTION, HAS_OWNED, LOAD_HIT, STORE_HIT, UPDATE_HIT, FENCE_TICKS, MISPREDICT, SMT, SMT_PERCENT,
    HEAP, CHANCE_OF_ALL, TURN, FREE_QUEUES, STOP_ROUNDS, TOTAL_ROUNDS, ACCESSES, TRANSFERS, FRONT, FAULT,
    FAULT_THREAD, FAULT_ROW, FAILED, ALIVE, NOW, IS_FIFO, ACQUISITIONS, LONGEST_BYPASS, HANDOFFS,
    HANDOFF_TICKS, WAITERS_SEEN, LONGEST_WAIT, MOST_EVENTS, TRACKED, SYSTEM_CALL, WAKE_UP, ALLOC_TICKS, POOLS,
    DEFERRED, GRACE, GRACE_WAITS, NICE, L1_SETS, L1_WAYS, L2_SETS, L2_WAYS, L2_TICKS,
    LAST_SETS, LAST_WAYS, LAST_TICKS, BATCH, BATCH_WANTED, IDLE, REREADS, REREAD_TICKS,
    SECTIONS, SECTION_TICKS, COUNTED, OVERLAPS,
) = range(70)  # fmt: skip
PARAMETERS = 80

# How a stretch of the run ended.
WENT_ON, REACHED, ENDED, STUCK, FAULTED, OUT_OF_TIME = range(6)

# Histograms of waiting times: 8 steps to each doubling.
STEPS_BITS = 3
HISTOGRAM = 40 << STEPS_BITS
