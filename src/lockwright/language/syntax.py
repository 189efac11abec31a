"""Python's parser, one text at a time: that of CPython 3.11 counts its depth wrongly when two threads parse at once."""

from __future__ import annotations

import ast
import threading

_TURN = threading.Lock()


def parse(text: str) -> ast.Module:
    """Return the syntax tree of a module.

    Raises:
        SyntaxError: The text is no Python.
    """
    with _TURN:
        return ast.parse(text)


def parse_expression(text: str) -> ast.expr:
    """Return the syntax tree of an expression.

    Raises:
        SyntaxError: The text is no expression.
    """
    with _TURN:
        return ast.parse(text, mode="eval").body
