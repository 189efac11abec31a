"""What each mistake in a file of a profiler means."""

from __future__ import annotations

PROFILES: tuple[tuple[str, str, str], ...] = (
    (
        "P001",
        "a file of no kind that is known",
        """
        What a file is, is told by its lines, not by its name. The message shows the first line that is of no kind,
        the kind whose words it has most of, and what was looked for. Text may be quoted as in a mail, indented, cut
        off, or in gzip. `perf script` and `perf report --stdio` write what is read best.
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
)
