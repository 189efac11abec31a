"""The comparison that the kernel test robot mails: figures of two commits or more, among them their profiles.

`1.04 ± 10%  +74.4  75.47  perf-profile.self.cycles-pp.osq_lock`: value, spread, change and value again
(github.com/intel/lkp-tests, `lkp ncompare`).  `self` is the share of a function itself, `calltrace` that of a function
and all that it calls, with at most four callers, for which the shares of functions are split.  Where `self` is left out
it is what a call trace has more than the nearest below it.  Rows that changed little are never there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.profiles.call_graph import stacks
from lockwright.profiles.folding import role
from lockwright.profiles.model import Frame, Sample
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.symbols import SPIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockwright.profiles.lines import Lines
    from lockwright.profiles.model import Profile

NAME = "the kernel test robot's comparison"
_LONGEST = 4096
_NUMBER = r"\d{1,20}(?:\.\d{1,6})?(?:e[-+]\d{1,3})?"
_SPREAD = r"(?:\s*(?:±|ą|\+-|\?|\ufffd)\s*\d{1,6}%)?"  # the sign as mails garble it
_CHANGE = r"[-+]\d{1,12}(?:\.\d{1,3})?(?:e[-+]\d{1,3})?%?"
_ROW = re.compile(
    rf"\s*+(?P<first>{_NUMBER}){_SPREAD}(?P<others>(?:\s+{_CHANGE}\s+{_NUMBER}{_SPREAD}){{1,8}})"
    r"\s+(?P<name>[a-zA-Z][\w+-]*\.\S+)\s*"
)
_OTHER = re.compile(rf"{_CHANGE}\s+(?P<value>{_NUMBER})")
_PROFILE = re.compile(r"perf-profile\.(?P<part>calltrace|children|self)\.(?P<event>[\w-]+)\.(?P<functions>\S+)")
_ABOUT = re.compile(
    r"\s*+(?:={10,}|-{10,} -{10,}.*|%stddev\s.*|\\\s*\|.*|commit:|[\w-]++(?:/[\w-]++)++:|[^\s/]++(?:/[^\s/]*+)++"
    r"|(?:[0-9a-f]{16,40} )+)\s*"
)
_COMMIT = re.compile(r"\s+(?P<commit>[0-9a-f]{8,40}) \(.*\)\s*")
_SUFFIX = re.compile(r"(?:part|isra|constprop|cold|llvm|lto_priv|\d+)")
_MOST_FACTS = 12  # the figures that come first are those of the test itself
_Path = tuple[str, ...]


def _claims(head: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(head) if len(line) < _LONGEST and _ROW.fullmatch(line)]


@dataclass(slots=True)
class _Sides:
    """What rows say of one commit: shares of functions, and of call traces, by event."""

    own: dict[tuple[str, str], float] = field(default_factory=dict)
    traces: dict[tuple[str, _Path], float] = field(default_factory=dict)

    def add(self, part: str, event: str, path: _Path, share: float) -> None:
        """Take in a row of the profile; those of functions with all that they call say nothing more."""
        if part == "self":
            self.own[event, ".".join(path)] = share
        elif part == "calltrace":
            self.traces[event, path] = share

    def samples(self) -> Iterator[Sample]:
        """Yield what ran: each function with its callers, as far as they were printed."""
        own = self.own | self._waiting() if self.own else _own(self.traces)
        traces: dict[tuple[str, str], list[tuple[_Path, float]]] = defaultdict(list)
        for (event, path), share in self.traces.items():
            traces[event, path[0]].append((path, share))
        for (event, symbol), weight in own.items():
            for path, share in stacks(traces[event, symbol], symbol, weight):
                if share > 0:
                    yield Sample(tuple(map(Frame, path)), share, 0, "", None, event)

    def _waiting(self) -> dict[tuple[str, str], float]:
        """Return the shares of functions that spin for locks of which only call traces are printed.

        They call nothing that matters, so the share of a trace is theirs; what changed most is often one of them.
        """
        return {
            (event, symbol): share
            for (event, symbol), share in _own(self.traces).items()
            if (event, symbol) not in self.own and role(symbol) == SPIN
        }


def _own(traces: Mapping[tuple[str, _Path], float]) -> dict[tuple[str, str], float]:
    """Return the share of each function itself: what its call traces have more than the nearest ones below them."""
    begins: dict[tuple[str, _Path], _Path] = {}  # the largest trace that begins so
    for event, path in sorted(traces, key=lambda one: traces[one]):
        for length in range(1, len(path) + 1):
            begins[event, path[:length]] = path
    below: dict[tuple[str, _Path], float] = defaultdict(float)
    for (event, path), share in traces.items():
        above = _above(event, path, begins)
        if above:
            below[event, above] += share
    own: dict[tuple[str, str], float] = defaultdict(float)
    for (event, path), share in traces.items():
        own[event, path[0]] += max(0.0, share - below[event, path])
    return own


def _above(event: str, path: _Path, begins: Mapping[tuple[str, _Path], _Path]) -> _Path | None:
    """Return the trace of the nearest caller that has one: it begins as the rest does, or the rest as it."""
    for depth in range(1, len(path)):
        rest = path[depth:]
        for length in range(len(rest), 0, -1):
            found = begins.get((event, rest[:length]))
            if found and (length == len(rest) or len(found) == length):
                return found
    return None


def _path(text: str) -> _Path:
    """Return the functions of a call trace; what compilers add to a name has dots, too."""
    names: list[str] = []
    for one in text.split("."):
        if names and _SUFFIX.fullmatch(one):
            names[-1] += f".{one}"
        else:
            names.append(one)
    return tuple(one for one in names if one)


def read(lines: Lines) -> Profile:
    """Read the rows of profiles into one profile for each commit; other figures become facts."""
    found: list[Gathered] = [Gathered()]
    sides: list[_Sides] = [_Sides()]
    commits: list[str] = []
    for number, line in enumerate(lines, 1):
        got = _ROW.fullmatch(line) if len(line) < _LONGEST else None
        if got is None:
            commit = _COMMIT.fullmatch(line) if len(line) < _LONGEST else None
            if commit:
                commits.append(commit["commit"])
            elif line.strip() and not (len(line) < _LONGEST and _ABOUT.fullmatch(line)):
                found[0].skip(number)
            continue
        values = [got["first"], *(one["value"] for one in _OTHER.finditer(got["others"]))]
        while len(sides) < len(values):
            sides.append(_Sides())
            found.append(Gathered())
        _take(got["name"], values, sides, found)
    for side, gathered in zip(sides, found, strict=True):
        for sample in side.samples():
            gathered.add(sample)
    for name, gathered in zip(commits, found, strict=False):
        gathered.facts.setdefault("commit", name)
    others = [one.profile(NAME, lines, "percent") for one in found[1:]]
    profile = found[0].profile(NAME, lines, "percent")
    compared = tuple(replace(one, provenance=profile.provenance) for one in others if one.samples)
    return replace(profile, compared=compared)


def _take(name: str, values: Sequence[str], sides: Sequence[_Sides], found: Sequence[Gathered]) -> None:
    got = _PROFILE.fullmatch(name)
    for value, side, gathered in zip(values, sides, found, strict=False):
        if got:
            path = (got["functions"],) if got["part"] == "self" else _path(got["functions"])
            side.add(got["part"], got["event"], path, min(100.0, float(value)))
        elif len(gathered.facts) < _MOST_FACTS:
            gathered.facts.setdefault(name, value)


READER = Reader(
    NAME,
    "rows such as `1.04 ± 10%  +74.4  75.47  perf-profile.self.cycles-pp.osq_lock`",
    _claims,
    ("perf-profile.", "%stddev", "will-it-scale", "stress-ng"),
    read,
)
