"""What a lock says of itself in its docstring and class line; read, not executed."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from lockwright.language.syntax import parse

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE = re.compile(r"Source:\s*(.+?)\s*\Z", re.DOTALL)


def workloads_of(path: Path) -> list[tuple[str, str]]:
    """Return the workloads of a file, each with the first sentence of its docstring or, alone, of the file's."""
    tree = parse(path.read_text(encoding="utf-8"))
    found = [
        node for node in tree.body if isinstance(node, ast.ClassDef) and "Workload" in map(ast.unparse, node.bases)
    ]
    whole = describe(path)[0]
    return [(node.name, _sentence(ast.get_docstring(node) or "") or whole) for node in found]


def describe(path: Path) -> tuple[str, tuple[str, ...], str]:
    """Return the first sentence of a lock's docstring, what its class line promises, and its `Source:`."""
    tree = parse(path.read_text(encoding="utf-8"))
    text = " ".join((ast.get_docstring(tree) or "").split())
    source = _SOURCE.search(text)
    summary = text[: source.start()] if source else text
    promised = [
        keyword.arg
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
    ]
    return _sentence(summary), tuple(promised), source[1] if source else ""


def _sentence(text: str) -> str:
    """Return the first sentence of a text."""
    whole = " ".join(text.split())
    first = re.match(r".+?[.](?=\s|$)", whole)
    return (first[0] if first else whole).strip()
