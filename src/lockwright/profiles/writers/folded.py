"""Folded stacks: what `flamegraph.pl` and its heirs draw, and what the reader of folded stacks reads.

One line for each stack: functions from the outermost to the innermost with `;` between them, a blank, the weight. As
`stackcollapse-perf.pl` writes it, the command comes first, and functions of the kernel end in `_[k]`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.writers.series import COMMAND

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame
    from lockwright.profiles.writers.series import Series

_MARKED = re.compile(r"_\[[kij]\]$")
_KERNEL = ("[kernel", "[guest.kernel")
_NAMELESS = "[unknown]"
_DIGITS = 9  # behind the point, as the reader takes them
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def folded(series: Series) -> str:
    """Return one event as folded stacks: the format has one number for each stack, and no room for its unit.

    Weights are written whole, or with up to nine digits behind the point where they are shares.
    """
    lines: dict[str, float] = {}
    names = [_name(one) for one in series.frames]
    for numbers, weight in series.weights.items():
        line = ";".join([names[number] for number in numbers])
        lines[line] = lines.get(line, 0.0) + weight
    return "".join(f"{line} {_number(weight)}\n" for line, weight in lines.items())


def _name(frame: Frame) -> str:
    """Return a function as it may stand in a line, with the mark that tells the kernel."""
    sayable = frame.symbol.encode(errors="replace").decode()
    name = _BLANKS.sub(" ", sayable.replace(";", ":")).strip() or _NAMELESS
    if frame.module == COMMAND:
        return name
    if frame.module.startswith(_KERNEL):
        return f"{name}_[k]"
    return f"{name}_[i]" if _MARKED.search(name) else name  # or a reader would take the mark off the name


def _number(weight: float) -> str:
    return f"{weight:.{_DIGITS}f}".rstrip("0").rstrip(".")
