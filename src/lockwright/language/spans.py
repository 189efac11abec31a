"""From a node of the syntax tree to the stretch of source that it covers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from lockwright.diagnostics.span import Span

if TYPE_CHECKING:
    from lockwright.language.declarations import Module

Located: TypeAlias = ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler
"""Nodes that know where they stand."""


def span_of(module: Module, node: Located) -> Span:
    """Return the span of a node, in columns that count characters from 1 (`ast` counts bytes from 0)."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return _name_span(module, node)
    end_line = node.end_lineno or node.lineno
    end_offset = node.end_col_offset if node.end_col_offset is not None else node.col_offset + 1
    return Span(
        module.name,
        node.lineno,
        _column(module, node.lineno, node.col_offset),
        end_line,
        _column(module, end_line, end_offset),
    )


def _column(module: Module, line: int, offset: int) -> int:
    text = module.lines[line - 1] if line <= len(module.lines) else ""
    return len(text.encode()[:offset].decode(errors="replace")) + 1


def _name_span(module: Module, node: ast.FunctionDef | ast.ClassDef) -> Span:
    """Return the span of the name after `def` or `class`: a whole body underlined tells nothing."""
    keyword = "def " if isinstance(node, ast.FunctionDef) else "class "
    column = _column(module, node.lineno, node.col_offset) + len(keyword)
    return Span(module.name, node.lineno, column, node.lineno, column + len(node.name))
