"""Shipped locks through the whole search: what is proved, what the one with a historic bug shows."""

from __future__ import annotations

import pytest

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_target
from lockwright.report.terminal import check_text


@pytest.mark.parametrize("name", ["ticket", "ttas", "mcs", "clh", "anderson"])
def test_proved_under_sc_and_tso(name: str) -> None:
    result = check(compile_target(name), Settings(models=("sc", "tso")))
    assert result.verdict == "proved"
    assert {run.threads for run in result.runs} == {3}
    assert ("fifo" in result.promises) == ("first come, first served" in result.runs[0].properties)


@pytest.mark.slow
def test_the_lost_wake_up_of_2013() -> None:
    result = check(compile_target("pv_ticket_2013"), Settings(models=("sc", "tso"), acquisitions=(2,)))
    fault = result.faults[0]
    assert (fault.kind, fault.model, fault.threads, fault.acquisitions) == ("lost_wakeup", "tso", 2, 1)
    assert fault.confirmed
    assert fault.final == ("done", "halted; waits for a kick; T1 could have sent it")
    assert "read-modify-write" in fault.helps[0]
    text = check_text(result)
    assert text.startswith("fault[V005] lost wake-up: T2 sleeps at line")
    assert "tickets.head ← 1, into the store buffer" in text


def test_c11_says_what_it_does_not_look_at() -> None:
    order, wraps = "order, bypass and starvation under c11", "under c11, tickets that wrap round"
    for name, has_tickets in (("ticket", True), ("tas", False)):
        result = check(compile_target(name), Settings(threads=2, acquisitions=(1,), models=("c11",)))
        assert order in result.not_covered
        assert any(one.startswith(wraps) for one in result.not_covered) == has_tickets
    assert order not in check(compile_target("tas"), Settings(threads=2, models=("sc",))).not_covered


def test_a_lock_whose_turn_is_never_fixed_is_not_said_to_serve_in_order() -> None:
    asked = Settings(threads=2, acquisitions=(2,), models=("sc",), fifo=True, cures=False)
    result = check(compile_target("tas"), asked)
    assert result.verdict == "not covered"
    assert "doorway()" in result.runs[0].reason
    assert "overtaken" not in check_text(check(compile_target("tas"), Settings(threads=2, models=("sc",))))
