"""Lockwright: write a lock once; prove it, run it, and see it on a thousand cores before you patch anything.

The public names, each one call for a command: `check`, `simulate`, `show`, `locks`, `litmus`, `gallery`, `explain`,
`profile`, `diff`, `record`, `replay`, `study`, `studies`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockwright.api import (
        check,
        diff,
        explain,
        gallery,
        litmus,
        locks,
        profile,
        record,
        replay,
        show,
        simulate,
        studies,
        study,
    )

__all__ = [
    "check",
    "diff",
    "explain",
    "gallery",
    "litmus",
    "locks",
    "profile",
    "record",
    "replay",
    "show",
    "simulate",
    "studies",
    "study",
]


class _Package(ModuleType):
    """Keeps the public names: rooms called like a command (`check`, `gallery`, ...) are imported, not bound."""

    def __setattr__(self, name: str, value: object) -> None:
        if name not in __all__ or not isinstance(value, ModuleType):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> object:
        """Import the API when it is first asked for: `import lockwright` costs nothing."""
        if name in __all__:
            from lockwright import api

            return getattr(api, name)
        message = f"module 'lockwright' has no attribute '{name}'"
        raise AttributeError(message)


sys.modules[__name__].__class__ = _Package
