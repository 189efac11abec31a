"""POSIX timers: one global lock against RCU (Linux 8af088710d1e, May 2011).

Sixteen processes call `timer_gettime`, each for its own timer.  Before, every call took one lock of the whole system;
since, a call finds its timer under RCU.  How many calls were made is not published: it is fitted to the system time
*before*, as the time of the processes' own loop is to the user time before.  Everything after is predicted.
"""

from __future__ import annotations

from lockwright.study import Assumption, Given

NAME = "posix-timers"
TITLE = "POSIX timers: one global lock against RCU (Linux 8af088710d1e, 2011)"
MACHINE = "nehalem_ep_2s"
LOCK = "linux_ticket"
CPUS = 16
SPIN = "__ticket_spin_lock"

COMMIT = "Linux 8af088710d1e, commit message"
BEFORE = {"real": 78.669, "user": 1.346, "sys": 77.180}
AFTER = {"real": 3.296, "user": 1.366, "sys": 1.926}
"""Seconds.  The figures of after are compared with, never fitted to."""
SPIN_SHARE = 0.98

GIVEN = [
    Given("2 sockets x 4 cores x 2 threads: 16 CPUs", COMMIT),
    Given("16 processes, each calling timer_gettime() on a timer of its own", COMMIT),
    Given("one ticket spin lock for all timers' numbers, taken with interrupts off", "Linux 2.6.39"),
    Given("98 % of the samples are in the ticket lock, called from lock_timer", COMMIT),
    Given("real 78.669 s, user 1.346 s, sys 77.180 s before: real is user plus sys of one process", COMMIT),
]
ASSUMED = [
    Assumption(
        "call",
        "entering and leaving the kernel",
        52,
        50,
        105,
        "ns",
        "the emptiest system call, gettid, takes 52 ns on an X5550 and 58 ns on an E5520; 105 ns on a Core 2 of 2006",
        "B. Sigoure, How long does it take to make a context switch?, 2010 (timesyscall.c), read in copies",
    ),
    Assumption(
        "work",
        "looking at the timer: reading the clock, converting, copying 32 bytes out",
        30,
        10,
        60,
        "ns",
        "reading the clock takes 14 to 31 ns in the vDSO of later Xeons; a timer that is not armed needs none",
        "G. Sauthoff, On the costs of syscalls (clock_gettime), read here",
    ),
    Assumption(
        "smt_slowdown",
        "what an instruction costs while the core's other thread runs too",
        160,
        133,
        182,
        "%",
        "two threads of a core do 10 to 50 % more than one",
        "the machine's file, where it is estimated; the range is recalled",
    ),
    Assumption(
        "coherence",
        "latency of moving a line, as a part of that of the X5550",
        1.0,
        0.8,
        1.25,
        "",
        "the CPU model is not published; half of the latencies are recalled or derived",
        "the machine's file",
    ),
    Assumption(
        "ghz",
        "clock",
        2.67,
        2.27,
        2.93,
        "GHz",
        "the CPU model is not published: E5520 to X5570 have this form",
        "vendor's list of the Xeon 5500 series",
    ),
]
