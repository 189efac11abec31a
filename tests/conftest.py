"""What all tests share: random programs that are the same in every run, and golden files.

A golden file holds what a person last read and found right; `make golden` writes them all anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same every time", derandomize=True, deadline=None, print_blob=False)
settings.register_profile("search", deadline=None)
settings.load_profile("same every time")

pytest_plugins = ["tests.crashes"]

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew; read the diff")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Return a function that compares a text with the file that holds it."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is not there: `make golden` writes it"
        assert text == path.read_text(encoding="utf-8")

    return compare
