"""What each mistake in a file of a profiler means."""

from __future__ import annotations

PROFILES: tuple[tuple[str, str, str], ...] = (
    (
        "P001",
        "a file of no kind that is known",
        """
        What a file is, is told by its lines, not by its name. The message shows the kind whose words it has most
        of, the line that has most of them, and what was looked for. Text may be quoted as in a mail, wrapped, from a
        web page or a log, indented, cut off, or in gzip. `perf script` and `perf report --stdio` write what is read
        best.
        """,
    ),
    (
        "P002",
        "an empty file",
        """
        Nothing can be said of it. A profiler that was not permitted to look, or recorded nothing, often leaves one:
        its messages are on standard error. `perf lock contention` writes its table there too: `2> table.txt`.
        """,
    ),
    (
        "P003",
        "a file that is no text",
        """
        `perf.data` holds addresses whose names only the machine knows where it was recorded. Make text of it there:
        `perf script -i perf.data > perf.txt`.
        """,
    ),
    (
        "P004",
        "a profile with nothing in it",
        """
        The file has the form of a profile, but no sample and no wait for a lock was read: it was cut after its head,
        or only the ends of waits were recorded.
        """,
    ),
    (
        "P005",
        "a file of a profiler that is not read",
        "The kind is known, but nothing reads it. The message says what to give instead, from the same recording.",
    ),
    (
        "P006",
        "a command that was not recorded",
        """
        `--command` takes names of commands as perf has them (comm: the first 15 letters of a thread's name, which
        programs may change), or patterns such as `kworker/*`. The message lists those of the file. Tables sorted
        by function alone tell no commands.
        """,
    ),
    (
        "P030",
        "nothing to write",
        """
        Folded stacks, speedscope and pprof hold stacks and what they weigh. The file that was read has neither samples
        nor waits: a table of cache lines, for example.
        """,
    ),
    (
        "P031",
        "a profile too heavy for pprof",
        """
        pprof holds whole numbers up to 2⁶³−1, and the weights of one event add up to more. No machine counts that
        far: look for a line of the file with a number too many. Folded stacks and speedscope have no such limit.
        """,
    ),
    (
        "P020",
        "no perf that runs here",
        """
        `lockwright record` lets `perf` of the kernel's sources do the recording. The message has the command that
        installs it; on Ubuntu perf is a script that looks for the one of the running kernel, and says so if that is
        missing. Where nothing may be installed, record elsewhere: `lockwright profile FILE` reads what perf wrote.
        """,
    ),
    (
        "P021",
        "perf may not record this",
        """
        Who may watch what is set by kernel.perf_event_paranoid: -1 allows all of it, 1 and more forbids all CPUs at
        once, 2 and more the kernel, 3 and more (on Debian and Ubuntu) everything, unless you are root or perf has the
        capability CAP_PERFMON. In a container the host decides.
        """,
    ),
    (
        "P022",
        "a command that does not start",
        """
        It is not in the folders of `PATH`, is a folder, may not be executed, or is neither a program nor a script
        with `#!` in its first line. What the shell itself does (aliases, `cd`, pipes) needs one: `-- sh -c '...'`.
        """,
    ),
    (
        "P023",
        "no such process",
        "Nothing with this number runs, or no longer. `pgrep NAME` finds the number of a program that runs.",
    ),
    (
        "P024",
        "perf fails",
        """
        perf started and gave up; its own words are in the message. `lockwright record --dry-run -- COMMAND` prints the
        commands, to try them by hand. A call graph by `lbr` needs a processor of Intel, `dwarf` a perf that was built
        with libunwind or libdw.
        """,
    ),
    (
        "P025",
        "nothing was recorded",
        """
        No sample and no wait: what was recorded hardly ran, or only slept outside of locks. Samples count time on a
        CPU; a program that waits for the network or a disk has few.
        """,
    ),
    (
        "P040",
        "one side of a comparison is missing",
        """
        A comparison needs recordings of before and of after: `lockwright diff BEFORE AFTER`, or several runs a side,
        `--before A B C --after D E F`. One file alone has both sides only if `perf diff` wrote it.
        """,
    ),
    (
        "P041",
        "lengths of runs that do not fit",
        """
        `--before-seconds`, `--before-work` and those of after take numbers above zero: one for all runs of the side, or
        one for each, in the order of the files. Work is how many operations a run did: requests, files, transactions.
        """,
    ),
    (
        "P042",
        "runs of one side that have nothing in common",
        """
        Several runs of a side are taken together, so all of them must have sampled the same event: `cycles` and
        `cpu-clock` are not the same, and waits for locks are no samples. Record all runs with one command.
        """,
    ),
    (
        "P043",
        "two sides of different kinds",
        """
        Samples say where time was spent on a CPU, lock events how long was waited: one cannot be subtracted from the
        other. Record both sides in the same way.
        """,
    ),
    (
        "P044",
        "a table that is none",
        """
        `--table` takes three columns: a number of threads, what was measured before, and after. A first line of words
        is allowed; commas, semicolons, tabs or spaces part the cells. Each number of threads stands once.
        """,
    ),
)
