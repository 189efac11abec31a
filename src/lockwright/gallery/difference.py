"""How one source in the language differs from another: the code alone, without docstrings of files and imports."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING

from lockwright.errors import InternalError
from lockwright.language.modules import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONTEXT_LINES = 3


def difference(before: Path, after: Path) -> str:
    """Return the difference much as `diff -u` writes it; line numbers are those of the whole files."""
    old, new = _code(before), _code(after)
    matcher = difflib.SequenceMatcher(None, [text for _, text in old], [text for _, text in new], autojunk=False)
    lines = [f"{sign} {path.relative_to(PACKAGE.parent)}" for sign, path in (("---", before), ("+++", after))]
    for group in matcher.get_grouped_opcodes(_CONTEXT_LINES):
        lines.append(f"@@ -{old[group[0][1]][0]} +{new[group[0][3]][0]} @@")
        lines += _hunk(group, old, new)
    return "\n".join(lines)


def pointed_at(text: str, decisive: str) -> str:
    """Return a difference with a line under one of its changed lines, as `ndiff` has it, that points at it.

    Args:
        text: The difference.
        decisive: The changed line, without its indentation; of two alike the one that comes in.

    Raises:
        InternalError: No changed line is so, or several are.
    """
    lines = text.splitlines()
    changed = [at for at, line in enumerate(lines) if line[:1] in ("+", "-") and line[1:].strip() == decisive]
    places = [at for at in changed if lines[at].startswith("+")] or changed
    if len(places) != 1:
        raise InternalError(f"`{decisive}` is {len(places)} changed lines")
    indent = len(lines[places[0]]) - len(decisive) - 1
    lines.insert(places[0] + 1, f"?{' ' * indent}{'^' * len(decisive)} this line decides")
    return "\n".join(lines)


def _hunk(
    group: list[tuple[str, int, int, int, int]], old: list[tuple[int, str]], new: list[tuple[int, str]]
) -> Iterator[str]:
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            yield from (f" {text}" for _, text in old[i1:i2])
            continue
        yield from (f"-{text}" for _, text in old[i1:i2])
        yield from (f"+{text}" for _, text in new[j1:j2])


def _code(path: Path) -> list[tuple[int, str]]:
    """Return the numbered lines of a file that are neither its docstring nor an import."""
    text = path.read_text(encoding="utf-8")
    left_out: set[int] = set()
    for number, node in enumerate(ast.parse(text).body):
        is_docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if number not in left_out]
