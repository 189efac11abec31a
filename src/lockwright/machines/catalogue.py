"""Machines by name: those that ship, and a person's own files."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.machines.deriving import Resolved, circle, no_relative, resolve
from lockwright.machines.machine import Machine
from lockwright.machines.reading import Draft, Wanted, read
from lockwright.machines.toml import refuse, toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.machines.number import Number

_ROOM = Path(__file__).parent
FILES = _ROOM / "files"
COSTS = _ROOM / "costs"


def names() -> tuple[str, ...]:
    """Return the short names of all machines that ship."""
    return tuple(sorted(path.stem for path in FILES.glob("*.toml")))


def cost_names() -> tuple[str, ...]:
    """Return the names of the files that hold costs of kernels and hypervisors: no machines."""
    return tuple(sorted(path.stem for path in COSTS.glob("*.toml")))


def load(name: str | Path) -> Machine:
    """Return a machine.

    Args:
        name: A short name such as `opteron48`, or the path of a TOML file.

    Raises:
        LockwrightError: There is no such machine (the nearest is named), or its file has mistakes.
    """
    loader = _Loader()
    return _machine(loader, loader.load(str(name)))


def loaded(name: str, file: str, text: str) -> Machine:
    """Return the machine that a text describes.

    Args:
        name: Its short name.
        file: What the text is called in messages.
        text: As in a machine file.

    Raises:
        LockwrightError: The text has mistakes.
    """
    loader = _Loader()
    return _machine(loader, loader.resolve(read(name, file, text, sources()), file, Path()))


def _machine(loader: _Loader, resolved: Resolved) -> Machine:
    draft = resolved.draft
    every = dict(sources()) | loader.sources | draft.sources
    return Machine(resolved, every, draft.free["anchor"], draft.free["facts"])


def costs(name: str) -> Mapping[str, Number]:
    """Return costs of kernels and hypervisors by name.

    Raises:
        LockwrightError: There is no such file.
    """
    if name not in cost_names():
        raise refuse("M001", f"there are no costs `{name}`", f"there are {', '.join(cost_names())}")
    return _costs(name).free["facts"]


def cost_texts(name: str) -> Mapping[str, str]:
    """Return what a file of costs says of itself."""
    return _costs(name).texts


def _costs(name: str) -> Draft:
    path = COSTS / f"{name}.toml"
    return read(name, _shown(path), path.read_text(encoding="utf-8"), sources(), is_machine=False)


@cache
def sources() -> Mapping[str, str]:
    """Return what each source id stands for."""
    path = _ROOM / "sources.toml"
    return {key: str(one) for key, one in toml(path.name, path.read_text(encoding="utf-8")).items()}


@dataclass(slots=True)
class _Loader:
    """Loads a machine and its relatives, each once; knows who is being loaded, so that a circle is found."""

    done: dict[str, Resolved] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def load(self, name: str, folder: Path | None = None) -> Resolved:
        """Return a machine whose relatives have been asked."""
        path = _path(name, folder)
        key = str(path)
        if key not in self.done:
            draft = read(path.stem, _shown(path), _text(path), sources())
            self.done[key] = self.resolve(draft, key, path.parent)
        return self.done[key]

    def resolve(self, draft: Draft, key: str, folder: Path) -> Resolved:
        """Ask the relatives of a draft."""
        self.under_way.append(key)
        result = resolve(draft, lambda one, asking, wanted: self.ask(one, asking, wanted, folder))
        self.under_way.pop()
        self.sources |= draft.sources
        return result

    def ask(self, name: str, draft: Draft, wanted: Wanted, folder: Path) -> Resolved:
        """Return a relative that a draft names."""
        path = FILES / f"{name}.toml" if not _is_path(name) else folder / name
        if not path.is_file():
            raise no_relative(draft, wanted, name, nearest(name))
        if str(path) in self.under_way:
            chain = [*self.under_way[self.under_way.index(str(path)) :], str(path)]
            raise circle(draft, wanted, [Path(one).stem for one in chain])
        return self.load(name, folder)


def _is_path(name: str) -> bool:
    return name.endswith(".toml") or "/" in name


def _path(name: str, folder: Path | None) -> Path:
    """Return the file of a machine."""
    if _is_path(name):
        return (folder or Path()) / name
    path = FILES / f"{name}.toml"
    if name not in names():
        if name in cost_names():
            raise refuse("M001", f"`{name}` is no machine: it holds costs of a kernel", nearest(name))
        raise refuse("M001", f"there is no machine `{name}`", nearest(name))
    return path


def nearest(name: str) -> str:
    """Return a cure for a name that is none."""
    near = difflib.get_close_matches(name, names(), n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else "`lockwright machines` lists them; your own file ends in `.toml`"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise refuse("U002", f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise refuse("M002", f"`{path}` is not TOML: it is no text in UTF-8") from None


def _shown(path: Path) -> str:
    """Return the name of a file for messages: of a shipped one without where it is installed."""
    return f"machines/{path.relative_to(_ROOM)}" if path.is_relative_to(_ROOM) else str(path)
