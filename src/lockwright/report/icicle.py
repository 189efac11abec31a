"""Stacks to boxes: where each function of a tree of calls is drawn.

The outermost function is at the top, what it calls below it, each as wide as it weighs (B. Gregg, "The Flame Graph",
CACM 59(6), 2016, upside down). The heaviest child is leftmost, so whatever is too light to be drawn leaves a gap at the
right. The tree is unfolded where it is drawn and nowhere else: most of a large one is too light.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.folding import plain
from lockwright.profiles.writers.series import COMMAND, LOCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles import Frame
    from lockwright.profiles.writers.series import Numbers, Series

LEAST_SHARE = 0.0002  # of the whole: a quarter of a pixel
MOST_CHARACTERS = 400_000  # of one picture
_BOX = 130  # characters of a box beside its name, which stands in it twice, and its module
_NOWHERE = -1  # no box is there
_LONGEST = 320  # characters of a name that are written


@dataclass(slots=True)
class Node:
    """A function as one stack of callers calls it.

    Args:
        name: Plain, without what compilers add.
        module: As in the frame that was met first; `COMMAND` and `LOCK` are no functions.
        weight: Of all stacks through it.
        own: Of the stacks that end in it.
        calls: How many functions it calls.
    """

    name: str
    module: str = ""
    weight: float = 0.0
    own: float = 0.0
    calls: int = 0


@dataclass(slots=True)
class Box:
    """Where a function is drawn.

    Args:
        node: What is drawn.
        level: Rows from the top.
        left: Of 1, where it begins.
        width: Of 1.
        below: The boxes of what it calls, the heaviest first, so far as they are drawn.
        members: The stacks through it, by their index.
    """

    node: Node
    level: int
    left: float
    width: float
    below: list[Box] = field(default_factory=list, repr=False)
    members: list[int] = field(default_factory=list, repr=False)
    is_drawn: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture.

    Args:
        boxes: Each before what it calls, the heaviest first.
        left_out: How many functions, called by one that is drawn, are too light to be drawn.
        heaviest_left_out: The weight of the heaviest one; 0 if all are drawn.
    """

    boxes: tuple[Box, ...]
    left_out: int
    heaviest_left_out: float


def layout(name: str, series: Series, *, is_inverted: bool = False, most_characters: int = MOST_CHARACTERS) -> Layout:
    """Return the boxes of the heaviest functions, as many as a page can hold.

    Args:
        name: Of the outermost box, which is everything.
        series: What each stack weighs.
        is_inverted: Begin with the innermost function: below a function are its callers.
        most_characters: About how long the picture may become, written as HTML.
    """
    calls = _Calls(series, is_inverted=is_inverted)
    root = calls.root(name)
    if not root.node.weight:
        return Layout((), 0, 0.0)
    waiting, order, room = [(-root.node.weight, 0, root)], 1, most_characters
    while waiting and room > 0 and -waiting[0][0] >= LEAST_SHARE * root.node.weight:
        box = heapq.heappop(waiting)[-1]
        box.is_drawn = True
        room -= _BOX + sum(min(len(text), _LONGEST) for text in (box.node.name, box.node.name, box.node.module))
        calls.unfold(box, root.node.weight)
        for child in box.below:
            heapq.heappush(waiting, (-child.node.weight, order, child))
            order += 1
    return Layout(_preorder(root), len(waiting), max((-one[0] for one in waiting), default=0.0))


def shares_along(found: Layout, series: Series, *, is_inverted: bool = False) -> list[float]:
    """Return for each box of a picture what share of another series lies along the same calls, of 1.

    Args:
        found: The picture.
        series: What is looked for in it.
        is_inverted: As for `layout`.
    """
    shares = dict.fromkeys(range(len(found.boxes)), 0.0)
    total = series.total
    if not found.boxes or not total:
        return list(shares.values())
    at = {id(box): number for number, box in enumerate(found.boxes)}
    below = [
        {(one.node.name, _kind(one.node)): at[id(one)] for one in box.below if one.is_drawn} for box in found.boxes
    ]
    keys = [_key(frame) for frame in series.frames]
    for stack, weight in series.weights.items():
        number = 0
        shares[0] += weight / total
        for frame in reversed(stack) if is_inverted else stack:
            number = below[number].get(keys[frame], _NOWHERE)
            if number == _NOWHERE:
                break
            shares[number] += weight / total
    return list(shares.values())


class _Calls:
    """The stacks of a picture, as numbers of functions that are the same for all calls of one function."""

    def __init__(self, series: Series, *, is_inverted: bool) -> None:
        first: dict[tuple[str, str], int] = {}
        keys = [_key(frame) for frame in series.frames]
        self.own = [first.setdefault(key, at) for at, key in enumerate(keys)]
        self.names = [name for name, _ in keys]
        self.frames: Sequence[Frame] = series.frames
        heavy = [(stack, weight) for stack, weight in series.weights.items() if weight > 0]
        self.stacks: list[Numbers] = [stack[::-1] if is_inverted else stack for stack, _ in heavy]
        self.weights = [weight for _, weight in heavy]

    def root(self, name: str) -> Box:
        return Box(Node(name, "", sum(self.weights)), 0, 0.0, 1.0, members=list(range(len(self.stacks))))

    def unfold(self, box: Box, whole: float) -> None:
        """Find out what a function calls, and where that is drawn."""
        groups: dict[int, list[int]] = {}
        for member in box.members:
            stack = self.stacks[member]
            if len(stack) > box.level:
                groups.setdefault(self.own[stack[box.level]], []).append(member)
            else:
                box.node.own += self.weights[member]
        box.members = []
        found = [(sum([self.weights[one] for one in members]), key, members) for key, members in groups.items()]
        box.node.calls, left = len(found), box.left
        for weight, key, members in sorted(found, key=lambda one: (-one[0], self.names[one[1]])):
            node = Node(self.names[key], self.frames[key].module, weight)
            box.below.append(Box(node, box.level + 1, left, weight / whole, members=members))
            left += weight / whole


def _key(frame: Frame) -> tuple[str, str]:
    """Return what makes calls calls of one function; a command is none, whatever its name."""
    return (frame.symbol, frame.module) if frame.module in {COMMAND, LOCK} else (plain(frame.symbol), "")


def _kind(node: Node) -> str:
    return node.module if node.module in {COMMAND, LOCK} else ""


def _preorder(root: Box) -> tuple[Box, ...]:
    found, stack = [], [root]
    while stack:
        box = stack.pop()
        found.append(box)
        stack.extend(reversed([one for one in box.below if one.is_drawn]))
    return tuple(found)
