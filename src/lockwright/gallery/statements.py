"""Which statements of a function ran: those that did something, and those that only led from one to the next.

A program is checked without its bare jumps and delays, so that a `return`, `break` or `pause()` leaves no trace of its
own.  It ran if it lies on the shortest way between two statements that did something, one after the other.
"""

from __future__ import annotations

import ast
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT = 0
"""The line behind the last: where a function has returned.  All other statements are named by their first line."""

_NO_STEP = (ast.FunctionDef, ast.ClassDef)


class Statements:
    """The statements of a function, and which may follow which.

    Args:
        function: The function, as parsed from its whole file.
    """

    def __init__(self, function: ast.FunctionDef) -> None:
        self.follows: dict[int, list[int]] = {EXIT: []}
        self.last: dict[int, int] = {}  # of each statement the last line of its head
        self.entry = self._sequence(function.body, EXIT, EXIT, EXIT)

    def ran(self, lines: Sequence[int], *, returned: bool) -> set[int]:
        """Return the lines of all statements that ran.

        Args:
            lines: Where instructions ran, in order.
            returned: Whether the function came to its end.
        """
        seen = [one for one in map(self._statement, lines) if one is not None]
        if not seen:
            return set()
        found = {self.entry, *seen}
        if seen[0] != self.entry:
            found |= self._between(self.entry, seen[0])
        ends = [*seen[1:], EXIT] if returned else seen[1:]
        for before, after in zip(seen, ends, strict=False):
            found |= self._between(before, after)
        return {line for one in found for line in range(one, self.last[one] + 1)}

    def _statement(self, line: int) -> int | None:
        """Return the statement whose head a line belongs to."""
        return next((first for first, last in self.last.items() if first <= line <= last), None)

    def _between(self, before: int, after: int) -> set[int]:
        """Return the statements on the shortest way, without its ends; none where there is no way."""
        came: dict[int, int] = {}
        waiting = deque([before])
        while waiting and after not in came:
            now = waiting.popleft()
            for following in self.follows[now]:
                if following not in came:
                    came[following] = now
                    waiting.append(following)
        found: set[int] = set()
        at = came.get(after, before)
        while at != before:
            found.add(at)
            at = came[at]
        return found

    # What follows what.

    def _sequence(self, body: Sequence[ast.stmt], behind: int, leave: int, again: int) -> int:
        """Add statements that lead to `behind`, out of the loop to `leave`, round it to `again`; return the first."""
        for one in reversed(body):
            if not _is_docstring(one):
                behind = self._add(one, behind, leave, again)
        return behind

    def _add(self, one: ast.stmt, behind: int, leave: int, again: int) -> int:
        here = one.lineno
        self.last[here] = one.end_lineno or here
        self.follows[here] = [behind]
        match one:
            case ast.If():
                self.follows[here] = [
                    self._sequence(one.body, behind, leave, again),
                    self._sequence(one.orelse, behind, leave, again),
                ]
            case ast.While() | ast.For():
                self.follows[here] = [self._sequence(one.body, here, behind, here), behind]
            case ast.With():  # on the way out it runs once more
                self.follows[here] = [self._sequence(one.body, here, leave, again), behind]
            case ast.Return():
                self.follows[here] = [EXIT]
            case ast.Break():
                self.follows[here] = [leave]
            case ast.Continue():
                self.follows[here] = [again]
        if isinstance(one, ast.If | ast.While | ast.For | ast.With):
            self.last[here] = one.body[0].lineno - 1
        return here


def _is_docstring(one: ast.stmt) -> bool:
    return isinstance(one, _NO_STEP) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
