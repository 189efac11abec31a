"""`lockwright profile`: which lock, through which caller, in what a profiler wrote."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from lockwright.cli.status import Status

Json = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
File = Annotated[str, Parameter(allow_leading_hyphen=True)]


def profile(file: File, /, *, rows: int = 12, json: Json = None) -> int:
    """Show what a profiler wrote: how much of it is locks, which, and through which caller.

    Read are `perf script` (samples, and events of locks), `perf report --stdio`, `perf top`, `perf lock contention`,
    oprofile and folded stacks, as they are pasted, plain or in gzip.

    Args:
        file: The file; `-` is standard input.
        rows: The most rows of each table.
        json: Write everything as JSON to a file, or to standard output with `-`.
    """
    from lockwright.cli.output import STANDARD_OUTPUT, refuse_unwritable, write
    from lockwright.cli.usage import mistaken
    from lockwright.profiles import read  # not through the API: its imports take longer than most files
    from lockwright.report.profile import profile_json, profile_lines
    from lockwright.report.terminal import print_lines, terminal

    if rows < 1:
        return mistaken(f"`--rows {rows}` is no number of rows", "`--rows 12`")
    refuse_unwritable({"--json": json})
    found = read(file)
    if json:
        import msgspec

        write(json, msgspec.json.format(msgspec.json.encode(profile_json(found)), indent=2).decode())
    if json != STANDARD_OUTPUT:
        print_lines(profile_lines(found, rows), terminal())
    return Status.FINE
