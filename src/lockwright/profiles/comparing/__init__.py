"""Two sides of recordings against each other: shares with intervals, costs, waits, and what changed in words."""

from lockwright.profiles.comparing.compare import compare
from lockwright.profiles.comparing.results import (
    Change,
    Comparison,
    Estimate,
    SideSummary,
    ThreadRow,
    WaitChange,
    Waited,
)
from lockwright.profiles.comparing.scaling import read_thread_table, thread_table
from lockwright.profiles.comparing.sides import Side, recordings, side

__all__ = [
    "Change",
    "Comparison",
    "Estimate",
    "Side",
    "SideSummary",
    "ThreadRow",
    "WaitChange",
    "Waited",
    "compare",
    "read_thread_table",
    "recordings",
    "side",
    "thread_table",
]
