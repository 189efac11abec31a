"""A bound on overtaking that does not hold comes with a run that breaks it, counted again on the plain machine."""

from __future__ import annotations

import pytest
from tests.telling.checking import checked

from lockwright import check
from lockwright.check.replay import load, replay, trace_text
from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_target
from lockwright.results import FAULT, PROVED


def test_the_overtakings_of_a_run_that_ends_are_told_with_their_steps():
    result = checked(compile_target("qspinlock"), acquisitions=(2,), models=("sc",), bypass=0)
    (fault,) = result.faults
    assert (fault.kind, fault.confirmed) == ("bypass", True)
    last = fault.rows[-1]
    assert last.text.endswith("enters")
    assert fault.victim is not None
    victim, other = f"T{fault.victim + 1}", f"T{last.thread + 1}"
    assert fault.sentence == (
        f"{victim} is overtaken 1 time while it waits, by {other} in step {last.step}, and none is allowed"
    )


def test_a_bound_that_holds_is_proved():
    result = checked(compile_target("qspinlock"), acquisitions=(2,), models=("sc",), bypass=1)
    assert result.verdict == PROVED
    assert "nobody is overtaken more than 1 time" in result.runs[0].properties


def test_the_trace_plays_again(tmp_path):
    result = check("qspinlock", threads=2, acquire=2, memory="sc", bypass=0)
    assert result.verdict == FAULT
    path = tmp_path / "overtaken.trace.json"
    path.write_text(trace_text(result), encoding="utf-8")
    trace = load(path)
    assert trace.bypass == 0
    again = replay(compile_target("qspinlock"), trace)
    assert again.confirmed
    assert again.sentence == result.faults[0].sentence


def test_without_bound_there_is_a_loop():
    (fault,) = checked(compile_target("ttas"), acquisitions=(None,), models=("sc",), bypass=3).faults
    assert fault.kind == "bypass"
    assert fault.loop_from is not None
    assert "can be overtaken without bound" in fault.sentence


@pytest.mark.parametrize(("lock", "bypass"), [("ticket", -1), ("ticket", 101), ("openvswitch:SetUp", 1)])
def test_bounds_that_mean_nothing_are_refused(lock, bypass):
    with pytest.raises(LockwrightError) as told:
        check(lock, bypass=bypass)
    assert [one.code for one in told.value.diagnostics] == ["U003"]
