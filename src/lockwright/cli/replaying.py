"""`lockwright check LOCK --replay FILE`: a trace again, on the lock as it is now."""

from __future__ import annotations

from pathlib import Path

from lockwright.cli.status import Status


def show_again(lock: str, file: str) -> int:
    """Play a trace again and tell it."""
    from lockwright import api
    from lockwright.report.terminal import print_check

    print_check(api.replay(lock, Path(file)), replay_path=file)
    return Status.FINDING
