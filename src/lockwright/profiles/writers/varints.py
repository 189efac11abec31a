"""The fields of a protobuf message that a profile needs, as bytes (protobuf.dev, "Encoding")."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_VARINT, _LENGTH = 0, 2  # wire types


def varint(value: int) -> bytes:
    """Return a number of 0 to 2⁶⁴−1: seven bits a byte, the lowest first, the high bit set in all but the last."""
    if not 0 <= value < 1 << 64:
        msg = f"{value} is no number of 64 bits"
        raise ValueError(msg)
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def number(field: int, value: int) -> bytes:
    """Return a number; 0 is what an absent field means, and takes no byte."""
    return varint(field << 3 | _VARINT) + varint(value) if value else b""


def message(field: int, content: bytes) -> bytes:
    """Return a message within a message, or any other bytes."""
    return varint(field << 3 | _LENGTH) + varint(len(content)) + content


def packed(field: int, values: Iterable[int]) -> bytes:
    """Return a list of numbers."""
    return message(field, b"".join(map(varint, values)))


def text(field: int, content: str) -> bytes:
    """Return a text; what UTF-8 cannot say becomes `?`."""
    return message(field, content.encode(errors="replace"))
