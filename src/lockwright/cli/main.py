"""The `lockwright` command: dispatch, and the only place where errors become exit statuses."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from lockwright.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "check": "prove a lock, or show in its own source lines how it breaks",
    "simulate": "locks on a modelled machine: who collapses where, and why",
    "show": "what the compiler made of a lock: layout, IR, kinds, awaits",
    "locks": "the built-in locks, what they promise and where they come from",
    "litmus": "every outcome of an x86 litmus test under each memory model",
    "machines": "the machines that can be simulated: their numbers, and how far to trust them",
    "gallery": "bugs that kernel locks had: the failing trace, the fix, its proof",
    "profile": "what a profiler wrote: which lock, through which caller",
    "record": "run a command under perf, and say which lock it waits for",
    "diff": "what changed between two profiles: which lock, by how much, and the block to paste",
    "study": "a published experiment: its figures beside those of a simulation",
    "studies": "the published experiments that can be run",
    "explain": "what stands behind a code such as L012 or V005",
}
"""Each is a function of its name in the module of its name, imported when it is called; `--help` needs no more."""


def version() -> str:
    """Return the version of the installed package."""
    from importlib.metadata import version as installed

    return f"lockwright {installed('lockwright')}"


def application() -> App:
    """Return the command line as cyclopts sees it."""
    app = App(
        name="lockwright",
        help="Write a lock once in Python; prove it, or see in its own source lines how it breaks.",
        version=version,
        help_format="plaintext",
        help_formatter="plain",
        suppress_keyboard_interrupt=False,  # we say what was lost
        help_epilogue="Exit status: 0 proved, or fine; 1 a finding; 2 wrong input; 3 not exhausted or not covered; "
        "130 interrupted.",
    )
    for command, summary in _COMMANDS.items():
        app.command(f"lockwright.cli.{command}:{command}", name=command, help=summary)
    return app


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    status: int = Status.FINE
    try:
        status = int(application()(given, exit_on_error=False, print_error=False, result_action="return_value") or 0)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a reader that has gone away is no error
    except CycloptsError as error:
        return _usage(error)
    except KeyboardInterrupt:
        print("interrupted before anything was finished", file=sys.stderr)
        return Status.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001 - the last resort: our bug, told without a traceback
        return _unexpected(error, given)
    return status


def main() -> NoReturn:
    """Entry point of the `lockwright` script."""
    sys.exit(run())


def _usage(error: CycloptsError) -> int:
    """Tell what is wrong with the command line."""
    text = _unknown(error) or str(error).replace('"', "`").rstrip(".")
    print(f"error[U001]: {text[:1].lower()}{text[1:]}", file=sys.stderr)
    chain = " ".join(("lockwright", *(error.command_chain or ())))
    print(f"help: `{chain} --help` lists what there is", file=sys.stderr)
    return Status.INPUT


def _unknown(error: CycloptsError) -> str:
    """Return what to say of words that no command takes; empty if it is about something else."""
    from cyclopts.exceptions import UnusedCliTokensError

    words = getattr(error, "unused_tokens", None)
    if not isinstance(error, UnusedCliTokensError) or not words:
        return ""
    chain = " ".join(("lockwright", *(error.command_chain or ())))
    return f"`{chain}` takes no `{words[0]}`"


def _unexpected(error: Exception, given: list[str]) -> int:
    """Tell the user's mistake, or own up to ours."""
    from lockwright.errors import LockwrightError

    if isinstance(error, LockwrightError):
        print(error, file=sys.stderr)
        return Status.INPUT
    if isinstance(error, OSError):
        print(f"error[U002]: {error.strerror or error}: {error.filename or 'standard output'}", file=sys.stderr)
        return Status.INPUT
    if os.environ.get("LOCKWRIGHT_TRACEBACK"):
        raise error
    print(f"error[U070]: this is a bug in lockwright: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"note: the command was `lockwright {' '.join(given)}`", file=sys.stderr)
    print("help: set LOCKWRIGHT_TRACEBACK=1 to see where, and report it with the lock file", file=sys.stderr)
    return Status.OUR_BUG
