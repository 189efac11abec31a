"""Real recordings of loads with a known cause: is the lock named, or rightly none?

`recordings/EXPECTED.toml` was written from the source of the kernel before anything was recorded.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lockwright.profiles import read
from lockwright.profiles.diagnosis import diagnose

RECORDINGS = Path(__file__).parent / "recordings"
EXPECTED = tomllib.loads((RECORDINGS / "EXPECTED.toml").read_text(encoding="utf-8"))
FILES = sorted(one.name for one in RECORDINGS.iterdir() if one.suffix in {".gz", ".txt"})
SAMPLES = {"cpu", "report", "report-children"}
EVENTS = {"lock", "lock-ns", "lock-contention"}
INTERRUPTS_OFF = {"timer_settime", "sigmask"}
"""Waits with interrupts off: the guest's only clock is an interrupt, so samples alone cannot show them as waiting."""
INLINED = {"sigmask": {"__x64_sys_rt_sigprocmask"}}
"""Who stands on the stacks instead of those expected: they are inlined there."""


def test_every_load_is_recorded_in_every_mode() -> None:
    modes = {load: {one.split(".")[1] for one in FILES if one.split(".")[0] == load} for load in EXPECTED}
    assert {one.split(".")[0] for one in FILES} == set(EXPECTED)
    for load, found in modes.items():
        wanted = SAMPLES | {"record"} | (EVENTS if EXPECTED[load]["in_events"] else set())
        assert found >= wanted, load


def marks(name: str) -> tuple[pytest.MarkDecorator, ...]:
    """Return how a file is tested: those much like another are slow."""
    return (pytest.mark.slow,) if name.split(".")[1] in {"lock", "report-children"} else ()


@pytest.mark.parametrize("name", [pytest.param(one, marks=marks(one)) for one in FILES])
def test_the_lock_is_named(name: str) -> None:
    load, mode = name.split(".")[:2]
    expected = EXPECTED[load]
    found = diagnose(read(str(RECORDINGS / name)))
    kind = found.lock.kind if found.lock else ""
    callers = {*expected["callers"], *INLINED.get(load, ())}
    if not expected["kinds"]:
        assert found.verdict in expected["verdicts"]
        return
    if mode in SAMPLES and load in INTERRUPTS_OFF:
        assert found.verdict == "undecided"
        assert any(one in found.headline for one in callers)
        return
    if mode in EVENTS and not expected["in_events"]:
        assert found.verdict == "undecided"
        assert "locks of user space, whose waiters sleep" in found.not_covered
        return
    assert found.verdict in expected["verdicts"]
    assert kind in expected["kinds"]
    if mode != "lock-contention":  # the table has one caller, counted past the third entry of the stack
        assert found.lock is not None
        assert found.lock.caller in callers
