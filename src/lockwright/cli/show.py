"""`lockwright show`: what the compiler made of a lock."""

from __future__ import annotations


def show(lock: str, /) -> int:
    """Show the source of a lock, its layout with offsets, its IR, the kinds of its words, and where it waits.

    Args:
        lock: A built-in name or a file, as for `check`.
    """
    from lockwright import api

    print(api.show(lock))
    return 0
