"""The code of a counterexample as a page shows it: whole functions, what they name, and the words in them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.bugs import Code, Listing
from lockwright.gallery.statements import Statements
from lockwright.gallery.words import words_in
from lockwright.results import HARNESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.diagnostics.span import Span
    from lockwright.results import Fault, Visit

_TOLD_DECORATORS = ("workers", "interrupt", "softirq")


def code_of(fault: Fault, sources: dict[str, str]) -> Code:
    """Return the code of a counterexample.

    Args:
        fault: The counterexample.
        sources: The text of each file.
    """
    course = fault.course
    spans = [one.span for one in course.visits] + [span for _, span in (*course.before, *course.after)]
    files = {span.file: _File(sources[span.file]) for span in spans if _is_shown(span, sources)}
    for span in spans:
        if span.file in files:
            files[span.file].show(span.line)
    for visit in course.visits:
        if visit.span.file in files:
            files[visit.span.file].mark(visit)
    listings = tuple(Listing(name, tuple(sorted(one.lines)), frozenset(one.ran)) for name, one in files.items())
    return Code(
        listings=listings,
        words=tuple(words_in([node for one in files.values() for node in one.nodes()], fault.model)),
        not_entered=tuple(_not_entered(fault, sources)),
        is_in_harness=any(one.span.file in HARNESSES for one in course.visits),
        has_setup=any(span.file in files for _, span in course.before),
        threads=_threads(fault),
    )


def _threads(fault: Fault) -> tuple[tuple[int, str], ...]:
    """Return what each thread runs, if that is not the same for all."""
    first: dict[int, str] = {}
    for visit in fault.course.visits:
        first.setdefault(visit.thread, visit.function.rpartition(".")[2])
    return tuple(sorted(first.items())) if len(set(first.values())) > 1 else ()


def _is_shown(span: Span, sources: dict[str, str]) -> bool:
    return span.file in sources and span.file not in HARNESSES


def _not_entered(fault: Fault, sources: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield functions that are called in what is shown, but not here, with the first sentence of what they say."""
    said = set()
    for name, span in fault.course.not_entered:
        if not _is_shown(span, sources):
            continue
        function = _File(sources[span.file]).function_at(span.line)
        text = function and ast.get_docstring(function)
        if text and function is not None and function.name not in said:
            said.add(function.name)
            yield name.rpartition(".")[2], " ".join(text.split("\n\n")[0].split())


class _File:
    """A file, and what is shown of it."""

    def __init__(self, text: str) -> None:
        self.text = text.splitlines()
        self.tree = ast.parse(text)
        self.functions: dict[int, ast.FunctionDef] = {}  # that are shown, by their line
        self.lines: set[int] = set()
        self.ran: set[int] = set()
        self.declared = dict(_declarations(self.tree))
        self.classes = {
            id(function): one for one in self.tree.body if isinstance(one, ast.ClassDef) for function in one.body
        }

    def nodes(self) -> Iterator[ast.AST]:
        """Yield what is shown: functions, fields of classes, storage."""
        yield from self.functions.values()
        fields = (one for one in ast.walk(self.tree) if isinstance(one, ast.AnnAssign))
        yield from (one for one in fields if one.lineno in self.lines and not self._is_local(one))

    def _is_local(self, one: ast.AnnAssign) -> bool:
        return any(first <= one.lineno <= (function.end_lineno or first) for first, function in self.functions.items())

    def function_at(self, line: int) -> ast.FunctionDef | None:
        """Return the function whose `def` is on a line."""
        found = (one for one in ast.walk(self.tree) if isinstance(one, ast.FunctionDef) and one.lineno == line)
        return next(found, None)

    def show(self, line: int) -> None:
        """Show a function, the fields of its class, and what it names in this file."""
        function = self.function_at(line)
        if function is None or line in self.functions:
            return
        self.functions[line] = function
        self.lines.update(range(line, (function.end_lineno or line) + 1))
        self.lines.update(one.lineno for one in function.decorator_list if _is_told(one))
        self._declare(function)
        if id(function) in self.classes:
            self._declare_class(self.classes[id(function)])

    def mark(self, visit: Visit) -> None:
        """Mark what a visit ran."""
        function = self.functions.get(visit.span.line)
        if function is not None:
            self.ran |= Statements(function).ran(visit.lines, returned=visit.returned)

    def _declare(self, node: ast.AST) -> None:
        """Show what a piece of code names."""
        for one in ast.walk(node):
            declared = self.declared.get(one.id) if isinstance(one, ast.Name) else None
            if isinstance(declared, ast.ClassDef):
                self._declare_class(declared)
            elif declared is not None and declared.lineno not in self.lines:
                self.lines.update(range(declared.lineno, (declared.end_lineno or declared.lineno) + 1))
                self._declare(declared)

    def _declare_class(self, one: ast.ClassDef) -> None:
        if one.lineno in self.lines:
            return
        self.lines.add(one.lineno)
        for node in one.body:
            if isinstance(node, ast.AnnAssign):
                self.lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
                self._declare(node)


def _declarations(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Yield what a file declares: classes, storage, constants."""
    for one in tree.body:
        match one:
            case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, one
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if "TypeVar" not in ast.unparse(value):
                yield name, one


def _is_told(decorator: ast.expr) -> bool:
    """Return whether a decorator says who runs a function."""
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(name, ast.Name) and name.id in _TOLD_DECORATORS
