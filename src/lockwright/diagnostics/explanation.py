"""One explanation as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means.

    Args:
        code: `L012`.
        title: The kind of mistake or fault, in one line.
        text: Why it is one, and what usually causes it.
        wrong: A few lines that get this message; empty if it is not about the text of a program.
        right: The same, as it should be.
    """

    code: str
    title: str
    text: str
    wrong: str = ""
    right: str = ""
