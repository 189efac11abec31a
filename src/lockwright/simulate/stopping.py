"""Ctrl-C while runs are under way in other threads: they are given up where their kernels come back next."""

from __future__ import annotations

import threading

wanted = threading.Event()


class StoppedError(Exception):
    """A run was given up before its end."""


def stop_if_wanted() -> None:
    """Give up a run if somebody wants that.

    Raises:
        StoppedError: Somebody does.
    """
    if wanted.is_set():
        raise StoppedError
