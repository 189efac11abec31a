"""Which lines make a line readable: the function and the blocks around it, and where an `if` leads."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCKS = (ast.With, ast.If, ast.For, ast.While)


def around(source: str, lines: Iterable[int]) -> set[int]:
    """Return some lines with those that make them readable.

    Args:
        source: The text of a file in the language.
        lines: Numbers of lines, from 1.
    """
    wanted = set(lines)
    found = set(wanted)
    for first, last, leads_to in _blocks(source):
        if any(first <= line <= last for line in wanted):
            found.add(first)
        if first in wanted and leads_to:
            found.add(leads_to)
    return found


@lru_cache(maxsize=64)
def _blocks(source: str) -> tuple[tuple[int, int, int], ...]:
    """Return of each function and block its first and last line, and of an `if` the first line of its body."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a source that was changed since
        return ()
    return tuple(_walk(tree))


def _walk(tree: ast.Module) -> Iterator[tuple[int, int, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno or node.lineno, 0
        elif isinstance(node, _BLOCKS):
            last = max(one.end_lineno or one.lineno for one in node.body)
            yield node.lineno, last, node.body[0].lineno if isinstance(node, ast.If) else 0
