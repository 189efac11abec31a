"""`lockwright gallery`: bugs that kernel locks had, each with its failing trace and the proof of its fix."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lockwright.cli.output import refuse_unwritable, write
from lockwright.cli.status import Status

if TYPE_CHECKING:
    from lockwright.bugs import BugResult


def gallery(
    *bugs: str,
    listed: Annotated[bool, Parameter(name="--list", negative="")] = False,
    json: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    html: str | None = None,
    jobs: int | None = None,
) -> int:
    """Play bugs that locks had: one page for each bug that is named, a table of all without a name.

    Args:
        bugs: Ids such as `P1`.
        listed: Only say which there are.
        json: Write everything as JSON to a file, or to standard output with `-`.
        html: Write one page that needs no network.
        jobs: How many processes share the work; by default as many as there are cores.
    """
    from lockwright import api

    if listed:
        return _list()
    refuse_unwritable({"--json": json, "--html": html})
    began = time.perf_counter()
    results: list[BugResult] = []
    try:
        api.gallery(*bugs, jobs=jobs or os.cpu_count() or 1, finished=lambda one: _finished(one, results, bugs, json))
        status = Status.FINE if all(one.is_found and one.is_cured for one in results) else Status.FINDING
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
    if not bugs and json != "-":
        from lockwright.report.gallery import summary

        print(summary(results, time.perf_counter() - began))
    _write(results, json, html)
    return status


def _list() -> int:
    """Say which bugs there are."""
    from lockwright.gallery import known, load

    for bug in map(load, known()):
        print(f"{bug.id:<4} {bug.kind:<9} {bug.title}")
    return Status.FINE


def _finished(result: BugResult, results: list[BugResult], bugs: tuple[str, ...], json: str | None) -> None:
    """Keep a result and show it: as a page if it was named, else as a row of the table."""
    results.append(result)
    if json == "-":
        return
    if bugs:
        from lockwright.report.console import WIDTH, print_lines, terminal
        from lockwright.report.gallery import page

        console = terminal()
        print_lines(page(result, min(WIDTH, console.width) if console.is_terminal else WIDTH), console)
        return
    from lockwright.report.gallery import COLUMNS, row

    if len(results) == 1:
        print(_line(COLUMNS))
    print(_line(row(result)), flush=True)


_WIDTHS = (3, 8, 42, 18, 5, 5, 12)


def _line(cells: tuple[str, ...]) -> str:
    """Return a row of the table: rows are printed as they are there, so the widths are given."""
    return " ".join(f"{_cropped(cell, width):<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def _cropped(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def _write(results: list[BugResult], json: str | None, html: str | None) -> None:
    """Write the files that were asked for; nothing if nothing was finished."""
    if not results:
        return
    if json:
        import msgspec

        from lockwright.report.gallery import gallery_json

        write(json, msgspec.json.format(msgspec.json.encode(gallery_json(results)), indent=2).decode())
    if html:
        from lockwright.report.gallery_page import gallery_page

        write(html, gallery_page(results))
        print(f"written: {html}", file=sys.stderr)
