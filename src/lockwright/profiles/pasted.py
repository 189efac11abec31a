"""What is done to a text on its way through mails, tickets, terminals and logs, and how it is taken off again.

Each kind is recognised by the first lines and then taken off all of them; what was put on last goes first.
"""

from __future__ import annotations

import re
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from lockwright.profiles import markup, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Undo = Callable[[Iterable[str]], Iterator[str]]

_ROUNDS = 6  # a mail quoted in a ticket that is quoted in a mail ...
_MOSTLY = 0.8  # of the lines have a mark in front: somebody put it there
_NEARLY = 0.95
_SOME = 0.2
_FEWEST_NUMBERED, _MANY_NUMBERED = 2, 8
_GAP = 3  # empty lines that have a number and are not looked at

_COLOUR = re.compile(
    r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()][0-9A-B]|[=>78c])|\^\[\[[0-9;]*[mK]"
)
_FENCE = re.compile(r"\s*(?:```[\w+.-]*|~~~[\w+.-]*|\{(?:noformat|code)[^}]*\}|\[/?code\])\s*")
_NUMBER = re.compile(r"\s{0,8}(\d{1,8})(?:\t|(?P<blank>:|\s?[|\u2502\u2192])|[.)] | |(?=[-.]{5})|$)")
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_UNIT = r"\S+ [^\s:\[]{1,64}"  # a machine, and who wrote
_PREFIXES = (
    ("mail quoting", _MOSTLY, re.compile(r" {0,8}(?:> ?)*>|[A-Z]{1,3}>")),
    ("a bar in front", _NEARLY, re.compile(r"\|")),
    ("times of the kernel's log", _MOSTLY, re.compile(r"\[ {0,6}\d{1,8}\.\d{6}\](?:\[ *[TC]\d+\])?")),
    (
        "times and names of a log",
        _MOSTLY,
        re.compile(rf"[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d {_UNIT}(?:\[\d{{1,10}}\])?:"),
    ),
    ("times and names of a log", _MOSTLY, re.compile(rf"{_TIME} {_UNIT}\[\d{{1,10}}\]:")),
    ("times of a log", _MOSTLY, re.compile(_TIME)),
)
"""What stands in front of lines, in how many of them at least; a blank behind it belongs to it if all have one."""
_BLANKS = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f", " "),
        **dict.fromkeys("\u200b\u200c\u2060\ufeff\u00ad", ""),
    }
)
_SCROLLBAR = "\u2591\u2592\u2593\u2588\u25c6\u25a0\u2666"
_BAR = re.compile(rf"\s[{_SCROLLBAR}]$")
_BAR_COLUMNS = 2
_FEWEST_MARKED = 2
_MOST_CHARACTERS = 1 << 24  # looked at to recognise anything


def undone(head: list[str], rest: Iterator[str], size: int) -> tuple[tuple[str, ...], list[str], Iterator[str]]:
    """Return what was taken off, and the first lines and the others without it.

    Args:
        head: The first lines.
        rest: Those behind them.
        size: How many lines are looked at.
    """
    names: list[str] = []
    for _ in range(_ROUNDS):
        stages = [one for one in _STAGES if one is not markup.quoted_printable or "quoted-printable" not in names]
        found = next((found for stage in stages if (found := stage(head))), None)
        if found is None:
            break
        name, undo = found
        lines = undo(chain(head, rest))
        head, rest = list(limited(lines, size)), lines
        if name and name not in names:
            names.append(name)
    return tuple(names), head, rest


def limited(lines: Iterator[str], count: int) -> Iterator[str]:
    """Yield so many lines, or fewer if they are very long."""
    characters = 0
    for line in islice(lines, count):
        yield line
        characters += len(line)
        if characters > _MOST_CHARACTERS:
            return


def _each(change: Callable[[str], str]) -> Undo:
    return lambda lines: map(change, lines)


def _filled(head: Sequence[str]) -> list[str]:
    return [one for one in head if one and not one.isspace()]


def _colours(head: Sequence[str]) -> tuple[str, Undo] | None:
    def plain(line: str) -> str:
        return _COLOUR.sub("", line) if "\x1b" in line or "^[" in line else line

    return ("colours", _each(plain)) if any(_COLOUR.search(one) for one in head) else None


def _prefix_of_all(head: Sequence[str]) -> tuple[str, Undo] | None:
    return _prefix(head, 1.0)


def _prefix(head: Sequence[str], least: float = 0.0) -> tuple[str, Undo] | None:
    """Recognise what stands in front of most lines, or of `least` of them."""
    filled = _filled(head)
    for name, usual, pattern in _PREFIXES:
        rests = [one[got.end() :] for one in filled if (got := pattern.match(one))]
        if not filled or len(rests) < max(usual, least) * len(filled):
            continue
        blanks = _blanks(rests)
        ends = pattern.pattern == r"\|" and all(one.rstrip().endswith("|") for one in filled if len(one.strip()) > 1)

        def bare(line: str, pattern: re.Pattern[str] = pattern, blanks: int = blanks, ends: bool = ends) -> str:
            got = pattern.match(line)
            rest = line if got is None else line[got.end() + blanks :]
            return rest.rstrip().removesuffix("|").rstrip() if ends and got else rest

        return name, _each(bare)
    return None


def _blanks(rests: Sequence[str]) -> int:
    """Return whether a blank stands in front of everything, which then is none of the text."""
    return int(all(one.startswith(" ") for one in rests if one))


def _numbers(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise the numbers of lines: one more each time."""
    filled = _filled(head)
    found = [got for one in filled if (got := _NUMBER.match(one))]
    numbers = [int(got[1]) for got in found]
    steps = sum(after == before + 1 for before, after in pairwise(numbers))
    near = sum(before < after <= before + _GAP for before, after in pairwise(numbers))
    bare_lines = 1 if len(numbers) >= _MANY_NUMBERED else 0  # such as the command above them
    least = min(_NEARLY * len(filled), len(filled) - bare_lines)
    if len(numbers) < max(_FEWEST_NUMBERED, least) or near < _NEARLY * (len(numbers) - 1):
        return None
    if 2 * steps < len(numbers) - 1:
        return None
    blanks = _blanks([got.string[got.end() :] for got in found if got["blank"]])

    def bare(line: str) -> str:
        got = _NUMBER.match(line)
        return line[got.end() + (blanks if got["blank"] else 0) :] if got else line

    return "numbers of lines", _each(bare)


def _indent(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise an indent of all lines: where a remark is indented, as no kind of file has it."""
    filled = _filled(head)
    width = min((len(one) - len(one.lstrip(" ")) for one in filled), default=0)
    if not width or not any(one.startswith("# ", width) for one in filled):
        return None
    blanks = " " * width
    return "an indent", _each(lambda line: line.removeprefix(blanks))


def _ends(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise blanks at the end of most lines; they mean nothing anywhere."""
    filled = _filled(head)
    having = sum(one[-1].isspace() for one in filled)
    return ("", _each(str.rstrip)) if filled and having >= _MOSTLY * len(filled) else None


def _fences(head: Sequence[str]) -> tuple[str, Undo] | None:
    if not any(_FENCE.fullmatch(one) for one in head):
        return None
    return "marks around code", lambda lines: (one for one in lines if not _FENCE.fullmatch(one))


def _marks(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise the bar at the right of `perf`'s screens, and blanks that are none."""
    filled = [one.rstrip() for one in _filled(head)]
    bars = sum(_BAR.search(one[-_BAR_COLUMNS:]) is not None for one in filled)
    letters = sum(one.endswith("  a") for one in filled)  # how a terminal's bar is spelt in its own letters
    blanks = sum(not one.isascii() and one.translate(_BLANKS) != one for one in filled)
    has_bar = bars >= _FEWEST_MARKED
    has_letters = letters >= max(_FEWEST_MARKED, _MOSTLY * len(filled))
    if not (has_bar or has_letters or blanks >= max(_FEWEST_MARKED, _SOME * len(filled))):
        return None

    def plain(line: str) -> str:
        bare = line.rstrip()
        if has_letters and bare.endswith("  a"):
            return bare[:-1].rstrip()
        if line.isascii():
            return line
        return (bare.rstrip(_SCROLLBAR).rstrip() if has_bar else line).translate(_BLANKS)

    return "marks of a terminal or web page", _each(plain)


_STAGES: tuple[Callable[[Sequence[str]], tuple[str, Undo] | None], ...] = (
    _colours,
    _prefix_of_all,
    markup.base64,
    markup.quoted_printable,
    markup.html,
    markup.entities,
    wrapped.quoted,
    _prefix,
    _numbers,
    _fences,
    _indent,
    _marks,
    _ends,
)
