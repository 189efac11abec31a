"""Folded stacks: what `flamegraph.pl` and its heirs draw, and what the reader of folded stacks reads.

One line for each stack: functions from the outermost to the innermost with `;` between them, a blank, the weight. As
`stackcollapse-perf.pl` writes it, the command comes first, and functions of the kernel end in `_[k]`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.off_cpu import OFF_CPU
from lockwright.profiles.writers.series import COMMAND

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame
    from lockwright.profiles.writers.series import Series

_MARKED = re.compile(r"_\[[kij01]\]$")
_DELIMITERS = frozenset({"-", "--"})  # they stand between kernel and user functions
_NS_PER_US = 1e3
_KERNEL = ("[kernel", "[guest.kernel")
_NAMELESS = "[unknown]"
_DIGITS = 9  # behind the point, as the reader takes them
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def folded(series: Series) -> str:
    """Return one event as folded stacks: the format has one number for each stack, and no room for its unit.

    Weights are written whole, or with up to nine digits behind the point where they are shares; time off the CPU in
    microseconds, as `offcputime -f` of bcc writes it.
    """
    unit = _NS_PER_US if series.name == OFF_CPU else 1.0
    lines: dict[str, float] = {}
    names = [_name(one) for one in series.frames]
    for numbers, weight in series.weights.items():
        line = ";".join([names[number] for number in numbers])
        lines[line] = lines.get(line, 0.0) + weight
    return "".join(f"{line} {_number(weight / unit)}\n" for line, weight in lines.items())


def _name(frame: Frame) -> str:
    """Return a function as it may stand in a line, with the mark that tells the kernel."""
    sayable = frame.symbol.encode(errors="replace").decode()
    name = _BLANKS.sub(" ", sayable.replace(";", ":")).strip() or _NAMELESS
    if frame.module == COMMAND:
        return name
    if frame.module.startswith(_KERNEL):
        return f"{name}_[k]"
    return f"{name}_[i]" if _is_misread(name) else name


def _is_misread(name: str) -> bool:
    """Return whether a reader would take a mark off a name, or take it for no name at all."""
    return _MARKED.search(name) is not None or name in _DELIMITERS


def _number(weight: float) -> str:
    return f"{weight:.{_DIGITS}f}".rstrip("0").rstrip(".")
