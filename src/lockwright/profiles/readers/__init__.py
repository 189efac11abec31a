"""Readers of what profilers write: one file for each kind, found here by itself."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from lockwright.profiles.reader import Reader


@cache
def readers() -> tuple[Reader, ...]:
    """Return every reader, by name of its file."""
    found = [import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    return tuple(one.READER for one in found if isinstance(getattr(one, "READER", None), Reader))
