"""Whether a program keeps frame pointers where nothing else tells who called: what Go makes."""

from __future__ import annotations

import shutil
import struct
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from lockwright.profiles.recording.request import Request

_HEAD = struct.Struct("<4sBB10xHHIQQQIHHHHHH")  # Elf64_Ehdr
_KIND = (b"\x7fELF", 2, 1)  # of 64 bits, little-endian
_SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr
_MOST_SECTIONS, _MOST_NAMES = 4096, 1 << 20
_GO = b".gopclntab"
"""The section of Go's table of functions.  Go's compiler keeps frame pointers on amd64 (since 1.7) and arm64 (since
1.12), and describes its frames only in `.debug_frame`, in which perf does not find them."""


def keeps_frame_pointers(request: Request) -> bool:
    """Return whether what is to be recorded is known to keep frame pointers; false where nothing tells."""
    if request.command:
        path = shutil.which(request.command[0]) or ""
    elif request.pid is not None:
        path = f"/proc/{request.pid}/exe"
    else:
        return False
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a link of /proc is no path of its own
            return _GO in _section_names(file)
    except (OSError, ValueError, struct.error):
        return False


def _section_names(file: BinaryIO) -> bytes:
    """Return the names of the sections of an ELF file of 64 bits, with zeros between; empty if it is none."""
    head = _HEAD.unpack(file.read(_HEAD.size))
    kind, at, size, count, names_at = head[:3], head[8], *head[13:16]
    if kind != _KIND or size != _SECTION.size or not names_at < count <= _MOST_SECTIONS:
        return b""
    file.seek(at + names_at * size)
    section = _SECTION.unpack(file.read(_SECTION.size))
    file.seek(section[4])
    return file.read(min(section[5], _MOST_NAMES))
