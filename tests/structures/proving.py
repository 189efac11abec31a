"""Checks of programs in `programs/`, and of one-line edits of shipped sources, as `mutants/*.toml` list them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_target

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from lockwright.results import CheckResult

FOLDER = Path(__file__).parent
PROGRAMS = FOLDER / "programs"
SHIPPED = FOLDER.parents[1] / "src" / "lockwright"
MODELS = ("sc", "tso", "c11")


def prove(target: str, threads: int | None = None, models: tuple[str, ...] = MODELS) -> CheckResult:
    """Check a program, by default under every model."""
    settings = Settings(threads=threads, acquisitions=(1,), models=models, cures=False)
    return check(compile_target(target), settings)


@dataclass(frozen=True)
class Mutant:
    """An edit of the shipped source `shipped` (`structures/NAME`), and the fault that a program then has."""

    shipped: str
    name: str
    target: str  # a class of the program
    old: str
    new: str
    kind: str
    model: str = "sc"
    threads: int | None = 2
    slow: bool = False  # whether the test is marked so
    program: str = ""  # a shipped workload, perhaps the source itself; by default the test program of that name

    def __str__(self) -> str:
        return f"{Path(self.shipped).name}-{self.name}"

    def written_to(self, folder: Path) -> str:
        """Write the edited source, and the program that imports it; return what to check."""
        text = (SHIPPED / f"{self.shipped}.py").read_text()
        assert text.count(self.old) == 1, "the source has changed, or the place is not told exactly"
        name = Path(self.shipped).name
        (folder / f"edited_{name}.py").write_text(text.replace(self.old, self.new))
        if self.program == self.shipped:
            return f"{folder / f'edited_{name}.py'}:{self.target}"
        program = SHIPPED / f"{self.program}.py" if self.program else PROGRAMS / f"{name}.py"
        shipped = f"lockwright.{self.shipped.replace('/', '.')} "
        assert shipped in program.read_text()
        (folder / program.name).write_text(program.read_text().replace(shipped, f"edited_{name} "))
        return f"{folder / program.name}:{self.target}"


def load(folder: Path) -> list[ParameterSet]:
    """Return the mutants that the files of a folder list, as parameters of a test."""
    found: list[Mutant] = []
    for path in sorted(folder.glob("*.toml")):
        table = tomllib.loads(path.read_text())
        found += [Mutant(table["source"], program=table.get("program", ""), **row) for row in table["mutant"]]
    return [pytest.param(one, id=str(one), marks=[pytest.mark.slow] if one.slow else []) for one in found]
