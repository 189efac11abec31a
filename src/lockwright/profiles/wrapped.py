"""Lines that a mail program wrapped at its margin, put together again.

Nothing in a text says which lines these are. Taken as one is a line and those below it where three things hold: the
first word below would not have fitted the line, no line below is a row by itself, and all of them together are one. A
line that is a row already goes on only with its object, `(module)`, its mark, `[k]`, or one word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Claims = Callable[[Sequence[str]], list[int]]

_NARROWEST, _WIDEST = 60, 100  # columns; mail programs wrap at 66 to 80, quoting comes on top
_FEW = 0.1  # of the lines may be longer than that
_MOST_PIECES = 12  # of one line
_RULE = re.compile(r"[\W_]*")  # nothing, or a line that is drawn
_TAB = 8
_GAP = 16  # blanks between two columns of a table, which are lost where it was wrapped
_END = re.compile(r"\([^()]*\)\s*|\[[.kguH!]\]\s.*|[\w.$@:/~-]{3,}\s*")


def margin(head: Sequence[str]) -> int:
    """Return the column at which lines may have been wrapped; 0 where they are too long or too short for that."""
    lengths = [_length(one) for one in head if len(one.split()) > 1]
    fitting = [one for one in lengths if one <= _WIDEST]
    if not fitting or len(lengths) - len(fitting) > _FEW * len(lengths):
        return 0
    return max(fitting) if max(fitting) >= _NARROWEST else 0


def unwrapped(lines: Iterable[str], claims: Claims, width: int) -> Iterator[str]:
    """Yield lines, those that were wrapped at `width` as one."""
    pieces: list[str] = []
    for line in lines:
        if pieces and len(pieces) < _MOST_PIECES and _may_continue(pieces[-1], line, width) and not claims([line]):
            pieces.append(line)
            continue
        yield from _joined(pieces, claims)
        pieces = [line]
    yield from _joined(pieces, claims)


def _length(line: str) -> int:
    return len(line.rstrip().expandtabs(_TAB))


def _may_continue(before: str, line: str, width: int) -> bool:
    """Return whether the first word of a line was too long for the line before it, with blanks between."""
    words = line.split(maxsplit=1)
    return (
        bool(words)
        and not _RULE.fullmatch(before)
        and not _RULE.fullmatch(line)
        and _length(before) + _GAP + len(words[0]) > width
    )


def _joined(pieces: Sequence[str], claims: Claims) -> Iterator[str]:
    """Yield rows that some of the pieces make together, and what is left as it was."""
    at = 0
    while at < len(pieces):
        ends = range(at + 1, len(pieces) + 1)
        end = next((end for end in ends if claims([_together(pieces[at:end])])), 0)
        while 0 < end < len(pieces) and _goes_on(pieces[at:end], pieces[end], claims):
            end += 1
        end = end or at + 1
        yield _together(pieces[at:end])
        at = end


def _goes_on(row: Sequence[str], piece: str, claims: Claims) -> bool:
    """Return whether what is a row already has its end in the next piece."""
    return _END.fullmatch(piece) is not None and bool(claims([_together([*row, piece])]))


def _together(pieces: Sequence[str]) -> str:
    whole = pieces[0]
    for one in pieces[1:]:
        whole += one if whole[-1:].isspace() else f" {one}"
    return whole
