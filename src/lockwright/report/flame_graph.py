"""Boxes of an icicle as HTML: readable as it stands; a script adds zoom, search and keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from lockwright.profiles.folding import family
from lockwright.profiles.symbols import IDLE, SCHEDULE, UNLOCK, WAITING
from lockwright.profiles.writers.series import COMMAND, LOCK
from lockwright.report.profile_tables import meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from lockwright.report.icicle import Box, Layout, Node

_LONGEST = 320  # characters of a name that is shown
_NAMELESS = "[no name]"
_TAIL = 60  # of them at its end
_LEAST_FOR_TEXT = 0.02  # of the width: less holds no two letters
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_KERNEL = ("[kernel", "[guest.kernel")
LEGEND = (
    ("w", "takes a lock, or waits for one"),
    ("c", "wants the lock named above"),
    ("u", "releases a lock"),
    ("s", "gives up the CPU, or idles"),
    ("k", "the kernel"),
    ("", "everything else"),
)
"""The class of a box, and what it means; the same is said in words at each box."""


DIFF_LEGEND = (
    ("more", "▲ weighs more after than before"),
    ("more much", "▲ by 5 points or more"),
    ("less", "▼ weighs less"),
    ("less much", "▼ by 5 points or more"),
    ("", "changed by less than half a point"),
)
_CHANGED, _MUCH = 0.005, 0.05  # of 1


@dataclass(frozen=True, slots=True)
class Other:
    """The other side of a comparison.

    Args:
        shares: Of each box of the picture, what it weighs there, of 1.
        is_after: Whether it is the later side.
    """

    shares: Sequence[float]
    is_after: bool


def flame_graph(
    name: str,
    label: str,
    found: Layout,
    amount: Callable[[float], str],
    callers: Collection[str] = (),
    other: Other | None = None,
) -> Iterator[str]:
    """Yield a picture.

    Args:
        name: An identifier that no other picture of the page has.
        label: What it shows, for who cannot see it.
        found: Its boxes.
        amount: Writes a weight with its unit; nothing if its share says all.
        callers: The functions that want the lock which the page is about.
        other: What the picture is compared with; colours then tell the difference.
    """
    rows = 1 + max((one.level for one in found.boxes), default=0)
    yield f'<div class="flame" id="flame-{name}">'
    yield '<div class="bar" hidden><label>Search <input type="search" spellcheck="false"></label>'
    yield '<button type="button" class="whole">Show all</button> <output></output></div>'
    yield f'<div class="view" tabindex="0" aria-label="{escape(label)}">'
    yield f'<div class="boxes" style="height:calc({rows}*var(--row))">'
    whole = found.boxes[0].node.weight if found.boxes else 1.0
    for at, one in enumerate(found.boxes):
        told = _told(one.node, whole, amount, callers)
        yield _box(one, _compared(told, one.node.weight / whole, other.shares[at], other) if other else told)
    yield '</div></div>\n<p class="details" aria-live="polite"></p>\n</div>'
    if found.left_out:
        yield (
            f"<p><small>{found.left_out:,} branches too light to be seen are not drawn, the heaviest with "
            f"{amount(found.heaviest_left_out)}, {_share(found.heaviest_left_out, whole)}.</small></p>"
        )


def legend(looks: tuple[tuple[str, str], ...] = LEGEND) -> str:
    """Return what the looks of boxes mean."""
    marks = (f'<span class="mark {kind}">abc</span> {escape(text)}' for kind, text in looks)
    return f'<p class="legend flame">{" &nbsp; ".join(marks)}</p>'


@cache
def style() -> str:
    """Return the style of pictures."""
    return f"<style>{_file('flame_graph.css')}</style>"


@cache
def script() -> str:
    """Return what makes pictures zoom and search."""
    return f"<script>{_file('flame_graph.js')}</script>"


def _file(name: str) -> str:
    return files("lockwright.report").joinpath(name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said of a box: its name, the lines of its title below that, and its look."""

    name: str
    lines: list[str]
    look: str


def _box(box: Box, told: _Told) -> str:
    """Return a box; its title tells everything about it, as its colour must not tell anything alone."""
    look = f' class="{told.look}"' if told.look else ""
    text = escape(told.name) if box.width >= _LEAST_FOR_TEXT else ""
    place = f"left:{_percent(box.left)};width:{_percent(box.width)};--l:{box.level}"
    return f'<b style="{place}"{look} title="{"&#10;".join(map(escape, (told.name, *told.lines)))}">{text}</b>'


def _told(node: Node, whole: float, amount: Callable[[float], str], callers: Collection[str]) -> _Told:
    lines = [*_what(node, callers), _weighs(node, whole, amount)]
    if node.module not in {"", COMMAND, LOCK}:
        lines.append(shortened(node.module))
    return _Told(shortened(node.name), lines, _kind(node, callers))


def _compared(told: _Told, share: float, its: float, other: Other) -> _Told:
    """Return what is said of a box whose colour tells what changed."""
    before, after = (share, its) if other.is_after else (its, share)
    change = after - before
    lines = [*told.lines, f"before {100 * before:.3g} %, after {100 * after:.3g} %: {100 * change:+.2f} points"]
    if abs(change) < _CHANGED:
        return _Told(told.name, lines, "")
    sign, look = ("▲", "more") if change > 0 else ("▼", "less")
    return _Told(f"{sign} {told.name}", lines, f"{look} much" if abs(change) >= _MUCH else look)


def _weighs(node: Node, whole: float, amount: Callable[[float], str]) -> str:
    own = f", itself {_share(node.own, whole)}" if node.own and node.calls else ""
    told = (amount(node.weight), _share(node.weight, whole))
    return f"{', '.join(one for one in told if one)}{own}"


def _what(node: Node, callers: Collection[str]) -> Iterator[str]:
    if node.module == COMMAND:
        yield "a command"
    elif node.module == LOCK:
        yield "the lock that is waited for"
    else:
        if node.name in callers:
            yield "wants the lock"
        if text := meaning(node.name):
            yield text


def _kind(node: Node, callers: Collection[str]) -> str:
    if node.module == COMMAND:
        return ""
    if node.module == LOCK:
        return "w"
    if node.name in callers:
        return "c"
    found = family(node.name)
    if found is None:
        return "k" if node.module.startswith(_KERNEL) else ""
    if found.role in WAITING:
        return "w"
    return {UNLOCK: "u", SCHEDULE: "s", IDLE: "s"}.get(found.role, "")


def shortened(name: str) -> str:
    """Return a name that a page can show: without its middle if it is long, without what cannot be printed."""
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - _TAIL - 1]}…{name[-_TAIL:]}"
    return printable(name) if name.strip() else _NAMELESS


def printable(text: str) -> str:
    """Return a text without the characters that HTML cannot hold."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _share(weight: float, whole: float) -> str:
    return f"{100 * weight / whole:.3g} %"


def _percent(part: float) -> str:
    return f"{100 * part:.4f}".rstrip("0").rstrip(".") + "%"
