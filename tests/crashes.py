"""Where a process of the tests stood when it crashed: a worker that dies takes its output along."""

from __future__ import annotations

import faulthandler
import re
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path(".pytest_cache") / "crashes"
_RUNS_TESTS = re.compile(r"site-packages/(_pytest|pluggy|xdist|execnet)/")
_open: list[TextIO] = []


@pytest.hookimpl(trylast=True)  # pytest's own handler writes to a stream that nobody reads
def pytest_configure(config: pytest.Config) -> None:
    """In a worker, let a crash write the stacks of all threads into a file; elsewhere remove what is left of others."""
    folder = config.rootpath / _FOLDER
    worker = getattr(config, "workerinput", {}).get("workerid")
    if worker is None:
        for old in _written(folder):
            old.unlink(missing_ok=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / f"{worker}.txt").open("w")
    _open.append(file)  # the handler knows no more than its number
    faulthandler.enable(file)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the stacks of workers that crashed."""
    for one in _written(config.rootpath / _FOLDER):
        text = one.read_text(errors="replace")
        if text:
            terminalreporter.section(f"where {one.stem} crashed", sep="=")
            terminalreporter.write_line("\n".join(line for line in text.splitlines() if not _RUNS_TESTS.search(line)))


def _written(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("gw*.txt"))
