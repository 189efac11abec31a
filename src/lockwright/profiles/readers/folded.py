"""Folded stacks: functions from the outermost to the innermost with `;` between them, a blank, a number.

What the `stackcollapse` programs of FlameGraph, `bcc` with `-f`, async-profiler (`collapsed`) and py-spy (`raw`) write.
The marks `_[k]` (kernel), `_[j]` (made at run time), `_[i]` (inlined), `_[0]` and `_[1]` (interpreted, C1) are taken
off, and so are `-` and `--`, which stand between kernel and user functions. Behind the last `;` of `offwaketime` come
the functions of who ended the wait, behind a `-` of their own: they are another thread's and not kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles import async_locks
from lockwright.profiles.async_locks import is_of_lock
from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.off_cpu import OFF_CPU, sleeps, waits
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "folded stacks"
_WEIGHT = re.compile(r"(\d{1,20}(?:\.\d{1,9})?(?:[eE][+-]?\d{1,2})?)(?:\s?(ns|us|\u00b5s|ms|s))?")
_MARK = re.compile(r"_\[([kij01])\]$")
_DELIMITERS = frozenset({"-", "--"})
_NS_PER = {"ns": 1.0, "us": 1e3, "\u00b5s": 1e3, "ms": 1e6, "s": 1e9}
_MOST_CLAIMED = 4096  # characters looked at to recognise a line


def _parts(line: str) -> tuple[str, float, str] | None:
    """Return the stack, weight and unit of a line; None if it is none."""
    text = line.strip()
    stack, _, last = text.rpartition(" ") if " " in text else text.rpartition("\t")
    if last in _NS_PER and stack:  # `12.5 ms`
        stack, _, number = stack.rstrip().rpartition(" ")
        last = f"{number}{last}"
    got = _WEIGHT.fullmatch(last)
    if got is None or not stack.strip():
        return None
    return stack.rstrip(), float(got[1]), got[2] or ""


def _claims(head: Sequence[str]) -> list[int]:
    return [
        number
        for number, line in enumerate(head)
        if ";" in line and not line.startswith("#") and _is_row(line) and _parts(line)
    ]


def _is_row(line: str) -> bool:
    """Return whether a line has functions between its semicolons, as prose and code that end with a number do not."""
    first = line.strip()[:_MOST_CLAIMED].partition(";")[0]
    return bool(first) and not first.startswith(("//", "/*", "|", "@"))


def read(lines: Lines) -> Profile:
    """Read a stack from each line; off-CPU time, in microseconds, is told by the functions at its end."""
    found = Gathered()
    kept: dict[str, Frame] = {}
    unit, of_locks = "", True
    for number, line in enumerate(lines, 1):
        got = _parts(line)
        if got is None:
            if line.strip() and not line.lstrip().startswith("#"):
                found.skip(number)
            continue
        names = [one for one in map(str.strip, got[0].split(";")) if one]
        stack = _frames(names, kept)
        unit, of_locks = unit or got[2], of_locks and bool(names) and is_of_lock(names[-1])
        if stack:
            found.add(Sample(stack, got[1] * _NS_PER.get(got[2], 1.0)))
    if of_locks and found.weights:
        made = async_locks.waits(found.profile(NAME, lines, "samples").samples)
        found.weights = {}
        return found.profile(NAME, lines, "samples", made)
    if not found.weights or not sleeps(stack for stack, *_ in found.weights):
        return found.profile(NAME, lines, "period" if unit else "samples")
    return _off_cpu(found, lines, 1.0 if unit else _NS_PER["us"])


def _frames(names: list[str], kept: dict[str, Frame]) -> tuple[Frame, ...]:
    """Return the functions of a thread, the innermost first, without marks."""
    inner = names
    if names and any(one in _DELIMITERS for one in names):
        last = len(names) - 1 - names[::-1].index("-") if "-" in names else -1
        waker = last > 0 and sleeps([tuple(Frame(one) for one in reversed(names[:last]) if one not in _DELIMITERS)])
        inner = [one for one in (names[:last] if waker else names) if one not in _DELIMITERS]
    return tuple(kept.get(one) or kept.setdefault(one, _frame(one)) for one in reversed(inner))


def _off_cpu(found: Gathered, lines: Lines, ns_per: float) -> Profile:
    """Return times off the CPU: the first name is the task's, as every tool that writes them has it."""
    weights, found.weights = found.weights, {}
    for (stack, *_), (weight, _) in weights.items():
        if len(stack) > 1:
            found.add(Sample(stack[:-1], weight * ns_per, 0, stack[-1].symbol, None, OFF_CPU))
        else:
            found.add(Sample(stack, weight * ns_per, 0, "", None, OFF_CPU))
    if ns_per != 1.0:
        found.guessed = ("numbers as microseconds off the CPU, as `offcputime -f` writes them",)
    profile = found.profile(NAME, lines, "period")
    return found.profile(NAME, lines, "period", waits(profile.samples))


def _frame(name: str) -> Frame:
    got = _MARK.search(name)
    if got is None:
        return Frame(name)
    return Frame(name[: got.start()], "[kernel]" if got[1] == "k" else "")


READER = Reader(NAME, "lines such as `outer;inner;innermost 42`", _claims, (";",), read)
