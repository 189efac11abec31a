"""Mutated, truncated, concatenated and binary files: a profile or an error with a code, soon, and never a traceback."""

from __future__ import annotations

import gzip
import random
import time
from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import ALL, beginning, of
from tests.profiles.test_matrix import kind

from lockwright.errors import LockwrightError

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_S = 10.0  # of the processor, for a file of 30 KB: milliseconds are usual
MOST_BYTES = 30_000
CASES, MANY = 3, 30
CODES = frozenset({"P001", "P002", "P003", "P004", "P005"})
FIRST = {kind(name): name for name in reversed(ALL)}
"""A text of each kind."""
PIECES = (
    b"--",
    b"---",
    b"|",
    b"%",
    b"\0",
    b"\xff",
    b"> ",
    b"\t",
    b"  ",
    b"\n",
    b"(",
    b"[k] ",
    b"99.99%",
    b"0x",
    b";",
    b"+0x",
    b": ",
)


def bytes_of(name: str) -> bytes:
    """Return the beginning of a text."""
    return beginning(name).encode()


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 60)):
        at = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                del changed[at : at + chance.randrange(1, 80)]
            case 2:
                changed[at:at] = chance.choice(PIECES) * chance.choice((1, 1, 1, 3000))
            case 3:
                changed[at:at] = changed[at // 2 : at // 2 + chance.randrange(200)]
            case _:
                changed[at : at + 1] = b"\n"
        if not changed:
            break
    return bytes(changed)


def survives(data: bytes) -> None:
    before = time.process_time()
    try:
        found = of(data)
    except LockwrightError as error:
        codes = {one.code for one in error.diagnostics}
        assert codes <= CODES
    else:
        assert not found.is_empty
        for side in (found, *found.compared):
            assert all(one.weight >= 0 and one.stack for one in side.samples)
        assert all(one.transfers >= 0 and one.stores >= 0 for one in found.shared_lines)
        assert all(0 <= one.ended <= one.contended and one.total_ns >= 0 for one in found.waits)
        assert all(one.acquired >= 0 and one.total_ns >= 0 and one.blocked >= 0 for one in found.holdings)
        assert found.provenance.lines >= found.provenance.skipped
    assert time.process_time() - before < LONGEST_S


def damaged(name: str, cases: int) -> None:
    """Mutate, cut and join a text, and cut it compressed."""
    chance, data = random.Random(name), beginning(name).encode()
    for _ in range(cases):
        survives(mutated(data, chance))
        cut = data[: chance.randrange(len(data) + 1)]
        survives(cut)
        survives(cut + beginning(chance.choice(ALL)).encode())
        packed = bytearray(gzip.compress(data))
        survives(bytes(packed[: chance.randrange(len(packed))]))
        packed[chance.randrange(2, len(packed))] ^= 1 << chance.randrange(8)
        survives(bytes(packed))


@pytest.mark.parametrize("name", ALL)
def test_damaged_files(name: str) -> None:
    damaged(name, CASES)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_files_damaged_in_many_ways(name: str) -> None:
    damaged(name, MANY)


def never_mixed_silently(first: str, seconds: Iterable[str]) -> None:
    """Read one kind with another below it: that there is another is told, or it is an error."""
    for second in seconds:
        try:
            found = of(f"{beginning(FIRST[first])}\n{beginning(FIRST[second])}")
        except LockwrightError as error:
            codes = {one.code for one in error.diagnostics}
            assert codes <= CODES
        else:
            assert found.provenance.mixed, (first, second)


KINDS = list(FIRST)


@pytest.mark.parametrize("first", KINDS)
def test_some_two_kinds_in_one_file(first: str) -> None:
    at = KINDS.index(first)
    never_mixed_silently(first, (KINDS[at - 1], KINDS[at - 2], KINDS[at - 5]))


@pytest.mark.slow
@pytest.mark.parametrize("first", KINDS)
def test_any_two_kinds_in_one_file(first: str) -> None:
    never_mixed_silently(first, (one for one in KINDS if one != first))


@pytest.mark.parametrize("name", ALL)
def test_nothing_of_a_file_is_an_error(name: str) -> None:
    """A file that was emptied on its way: compressed or not, with an end of line or without."""
    for empty in (b"", b"\n", gzip.compress(b""), gzip.compress(b"\n\n"), b"\xef\xbb\xbf", b"\xff\xfe"):
        with pytest.raises(LockwrightError) as raised:
            of(empty, name)
        assert {one.code for one in raised.value.diagnostics} == {"P002"}


def test_noise() -> None:
    chance = random.Random(1)
    for _ in range(100):
        survives(chance.randbytes(chance.randrange(3000)))
        survives(bytes(chance.choice(b"0123456789 %;|-+[]()k.x\n\t>#:abcdef") for _ in range(chance.randrange(3000))))
        survives(b"\x1f\x8b" + chance.randbytes(300))


@pytest.mark.parametrize(
    "piece", [*PIECES, b"a", b"1", b" ", b"1 ", b"a b ", b"1.0% ", b"a;", b"(a) ", b"1.11% a  ", b"> >"]
)
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_one_thing_many_times(piece: bytes, end: bytes) -> None:
    survives(piece * (MOST_BYTES // len(piece)) + end)
    survives((piece * 100 + b"\n") * 60)


@pytest.mark.parametrize("row", [b"50.00%  a  b  [k] f\n", b"    |\n", b"  --- f\n"])
def test_deep_call_graphs(row: bytes) -> None:
    deep = b"".join(b" " * (at * 3) + b"|--50.00%--f\n" for at in range(1000))
    survives(b"50.00%  a  b  [k] f\n  ---f\n" + row + deep)
