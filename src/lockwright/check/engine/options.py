"""What an exploration may leave out, and what it keeps."""

from __future__ import annotations

from dataclasses import dataclass

MOST_RECORDS = 16
"""Records of one struct that threads may have at once; a run that wants more is given up: it may want ever more."""


@dataclass(frozen=True, slots=True)
class Options:
    """Switches of an exploration; every reduction can be turned off alone."""

    dead_registers: bool = True  # registers that nobody reads any more count as 0
    merge: bool = True  # steps that others cannot see are part of the step before
    partial_order: bool = True  # what nobody else can name is not seen
    dead_words: bool = True  # own words that a thread writes before anybody reads them count as 0
    symmetry: bool = True  # threads that differ only in their number are one
    tickets: bool = True  # modular tickets count from the one that is served
    races: bool = True  # report conflicting plain accesses (off: plain accesses are steps like any other)
    keep_graph: bool = True  # keep edges, phases and statuses
    stop_at_fault: bool = False
    outcomes: bool = False  # collect the values of plain cells in final states

    @classmethod
    def raw(cls, *, keep_graph: bool = True, stop_at_fault: bool = False, outcomes: bool = False) -> Options:
        """Return options without any reduction but dead registers: one visible instruction for each move."""
        return cls(
            merge=False, partial_order=False, dead_words=False, symmetry=False, tickets=False, races=False,
            keep_graph=keep_graph, stop_at_fault=stop_at_fault, outcomes=outcomes,
        )  # fmt: skip
