"""Each text is claimed by its own reader, and no other reader sees anything of its own in it."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import pytest
from tests.profiles.captured import ALL, FILES, REFUSED, WRITTEN, beginning, of

from lockwright.errors import LockwrightError
from lockwright.profiles import readers as package
from lockwright.profiles.readers import readers

RECORDED = (
    (re.compile(r".*\.script\.gz"), "perf_script"),
    (re.compile(r".*\.report\S*\.txt"), "perf_report"),
    (re.compile(r".*\.lock-contention\S*\.txt"), "lock_contention"),
    (re.compile(r".*\.lock-report\S*\.txt"), "lock_report"),
    (re.compile(r"diff/\S*"), "perf_diff"),
    (re.compile(r"report/\S*"), "perf_report"),
    (re.compile(r"commits/xfs-buffer-(?:hash|alloc)\S*"), "perf_top"),
    (re.compile(r"commits/ipvs\S*"), "oprofile"),
    (re.compile(r"commits/ovs\S*"), "perf_report"),
)
MODULES = {
    one.name: import_module(f"{package.__name__}.{one.name}").READER for one in pkgutil.iter_modules(package.__path__)
}


def kind(name: str) -> str:
    """Return the module of the reader that a text is for."""
    if name in WRITTEN:
        return name.partition("/")[0]
    return next((module for pattern, module in RECORDED if pattern.fullmatch(name)), "")


@pytest.mark.parametrize("name", ALL)
def test_its_own_reader_and_no_other(name: str) -> None:
    own = MODULES[kind(name)]
    if name.startswith(REFUSED):
        with pytest.raises(LockwrightError, match="P005"):
            of(beginning(name))
        return
    found = of(beginning(name))
    assert found.provenance.reader == own.name
    assert not found.provenance.mixed
    lines = beginning(name).splitlines()
    claimed = set(own.claims(lines))
    for other in readers():
        assert other is own or set(other.claims(lines)) <= claimed, other.name


def test_every_reader_has_a_text() -> None:
    assert {kind(name) for name in ALL} == set(MODULES)
    assert all(kind(name) for name in FILES)
