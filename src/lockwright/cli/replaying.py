"""`lockwright check LOCK --replay FILE`: a trace again, on the lock as it is now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.language.select import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.results import CheckResult


def played_again(locks: tuple[str, ...], file: str, asked: Mapping[str, object]) -> CheckResult:
    """Play a trace again.

    Args:
        locks: What was named: one lock.
        file: The trace.
        asked: Options that say what to explore, by name: the trace has decided them.

    Raises:
        LockwrightError: The trace does not belong to this lock, or something else was asked for too.
    """
    from lockwright import api

    if len(locks) > 1:
        raise refuse("U001", "a trace is of one lock", f"`lockwright check {locks[0]} --replay {file}`")
    for option, value in asked.items():
        if value:
            raise refuse("U001", f"`{option}` does not go with `--replay`: the trace says what is run", "leave it out")
    return api.replay(locks[0], Path(file))
