"""What the faults that a check finds mean and what usually causes them, and mistakes in how lockwright is called."""

from __future__ import annotations

VERDICTS: tuple[tuple[str, str, str], ...] = (
    (
        "V001",
        "two holders",
        """
        Two threads are between taking and releasing one lock (for a reader-writer lock: a writer and anybody else).
        Usual causes: a test and a store where one `exchange` or `compare_exchange` is needed; an order weaker than
        `acquire` at taking or `release` at releasing; a ticket or count that wraps; a carry out of one part of a
        word.
        """,
    ),
    (
        "V002",
        "unlock by a thread that does not hold the lock",
        """
        A thread releases a lock that it has not taken, or has released already. Usual causes: an explicit `unlock`
        inside a `with`; a way through a function on which the lock was not taken; a `trylock` whose result is
        unused.
        """,
    ),
    (
        "V003",
        "data race",
        """
        Two threads access one plain field, one of them writes it, and nothing orders the two accesses. Under `c11`
        such a program has no meaning; on x86 a compiler may still break it. Usual causes: the field is used outside
        the lock; the lock itself is too weak (`relaxed` where `acquire` or `release` is needed). Cure: hold the
        lock, make the field atomic, or strengthen the order.
        """,
    ),
    (
        "V004",
        "deadlock",
        """
        Nobody can go on, and a thread that waits holds a lock. Usual causes: two locks taken in two orders; a lock
        taken twice by one thread; an interrupt handler that takes the lock of the thread that it interrupted.
        """,
    ),
    (
        "V005",
        "lost wake-up",
        """
        A thread sleeps, or waits for a value, and what should have woken it came too early. Usual causes: the test
        and the sleep are two steps; a kick without a latch; the flag that says `somebody sleeps` is written after
        the test, or is still in the store buffer of its CPU when the releaser reads it.
        """,
    ),
    (
        "V006",
        "a wait that nobody ends",
        """
        A thread waits in a loop, and no thread will ever write what it waits for. Usual causes: a release that is
        missing on one way; a value that was overwritten before the waiter read it; a comparison with the wrong
        width.
        """,
    ),
    (
        "V007",
        "starvation",
        """
        A thread waits for ever while others take the lock again and again, in a schedule in which every thread that
        can run does run. A simple test-and-set lock has it by design; a lock that promises `fifo=True` must not.
        """,
    ),
    (
        "V008",
        "first come, first served is broken",
        """
        One thread finished its doorway before another began its own, and yet the other entered first. The doorway
        ends at the first wait of `lock`, or where `doorway()` stands. Usual causes: a place in the queue that is
        taken in two steps; a fast path that overtakes waiters.
        """,
    ),
    (
        "V009",
        "bypass bound exceeded",
        "A waiting thread was overtaken more often than is allowed: others that came after it entered before it.",
    ),
    (
        "V010",
        "use after free",
        """
        A thread accesses a record after it was freed. Usual causes: `free` where readers may still hold a reference
        (`rcu_free` waits for them); a reference kept after the lock that guarded it was released; overlaid fields
        of a `Union` that are written while a reader still uses the record.
        """,
    ),
    (
        "V011",
        "double free",
        """
        A record is freed twice. Usual causes: two threads that both found it; an error path that frees what the
        normal path frees too.
        """,
    ),
    (
        "V012",
        "leak",
        """
        When all threads are done, a record is allocated and no field leads to it. Usual causes: a record that lost
        a race for its place and was not freed; a return between `alloc` and the store that publishes it.
        """,
    ),
    (
        "V013",
        "index out of range",
        """
        An index is not below the length of its array, or is negative. Usual causes: an index by `thread()` or
        `cpu()` into an array of a fixed length; a hash that is not masked.
        """,
    ),
    (
        "V014",
        "shift out of range",
        """
        A shift by as many bits as the value has, or more, has no one meaning: processors differ. Test the count
        first, or convert the value to a wider type.
        """,
    ),
    (
        "V015",
        "division by zero",
        "The right side of `//` or `%` is zero. Test it first.",
    ),
    (
        "V016",
        "null pointer followed",
        """
        A pointer that is null is followed: the field of a record that is not there. Usual causes: memory that
        `setup` did not fill; a pointer that another thread set to `None` between a test and a use.
        """,
    ),
    (
        "V017",
        "assertion failed",
        "An `assert` of the program is false in some schedule. The steps show one of the shortest schedules.",
    ),
    (
        "V018",
        "not conserved at rest",
        """
        When all threads are done and all stores have reached memory, an `assert` in `at_rest` is false. Usual
        cause: an update was lost, since two threads read the same value, or the lock did not keep them apart.
        """,
    ),
    (
        "V019",
        "a loop that never ends",
        "A loop that touches only locals does not end: no other thread can end it.",
    ),
    (
        "V020",
        "random(0) has no value",
        """
        `random(n)` gives a number below `n`, and there is none below 0. Usual cause: a back-off limit that wrapped
        to 0.
        """,
    ),
    (
        "V021",
        "no such CPU",
        "A CPU is named that this run does not have. CPUs are counted from 0 to `cpus() - 1`.",
    ),
    (
        "V022",
        "no such thread",
        "A thread is named that this run does not have. Threads are counted from 0 to `threads() - 1`.",
    ),
    (
        "V023",
        "preemption is turned on more often than off",
        "`preemption_on` stands on a way on which `preemption_off` does not. The two nest, and must pair.",
    ),
)

USAGE: tuple[tuple[str, str, str], ...] = (
    (
        "U001",
        "the command line is not understood",
        "`lockwright --help` lists the commands, `lockwright check --help` the options of one.",
    ),
    (
        "U002",
        "a file cannot be read or written",
        """
        Results go to a file in a folder that exists and that you may write to. A file is written whole or not at
        all; what cannot be written is refused before anything is explored.
        """,
    ),
    (
        "U003",
        "an option has a value that it cannot have",
        "The message names the option and what it takes.",
    ),
    (
        "U004",
        "there is no such lock, class, type argument or parameter",
        """
        A lock is named by what is built in (`lockwright locks` lists it) or by a file. Type arguments stand in
        brackets, values of `Param`s behind a colon: `ticket[u8]`, `ticket_backoff:shortest=32`, `mylock.py:MyLock`.
        """,
    ),
    (
        "U005",
        "what is named is not written as a lock is",
        "Write `NAME`, `NAME[ARGUMENT]`, `NAME:PARAMETER=NUMBER`, `FILE.py` or `FILE.py:CLASS`.",
    ),
    (
        "U006",
        "a file has several locks or workloads",
        """
        If a file has one `Workload`, that is what runs; else its one lock. If there are several, say which:
        `FILE.py:CLASS`.
        """,
    ),
    (
        "U007",
        "there is no such code",
        "Codes stand in brackets in each message: `error[L012]`.",
    ),
    (
        "U008",
        "a thread is on a NUMA node that the run does not have",
        "`--nodes` names the nodes that exist, by their ids; `@workers(n, node=...)` must name one of them.",
    ),
    (
        "U009",
        "a program has too much memory to be explored",
        "A state holds every field and element. Paths show with small arrays; the size is a `Param` for that.",
    ),
    (
        "U010",
        "a litmus test is not written in the format of herd",
        r"""
        The file begins with `X86 NAME`; then come the first values in braces, one column of instructions for each
        processor, and a condition: `exists (0:EAX=0 /\ 1:EAX=0)`.
        """,
    ),
    (
        "U011",
        "a litmus test uses what is not supported",
        "The instructions and forms of conditions that are supported are listed in the message.",
    ),
    (
        "U012",
        "a program has what a simulation does not run",
        """
        A simulation has a thread on each CPU, in the order of the workers, and all CPUs online: no interrupts, no
        CPU that goes offline, no worker on the CPU of another. `lockwright check` runs all of that.
        """,
    ),
    (
        "U020",
        "a trace cannot be replayed",
        """
        A trace belongs to the text of the program from which it was made, and to its settings. Check again and
        write the trace anew.
        """,
    ),
)
