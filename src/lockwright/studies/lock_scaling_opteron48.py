"""How spin locks scale on two 48-core Opterons: SOSP 2013, figure 5, and the collapse of OLS 2012.

This is no prediction: the form of the coherence model, `read_occupancy` of the one machine, `min_transfer` of the other
and the poll periods were chosen with these figures in view.  What it shows is how much one form explains, and where it
does not.
"""

from __future__ import annotations

from lockwright.study import Assumption, Given

NAME = "lock-scaling-opteron48"
TITLE = "Spin locks on 48 cores: SOSP 2013 figure 5, and where ticket locks collapse (OLS 2012)"
MACHINE, COLLAPSE_MACHINE = "opteron48", "amd48"

THREADS = (6, 12, 24, 36, 48)
MOPS = {
    "TAS": (2.00, 0.85, 0.32, 0.19, 0.17),
    "TTAS": (1.35, 0.83, 0.42, 0.21, 0.14),
    "TICKET": (2.05, 1.67, 1.32, 0.97, 0.65),
    "ARRAY": (2.10, 1.67, 1.36, 1.28, 1.27),
    "MCS": (2.40, 1.95, 1.66, 1.58, 1.52),
    "CLH": (2.50, 1.98, 1.68, 1.58, 1.55),
}
"""Millions of acquisitions a second, by `THREADS`; read by eye, to 0.1 or, below 0.3, to 0.05."""
ONE_THREAD_MOPS = 22.0
FETCH_AND_ADD_MOPS = {6: 17.0, 48: 8.5}
"""Read by eye, to 2."""
CLASSES = {"TAS": "Tas", "TTAS": "Ttas", "TICKET": "Ticket", "ARRAY": "Anderson", "MCS": "Mcs", "CLH": "Clh"}
POLLS = {"TICKET": 256, "ARRAY": 600, "MCS": 600, "CLH": 600}

COLLAPSES = (
    # section, part of it of the time of one thread, last good CPUs, CPUs after the fall, speed-up at 48
    (400, 0.032, 9, 10, 0.6),
    (400, 0.020, 12, 13, 1.0),
    (400, 0.004, 28, 30, 4.8),
    (400, 0.002, 41, 42, 11.8),
    (1600, 0.020, 23, 24, 3.7),
    (25600, 0.020, None, None, 47.8),
)
TARGET_WITH_POLLS, TARGET_WITHOUT, TARGET_COLLAPSE = 1.12, 1.27, 1.15

SOSP, OLS = "SOSP 2013, figures 4 and 5", "OLS 2012, figures 8 and 9"
GIVEN = [
    Given("4 x AMD Opteron 6172: 48 cores on 8 dies", SOSP),
    Given("threads take one lock, read and write one shared line, release, pause and go round", SOSP),
    Given("the latency of every operation by state and distance, in cycles", "SOSP 2013, table 2"),
    Given("8 x six-core Opteron 8431; a ticket lock on one line, a section of s cycles, a part f of the time", OLS),
]
ASSUMED = [
    Assumption("think", "cycles after a release", 60, 0, 600, "cycles", "from 1 thread; all else is saturated", SOSP),
    Assumption("loop", "cycles to go round", 10, 0, 20, "cycles", "a handful of instructions", "the library's loop"),
    Assumption("shortest", "TTAS: the first limit of the back-off", 16, 1, 64, "cycles", "not published", "textbooks"),
]
