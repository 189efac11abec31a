"""Where compiled kernels are kept between runs.

Numba looks only at the file of a function, not at the helpers and constants that it takes from others.
So the folder is named by a digest of every file that may hold a kernel: an edit can never run old code.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

ROOMS = ("flat", "check", "simulate")
"""The packages that hold kernels."""


def digest() -> str:
    """Return a digest of the text of all files that may hold a kernel."""
    package = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((package / room).rglob("*.py")):
            total.update(str(path.relative_to(package)).encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


def user_folder() -> Path:
    """Return the folder for this program's caches, as the system's conventions name it."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lockwright"


def folder() -> Path:
    """Return the folder of compiled kernels; `NUMBA_CACHE_DIR` overrules it."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given) if given else user_folder() / f"kernels-{digest()}"
