"""Where things stand in the vector of a state while it is worked on, and in the vector of the search's parameters."""

from __future__ import annotations

# The block of one thread.  Its first numbers are the frame that runs: a handler's, or the thread's own.
(
    PC, PHASE, SLEEP, SLEEP_ADDRESS, SLEEP_BITS, HANDLER,
    LEFT, BUFFERED, MASKED, UNPREEMPTED, SOFTIRQS_OFF, TOKEN, READING, DEPTH, ON_CPU, SLOT
) = range(16)  # fmt: skip
FRAME = 6
"""Numbers of a frame; the slots of a handler are its own, so that they need not be kept."""
AWAKE, HALTED, PARKED, ON_FUTEX, ON_EVENT, ON_READERS = range(6)
ENTRY = 3  # numbers of a buffered store: address, value, row

# Parameters.
(
    THREADS, BLOCK, SLOTS, BUFFER, CAPACITY, MEMORY, CELLS, HOLDERS, LOCKS, LATCHES, OFFLINE, EVENTS, RECORDS,
    RECORD_COUNT, CPUS, TSO, FOREVER, MERGE, DEAD, RACES, SUBJECT, REST, LOG, LOGGED, ACCESSES, ACCESSED, KEEP,
    STATE_END,
    WORDS, AT_RESTS, HAS_HEAP, ELEMENTS, SYMMETRIC, TICKET_GROUPS, TOTAL, FIRST_FAULT, OUTCOMES, PLAIN_CELLS, LEAKS,
    HANDLERS, FRAMES, ARRIVALS, RAISED, DEFERRED, POOL_ROWS, HANDLER_ROWS, CPU_ROWS, SHARES_CPUS, MIGRATES,
    SHORT_OF, OWN_WORDS, DRAINS_FIRST, PENDING, REMEMBERS, MOST_BLOCKS, MOST_STEPS,
) = range(56)  # fmt: skip
PARAMETERS = 64

# Columns of what is known of each row of code.
CLASS, LIVE, RESTART, HAS_DOORWAY, UNDISTURBED, ASKS_CPU, DEAD_WORDS, DRAINS = range(8)
ROW_FACTS = 8

# Classes of rows: how a row takes part in a move.
STOP, LEAD, PASS, DYNAMIC = range(4)

# Columns of what is known of each cell.
KIND, RECORD, ELEMENT, INNER, OWN = range(5)
CELL_FACTS = 5

# Columns of the rows of `tables` that describe a handler, and flags in the last.
ENTRY_ROW, ONLY_CPU, FLAGS = range(3)
MASKABLE, SOFTIRQ, RAISABLE = 1, 2, 4

DISABLED = -100
"""A step that cannot happen now."""
