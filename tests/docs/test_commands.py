"""What README and the pages show of commands and files is what they print and hold; `make golden` writes it anew."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.docs.consoles import EXAMPLES, PAGES, ROOT, Session, lasting, sessions, shown_files, without_total

if TYPE_CHECKING:
    from pathlib import Path

SESSIONS = [one for page in PAGES for one in sessions(page)]
FILES = [(page, name, text) for page in PAGES for name, text in shown_files(page)]


def printed(command: str, folder: Path) -> str:
    """Return what a command prints in a folder with the examples."""
    for example in (*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.csv"), *EXAMPLES.glob("*.txt")):
        shutil.copy(example, folder)
    program, *arguments = shlex.split(command)
    assert program == "lockwright", "a page shows commands of lockwright only"
    done = subprocess.run(
        [sys.executable, "-m", "lockwright", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1, 2, 3), done.stderr
    return without_total(lasting(done.stdout + done.stderr))


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_a_command_prints_what_the_page_shows(session: Session, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    output = printed(session.command, tmp_path)
    if request.config.getoption("--update-golden"):
        text = session.page.read_text(encoding="utf-8")
        session.page.write_text(text.replace(f"{session.command}\n{session.shown}", f"{session.command}\n{output}"))
        return
    assert output == session.shown


@pytest.mark.parametrize(("page", "name", "text"), FILES, ids=[f"{page.name}: {name}" for page, name, _ in FILES])
def test_a_page_shows_a_file_as_it_is(page: Path, name: str, text: str) -> None:
    assert text == (ROOT / name).read_text(encoding="utf-8"), page


def test_the_readme_shows_a_proof_a_trace_and_the_lock() -> None:
    commands = [one.command for one in SESSIONS if one.page.name == "README.md"]
    assert "lockwright check good.py" in commands
    assert "lockwright check mylock.py" in commands
    assert [name for page, name, _ in FILES if page.name == "README.md"] == ["docs/examples/good.py"]
