"""What a person reads of faults that are known: the sentence, the rows, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.telling import hand_made
from tests.telling.checking import checked

from lockwright.check import replay
from lockwright.check.telling import counterexample
from lockwright.errors import LockwrightError

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.results import Fault


def told(fault: Fault) -> list[str]:
    return [f"T{row.thread + 1} {row.text}{f' ({row.note})' if row.note else ''}" for row in fault.rows]


def test_a_ticket_lock_is_proved_under_all_models() -> None:
    result = checked(hand_made.ticket(), models=("sc", "tso", "c11"))
    assert [(run.model, run.verdict) for run in result.runs] == [("sc", "proved"), ("tso", "proved"), ("c11", "proved")]
    assert result.exit_status == 0
    assert "first come, first served" in result.runs[0].properties


def test_two_holders() -> None:
    fault = checked(hand_made.check_then_set()).faults[0]
    assert fault.confirmed
    assert fault.sentence == "two threads are in the critical section of Mine: T2 since step 3, T1 since step 4"
    assert told(fault) == [
        "T1 lock: reads held = 0",
        "T2 lock: reads held = 0",
        "T2 held 0 → 1, enters (overwritten unseen)",
        "T1 held 1 → 1, enters (changes nothing)",
    ]


def test_a_waiter_is_skipped() -> None:
    fault = checked(hand_made.ticket(step=2)).faults[0]
    assert (fault.kind, fault.model, fault.origin) == (
        "endless_await",
        "sc",
        "the logic (it fails under any memory model)",
    )
    assert fault.confirmed
    assert fault.sentence.startswith("T2 waits for ever at line 13")
    assert "owner is 2" in fault.sentence
    assert fault.final[0] == "done"
    assert told(fault)[-1] == "T2 lock: next 1 → 2"


def test_a_wake_up_that_only_the_store_buffer_loses() -> None:
    result = checked(hand_made.sleeper(fence=False))
    fault = result.faults[0]
    assert (fault.kind, fault.model) == ("lost_wakeup", "tso")
    assert fault.origin == "the processor, not the logic: found under tso, impossible under sc"
    assert fault.confirmed
    rows = told(fault)
    assert "T1 unlock: held ← 0, into the store buffer" in rows
    assert "T1 the store buffer drains: held 1 → 0" in rows
    assert fault.final == ("done", "parked; waits to be unparked; T1 could have sent it")
    assert any("waits in its store buffer, steps" in remark.text for remark in fault.secondary)
    assert checked(hand_made.sleeper(fence=True)).verdict == "proved"


def test_a_race_under_c11_names_both_accesses() -> None:
    fault = checked(hand_made.ticket(wait="relaxed"), models=("sc", "tso", "c11")).faults[0]
    assert (fault.kind, fault.model) == ("data_race", "c11")
    assert fault.origin.startswith("the compiler")
    assert (
        fault.sentence == "data race on count: T1 wrote it in step 4, T2 reads it in step 9, and nothing orders the two"
    )
    assert "reads owner = 1 (T1, step 6)" in fault.rows[7].text


def test_an_old_value_is_told_with_the_store_that_was_not_seen() -> None:
    fault = checked(hand_made.message_passing(), models=("c11",), threads=2).faults[0]
    assert fault.kind == "assertion"
    assert any("the old value: T1's data = 1 (step 1) is not visible" in row for row in told(fault))


def test_starvation_is_a_prefix_and_a_loop() -> None:
    result = checked(hand_made.exchange_lock(fifo=True), models=("sc",), acquisitions=(None,))
    assert result.faults[0].kind in {"starvation", "order_broken"}
    assert set(result.runs[0].kinds) >= {"starvation"}
    fault = checked(
        hand_made.exchange_lock(fifo=True), models=("sc",), acquisitions=(None,), kinds=("starvation",)
    ).faults[0]
    assert fault.kind == "starvation"
    assert fault.loop_from is not None
    assert fault.why_fair
    assert fault.sentence.startswith("starvation: T")
    assert checked(hand_made.exchange_lock(), models=("sc",), acquisitions=(None,)).verdict == "proved"


def test_fifo_names_the_pair() -> None:
    result = checked(hand_made.waiting_lock(fifo=True), models=("sc",), acquisitions=(2,), threads=2)
    fault = result.faults[0]
    assert fault.kind == "order_broken"
    assert fault.confirmed
    assert "already waited, yet" in fault.sentence
    assert checked(hand_made.waiting_lock(fifo=False), models=("sc",), acquisitions=(2,)).verdict == "proved"


def test_a_cure_is_named_by_trying_it() -> None:
    fault = checked(hand_made.sleeper(fence=False), cures=True).faults[0]
    assert fault.helps
    assert "read-modify-write" in fault.helps[0]
    assert "proved with 2 threads: sc, tso" in fault.helps[0]


def test_a_trace_survives_its_file(tmp_path: Path) -> None:
    program = hand_made.check_then_set()
    result = checked(program)
    (tmp_path / "mine.trace.json").write_text(replay.trace_text(result))
    again = replay.replay(program, replay.load(tmp_path / "mine.trace.json"))
    assert (again.sentence, again.rows) == (result.faults[0].sentence, result.faults[0].rows)


def test_a_trace_of_another_source_is_refused(tmp_path: Path) -> None:
    result = checked(hand_made.check_then_set())
    (tmp_path / "mine.trace.json").write_text(replay.trace_text(result))
    trace = replay.load(tmp_path / "mine.trace.json")
    with pytest.raises(LockwrightError, match="has changed since the trace was made"):
        replay.replay(hand_made.exchange_lock(), trace)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(LockwrightError, match="is no trace"):
        replay.load(tmp_path / "bad.json")


def test_a_saved_test_is_python_that_asks_for_a_proof() -> None:
    text = replay.test_file(checked(hand_made.check_then_set()), "mine.py")
    compile(text, "test_mine.py", "exec")
    assert "def test_mine_py_has_no_two_holders" in text
    assert "assert result.verdict == 'proved'" in text


def test_a_race_under_sc_is_told_by_both_accesses() -> None:
    fault = checked(hand_made.counter(), models=("sc",)).faults[0]
    assert fault.confirmed
    assert fault.sentence.startswith("data race on count: T1 writes it in step 2 and T2 reads it in step 3")


def test_every_model_has_an_origin() -> None:
    assert set(counterexample.ORIGINS) == {"sc", "tso", "c11"}
