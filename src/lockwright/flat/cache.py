"""Compiled kernels, kept from run to run under a name that says what they were made of.

Numba's own cache looks at the path and the time of the file that a function stands in.  So every copy of the sources
compiled anew, and a change to a helper in another file went unseen.  Here the name of a file is the digest of the
kernel's contents (see `content`), its signature, the processor, and the versions of Python, numba and llvmlite.

What is not there may be in the pack that came with the package (see `pack`).  What cannot be read is compiled again,
and what cannot be written is left: a cache never stops a check.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite
import numba
from numba.core import compiler, config, serialize
from numba.core.caching import _Cache
from numba.core.runtime.nrt import rtsys

from lockwright.flat import compiling, pack
from lockwright.flat.content import digest

if TYPE_CHECKING:
    from types import FunctionType

_numba: Any = (compiler.CompileResult, config, serialize, rtsys)
_CompileResult, _config, _serialize, _runtime = _numba  # numba is hardly typed

FORM = 1
"""Count it up when what a file holds changes."""
CHECKSUM = hashlib.sha256().digest_size
MOST_BYTES, KEPT_BYTES = 400_000_000, 200_000_000
"""Above the first the files that were used least lately go, down to the second."""

recording: dict[str, bytes] | None = None
"""Where what a pack shall hold is collected; None: nowhere."""
_digests: dict[FunctionType, str] = {}


@cache
def folder() -> Path | None:
    """Return the folder of compiled kernels, or None without a home; `NUMBA_CACHE_DIR` overrules it."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "lockwright" / "kernels"
    except RuntimeError:
        return None


class KernelCache(_Cache):
    """The compiled forms of one kernel, one file for each signature."""

    def __init__(self, function: FunctionType, options: dict[str, Any]) -> None:
        self._function, self._options = function, options
        self._is_on = True

    @property
    def cache_path(self) -> str | None:
        """The folder."""
        found = folder()
        return None if found is None else str(found)

    def enable(self) -> None:
        """Read and write."""
        self._is_on = True

    def disable(self) -> None:
        """Neither read nor write."""
        self._is_on = False

    def flush(self) -> None:
        """Nothing is ever out of date: a changed kernel has another name."""

    def key(self, signature: Any, target: tuple[str, ...]) -> str:
        """Return the name of what was compiled for this signature and this target (triple, processor, features)."""
        versions = (FORM, sys.version_info[:2], numba.__version__, llvmlite.__version__)
        settings = (str(_config.OPT), _config.BOUNDSCHECK, sorted(self._options.items()))
        parts = (digest(self._function, _digests), str(signature), target, versions, settings)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for this signature, here or when the package was made, or None.

        Numba would first load the rules for all that it can compile (a fifth of a second); its compiler does that by
        itself when it is needed, and what is compiled already needs only the symbols of numba's memory.
        """
        if not self._is_on:
            return None
        _runtime.initialize(target_context)
        codegen = target_context.codegen()
        path = self._path(sig, codegen)
        payload = None if path is None else read(path)
        found = None if payload is None else _rebuilt(target_context, payload)
        return self._from_pack(sig, target_context, path) if found is None else found

    def _from_pack(self, signature: Any, target_context: Any, path: Path | None) -> Any:
        codegen = target_context.codegen()
        payload = pack.read(self.portable_key(signature, codegen))
        if payload is None:
            return None
        try:
            with compiling.under_way():
                payload = pack.translated(payload, codegen)
        except Exception:  # noqa: BLE001 - likewise
            return None
        if path is not None:
            write(path, payload)
        return _rebuilt(target_context, payload)

    def save_overload(self, sig: Any, cres: Any) -> None:
        """Keep what was compiled."""
        if not self._is_on or cres.lifted or cres.library.has_dynamic_globals:
            return
        path = self._path(sig, cres.codegen)
        if path is not None:
            write(path, _serialize.dumps(cres._reduce()))  # noqa: SLF001 - numba's own way to take it apart
        if recording is not None and not self._options.get("no_cpython_wrapper"):
            recording[self.portable_key(sig, cres.codegen)] = pack.packed(cres)

    def portable_key(self, signature: Any, codegen: Any) -> str:
        """Return the name in a pack: it says nothing of the processor."""
        return self.key(signature, codegen.magic_tuple()[:1])

    def _path(self, signature: Any, codegen: Any) -> Path | None:
        found = folder()
        name = self._function.__qualname__.replace("<", "").replace(">", "")
        return None if found is None else found / f"{name}-{self.key(signature, codegen.magic_tuple())}.kernel"


def _rebuilt(target_context: Any, payload: bytes) -> Any:
    try:
        return _CompileResult._rebuild(target_context, *pickle.loads(payload))  # noqa: S301, SLF001 - our own file
    except Exception:  # noqa: BLE001 - whatever is wrong with it: it is made anew
        return None


def read(path: Path) -> bytes | None:
    """Return the payload of a file, or None if it is not there or not whole."""
    try:
        with path.open("rb") as file:
            checksum, payload = file.read(CHECKSUM), file.read()
        os.utime(path)
    except OSError:
        return None
    return payload if hashlib.sha256(payload).digest() == checksum else None


def write(path: Path, payload: bytes) -> None:
    """Write a file that is whole or not there; do without where it cannot be written."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _prune(path.parent)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(payload).digest())
                file.write(payload)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)


@cache
def _prune(where: Path) -> None:
    """Once a process, before it writes: remove what was not used for long, if there is too much."""
    files = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in where.glob("*.kernel"))
    total = sum(size for _, size, _ in files)
    if total <= MOST_BYTES:
        return
    for _, size, path in files:
        path.unlink(missing_ok=True)
        total -= size
        if total <= KEPT_BYTES:
            return
