"""Exit statuses, the same for every command."""

from enum import IntEnum


class Status(IntEnum):
    """What the shell learns."""

    FINE = 0  # or proved
    FINDING = 1
    INPUT = 2  # what the user gave is wrong
    OPEN = 3  # not exhausted, or not covered
    OUR_BUG = 70
    INTERRUPTED = 130
