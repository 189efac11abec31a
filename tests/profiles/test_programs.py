"""Recordings of databases, runtimes and tools: is the lock that their threads sleep for named, or rightly none?"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lockwright.profiles import read
from lockwright.profiles.diagnosis import diagnose

PROGRAMS = Path(__file__).parent / "programs"
EXPECTED = tomllib.loads((PROGRAMS / "EXPECTED.toml").read_text(encoding="utf-8"))
MOST_BYTES = 100_000


def test_every_recording_is_expected_and_small() -> None:
    files = {one.name.partition(".")[0]: one for one in PROGRAMS.glob("*.script.gz")}
    assert files.keys() == EXPECTED.keys()
    assert all(one.stat().st_size <= MOST_BYTES for one in files.values())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_lock_is_named(name: str) -> None:
    expected = EXPECTED[name]
    found = diagnose(read(str(PROGRAMS / f"{name}.script.gz")))
    assert found.verdict in expected["verdicts"]
    if expected["kinds"]:
        assert found.lock is not None
        assert found.lock.kind in expected["kinds"]
        assert (found.lock.caller in expected["callers"]) if expected["callers"] else not found.lock.caller
