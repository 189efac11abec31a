"""`lockwright diff`: what changed between two recordings, or two sides of several runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lockwright.cli.status import Status

if TYPE_CHECKING:
    from lockwright.profiles.comparing import Comparison
    from lockwright.report.diff_block import Given

File = Annotated[str, Parameter(allow_leading_hyphen=True)]
Names = Annotated[tuple[str, ...], Parameter(negative=())]
Files = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())]
Numbers = Annotated[tuple[float, ...], Parameter(consume_multiple=True, negative=())]
Target = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


def diff(
    *files: File,
    before: Files = (),
    after: Files = (),
    before_seconds: Numbers = (),
    after_seconds: Numbers = (),
    before_work: Numbers = (),
    after_work: Numbers = (),
    command: Names = (),
    block: Annotated[bool, Parameter(negative=())] = False,
    markdown: Target = None,
    machine: str = "",
    command_line: str = "",
    table: str | None = None,
    rows: int = 12,
    seed: int = 1,
    json: Target = None,
    html: Target = None,
) -> int:
    """Tell what changed from one profile to another: which lock or function, by how much, and whether chance did it.

    `lockwright diff BEFORE AFTER`, several runs a side as `--before A B C --after D E F`, or the text of `perf diff`
    alone. Everything is read that `lockwright profile` reads.

    Args:
        files: The file of before and that of after; or one that `perf diff` wrote. `-` is standard input.
        before: The runs of before.
        after: The runs of after.
        before_seconds: How long each run of before lasted; one value for all, or one for each.
        after_seconds: Likewise for after.
        before_work: How many operations (requests, files, transactions) each run of before did.
        after_work: Likewise for after.
        command: Compare this command alone (perf's comm; `*` and `?` stand for any letters); more than once is fine.
        block: Print the block that maintainers ask for, as plain text to paste, in place of the page.
        markdown: Write that block as Markdown to a file, or to standard output with `-`.
        machine: What the block says of the machine: CPUs, sockets, kernel.
        command_line: What the block says was run.
        table: A CSV file with the columns threads, before and after, for the block and the page.
        rows: The most rows of each table.
        seed: Of the random numbers of the bootstrap.
        json: Write everything as JSON to a file, or to standard output with `-`.
        html: Write one page with the tables and both sides as flame graphs; `-` is standard output.
    """
    from lockwright.cli.output import refuse_unwritable
    from lockwright.cli.usage import mistaken
    from lockwright.report.diff_block import Given

    wrong = _mistake(files, before, after, rows, seed)
    if wrong:
        return mistaken(*wrong)
    targets = {"--json": json, "--markdown": markdown, "--html": html}
    refuse_unwritable(targets, streams=tuple(targets))
    if block and "-" in targets.values():
        return mistaken("only one thing can go to standard output", "`--json FILE`, `--markdown FILE` or `--html FILE`")

    from lockwright.profiles import comparing

    threads = comparing.read_thread_table(table) if table else ()
    runs = comparing.recordings(before or files[:1], after or files[1:], command)
    sides = (
        comparing.side(runs[0], before_seconds, before_work, "before"),
        comparing.side(runs[1], after_seconds, after_work, "after"),
    )
    found = comparing.compare(*sides, seed=seed, threads=threads)
    if html:
        from lockwright.cli.output import write
        from lockwright.report.diff_page import diff_page

        write(html, diff_page(found, *runs))
    is_streaming = "-" in targets.values()
    _show(
        found, Given(machine, command_line), block=block, markdown=markdown, rows=0 if is_streaming else rows, json=json
    )
    return Status.FINE


def _mistake(
    files: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...], rows: int, seed: int
) -> tuple[str, str] | None:
    """Return what is wrong with what was named, and what to write; None if nothing is."""
    if rows < 1:
        return f"`--rows {rows}` is no number of rows", "`--rows 12`"
    if seed < 0:
        return f"`--seed {seed}` is below zero", "`--seed 1`"
    if (before or after) and files:
        return f"`{files[0]}` is of neither side", "all files behind `--before` and `--after`, or two files alone"
    if bool(before) != bool(after):
        missing = "after" if before else "before"
        return f"there is no `--{missing}`", "`--before A B C --after D E F`"
    if not before and not 1 <= len(files) <= 2:
        what = f"there are {len(files)} files" if files else "no file is named"
        return what, "`lockwright diff BEFORE AFTER`, or `--before A B C --after D E F` for several runs"
    if (*files, *before, *after).count("-") > 1:
        return "standard input can be one file only", "name the other files"
    return None


def _show(found: Comparison, given: Given, *, block: bool, markdown: str | None, rows: int, json: str | None) -> None:
    """Write and print what was asked for; no rows are no page."""
    from lockwright.cli.output import STANDARD_OUTPUT, write
    from lockwright.report.console import print_lines, terminal
    from lockwright.report.diff import WIDTH, diff_lines
    from lockwright.report.diff_block import block as made
    from lockwright.report.diff_records import diff_json

    if json:
        import msgspec

        write(json, msgspec.json.format(msgspec.json.encode(diff_json(found)), indent=2).decode())
    if markdown:
        write(markdown, made(found, given, markdown=True))
    if block:
        write(STANDARD_OUTPUT, made(found, given))
    elif rows:
        console = terminal()
        print_lines(diff_lines(found, rows, min(WIDTH, console.width) if console.is_terminal else WIDTH), console)
