"""Where things stand in the vector of a state while it is worked on, and in the vector of the search's parameters."""

from __future__ import annotations

# The block of one thread.
(
    PC, LEFT, PHASE, SLEEP, SLEEP_ADDRESS, SLEEP_BITS, BUFFERED, MASKED, UNPREEMPTED, SOFTIRQS_OFF, TOKEN, SLOT
) = range(12)  # fmt: skip
AWAKE, HALTED, PARKED, ON_FUTEX, ON_EVENT = range(5)
ENTRY = 3  # numbers of a buffered store: address, value, row

# Parameters.
(
    THREADS, BLOCK, SLOTS, BUFFER, CAPACITY, MEMORY, CELLS, HOLDERS, LOCKS, LATCHES, OFFLINE, EVENTS, RECORDS,
    RECORD_COUNT, CPUS, TSO, FOREVER, MERGE, DEAD, RACES, SUBJECT, REST, LOG, LOGGED, ACCESSES, ACCESSED, KEEP,
    STATE_END,
    FIELDS, WORDS, AT_RESTS, HAS_HEAP, ELEMENTS, SYMMETRIC, TICKET_GROUPS, TOTAL, FIRST_FAULT, OUTCOMES, PLAIN_CELLS,
    THREAD_FIELDS, LEAKS,
) = range(41)  # fmt: skip
PARAMETERS = 48

# Columns of what is known of each row of code.
CLASS, LIVE, RESTART, HAS_DOORWAY = range(4)
ROW_FACTS = 4

# Classes of rows: how a row takes part in a move.
STOP, LEAD, PASS, DYNAMIC = range(4)

# Columns of what is known of each cell.
KIND, RECORD, ELEMENT, INNER = range(4)
CELL_FACTS = 4

DISABLED = -100
"""A step that cannot happen now."""
