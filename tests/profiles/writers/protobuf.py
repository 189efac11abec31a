"""A reader of protobuf messages that knows nothing of how ours are written: fields by number, from the wire up."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

Fields = dict[int, list[Any]]


def fields(data: bytes) -> Fields:
    """Return what stands in a message, by the number of the field."""
    found: Fields = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value: Any
            value, at = _varint(data, at)
        else:
            assert tag & 7 == 2, f"wire type {tag & 7}"
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
            assert len(value) == size
        found.setdefault(tag >> 3, []).append(value)
    return found


def numbers(data: bytes) -> list[int]:
    """Return a packed list."""
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


@dataclass
class Decoded:
    """A pprof profile in words: types as (name, unit); samples as innermost-first names, values, labels."""

    types: list[tuple[str, str]]
    samples: list[tuple[list[str], list[int], dict[str, str]]]
    modules: dict[str, str]
    default: str
    comment: str


def decoded(data: bytes) -> Decoded:
    """Return what is in a pprof file; every reference in it must lead somewhere."""
    top = fields(gzip.decompress(data))
    strings = [one.decode() for one in top[6]]
    assert strings[0] == ""
    functions = {one[1][0]: strings[one[2][0]] for one in map(fields, top.get(5, []))}
    mappings = {one[1][0]: strings[one[5][0]] for one in map(fields, top.get(3, []))}
    locations, modules = {}, {}
    for one in map(fields, top.get(4, [])):
        name = functions[fields(one[4][0])[1][0]]
        locations[one[1][0]] = name
        modules[name] = mappings[one[2][0]] if 2 in one else ""
    samples = []
    for one in map(fields, top.get(2, [])):
        labels = {strings[label[1][0]]: strings[label[2][0]] for label in map(fields, one.get(3, []))}
        samples.append(([locations[at] for at in numbers(one[1][0])], numbers(one[2][0]), labels))
    types = [(strings[one[1][0]], strings[one[2][0]]) for one in map(fields, top[1])]
    assert all(len(values) == len(types) for _, values, _ in samples)
    return Decoded(types, samples, modules, strings[top[14][0]], strings[numbers(top[13][0])[0]])
