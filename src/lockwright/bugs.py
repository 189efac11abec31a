"""A bug of the gallery, and what its checks found: plain data, known to the gallery and to reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from lockwright.results import FAULT, PROVED

if TYPE_CHECKING:
    from lockwright.results import CheckResult, Fault

Options = dict[str, int | str | list[int | str]]
"""Keyword arguments of `lockwright.check`."""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to break it: a source that fails, one that is right, and the instance that tells them apart."""

    broken: str  # a file beside the `bug.toml`, with `:Class` where it has several, or a built-in name
    fixed: str
    fault: str  # a kind of `results.FAULTS`
    cure: str
    name: str = ""  # where a bug has several
    decisive: str = ""  # which of the changed lines decides, where there are many
    compare: list[str] = []  # two more sources to show the difference of, where the fix lies in what both import
    check: Options = {}


class Counter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must come out clean, lest the checker be one that finds this bug everywhere."""

    name: str
    lock: str
    check: Options = {}


class Bug(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bug that a lock or a structure of the kernel had (`historic`) or could have had (`mutant`)."""

    id: str
    title: str
    kind: Literal["historic", "mutant"]
    commits: list[str]
    story: str
    property: str
    sources: list[str]
    case: list[Case]
    counter: list[Counter] = []
    limits: str = ""
    background: str = ""  # what to know before the story


@dataclass(frozen=True, slots=True)
class Listing:
    """The lines of a file that a page shows."""

    file: str
    lines: tuple[int, ...]
    ran: frozenset[int]


@dataclass(frozen=True, slots=True)
class Code:
    """What a counterexample ran, for who sees nothing else of it."""

    listings: tuple[Listing, ...] = ()
    words: tuple[tuple[str, str], ...] = ()  # of the language, with what they mean
    not_entered: tuple[tuple[str, str], ...] = ()  # functions that are called in it but not here, and what they do
    is_in_harness: bool = False  # whether it is a lock alone, which threads take and release
    has_setup: bool = False
    threads: tuple[tuple[int, str], ...] = ()  # the function that each thread runs, where they differ


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What checking the broken and the fixed source of one case gave."""

    case: Case
    broken: CheckResult
    fixed: CheckResult
    difference: str  # from the broken to the fixed source, as `diff -u` writes it
    code: Code = Code()

    @property
    def fault(self) -> Fault | None:
        """The fault that the broken source shows first."""
        return self.broken.faults[0] if self.broken.faults else None

    @property
    def is_found(self) -> bool:
        """Whether the broken source fails in the way that it should."""
        return self.broken.verdict == FAULT and self.fault is not None and self.fault.kind == self.case.fault

    @property
    def is_cured(self) -> bool:
        """Whether the fixed source is proved at the same instance."""
        return self.fixed.verdict == PROVED


@dataclass(frozen=True, slots=True)
class BugResult:
    """A bug with the results of all its checks."""

    bug: Bug
    cases: tuple[CaseResult, ...]
    counters: tuple[CheckResult, ...]  # in the order of `bug.counter`
    seconds: float = 0.0

    @property
    def is_found(self) -> bool:
        """Whether each of its cases fails as it should."""
        return all(one.is_found for one in self.cases)

    @property
    def is_cured(self) -> bool:
        """Whether each fix and each counter-check is proved."""
        return all(one.is_cured for one in self.cases) and all(one.verdict == PROVED for one in self.counters)
