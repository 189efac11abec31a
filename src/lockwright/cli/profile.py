"""`lockwright profile`: which lock, through which caller, in what a profiler wrote."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from lockwright.cli.profile_outputs import Outputs
from lockwright.cli.status import Status

File = Annotated[str, Parameter(allow_leading_hyphen=True)]
Names = Annotated[tuple[str, ...], Parameter(negative=())]  # one each: a file may stand behind it
_NOWHERE_ELSE = Outputs()


def profile(file: File, /, *, command: Names = (), rows: int = 12, outputs: Outputs = _NOWHERE_ELSE) -> int:
    """Say which lock is contended, through which caller, how much of the machine it burns, and what usually cures it.

    Read are what `perf record` wrote (where perf is installed), `perf script` (samples, and events of locks), `perf
    report --stdio`, `perf diff`, `perf top`, `perf c2c report`, `perf lock contention` and `report`, /proc/lock_stat,
    oprofile, bcc, bpftrace and folded stacks, as they are pasted, plain or in gzip. Ctrl-C ends the reading of
    a long file, and shows what was read.

    Args:
        file: The file; `-` is standard input.
        command: Look at this command alone (perf's comm; `*` and `?` stand for any letters); more than once is fine.
        rows: The most rows of each table.
        outputs: Where results go besides the terminal.
    """
    from lockwright.cli.reading import watched
    from lockwright.cli.usage import mistaken
    from lockwright.errors import LockwrightError
    from lockwright.profiles import read  # not through the API: its imports take longer than most files
    from lockwright.profiles.choosing import chosen
    from lockwright.profiles.diagnosis import diagnose
    from lockwright.report.console import print_lines, terminal
    from lockwright.report.profile import COLUMNS, profile_lines

    if rows < 1:
        return mistaken(f"`--rows {rows}` is no number of rows", "`--rows 12`")
    outputs.refuse_unwritable()
    with watched(f"reading {file}") as watch:
        try:
            found = chosen(read(file, watch=watch), command)
        except LockwrightError:
            if watch.is_stopped:  # what was read is too little to be anything
                raise KeyboardInterrupt from None
            raise
    diagnosis = diagnose(found)
    outputs.write(found, diagnosis)
    if not outputs.is_streaming:
        console = terminal()
        columns = min(COLUMNS, console.width) if console.is_terminal else COLUMNS
        print_lines(profile_lines(found, rows, columns, diagnosis), console)
    return Status.INTERRUPTED if watch.is_stopped else Status.FINE
