"""The published cases: 75 of 2012 to 2026, and eleven commits of Linux."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """What was slow somewhere, what was done, and what came of it; empty or None is what its source does not say.

    Args:
        id: `K01` to `K75`; `C01` to `C11` for the eleven commits.
        year: When.
        project: Where.
        change: What was done.
        source: Where it stands.
        cure: The class of cure.
        machine: On what.
        workload: Of what.
        threads: How many, or from how many to how many.
        lock: Its name.
        lock_kind: What kind of lock.
        caller: Who wanted it.
        share_percent: Of the profile before.
        share_of: Of which symbol.
        metric: What was measured.
        unit: Of `before` and `after`.
        before: The figure before.
        after: The figure after.
        gain: How many times better, by the author's best row.
        derived: Whether the gain is arithmetic on the two figures.
        failed: Whether it was taken back, slower, no better, or contention only moved.
        limit: Why it failed, or what it costs.
        outcome: What became of it.
    """

    id: str
    year: int
    project: str
    change: str
    source: str
    cure: str
    machine: str = ""
    workload: str = ""
    threads: str = ""
    lock: str = ""
    lock_kind: str = ""
    caller: str = ""
    share_percent: float | None = None
    share_of: str = ""
    metric: str = ""
    unit: str = ""
    before: float | None = None
    after: float | None = None
    gain: float | None = None
    derived: bool = False
    failed: bool = False
    limit: str = ""
    outcome: str = ""

    @property
    def measured(self) -> str:
        """What was measured and on what, in one line."""
        return ", ".join(one for one in (self.metric, self.workload, self.machine) if one)

    @property
    def is_commit(self) -> bool:
        """Whether it is one of the eleven commits."""
        return self.id.startswith("C")
