"""The columns of `perf report`: which stand in the head, and what of a row lies in which.

Columns of shares come first, then those of numbers and names that `-n`, `-F` and `-s` ask for, and the function behind
`[k]` or `[.]`, after which others may follow (tools/perf/ui/hist.c and util/sort.c of Linux 6.1).  `-t ,` writes a
separator; `--hierarchy` writes one name in each row, below that of its group.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SHARE = r"\d{1,3}\.\d{1,2}%"
_ROW = re.compile(
    rf"\s*+(?:[-+]\s++)?(?P<shares>(?:{_SHARE}\s++){{1,12}})(?P<cells>(?![-+]?\d{{1,3}}\.\d{{1,2}}%)[^\s%].*)"
)
SYMBOL = re.compile(
    r"(?:(?P<before>.*?)\s+)?(?:0x[0-9a-f]{1,16}\s+(?:\S\s+)?)?\[(?P<level>[.kguHm!])\]\s+(?P<symbol>\S.*)"
)
_GAP = re.compile(r"\s{2,}|\t")
_HEAD = re.compile(r"\s*+(?P<mark>#?)\s*+(?P<first>Children(?P<apart>\s{2,}|\t|\W)\s*Self|Overhead)(?P<rest>.*)")
_SHARES = frozenset({"overhead", "children", "self", "sys", "usr", "guest sys", "guest usr"})
_NUMBERS = frozenset({"samples", "period"})
_CELLS = {"shared object": "module", "dso": "module", "comm": "command"}
_TASKS = ("pid:command", "tid:command")
_LEVELS = " / "


@dataclass(slots=True)
class Cells:
    """What a row says.

    Attributes:
        shares: In percent, in their order.
        own: That of the function itself, in percent.
        symbol: The function; empty in a row of a group.
        module: Its object; empty if the row does not say.
        command: The task; empty if the row does not say.
        counts: How many samples, of each event of a group; empty if the row does not say.
    """

    shares: list[float]
    own: float
    symbol: str = ""
    module: str = ""
    command: str = ""
    counts: tuple[int, ...] = ()


@dataclass(slots=True)
class Columns:
    """What the head of a table says; without one, what rows show by themselves.

    Attributes:
        names: Of the columns, in small letters.
        separator: Between them; empty if they are aligned.
        levels: The names of the levels of a hierarchy; empty if it is none.
        events: The events of a group, each with a share of its own.
    """

    names: list[str] = field(default_factory=list)
    separator: str = ""
    levels: list[str] = field(default_factory=list)
    events: tuple[str, ...] = ()
    _groups: list[tuple[int, str, str]] = field(default_factory=list)  # where its share ends, level, name

    @property
    def names_rows(self) -> bool:
        """Whether rows are certain by the head alone: it is no usual one, or has no functions."""
        has_functions = any(one.startswith("symbol") for one in self.names)
        return bool(self.separator or self.levels or (self.names and not has_functions))

    def cells(self, line: str) -> Cells | None:
        """Return what a line says if it is a row."""
        if self.separator:
            return self._separated(line)
        got = _ROW.fullmatch(line)
        if got is None:
            return None
        shares = [float(one.rstrip("%")) for one in got["shares"].split()]
        if self.levels:
            return self._in_hierarchy(len(line[: got.end("shares")].rstrip()), shares, got["cells"])
        if len(shares) > max(2, self._shares(), len(self.events)):
            return None
        symbol = SYMBOL.fullmatch(got["cells"])
        if symbol is None and (not self.names or any(one.startswith("symbol") for one in self.names)):
            return None
        named = self._named(((symbol["before"] or "") if symbol else got["cells"]).strip())
        name = _GAP.split(symbol["symbol"].strip())[0] if symbol else ""
        return self._made(shares, name, named)

    def _shares(self) -> int:
        return sum(one in _SHARES for one in self.names)

    def _made(self, shares: list[float], symbol: str, named: dict[str, str]) -> Cells:
        is_second = self.names[1:2] == ["self"] or (not self.names and len(shares) > 1)
        module, command = named.get("module", ""), named.get("command", "")
        counts = tuple(int(one) for one in named.get("samples", "").split() if one.isdecimal())
        own = shares[1] if is_second and len(shares) > 1 else shares[0]
        return Cells(shares, own, symbol or module or command or "[all]", module, command, counts)

    def _named(self, text: str) -> dict[str, str]:
        """Return what stands between the shares and the function, by the names of its columns."""
        parts = [one.strip() for one in _GAP.split(text) if one.strip()]
        until = next((at for at, one in enumerate(self.names) if one.startswith("symbol")), len(self.names))
        names = [_CELLS.get(one, one) for one in self.names[:until] if one not in _SHARES]
        if self.events:
            parts = _joined(names, parts, len(self.events))
        if names and len(parts) != len(names):
            parts = text.split(maxsplit=len(names) - 1)
        if names and len(parts) == len(names):
            cells = dict(zip(names, parts, strict=True))
            task = next((cells[one] for one in _TASKS if one in cells), "")
            return cells | {"command": task.partition(":")[2]} if task else cells
        return _guessed(parts if len(parts) > 1 else text.split())

    def _separated(self, line: str) -> Cells | None:
        parts = [one.strip() for one in line.split(self.separator, len(self.names) - 1)]
        if len(parts) != len(self.names):
            return None
        named = {_CELLS.get(name, name): text for name, text in zip(self.names, parts, strict=True)}
        shares = [one.rstrip("%") for name, one in zip(self.names, parts, strict=True) if name in _SHARES]
        if not shares or not all(re.fullmatch(r"\d{1,3}\.\d{1,2}", one) for one in shares):
            return None
        symbol = SYMBOL.fullmatch(next((one for name, one in named.items() if name.startswith("symbol")), ""))
        task = next((named[one] for one in _TASKS if one in named), "")
        named |= {"command": task.partition(":")[2]} if task else {}
        return self._made([float(one) for one in shares], symbol["symbol"].strip() if symbol else "", named)

    def _in_hierarchy(self, end: int, shares: list[float], text: str) -> Cells:
        """Return the row of a group without its function, and that of a function with its groups."""
        while self._groups and self._groups[-1][0] >= end:
            self._groups.pop()
        count = ""
        for name in self.names:
            if name in _NUMBERS:
                number, _, text = text.partition(" ")
                count, text = number if name == "samples" else count, text.strip()
        level = self.levels[min(len(self._groups), len(self.levels) - 1)]
        self._groups.append((end, _CELLS.get(level, level), text.strip()))
        if len(self._groups) < len(self.levels):
            return Cells(shares, 0.0)
        symbol = SYMBOL.fullmatch(text.strip())
        named = {name: one for _, name, one in self._groups} | {"samples": count}
        return self._made(shares, _GAP.split(symbol["symbol"].strip())[0] if symbol else "", named)


def head(line: str, events: tuple[str, ...]) -> Columns | None:
    """Return the columns if a line is the head of a table: a marked one, or one that names a column more."""
    got = _HEAD.fullmatch(line)
    if got is None:
        return None
    rest = got["rest"]
    if rest.strip() and not rest[:1].isspace() and (rest[0].isalnum() or rest[0] == "_"):
        return None
    between = (got["apart"] or rest[:1]).strip(" ")
    if not got["mark"] and not re.search(r"\b(?:Symbol|Shared Object|Command)\b", rest):
        return None
    if between and between != "\t":
        names = [one.strip().lower() for one in line.lstrip("# ").split(between)]
        return Columns(names, between, events=events)
    if rest and not (rest.startswith(("  ", "\t")) or not rest.strip()):
        return None
    names = [one.lower() for one in _GAP.split(line.lstrip("# ").strip())]
    levels = names.pop().split(_LEVELS) if _LEVELS in names[-1] else []
    return Columns(names, levels=levels, events=events)


def is_row(line: str) -> bool:
    """Return whether a line is certainly a row of an aligned table, by the mark of its function."""
    got = _ROW.fullmatch(line)
    return got is not None and SYMBOL.fullmatch(got["cells"]) is not None


def _joined(names: list[str], parts: list[str], events: int) -> list[str]:
    """Return the cells of a row with the numbers of all events of a group in one cell."""
    rest, joined = parts, []
    for name in names:
        taken = events if name in _NUMBERS else 1
        joined.append(" ".join(rest[:taken]))
        rest = rest[taken:]
    return [one for one in (*joined, *rest) if one]


def _guessed(parts: list[str]) -> dict[str, str]:
    """Tell the cells of a row without a head: a count comes first, the object last."""
    cells: dict[str, str] = {}
    if parts and parts[0].isdecimal():
        cells["samples"] = parts.pop(0)
    if parts:
        cells["module"] = parts.pop()
    if parts:
        cells["command"] = " ".join(parts)
    return cells
