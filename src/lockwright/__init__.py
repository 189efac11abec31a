"""Lockwright: write a lock once; prove it, run it, and see it on a thousand cores before you patch anything.

The public names, each one call for a command: `check`, `show`, `locks`, `litmus`, `explain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockwright.api import check, explain, litmus, locks, show

__all__ = ["check", "explain", "litmus", "locks", "show"]


def __getattr__(name: str) -> object:
    """Import the API when it is first asked for: `import lockwright` costs nothing."""
    if name in __all__:
        from lockwright import api

        return getattr(api, name)
    message = f"module 'lockwright' has no attribute '{name}'"
    raise AttributeError(message)
