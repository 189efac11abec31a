"""Play a bug: check its broken and its fixed sources at the same instance, and its counter-checks."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lockwright.bugs import BugResult, CaseResult, Code
from lockwright.gallery.code import code_of
from lockwright.gallery.difference import difference, pointed_at
from lockwright.gallery.read import folder
from lockwright.gallery.words import models_in
from lockwright.language.compile import builtin_locks
from lockwright.language.select import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lockwright.bugs import Bug, Case
    from lockwright.results import CheckResult


class Check(Protocol):
    """`lockwright.check`, which stands above this room and is handed down."""

    def __call__(self, lock: str, **options: object) -> CheckResult:
        """Check one lock or program."""


def play(bug: Bug, check: Check) -> BugResult:
    """Return what all checks of a bug gave."""
    began = time.perf_counter()
    cases = list(_told_once([_case(bug, case, check) for case in bug.case]))
    counters = tuple(check(_target(bug, one.lock), **one.check) for one in bug.counter)
    models = tuple(models_in([*(one.fixed for one in cases), *counters]))
    first = cases[0].code
    cases[0] = replace(cases[0], code=replace(first, words=(*first.words, *models)))
    return BugResult(bug, tuple(cases), counters, time.perf_counter() - began)


def play_all(
    bugs: Sequence[Bug], check: Check, *, jobs: int = 1, finished: Callable[[BugResult], None] | None = None
) -> list[BugResult]:
    """Return what the checks of several bugs gave, in the order of `bugs`.

    Args:
        bugs: The bugs.
        check: `lockwright.check`.
        jobs: How many processes share the work.
        finished: Called with each result as it is there, in the order of `bugs` too.
    """
    results = []
    with _pool(jobs) as each:
        for result in each(bugs, check):
            results.append(result)
            if finished:
                finished(result)
    return results


@contextmanager
def _pool(jobs: int) -> Iterator[Callable[[Sequence[Bug], Check], Iterable[BugResult]]]:
    """Yield a map over bugs: here, or in processes that are stopped when the caller is interrupted."""
    if jobs == 1:
        yield lambda bugs, check: (play(bug, check) for bug in bugs)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            yield lambda bugs, check: pool.map(play, bugs, [check] * len(bugs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _case(bug: Bug, case: Case, check: Check) -> CaseResult:
    broken = check(_target(bug, case.broken), **case.check)
    fixed = check(_target(bug, case.fixed), **case.check)
    code = code_of(broken.faults[0], broken.sources) if broken.faults else Code()
    return CaseResult(case, broken, fixed, _differences(bug, case), code)


def _told_once(cases: list[CaseResult]) -> Iterator[CaseResult]:
    """Yield cases without the words that one before them has explained."""
    said: set[tuple[str, str]] = set()
    for one in cases:
        words = tuple(word for word in one.code.words if word not in said)
        not_entered = tuple(word for word in one.code.not_entered if word not in said)
        said.update(words, not_entered)
        yield replace(one, code=replace(one.code, words=words, not_entered=not_entered))


def _target(bug: Bug, lock: str) -> str:
    """Return what `check` takes: a file of the bug's folder by its path, a built-in name as it is."""
    return str(folder(bug.id) / lock) if lock.split(":", maxsplit=1)[0].endswith(".py") else lock


def _path(bug: Bug, lock: str) -> Path:
    """Return the file that holds a source."""
    target = parse_target(_target(bug, lock))
    return Path(target.name if target.is_file else builtin_locks()[target.name])


def _differences(bug: Bug, case: Case) -> str:
    """Return how the fixed source differs, and the sources behind it that the case names."""
    pairs = [(case.broken, case.fixed), *([(case.compare[0], case.compare[1])] if case.compare else [])]
    text = "\n".join(difference(_path(bug, before), _path(bug, after)) for before, after in pairs)
    return pointed_at(text, case.decisive) if case.decisive else text
