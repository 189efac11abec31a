"""One-line edits of the locks, as `mutants/*.toml` list them: text in, text out."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "mutants"
LOCKS = Path(__file__).parents[2] / "src" / "lockwright" / "locks"
IMPORT = "from lockwright.language import "
RARER_WORDS = ("relaxed", "acquire", "release", "acq_rel", "seq_cst", "u2", "u4")


@dataclass(frozen=True)
class Mutant:
    """An edit; `kind` is the fault that it brings, and `model` the first memory model under which it does.

    It is made in the file of the lock, or in one that the lock imports (`part`, such as `hypervisors/kvm`).
    `small` are replacements that change nothing but sizes: narrow tickets, so that they wrap soon.
    """

    lock: str
    name: str
    old: str
    new: str
    kind: str = ""
    model: str = "c11"
    threads: int = 2
    acquire: int | str = 1
    reason: str = ""
    part: str = ""
    harness: str | None = None  # another workload than the one for its kind of lock, such as `trying`
    small: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.lock}-{self.name}"

    def write(self, folder: Path) -> Path:
        """Write the lock with the edit made into a folder; return its file."""
        for name, text in self.sources().items():
            (folder / f"{name}.py").write_text(text)
        return folder / f"{self.lock}.py"

    def sources(self) -> dict[str, str]:
        """Return the files that make up the lock with the edit made: the lock's own, and the edited part beside it."""
        if not self.part:
            return {self.lock: self._edited(self.lock)}
        name = self.part.split("/")[-1]
        text = (LOCKS / f"{self.lock}.py").read_text()
        imported = f"from lockwright.locks.{self.part.replace('/', '.')} import"
        assert text.count(imported) == 1, "the lock does not import this part"
        return {self.lock: text.replace(imported, f"from {name} import"), name: self._edited(self.part)}

    def _edited(self, path: str) -> str:
        """Return a file with the edit made, and with the words imported that the edit needs."""
        text = (LOCKS / f"{path}.py").read_text()
        assert text.count(self.old) == 1, "the lock has changed, or the place is not told exactly"
        text = text.replace(self.old, self.new)
        for wide, narrow in self.small:
            assert wide in text
            text = text.replace(wide, narrow)
        missing = [one for one in RARER_WORDS if len(re.findall(rf"\b{one}\b", _code(text))) and not _has(text, one)]
        return text.replace(IMPORT, "".join(f"{IMPORT}{one}\n" for one in missing) + IMPORT, 1)


def _code(text: str) -> str:
    """Return what stands behind the imports."""
    return re.split(r"\n(?=[A-Z]\w* = |class )", text, maxsplit=1)[1]


def _has(text: str, word: str) -> bool:
    head = re.split(r"\n(?=[A-Z]\w* = |class )", text, maxsplit=1)[0]
    return re.search(rf"^(?:{IMPORT}.*\b{word}\b|    {word},$)", head, re.MULTILINE) is not None


def _load(section: str) -> list[Mutant]:
    found: list[Mutant] = []
    for path in sorted(FOLDER.glob("*.toml")):
        rows: list[dict[str, Any]] = tomllib.loads(path.read_text()).get(section, [])
        found += [Mutant(path.stem, **row) for row in rows]
    return found


MUTANTS = _load("mutant")
EQUIVALENT = _load("equivalent")
