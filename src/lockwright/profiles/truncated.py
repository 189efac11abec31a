"""Names of functions that a narrow column or a paste cut off: completed where only one known lock function fits."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles.folding import plain
from lockwright.profiles.symbols import table

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame, Profile, Stack

_CUT = re.compile(r"(?:\u2026|\.{2,3})$")
_PAGER = ">"  # at the right end of a line that `less -S` cut
_FEWEST_MARKED, _FEWEST = 6, 12  # letters of a name that was cut, with and without dots behind it


def completed(profile: Profile) -> Profile:
    """Return a profile with whole names, and what was guessed in its provenance.

    A name that ends with dots was cut, or with a `>` that nothing opens. Another one may have been if the file is a
    table, no name there is longer, and it is nothing known itself.
    """
    stacks: list[Stack] = [one.stack for one in profile.samples]
    stacks += [one.stack for one in profile.waits]
    stacks += [one.stack for one in profile.holdings]
    symbols = dict.fromkeys(frame.symbol for stack in stacks for frame in stack)
    longest = max(map(len, symbols), default=0) if profile.unit == "percent" and profile.samples else 0
    found = {one: whole for one in symbols if (whole := _whole(one, is_longest=len(one) == longest))}
    if not found:
        return profile
    guessed = tuple(f"`{cut}` as `{whole}`" for cut, whole in found.items())
    return replace(
        profile,
        samples=tuple(replace(one, stack=_stack(one.stack, found)) for one in profile.samples),
        waits=tuple(replace(one, stack=_stack(one.stack, found)) for one in profile.waits),
        holdings=tuple(replace(one, stack=_stack(one.stack, found)) for one in profile.holdings),
        provenance=replace(profile.provenance, guessed=(*profile.provenance.guessed, *guessed)),
    )


def beginning(symbol: str) -> str:
    """Return what is there of a name that has the mark of a cut at its end; empty if it has none."""
    is_cut_by_pager = symbol.endswith(_PAGER) and symbol.count("<") < symbol.count(">") and "operator" not in symbol
    if is_cut_by_pager and not symbol.endswith("->"):
        return symbol.removesuffix(_PAGER)
    cut = _CUT.search(symbol)
    return symbol[: cut.start()] if cut else ""


def _whole(symbol: str, *, is_longest: bool) -> str:
    """Return the one known function that a name is the beginning of; empty if there is none, or several kinds."""
    stem = beginning(symbol)
    cut = bool(stem)
    stem = stem or symbol
    if len(stem) < (_FEWEST_MARKED if cut else _FEWEST) or not (cut or is_longest):
        return ""
    known = table()
    if not cut and plain(symbol) in known:
        return ""
    fitting = [one for one in known if one.startswith(stem)]
    shortest = min(fitting, key=len, default="")
    same = {(known[one].role, known[one].lock) for one in fitting}
    return shortest if len(same) == 1 and all(one.startswith(shortest) for one in fitting) else ""


def _stack(stack: Stack, whole: dict[str, str]) -> Stack:
    if not any(one.symbol in whole for one in stack):
        return stack
    return tuple(_frame(one, whole) for one in stack)


def _frame(frame: Frame, whole: dict[str, str]) -> Frame:
    return replace(frame, symbol=whole[frame.symbol]) if frame.symbol in whole else frame
