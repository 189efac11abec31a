"""Lines that a mail program wrapped at its margin, put together again.

Nothing in a text says which lines these are. Taken as one is a line and those below it where three things hold: the
first word below would not have fitted the line, no line below is a row by itself, and all of them together are one. A
line that is a row already goes on only with its object, `(module)`, its mark, `[k]`, or one word.

Where a text was quoted first and wrapped then, the lines that go on are those without the `>` of the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Claims = Callable[[Sequence[str]], list[int]]
    Undo = Callable[[Iterable[str]], Iterator[str]]

NAME = "lines wrapped by a mail"

_NARROWEST, _WIDEST = 60, 100  # columns; mail programs wrap at 66 to 80, quoting comes on top
_FEW = 0.1  # of the lines may be longer than that
_MOST_PIECES = 12  # of one line
_RULE = re.compile(r"[\W_]*")  # nothing, or a line that is drawn
_TAB = 8
_GAP = 16  # blanks between two columns of a table, which are lost where it was wrapped
_QUOTED = re.compile(r"> ?")
_MOSTLY_QUOTED = 0.8  # of the lines, once they are put together
_FEWEST_WRAPPED, _PART_WRAPPED = 2, 0.1  # of the quoted lines, before it is believed that they were wrapped
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


def quoted(head: Sequence[str]) -> tuple[str, Undo] | None:
    """Recognise lines that were wrapped after they had been quoted: those that go on have no `>`.

    Args:
        head: The first lines of a text.

    Returns:
        What was done to them, and what takes it off; None if this was not done.
    """
    width = margin(head)
    filled = [one for one in head if one.strip()]
    marked = sum(_QUOTED.match(one) is not None for one in filled)
    if not width or not marked or marked == len(filled):
        return None
    whole = [one for one in _requoted(head, width) if one.strip()]
    joined = len(filled) - len(whole)
    if joined < max(_FEWEST_WRAPPED, _PART_WRAPPED * marked) or marked < _MOSTLY_QUOTED * len(whole):
        return None
    return NAME, lambda lines: _requoted(lines, width)


def _requoted(lines: Iterable[str], width: int) -> Iterator[str]:
    """Yield lines, quoted ones together with those without a mark that they go on in."""
    whole, last, pieces = "", "", 0  # the quoted line so far, its last piece, and how many there are
    for line in lines:
        words = line.split(maxsplit=1)
        is_marked = _QUOTED.match(line) is not None
        may_go_on = whole and words and not is_marked and pieces < _MOST_PIECES
        if may_go_on and _is_too_long(last, words[0], width):
            is_broken_word = len(last) >= width and len(last.split()) == 1 and not last[-1].isspace()
            whole, last = whole + line if is_broken_word else _together([whole, line]), line
            pieces += 1
            continue
        if whole:
            yield whole
        whole = last = line if is_marked else ""
        pieces = 1
        if not is_marked:
            yield line
    if whole:
        yield whole


def _length(line: str) -> int:
    return len(line.rstrip().expandtabs(_TAB))


def _may_continue(before: str, line: str, width: int) -> bool:
    """Return whether the first word of a line was too long for the line before it, with blanks between."""
    words = line.split(maxsplit=1)
    return (
        bool(words)
        and not _RULE.fullmatch(before)
        and not _RULE.fullmatch(line)
        and _is_too_long(before, words[0], width)
    )


def _is_too_long(before: str, word: str, width: int) -> bool:
    return max(_length(before) + _GAP, len(before.expandtabs(_TAB))) + len(word) > width


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
    return _END.fullmatch(piece.lstrip()) is not None and bool(claims([_together([*row, piece])]))


def _together(pieces: Sequence[str]) -> str:
    whole = pieces[0]
    for one in pieces[1:]:
        whole += one if whole[-1:].isspace() else f" {one}"
    return whole
