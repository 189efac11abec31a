"""The call graphs below the rows of `perf report`: text to a tree, a tree to stacks.

Shares are of the whole (`-g graph`, the default since Linux 4.4) or of the branch above (`-g fractal`, the older one);
the paths begin with the function of the row and go to its callers, or end with it (`caller` order).  Both are found
from the numbers and names, as the file does not say (tools/perf/ui/stdio/hist.c).  `-g flat` and `-g folded` write each
path whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BRANCH = re.compile(r"(?P<bar>[\s|]*+)--\s?(?P<share>\d{1,3}\.\d{1,2})%--\s?(?P<symbol>.*)")
_ROOT = re.compile(r"(?P<bar>[\s|]*+)---\s?(?P<symbol>.*)")
_SIGN = re.compile(r"(?P<bar>\s++)[-+]\s+(?:(?P<share>\d{1,3}\.\d{1,2})%\s+)?(?P<symbol>\S.*)")
_FLAT = re.compile(r"\s*+(?P<share>\d{1,3}\.\d{1,2})%(?:\s+(?P<path>[^\s;]+|[^\s;][^;]*(?:;[^;]+)+))?\s*")
_NEXT = re.compile(r"[\s|]{3,}+(?P<symbol>[^\s|].*)")
_SYMBOL = re.compile(r"[^\s(<]+$|[^\s].*[(<\[:*&].*|operator.*")
_SIGN_COLUMNS = 2  # of `+ ` or `- ` before a function
_ROUNDING = 0.02  # percentage points that a printed share may differ by
_DEEPEST = 64  # branches inside each other; deeper ones are cut


@dataclass(slots=True)
class Branch:
    """A stretch of a path without forks, and where it forks."""

    column: int
    share: float | None
    symbols: list[str] = field(default_factory=list)
    forks: list[Branch] = field(default_factory=list)


class Graph:
    """The graph of one row, as its lines come in."""

    def __init__(self) -> None:
        self.roots: list[Branch] = []
        self._open: list[Branch] = []
        self._has_signs = False

    def add(self, line: str) -> bool:
        """Take in a line; return False if it is none of a call graph."""
        if not line.strip(" \t|"):
            return True
        text = line.expandtabs(8)
        for pattern in (_BRANCH, _ROOT, _SIGN):
            got = pattern.fullmatch(text)
            if got:
                self._has_signs = self._has_signs or pattern is _SIGN
                share = got.groupdict().get("share")
                self._fork(len(got["bar"]), None if share is None else float(share), got["symbol"])
                return True
        got = _FLAT.fullmatch(text)
        if got and got["path"] and self._has_signs:  # of a screen: a function that calls no other has no sign
            indent = len(text) - len(text.lstrip())
            self._fork(max(0, indent - _SIGN_COLUMNS), float(got["share"]), got["path"])
            return True
        if got:  # `-g folded` has the path behind the share, `-g flat` in the lines below
            path = [_name(one) for one in (got["path"] or "").split(";") if one.strip()]
            self._open = [Branch(0, float(got["share"]), path)]
            self.roots += self._open
            return True
        got = _NEXT.fullmatch(text)
        if got is None or not self._open or not _SYMBOL.fullmatch(got["symbol"].strip()):
            return False
        self._open[-1].symbols.append(_name(got["symbol"]))
        return True

    def _fork(self, column: int, share: float | None, symbol: str) -> None:
        while self._open and self._open[-1].column >= column:
            self._open.pop()
        del self._open[_DEEPEST:]
        branch = Branch(column, share, [_name(symbol)] if symbol.strip() else [])
        (self._open[-1].forks if self._open else self.roots).append(branch)
        self._open.append(branch)

    def is_relative(self, row_share: float) -> bool:
        """Return whether shares must be of the branch above, as one is larger than what it is a part of."""
        return any(_exceeds(one, row_share) for one in self.roots)

    def ends(self) -> set[str]:
        """Return the functions with which paths begin and end: one of them is that of the row."""
        paths = [path for path, _ in self.paths(0.0, relative=True) if path]
        return {path[0] for path in paths} | {path[-1] for path in paths}

    def paths(self, weight: float, *, relative: bool) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield each path as written, with its part of the weight of the row; what is not shown ends at its fork."""
        for one in self.roots:
            yield from _paths(one, (), weight, relative=relative)


def _exceeds(branch: Branch, whole: float) -> bool:
    share = whole if branch.share is None else branch.share
    return share > whole + _ROUNDING or any(_exceeds(one, share) for one in branch.forks)


def _paths(
    branch: Branch, before: tuple[str, ...], whole: float, *, relative: bool
) -> Iterator[tuple[tuple[str, ...], float]]:
    path = (*before, *branch.symbols)
    share = whole if branch.share is None else branch.share * whole / 100 if relative else branch.share
    rest = share
    for one in branch.forks:
        for deeper, weight in _paths(one, path, share, relative=relative):
            rest -= weight
            yield deeper, weight
    if rest > _ROUNDING or not branch.forks:
        yield path, max(0.0, rest)


def _name(text: str) -> str:
    return text.strip().removesuffix(" (inlined)").strip()


def is_inward(paths: Sequence[tuple[tuple[str, ...], float]], symbol: str) -> bool:
    """Return whether the graph of a function goes to it from its callers (`caller` order), as all others then do.

    A graph that begins with the function tells nothing: with children, those go to what it calls.
    """
    return any(path[-1:] == (symbol,) and path[:1] != (symbol,) for path, _ in paths)


def stacks(
    paths: Sequence[tuple[tuple[str, ...], float]], symbol: str, weight: float, *, inward: bool = False
) -> list[tuple[tuple[str, ...], float]]:
    """Return stacks, the innermost function first, that together have the weight of the function itself.

    Args:
        paths: As written: from the function to its callers, or to it from them.
        symbol: The function of the row.
        weight: Its own, without that of what it calls.
        inward: Whether other graphs of the file go from callers to the function.
    """
    inward = inward or any(
        path[:1] != (symbol,) for path, _ in paths
    )  # `caller` order: those that end with it are its own
    own = [(path[::-1], share) for path, share in paths if path[-1:] == (symbol,)] if inward else list(paths)
    own = [(path, share) for path, share in own if path and share > 0]
    known = sum(share for _, share in own)
    if known > weight:  # rounding, or callees below it
        own = [(path, share * weight / known) for path, share in own]
        known = weight
    if weight - known > _ROUNDING or not own:
        own.append(((symbol,), weight - known))
    return own


def lent(
    paths: Sequence[tuple[tuple[str, ...], float]], symbol: str, below: float
) -> dict[str, list[tuple[tuple[str, ...], float]]]:
    """Return by function the paths from it to its callers that the graph of one of them has, if that goes to callees.

    Args:
        paths: Of the graph, as written.
        symbol: The function of the row.
        below: What the functions that it calls have.
    """
    found: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for path, share in paths:
        if len(path) > 1 and path[0] == symbol and 0 < share <= below + _ROUNDING:
            found.setdefault(path[-1], []).append((path[::-1], share))
    return found
