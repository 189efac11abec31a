"""`lockwright check`: every interleaving of a small instance, under three memory models."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lockwright.cli.output import STANDARD_OUTPUT, refuse_unwritable, write
from lockwright.cli.status import Status

if TYPE_CHECKING:
    from lockwright.results import CheckResult


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go besides the terminal.

    Args:
        json: Write the result as JSON to a file, or to standard output with `-`.
        html: Write one page with the verdicts and the traces; it needs no network.
        save_trace: Write the first trace to a file that `--replay` takes.
        save_test: Write a pytest file that fails until the first fault is cured.
    """

    json: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    html: str | None = None
    save_trace: str | None = None
    save_test: str | None = None

    def by_option(self) -> dict[str, str | None]:
        """Return the targets by the options that name them."""
        return {
            "--json": self.json,
            "--html": self.html,
            "--save-trace": self.save_trace,
            "--save-test": self.save_test,
        }


def check(
    *locks: str,
    threads: int | None = None,
    acquire: str | None = None,
    memory: str = "all",
    property: Annotated[tuple[str, ...], Parameter(name="--property", negative="")] = (),  # noqa: A002 - the option
    nodes: str | None = None,
    interrupts: int | None = None,
    bypass: int | None = None,
    cpus: int | None = None,
    offline: str | None = None,
    migrate: Annotated[bool, Parameter(negative="")] = False,
    budget_states: int | None = None,
    budget_seconds: float | None = None,
    orders: Annotated[bool, Parameter(negative="")] = False,
    replay: str | None = None,
    outputs: Outputs = Outputs(),
) -> int:
    """Prove a lock, or show in its own source lines how it breaks.

    Args:
        locks: Built-in names (`ticket`, `ticket[u8]`), lock files (`mylock.py`, `mylock.py:MyLock`), or programs.
        threads: How many threads contend.
        acquire: How often each acquires: a number, or `forever`; by default twice, and apart for ever.
        memory: `sc` tells whether the logic is right, `tso` whether x86 runs it right, `c11` whether a compiler may;
            several as `sc,tso`.
        property: A kind of fault to look for, such as `two_holders`; all by default.
        nodes: NUMA nodes of the run by their ids, such as `0,1` or `0,8`; threads are on them in turn.
        interrupts: How often each interrupt handler may arrive, whenever interrupts are on; by default once.
        bypass: How often a waiter may be overtaken by those that came later: `--bypass 1`; more often is a fault.
        cpus: How many CPUs there are; by default one for each thread.
        offline: CPUs that are offline at first, such as `2,3`: a kick to one of them is lost.
        migrate: Threads may come to another CPU wherever they can be preempted.
        budget_states: Give up a run after so many states.
        budget_seconds: Give up a run after so many seconds.
        orders: Also tell which memory orders carry weight.
        replay: Show the trace in this file again, on the lock as it is now.
        outputs: Where results go besides the terminal.
    """
    from lockwright.cli.usage import cpu_ids, mistaken, node_ids, times

    if not locks:
        return mistaken(
            "no lock is named", "`lockwright check ticket`, or a file; `lockwright locks` lists what is built in"
        )
    refuse_unwritable(outputs.by_option())
    if replay is not None:
        from lockwright.cli.replaying import played_again

        asked = {
            "--threads": threads, "--acquire": acquire, "--property": property, "--nodes": nodes, "--cpus": cpus,
            "--bypass": bypass,
            "--interrupts": interrupts, "--offline": offline, "--migrate": migrate, "--orders": orders,
        }  # fmt: skip
        again = played_again(locks, replay, asked)
        _show(again, outputs, replay)
        _write([(locks[0], again)], outputs)
        return Status.FINDING
    if threads is not None and not 1 <= threads <= 8:
        return mistaken(f"{threads} threads cannot be explored", "`--threads 2` to `--threads 8`")
    if interrupts is not None and not 0 <= interrupts <= 100:
        return mistaken(f"a handler cannot arrive {interrupts} times", "`--interrupts 0` to `--interrupts 100`")
    from lockwright.api import check as run
    from lockwright.flat.compiling import work

    work.when_slow = _tell_of_compilation
    worst = Status.FINE
    results: list[tuple[str, CheckResult]] = []
    for lock in locks:
        try:
            result = run(
                lock,
                threads=threads,
                acquire=times(acquire),
                memory=memory,
                properties=property,
                nodes=node_ids(nodes),
                interrupts=interrupts,
                bypass=bypass,
                cpus=cpus,
                offline=cpu_ids(offline),
                migrate=migrate,
                budget_states=budget_states,
                budget_seconds=budget_seconds,
                orders=orders,
                progress=_progress,
            )
        finally:
            _progress("")  # or the answer would begin behind it
        results.append((lock, result))
        _show(result, outputs, outputs.save_trace or "")
        worst = max(worst, Status(result.exit_status))
        if result.is_interrupted:
            worst = Status.INTERRUPTED
            break
    _write(results, outputs)
    return worst


def _show(result: CheckResult, outputs: Outputs, trace: str) -> None:
    """Print a result, unless JSON has standard output for itself."""
    if outputs.json != STANDARD_OUTPUT:
        from lockwright.report.terminal import print_check

        print_check(result, replay_path=trace)


def _progress(line: str) -> None:
    """Show one line that the next one replaces."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line[:100]}")
        sys.stderr.flush()


def _tell_of_compilation() -> None:
    """Say what takes so long, where nobody has run a check before."""
    _progress("")
    print("compiling the checker for this machine (once)", file=sys.stderr, flush=True)


def _write(results: list[tuple[str, CheckResult]], outputs: Outputs) -> None:
    """Write the files that were asked for."""
    if outputs.json:
        import msgspec

        from lockwright.report.json import check_json

        documents = [check_json(result) for _, result in results]
        whole = documents[0] if len(documents) == 1 else {"schema": "lockwright.checks/1", "results": documents}
        write(outputs.json, msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())
    if outputs.html:
        from lockwright.report.html import check_page

        write(outputs.html, check_page([result for _, result in results]))
    _keep(*results[0], outputs)


def _keep(lock: str, result: CheckResult, outputs: Outputs) -> None:
    """Write the first fault as a trace and as a test; say so if there is none."""
    wanted = [option for option in ("--save-trace", "--save-test") if outputs.by_option()[option]]
    if not result.faults:
        for option in wanted:
            print(f"note: `{option}` wrote nothing: `{lock}` shows no fault", file=sys.stderr)
        return
    from lockwright.check.replay import test_file, trace_text

    if outputs.save_trace:
        write(outputs.save_trace, trace_text(result))
    if outputs.save_test:
        write(outputs.save_test, test_file(result, lock))
