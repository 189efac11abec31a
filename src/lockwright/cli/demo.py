"""What `make demo` shows: a lock proved under three memory models, one that was once merged failing, the gallery."""

from __future__ import annotations

import sys

from lockwright.cli.main import run
from lockwright.cli.status import Status

_PARTS = (
    ("the ticket lock of Linux 3.2: both tickets in one word, taken with one xadd", ["linux_ticket"], Status.FINE),
    (
        "the paravirtual ticket lock as it was merged in 2013: spin, then halt; the releaser kicks",
        ["pv_ticket_2013"],
        Status.FINDING,
    ),
    (
        "the same lock as Linux 3.12 released it",
        ["pv_ticket", "--threads", "2", "--acquire", "1", "--memory", "tso"],
        Status.FINE,
    ),
)


def demo() -> int:
    """Run each part and return 0 if all came out as they should."""
    good = True
    for title, arguments, expected in _PARTS:
        print(f"\n# {title}\n$ lockwright check {' '.join(arguments)}\n", flush=True)
        good &= run(["check", *arguments]) == expected
    print("\n# bugs that kernel locks and structures had, found and cured\n$ lockwright gallery\n", flush=True)
    good &= run(["gallery"]) == Status.FINE
    print("\n# a published experiment on a model of its machine\n$ lockwright study posix-timers\n", flush=True)
    good &= run(["study", "posix-timers"]) == Status.FINE
    print("\nYour own: write ten lines like `lockwright show ticket` shows, then `lockwright check mylock.py`.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(demo())
