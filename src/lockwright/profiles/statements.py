"""Statements of SQL without what makes each of them another one."""

from __future__ import annotations

import re

_TEXT = re.compile(r"'(?:[^']|'')*'?|\"(?:[^\"]|\"\")*\"")
_NUMBER = re.compile(r"(?<![\w.$])-?\d+(?:\.\d+)?(?!\w)")
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")
_SHOWN = 72  # characters
_LOOKED_AT = 2000  # likewise


def normal(statement: str) -> str:
    """Return a statement without its literals, in one line, and not too long."""
    text = " ".join(_LIST.sub("(?)", _NUMBER.sub("?", _TEXT.sub("?", statement[:_LOOKED_AT]))).split()).rstrip("; ")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}\u2026"
