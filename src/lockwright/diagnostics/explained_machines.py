"""What each mistake in a machine file, or in naming a machine, means."""

from __future__ import annotations

MACHINES: tuple[tuple[str, str, str], ...] = (
    (
        "M001",
        "there is no such machine",
        """
        `lockwright machines` lists those that are built in. A machine of your own is a file, named by its path:
        `mymachine.toml`, `./machines/box.toml`.
        """,
    ),
    (
        "M002",
        "the file is not TOML",
        """
        A machine file is TOML: `[table]` in brackets, `key = value` below it, texts in quotes, a number with what
        belongs to it in one line: `{ v = 1, c = "A", s = "mine" }`.
        """,
    ),
    (
        "M003",
        "a machine file has no such key",
        """
        The tables are `topology`, `clock`, `caches`, `core`, `coherence` and `latency`; `anchor` and `facts` take any
        keys. A latency is named by operation, state and distance: `load.M.one_hop`. The distances are those that
        `[topology]` names. A key that is misspelled would otherwise be a number that is silently missing.
        """,
    ),
    (
        "M004",
        "a number is not written as a number is",
        """
        Every number says how far it can be trusted and where it comes from:

            hold = { v = 100, c = "D", s = "curves", origin = "chosen", why = "figure 5" }

        `c` is A (read where it was measured), B (read elsewhere), C (recalled) or D (estimated); `s` is the id of a
        source; `unit = "ns"` where it is not in cycles. `origin` is `measured`, `protocol` or `chosen`.
        """,
    ),
    (
        "M005",
        "a number cannot have that value",
        """
        The message names the range. An access takes one cycle or more and not a million: larger numbers have another
        unit, which `unit = "ns"` says.
        """,
    ),
    (
        "M006",
        "no machine has that topology",
        """
        `[topology]` counts packages, dies in a package, cores on a die and threads of a core, and names the distances
        between dies, the nearest first. `hops` says which dies lie how far apart: `packages` (all equally far),
        `parity`, `hypercube`, `mesh`, or a matrix with a row for each die.
        """,
    ),
    (
        "M007",
        "a number cannot be derived",
        """
        `derive = { from = "xeon80", rule = "ratio" }` takes what is missing from a relative: `copy` the same cycles,
        `copy_ns` the same time, `ratio` scaled by a number that both have (`by = "atomic.M"`). `half_hop` makes `hold`
        of the machine's own latencies. Relatives must not derive from each other in a circle.
        """,
    ),
    (
        "M008",
        "the machine lacks numbers that a run needs",
        """
        Most published machines are incomplete. One that lacks something is listed, and says what; to run it, state the
        number, or take it from a relative with `derive`.
        """,
    ),
    (
        "M009",
        "a number names a source that is not listed",
        """
        Ids are those that `lockwright machines show NAME` lists, or those of the file itself: `[sources]`,
        `mine = "measured here"`.
        """,
    ),
    (
        "M010",
        "the file is no table of core-to-core latencies",
        """
        Expected are as many rows as columns, separated by commas, without a head; the lower triangle has numbers in
        nanoseconds: half of the time of a round trip between two CPUs.
        """,
    ),
    (
        "M011",
        "the machine has no such number",
        "`lockwright machines show NAME` lists every number by its name: `hold`, `min_transfer`, `load.M.one_hop`.",
    ),
    (
        "M012",
        "the latencies do not say where the cores are",
        """
        A machine is found in a table of latencies by groups of CPUs that lie near each other, in groups of such groups.
        Where the groups differ in size, or overlap, there is no topology that a machine file could state.
        """,
    ),
)
