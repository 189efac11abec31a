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
