"""The block that maintainers ask for, ready to paste under a patch: plain text, or Markdown for a pull request.

What it has, 75 published cures show: machine, command, runs and spread, the table from one thread on, the heaviest
functions and locks on both sides, waits of the lock, the next limit, and what stayed unchanged.  What is not known is
named with the option that gives it, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.choosing import CHOSEN, CHOSEN_SHARE
from lockwright.profiles.comparing.results import LOCK, SYMBOL
from lockwright.profiles.comparing.speed import speed_up
from lockwright.profiles.comparing.wording import amount, duration, wrapped
from lockwright.report.diff import CHANCE_MEANS, difference_cell, is_chance, name_cell, share_cell, wait_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.comparing import Change, Comparison, SideSummary

_LEADING = re.compile(r"(?<![^\W_])_+|_+(?!\w)")
"""Underscores at the ends of names; Markdown leaves those inside alone."""
_WIDTH = 75  # columns that survive being quoted in a mail
_BY, _WANTED_BY = " <- ", " by "
_TOP = 5
_TOP_LOCKS = 3


@dataclass(frozen=True, slots=True)
class Given:
    """What only the one who measured knows.

    Args:
        machine: CPUs, sockets, kernel.
        command: What was run.
    """

    machine: str = ""
    command: str = ""


def block(found: Comparison, given: Given, *, markdown: bool = False) -> str:
    """Return the block.

    Args:
        found: The comparison.
        given: What the files may not say.
        markdown: Whether tables are those of Markdown.
    """
    parts = [*_head(found, given, markdown=markdown)]
    for title, cells in _tables(found):
        made = _markdown_table(cells) if markdown else _plain_table(cells)
        parts += ["", f"**{title}**" if markdown else f"{title}:", "", *made]
    signs = _signs(found)
    if signs:
        parts += ["", _escaped(signs) if markdown else signs]
    parts += ["", *_tail(found, given, markdown=markdown)]
    return "\n".join(parts).rstrip() + "\n"


def _head(found: Comparison, given: Given, *, markdown: bool) -> Iterator[str]:
    yield from _line("", found.headline[:1].upper() + found.headline[1:] + ".", markdown=markdown, bullet=False)
    yield ""
    yield from _line(
        "Machine", given.machine or _machine(found) or _missing("machine", "CPUs, sockets, kernel"), markdown=markdown
    )
    yield from _line(
        "Command", given.command or _command(found) or _missing("command-line", "what was run"), markdown=markdown
    )
    if CHOSEN in found.before.facts:
        yield from _line("Samples of", _chosen(found), markdown=markdown)
    yield from _line("Runs", _runs(found), markdown=markdown)
    yield from _line("Throughput", _throughput(found), markdown=markdown)


def _missing(option: str, what: str) -> str:
    return f'not given: --{option} "{what}"'


def _machine(found: Comparison) -> str:
    """Return what the files say of the machine, of both sides where they differ."""
    told = [_machine_of(side) for side in (found.before, found.after)]
    if told[0] == told[1] or not all(told):
        return told[0] or told[1]
    return f"{told[0]} (before); {told[1]} (after)"


def _machine_of(side: SideSummary) -> str:
    facts = side.facts
    cpus = facts.get("nrcpus online") or facts.get("cpus")
    release = facts.get("os release")
    parts = [facts.get("cpudesc"), f"{cpus} CPUs" if cpus else None, f"Linux {release}" if release else None]
    return ", ".join(one for one in parts if one)


def _command(found: Comparison) -> str:
    told = [side.facts.get("command") or side.facts.get("cmdline") or "" for side in (found.before, found.after)]
    return told[0] if told[0] == told[1] or not told[1] else f"{told[0]} (before); {told[1]} (after)"


def _chosen(found: Comparison) -> str:
    """Return whose samples these are, and how much of everybody's."""
    shares = [f"{side.facts[CHOSEN_SHARE]} of busy time {name}" for name, side in _sides(found) if CHOSEN in side.facts]
    return f"{found.before.facts[CHOSEN]} alone: {', '.join(shares)}"


def _sides(found: Comparison) -> tuple[tuple[str, SideSummary], ...]:
    return ("before", found.before), ("after", found.after)


def _runs(found: Comparison) -> str:
    parts = []
    for name, side in _sides(found):
        samples = f", {side.samples:,} samples" if side.samples else ", number of samples not known"
        spread = f", {side.spread:.1f} points at most between two" if side.spread is not None else ""
        parts.append(f"{len(side.sources)} {name}{samples}{spread}")
    single = len(found.before.sources) == len(found.after.sources) == 1
    more = "; spread between runs not known: --before A B C --after D E F" if single else ""
    return "; ".join(parts) + more


def _throughput(found: Comparison) -> str:
    one, other = found.before.throughput, found.after.throughput
    if one is None or other is None:
        return "not given: --before-work N --after-work N, --before-seconds S --after-seconds S"
    return f"{amount(one.value)} operations/s before, {amount(other.value)} after: {speed_up(one, other)}"


def _tables(found: Comparison) -> Iterator[tuple[str, list[list[str]]]]:
    if found.threads:
        rows = [
            [
                str(row.threads),
                amount(row.before),
                amount(row.after),
                "-" if row.difference_percent is None else f"{row.difference_percent:+.1f} %",
            ]
            for row in found.threads
        ]
        yield "Threads", [["threads", "before", "after", "difference"], *rows]
    tops = _tops(found)
    if tops:
        yield "Share of busy time, functions", [["before", "after", "difference", "function"], *map(_row, tops)]
    locks = _top_locks(found)
    if locks:
        yield "Share of busy time, locks by caller", [["before", "after", "difference", "lock"], *map(_row, locks)]
    if found.waits:
        rows = [
            [
                *(
                    f"{duration(side.total_ns)} / {duration(side.mean_ns)}" if side.mean_ns is not None else "-"
                    for side in (one.before, one.after)
                ),
                wait_cell(one),
            ]
            for one in found.waits[: _TOP_LOCKS + 1]
        ]
        yield "Waits in a run, total / mean", [["before", "after", "lock"], *rows]


def _tops(found: Comparison) -> list[Change]:
    """Return the heaviest functions of each side, those of before first."""
    rows = [one for one in found.changes if one.kind == SYMBOL]
    before = sorted((one for one in rows if not one.unlisted_before), key=lambda one: -one.before.value)[:_TOP]
    after = sorted((one for one in rows if not one.unlisted_after), key=lambda one: -one.after.value)[:_TOP]
    return [*before, *(one for one in after if one not in before)]


def _top_locks(found: Comparison) -> list[Change]:
    rows = [one for one in found.changes if one.kind == LOCK]
    return sorted(rows, key=lambda one: -max(one.before.value, one.after.value))[:_TOP_LOCKS]


def _row(one: Change) -> list[str]:
    name = name_cell(one)
    callers = [who for who in dict.fromkeys(one.called_by) if who]
    if callers:
        name += f"{_BY}{', then '.join(callers)}"
    if one.renamed_from:
        name += f" (was {one.renamed_from}?)"
    return [
        share_cell(one.before, unlisted=one.unlisted_before),
        share_cell(one.after, unlisted=one.unlisted_after),
        difference_cell(one),
        name,
    ]


def _signs(found: Comparison) -> str:
    """Return what the signs in the tables mean."""
    rows = [*_tops(found), *_top_locks(found)]
    said = []
    if any(map(is_chance, rows)) or any(one.is_significant is False for one in found.waits):
        said.append(CHANCE_MEANS)
    if any(one.unlisted_before or one.unlisted_after for one in rows):
        said.append("< n %: below what the profiler lists")
    if any(any(one.called_by) for one in rows):
        said.append(f"f{_BY}g: f, called by g")
    return "; ".join(said)


def _tail(found: Comparison, given: Given, *, markdown: bool) -> Iterator[str]:
    if not found.waits:
        yield from _line("Waits of the lock", "not given: record them with `perf lock record`", markdown=markdown)
    yield from _line("Next limit", found.next_limit or "none that weighs as much as 1 %", markdown=markdown)
    yield from _line("Unchanged", _unchanged(found), markdown=markdown)
    if not found.threads:
        yield from _line("1 to N threads", "not given: --table FILE.csv with threads,before,after", markdown=markdown)
    for warning in found.warnings:
        if "--before" not in warning and not (given.command and warning.startswith("different commands")):  # said above
            yield from _line("Note", warning, markdown=markdown)
    if found.brief:
        yield from _line("Method", found.brief, markdown=markdown)


def _unchanged(found: Comparison) -> str:
    first = next((row for row in found.threads if row.threads == 1), None)
    single = ""
    if first is not None and first.difference_percent is not None:
        single = f"1 thread {first.difference_percent:+.1f} %; "
    return single + (", ".join(found.unchanged) or "not known of any row above 1 %")


def _line(head: str, text: str, *, markdown: bool, bullet: bool = True) -> Iterator[str]:
    """Yield a paragraph behind its head, in plain text within the width of a mail."""
    if markdown:
        yield f"- **{head}**: {_escaped(text)}" if bullet else _escaped(text)
        return
    begin = f"{head}: " if head else ""
    yield from wrapped(text, _WIDTH, begin, "  " if bullet else "")


def _plain_table(cells: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    left = {at for at, cell in enumerate(cells[0]) if cell in {"function", "lock"}}
    for row in cells:
        made = [
            f"{cell:<{width}}" if at in left else f"{cell:>{width}}"
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = f"  {'  '.join(made)}".rstrip()
        sign = next((one for one in (_BY, _WANTED_BY) if one in line), "")
        if len(line) <= _WIDTH or not sign:
            yield line
            continue
        line, _, callers = line.partition(sign)
        below = f"{sign.lstrip()}{callers}"
        begin = 4 + sum(widths[:-1]) + 2 * (len(widths) - 1)
        yield line.rstrip()
        yield f"{' ' * max(2, min(begin, _WIDTH - len(below)))}{below}"


def _markdown_table(cells: list[list[str]]) -> Iterator[str]:
    left = {at for at, cell in enumerate(cells[0]) if cell in {"function", "lock"}}
    yield f"| {' | '.join(cells[0])} |"
    yield f"|{'|'.join('---' if at in left else '---:' for at in range(len(cells[0])))}|"
    for row in cells[1:]:
        names = [
            f"`{_code(cell)}`" if at in left else _escaped(cell).replace("|", "\\|") for at, cell in enumerate(row)
        ]
        yield f"| {' | '.join(names)} |"


def _code(text: str) -> str:
    return text.replace("`", "'").replace("|", "\\|")


def _escaped(text: str) -> str:
    """Return a text in which names with underscores, stars or angle brackets stay what they are."""
    for sign in "*<":
        text = text.replace(sign, f"\\{sign}")
    return _LEADING.sub(lambda got: got[0].replace("_", "\\_"), text)
