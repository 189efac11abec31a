"""Kernels that come with the package: a wheel brings them optimised, so that the first check need not compile them.

They are kept as LLVM's bitcode, made for no processor in particular.  From it the processor at hand gets its machine
code in some three seconds; the minute before that, which goes into type inference, is spent when the wheel is made.
`python -m lockwright.cli.warm --pack` writes the file, `make wheel` puts it into the wheel, and a copy of the sources
goes without.  Nothing in it can be out of date: the names say what kernels were made of.
"""

from __future__ import annotations

import pickle
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite.binding
from numba.core import serialize

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).parent / "kernels.pack"
_dumps: Any = serialize.dumps
_parse: Any = llvmlite.binding.parse_bitcode
_ALWAYS = (1980, 1, 1, 0, 0, 0)
"""The date of what lies inside: two packs of the same kernels differ in nothing."""


def packed(compiled: Any) -> bytes:
    """Return what a pack holds of a compiled kernel: as for the cache, but with bitcode in place of machine code."""
    name, _, bitcode = compiled.library.serialize_using_bitcode()
    _, *rest = compiled._reduce()  # noqa: SLF001 - numba's own way to take it apart
    return bytes(_dumps(((name, bitcode), *rest)))


def translated(payload: bytes, codegen: Any) -> bytes:
    """Return what the cache holds of a kernel from a pack, with machine code for the processor at hand."""
    (name, bitcode), *rest = pickle.loads(payload)  # noqa: S301 - our own file
    module = _parse(bitcode)
    to_link = module.clone()
    for function in to_link.functions:
        if not function.is_declaration and function.linkage == llvmlite.binding.Linkage.external:
            function.linkage = "linkonce_odr"  # as numba does: other kernels may bring the same one
    machine_code = codegen._tm.emit_object(module)  # noqa: SLF001 - as numba does
    return bytes(_dumps(((name, "object", (machine_code, to_link.as_bitcode())), *rest)))


def write(target: Path, kernels: Iterable[tuple[str, bytes]]) -> None:
    """Write a pack."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, payload in sorted(kernels):
            pack.writestr(zipfile.ZipInfo(name, _ALWAYS), payload, zipfile.ZIP_DEFLATED)


def merge(target: Path, parts: Iterable[Path]) -> None:
    """Write a pack of all that is in others."""
    kernels: dict[str, bytes] = {}
    for part in parts:
        with zipfile.ZipFile(part) as pack:
            kernels |= {name: pack.read(name) for name in pack.namelist()}
    write(target, kernels.items())


def read(name: str) -> bytes | None:
    """Return what the pack of this package holds under a name; without a pack there is nothing."""
    pack = _opened()
    try:
        return None if pack is None else pack.read(name)
    except Exception:  # noqa: BLE001 - not there, or not whole in one of many ways
        return None


@cache
def _opened() -> zipfile.ZipFile | None:
    try:
        return zipfile.ZipFile(FILE)
    except (OSError, zipfile.BadZipFile):
        return None
