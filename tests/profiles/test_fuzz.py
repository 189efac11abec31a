"""Mutated, truncated, concatenated and binary files: a profile or an error with a code, soon, and never a traceback."""

from __future__ import annotations

import gzip
import random
import time

import pytest
from tests.profiles.captured import FILES, content, of

from lockwright.errors import LockwrightError

LONGEST_S = 10.0  # of the processor, for a file of 30 KB: milliseconds are usual
MOST_BYTES = 30_000
CASES = 12
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
    return content(name)[:MOST_BYTES]


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
        assert codes <= {"P001", "P002", "P003", "P004", "P005"}
    else:
        assert not found.is_empty
        for side in (found, *found.compared):
            assert all(one.weight >= 0 and one.stack for one in side.samples)
        assert all(one.transfers >= 0 and one.stores >= 0 for one in found.shared_lines)
        assert all(0 <= one.ended <= one.contended and one.total_ns >= 0 for one in found.waits)
        assert found.provenance.lines >= found.provenance.skipped
    assert time.process_time() - before < LONGEST_S


@pytest.mark.parametrize("name", FILES)
def test_mutated_files(name: str) -> None:
    chance, data = random.Random(name), bytes_of(name)
    for _ in range(CASES):
        survives(mutated(data, chance))


@pytest.mark.parametrize("name", FILES)
def test_truncated_and_concatenated_files(name: str) -> None:
    chance, data = random.Random(name), bytes_of(name)
    for _ in range(CASES // 2):
        cut = data[: chance.randrange(len(data) + 1)]
        survives(cut)
        survives(cut + bytes_of(chance.choice(FILES)))
        survives(gzip.compress(data)[: chance.randrange(len(data))])


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
