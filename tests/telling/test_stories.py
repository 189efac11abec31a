"""What a person reads, of faults that are known: the sentence, the rows, the end."""

from __future__ import annotations

import pytest

from lockwright.check import search
from lockwright.check.search import Settings, check
from lockwright.ir.program import Program
from lockwright.results import CheckResult
from tests.telling import hand_made
from tests.telling.plain_search import explore


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_options", lambda *, raw: raw)


def checked(program: Program, **settings: object) -> CheckResult:
    chosen = Settings(**{"threads": 2, "acquisitions": (1,), "models": ("sc", "tso"), "cures": False, **settings})  # type: ignore[arg-type]
    return check(program, chosen, explorer=explore)


def test_a_ticket_lock_is_proved() -> None:
    result = checked(hand_made.ticket(), models=("sc", "tso", "c11"))
    assert result.verdict == "proved"
    assert [run.verdict for run in result.runs] == ["proved"] * 3


def test_two_holders() -> None:
    fault = checked(hand_made.test_then_set()).faults[0]
    print("\n".join([fault.sentence, *map(str, fault.rows), *fault.final]))
    assert fault.kind == "two_holders"


def test_a_waiter_is_skipped() -> None:
    fault = checked(hand_made.ticket(step=2)).faults[0]
    print("\n".join([fault.sentence, *map(str, fault.rows), *fault.final]))
    assert fault.kind == "endless_await"


def test_a_wake_up_that_only_the_store_buffer_loses() -> None:
    fault = checked(hand_made.sleeper(fence=False)).faults[0]
    print("\n".join([fault.sentence, *map(str, fault.rows), *fault.final]), fault)
    assert (fault.kind, fault.model) == ("lost_wakeup", "tso")
    assert checked(hand_made.sleeper(fence=True)).verdict == "proved"


def test_a_race_under_c11() -> None:
    fault = checked(hand_made.ticket(wait="relaxed"), models=("sc", "tso", "c11")).faults[0]
    print("\n".join([fault.sentence, *map(str, fault.rows), *fault.final]), fault)
    assert (fault.kind, fault.model) == ("data_race", "c11")
