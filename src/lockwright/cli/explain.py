"""`lockwright explain`: what stands behind a code."""

from __future__ import annotations


def explain(code: str, /) -> int:
    """Tell what a code such as L012 or V005 means, with an example.

    Args:
        code: The code in the brackets of a message.
    """
    from lockwright import api

    print(api.explain(code))
    return 0
