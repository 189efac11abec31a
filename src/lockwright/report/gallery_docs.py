"""Bugs of the gallery as pages of the documentation, in MyST Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.report.explored import COUNTER, claim, explored
from lockwright.report.terminal import fault_lines
from lockwright.results import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockwright.bugs import Bug, BugResult, CaseResult
    from lockwright.results import CheckResult


_KINDS = {
    "historic": "it was in a kernel, or in a posted series",
    "mutant": "made by hand: what the right code guards against",
}


def index_page(bugs: Sequence[Bug]) -> str:
    """Return the page that leads to all others."""
    return "\n".join(_index(bugs)) + "\n"


def bug_page(result: BugResult) -> str:
    """Return the page of one bug; nothing on it depends on the machine."""
    return "\n".join(_page(result)) + "\n"


def breaks(bug: Bug) -> str:
    """Return what a bug breaks, in the words of the field."""
    return ", ".join(dict.fromkeys(FAULTS[case.fault][1] for case in bug.case))


def kind(bug: Bug) -> str:
    """Return the kind of a bug, with what it means."""
    return f"{bug.kind} ({_KINDS[bug.kind]})"


def _index(bugs: Sequence[Bug]) -> Iterator[str]:
    yield "# The gallery of bugs\n"
    yield "Bugs that locks and structures of the Linux kernel had (*historic*), or could have had (*mutant*)."
    yield "`lockwright gallery` plays them all, `lockwright gallery P1` shows one.\n"
    yield "| bug | kind | what it is | what it breaks |\n|---|---|---|---|"
    for bug in bugs:
        yield f"| [{bug.id}]({bug.id.lower()}.md) | {bug.kind} | {bug.title} | {breaks(bug)} |"
    yield "\n```{toctree}\n:hidden:\n"
    yield from (bug.id.lower() for bug in bugs)
    yield "```"


def _page(result: BugResult) -> Iterator[str]:
    bug = result.bug
    yield f"# {bug.id}: {bug.title}\n"
    yield "{doc}`How to read this page </reading>`\n"
    if bug.background:
        yield f"*To know first*: {' '.join(bug.background.split())}\n"
    yield f"{' '.join(bug.story.split())}\n"
    yield f"*What should hold*: {bug.property}.\n"
    yield f"*{bug.kind.capitalize()}* ({_KINDS[bug.kind]}): {'; '.join(bug.commits)}.\n"
    for number, case in enumerate(result.cases):
        yield from _case(case)
        if [one.case.fixed for one in result.cases[number + 1 :]].count(case.case.fixed) == 0:  # its last case
            yield from _proof(case.fixed, is_same=True)
    for counter, checked in zip(bug.counter, result.counters, strict=True):
        yield f"## Counter-check: {counter.name}\n"
        yield f"{COUNTER}\n"
        yield from _proof(checked, is_same=False)
    if bug.limits:
        yield f"*Limits*: {bug.limits}\n"
    yield f"*Sources*: {'; '.join(bug.sources)}."


def _case(result: CaseResult) -> Iterator[str]:
    name = f": {result.case.name}" if result.case.name else ""
    yield f"## The trace{name}\n"
    if result.fault is not None:
        yield from _block("text", (line for line, _ in fault_lines(result.fault, result.broken, code=result.code)))
    yield f"## The fix{name and f' for{name}'}\n"
    yield f"{result.case.cure}\n"
    yield from _block("diff", result.difference.splitlines())


def _proof(result: CheckResult, *, is_same: bool) -> Iterator[str]:
    yield f"{claim(result, is_same=is_same)}\n"
    yield from _block("text", explored(result))


def _block(language: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"```{language}"
    yield from lines
    yield "```\n"
