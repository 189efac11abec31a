"""Which studies there are: every file of this room that has a `NAME`, a `TITLE` and a `run`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from lockwright.language.mistakes import nearest
from lockwright.language.select import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.simulate.sweep import Progress
    from lockwright.study import StudyResult

HERE = Path(__file__).parent
SOURCES = HERE / "sources"


class Study(Protocol):
    """What a file of this room offers."""

    NAME: str
    TITLE: str

    def run(self, progress: Callable[[Progress], None] | None = None) -> StudyResult:
        """Run it."""


def known() -> list[Study]:
    """Return all studies, by name."""
    modules = (importlib.import_module(f"{__package__}.{path.stem}") for path in sorted(HERE.glob("[a-z]*.py")))
    return [cast("Study", one) for one in modules if hasattr(one, "NAME")]


def load(name: str) -> Study:
    """Return one study.

    Raises:
        LockwrightError: There is no such study.
    """
    studies = {one.NAME: one for one in known()}
    if name not in studies:
        near = nearest(name, studies)
        advice = [f"did you mean `{near}`?"] if near else []
        raise refuse("U004", f"there is no study `{name}`", *advice, f"there are {', '.join(studies)}")
    return studies[name]
