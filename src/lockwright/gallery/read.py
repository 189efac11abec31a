"""The bugs on file: which there are, in which order, and the reading of one."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from lockwright.bugs import Bug
from lockwright.errors import InternalError
from lockwright.language.mistakes import nearest
from lockwright.language.select import refuse

SOURCES = Path(__file__).parent / "sources"


def known() -> list[str]:
    """Return the ids of all bugs, `P2` before `P10`."""
    return sorted((path.parent.name.upper() for path in SOURCES.glob("*/bug.toml")), key=_order)


def load(name: str) -> Bug:
    """Return one bug; upper and lower case are the same.

    Raises:
        LockwrightError: There is no such bug.
    """
    ids = known()
    if name.upper() not in ids:
        near = nearest(name.upper(), ids)
        advice = [f"did you mean `{near}`?"] if near else []
        raise refuse("U004", f"there is no bug `{name}` in the gallery", *advice, f"it has {', '.join(ids)}")
    path = folder(name) / "bug.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Bug)
    except msgspec.ValidationError as error:
        raise InternalError(f"{path}: {error}") from error


def folder(name: str) -> Path:
    """Return the folder with the sources of a bug."""
    return SOURCES / name.lower()


def _order(name: str) -> tuple[int, int]:
    """Return the key of the order in which they are told: paravirtual, Xen, timers, file system, flows, IPVS."""
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", name).groups()  # type: ignore[union-attr]  # our own folders
    return "PXTFOV".find(letters), int(digits)
