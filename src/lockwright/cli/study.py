"""`lockwright study`: a published experiment, its figures beside those of a simulation."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from lockwright.cli.output import STANDARD_OUTPUT, refuse_unwritable, write
from lockwright.cli.progress import Bar, tell_of_compilation
from lockwright.cli.status import Status


def study(
    name: str,
    /,
    *,
    json: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    html: str | None = None,
) -> int:
    """Run a published experiment on a model of its machine, and show how far off that is.

    Args:
        name: A study, such as `posix-timers`; `lockwright studies` lists them.
        json: Write everything as JSON to a file, or to standard output with `-`.
        html: Write one page that needs no network.
    """
    from lockwright import api

    refuse_unwritable({"--json": json, "--html": html})
    tell_of_compilation("the simulator")
    with Bar(name) as bar:
        result = api.study(name, progress=bar.show)
    if json != STANDARD_OUTPUT:
        from lockwright.report.console import WIDTH, print_lines, terminal
        from lockwright.report.study import study_lines

        console = terminal()
        width = min(WIDTH, console.width) if console.is_terminal else WIDTH
        print_lines(study_lines(result, width), console)
    if json:
        import msgspec

        from lockwright.report.study_records import study_json

        write(json, msgspec.json.format(msgspec.json.encode(study_json(result)), indent=2).decode())
    if html:
        from lockwright.report.study_page import study_page

        write(html, study_page(result))
        print(f"written: {html}", file=sys.stderr)
    return Status.FINE
