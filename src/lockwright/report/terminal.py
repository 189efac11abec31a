"""A check in a terminal: the answer first, then the evidence, then what to do, last what was not covered."""

from __future__ import annotations

import textwrap
from functools import partial
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Label
from lockwright.diagnostics.render import excerpt
from lockwright.report.columns import table
from lockwright.report.console import WIDTH, print_lines, terminal
from lockwright.report.legend import legend_lines, turns
from lockwright.report.places import places
from lockwright.results import (
    FAULT,
    FAULTS,
    NOT_COVERED,
    NOT_EXHAUSTED,
    PROVED,
    UNBOUNDED,
    CheckResult,
    Fault,
    Run,
    counted,
    instance,
    listed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from lockwright.bugs import Code


def print_check(result: CheckResult, console: Console | None = None, *, replay_path: str = "") -> None:
    """Print a check.

    Args:
        result: The check.
        console: Where to print; by default the terminal, without colour when it is none.
        replay_path: The file in which the trace was kept.
    """
    console = console or terminal()
    width = min(WIDTH, console.width) if console.is_terminal else WIDTH
    print_lines(styled_lines(result, width, replay_path=replay_path), console)


def check_text(result: CheckResult, width: int = WIDTH, *, replay_path: str = "") -> str:
    """Return a check as plain text."""
    return "\n".join(text for text, _ in styled_lines(result, width, replay_path=replay_path)) + "\n"


def styled_lines(result: CheckResult, width: int = WIDTH, *, replay_path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the lines of a check, each with the name of its style."""
    for fault in result.faults:
        yield from _fault(fault, result, width, replay_path)
    if not result.faults:
        yield from _headline(result, width)
        yield "", ""
        yield from ((line, "") for line in counts(result))
        yield from ((line, "") for line in _coverage(result, width))
    yield from ((f"warning: {warning}", "warning") for warning in result.warnings)


# A fault.


def _fault(fault: Fault, result: CheckResult, width: int, replay_path: str) -> Iterator[tuple[str, str]]:
    yield from fault_lines(fault, result, width, took=f", {counted(fault.states, 'state')}, {fault.seconds:.1f} s")
    yield "", ""
    yield from _helps(fault, width)
    also = [f"lockwright explain {fault.code}"]
    if replay_path:
        also.append(f"--replay {replay_path}")
    yield f"also: {' · '.join(also)}", ""
    clean = [run for run in result.runs if run.verdict == PROVED]
    if clean:
        yield from (
            (line, "dim") for line in _wrapped("proved: ", "; ".join(_instance_of(run) for run in clean), width)
        )


def fault_lines(
    fault: Fault, result: CheckResult, width: int = WIDTH, *, took: str = "", code: Code | None = None
) -> Iterator[tuple[str, str]]:
    """Yield what happens in a counterexample: the sentence, the place, how large it is, the table of its steps.

    Args:
        fault: The counterexample.
        result: The check that found it.
        width: The most columns of a line.
        took: What it took to find it.
        code: What to show of the source, for who does not know it: whole functions, and the words in them.
    """
    first, *more = textwrap.wrap(f"fault[{fault.code}] {fault.sentence}", width, subsequent_indent="      ")
    yield first, "fault"
    yield from ((line, "fault") for line in more)
    yield from ((line, "") for line in _excerpt(fault, result, code))
    if code is not None:
        yield from ((line, "") for line in legend_lines(code, fault, result, width))
    yield f"   origin: {fault.origin}", ""
    yield f"   {size(fault, result, code)}{took}", ""
    if fault.placement:
        yield f"   {fault.placement}", ""
    yield "", ""
    yield from ((line, "") for line in table(fault, width))
    if fault.why_fair:
        yield f"       fair: {fault.why_fair}", ""


def _excerpt(fault: Fault, result: CheckResult, code: Code | None) -> Iterator[str]:
    """Yield the place, and of each file the lines that the steps ran, with what there is to say about them."""
    shown = places(fault, result.sources, code)
    width = max((len(str(line)) for place in shown for line in place.lines), default=1)
    for place in shown:
        first = place.remarks[0].span if place.remarks else None
        where = f":{first.line}:{first.column}" if first is not None else ""
        is_fault = fault.primary is not None and place.file == fault.primary.span.file
        inside = f", in {fault.function}" if is_fault and fault.function else ""
        yield f"{' ' * width}{'-->' if is_fault else ':::'} {place.file}{where}{inside}"
        labels = [Label(remark.span, remark.text) for remark in place.remarks]
        mark = "^" if is_fault else "-"
        yield from excerpt(result.sources[place.file], labels, place.lines, width, mark, place.ran)


def size(fault: Fault, result: CheckResult, code: Code | None) -> str:
    """Return how large a counterexample is; where its code is told, in words that need no page on reading."""
    named = instance if code is None else partial(turns, result)
    steps = f"{counted(fault.steps, 'step')}, {counted(fault.switches, 'switch')}"
    return f"{named(fault.threads, fault.acquisitions)}{', ' if code is None else ': '}{steps}"


def _helps(fault: Fault, width: int) -> Iterator[tuple[str, str]]:
    for one in fault.helps:
        yield from ((line, "help") for line in _wrapped("help: ", one, width))


# A proof.


def _headline(result: CheckResult, width: int) -> Iterator[tuple[str, str]]:
    verdict = result.verdict
    text = f"{verdict}  {result.name}: {_claim(result)}"
    for line in textwrap.wrap(text, width, subsequent_indent="        "):
        yield line, verdict if verdict != FAULT else "fault"


def _claim(result: CheckResult) -> str:
    match result.verdict:
        case "proved":
            is_race_seen = any(run.model == "c11" for run in result.runs) and not result.params.get("kinds")
            race = ["no race"] if is_race_seen else []
            return ", ".join([*result.claims[:1], *race, *result.claims[1:]])
        case "not exhausted":
            stopped = next(one for one in result.runs if one.verdict == NOT_EXHAUSTED)
            if stopped.reason == "interrupted":
                done = [_instance_of(run) for run in result.runs if run.verdict == PROVED]
                far = f" after {counted(stopped.states, 'state')}" if stopped.states else ""
                before = listed(done) if done else "nothing"
                return f"interrupted in {_instance_of(stopped)}{far}; proved before: {before}"
            where = f"{stopped.states:,} states of {_instance_of(stopped)}"
            return f"no fault in {where}, then the budget of {stopped.reason} was spent"
        case "fault":
            kinds = dict.fromkeys(kind for run in result.runs for kind in run.kinds)
            return listed([FAULTS[kind][1] for kind in kinds])
    run = next((one for one in result.runs if one.verdict == NOT_COVERED), None)
    return "nothing was checked" if run is None else f"{_instance_of(run)}: {run.reason}"


def _instance_of(run: Run) -> str:
    return f"{run.model} with {instance(run.threads, run.acquisitions)}"


def counts_table(result: CheckResult, named: Callable[[int, int | None], str] | None = None) -> list[list[str]]:
    """Return the states: a head with the models, then a row for each instance.

    Args:
        result: The check.
        named: Gives the name of an instance; by default `2 threads x 1 each`.
    """
    models = list(dict.fromkeys(run.model for run in result.runs))
    instances = list(dict.fromkeys((run.threads, run.acquisitions) for run in result.runs))
    rows = ([(named or _label)(*one), *(_cell(result, model, one) for model in models)] for one in instances)
    return [["", *models], *rows]


def _label(threads: int, acquisitions: int | None) -> str:
    return instance(threads, acquisitions).replace(" acquisitions", " each").replace(" acquisition", " each")


def counts(result: CheckResult) -> list[str]:
    """Return the table of states as lines."""
    lines = [f"{row[0]:<22}" + "".join(f"{cell:>14}" for cell in row[1:]) for row in counts_table(result)]
    return [f"{line}   states" if number == 1 else line for number, line in enumerate(lines)]


def _cell(result: CheckResult, model: str, one: tuple[int, int | None]) -> str:
    for run in result.runs:
        if run.model == model and (run.threads, run.acquisitions) == one:
            return f"{run.states:,}" if run.verdict == PROVED else run.verdict
    return ""


def _coverage(result: CheckResult, width: int) -> list[str]:
    lines = []
    for wait in result.waits:
        where = f", line {wait.span.line}" if wait.span.line else ""
        lines += _wrapped("waits in: ", f"{wait.function}{where}, {wait.text or 'until it changes'}", width)
    also = _also(result)
    if also:
        lines += _wrapped("", also, width)
    lines += _orders(result, width)
    missing = [*result.not_covered, *_doubts(result)]
    lines += _wrapped("not covered: ", "; ".join(missing), width)
    seconds = f"{result.seconds:.1f} s"
    if lines and len(lines[-1]) + len(seconds) + 2 <= width:
        lines[-1] = f"{lines[-1]:<{width - len(seconds)}}{seconds}"
    else:
        lines.append(f"{seconds:>{width}}")
    return lines


def _also(result: CheckResult) -> str:
    """Return what holds beyond safety: order, starvation, bypass, and with what bound."""
    for_ever = [run for run in result.runs if run.acquisitions is None and run.model != "c11" and run.verdict == PROVED]
    parts = []
    if for_ever:
        claims = []
        if all("first come, first served" in run.properties for run in for_ever):
            claims.append("first come, first served")
        starves = any(run.may_starve for run in for_ever)
        bounds = [run.bypass for run in for_ever]
        claims.append("a thread may starve" if starves else "nobody waits for ever")
        if all(run.bypass is not None or UNBOUNDED in run.notes for run in for_ever) and (
            not starves or None in bounds
        ):
            claims.append(overtaken(bounds))
        parts.append(f"under {listed([run.model for run in for_ever])} also: {', '.join(claims)}")
    elif isinstance(allowed := result.params.get("bypass"), int):
        models = [run.model for run in result.runs if run.model != "c11" and run.verdict == PROVED]
        said = f"nobody is overtaken more than {counted(allowed, 'time')}"
        parts += [f"under {listed(models)} also: {said}"] if models else []
    bounded = [run for run in result.runs if run.bound]
    parts += [f"{run.model} {'for ever ' if run.acquisitions is None else ''}with {run.bound}" for run in bounded]
    return "; ".join(parts)


def overtaken(bounds: list[int | None]) -> str:
    """Return how often a waiter can be overtaken by those who came later."""
    if any(bound is None for bound in bounds):
        return UNBOUNDED
    most = max(bound or 0 for bound in bounds)
    return "nobody is overtaken" if most == 0 else f"a waiter is overtaken at most {counted(most, 'time')}"


def _orders(result: CheckResult, width: int) -> list[str]:
    if result.orders is None:
        return []
    heavy = [f"line {one.span.line} {one.weakest}" for one in result.orders if one.weakest not in ("relaxed", "none")]
    idle = [one for one in result.orders if one.weakest != one.written]
    light = [f"line {one.span.line} {one.written}, {one.weakest} is enough" for one in idle]
    x86 = [f"line {one.span.line}" for one in result.orders if one.matters_on_x86]
    text = f"{', '.join(heavy) or 'none'}, for c11; {', '.join(x86) or 'none'} for x86"
    lines = _wrapped("orders that carry weight: ", text, width)
    for one in result.orders:
        if one.breaks:
            lines += _wrapped("  ", f"line {one.span.line}, {one.op}: weaker than {one.weakest}: {one.breaks}", width)
    return lines + (_wrapped("stronger than needed: ", "; ".join(light), width) if light else [])


def _doubts(result: CheckResult) -> list[str]:
    return [f"{_instance_of(run)}: {run.reason}" for run in result.runs if run.verdict != PROVED and run.reason]


def _wrapped(head: str, text: str, width: int) -> list[str]:
    """Return a paragraph behind a head; its own line breaks stay."""
    lines: list[str] = []
    for number, part in enumerate(text.splitlines() or [""]):
        begin = head if number == 0 else " " * len(head)
        lines += textwrap.wrap(part, width, initial_indent=begin, subsequent_indent=" " * len(head)) or [begin]
    return lines
