"""Programs with interrupts, migration, CPUs of their own choice and records: verdicts and exact numbers of states."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lockwright
from lockwright.check.engine import counters
from lockwright.check.engine.rooms import Rooms
from lockwright.check.engine.uncovered import REASONS_C11
from lockwright.language import vocabulary

if TYPE_CHECKING:
    from lockwright.results import CheckResult

PROGRAMS = Path(__file__).parent / "programs"
PAGE = Path(__file__).parents[2] / "docs" / "machine.md"
RACE, ASLEEP = "data_race", "halts with interrupts off at line {}, and nobody is left to kick its CPU"
PROVED: tuple[tuple[str, dict[str, object], tuple[int, int]], ...] = (
    ("per_cpu_counters.py:Guarded", {"threads": 2, "migrate": True}, (32, 34)),
    ("per_cpu_counters.py:Bare", {"threads": 2}, (4, 4)),
    ("per_cpu_counters.py:Guarded", {"threads": 2, "cpus": 1}, (5, 5)),
    ("halting.py:Halts", {}, (10, 10)),
    ("halting.py:Halts", {"cpus": 3, "interrupts": 2}, (16, 16)),
    ("reader_in_softirq.py:Guarded", {"threads": 2}, (50, 79)),
    ("reader_in_softirq.py:Guarded", {"threads": 2, "interrupts": 2}, (109, 207)),
    ("records.py:Routes", {}, (16, 16)),
)
WRONG: tuple[tuple[str, dict[str, object], str, str], ...] = (
    ("per_cpu_counters.py:Bare", {"threads": 2, "migrate": True}, RACE, "counts[0]"),
    ("per_cpu_counters.py:Bare", {"threads": 2, "cpus": 1}, RACE, "counts[0]"),
    ("halting.py:Halts:target=1", {}, "lost_wakeup", ASLEEP.format(15)),
    ("halting.py:Unlatched", {}, "lost_wakeup", ASLEEP.format(30)),
    ("halting.py:Halts:target=2", {}, "no_such_cpu", "there is no CPU 2: T2 names it at line 19"),
    ("reader_in_softirq.py:Bare", {"threads": 2}, "endless_await", "held is 1"),
    ("records.py:TooLate", {}, "use_after_free", "Route#0.port"),
    ("records.py:Many", {"threads": 2}, "at_rest", "the tenth"),
)


def run(name: str, memory: str, **options: object) -> CheckResult:
    return lockwright.check(f"{PROGRAMS / name}", memory=memory, acquire=1, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "options", "states"), PROVED)
def test_what_is_right_is_proved(name: str, options: dict[str, object], states: tuple[int, int]) -> None:
    for memory, count in zip(("sc", "tso"), states, strict=True):
        (found,) = run(name, memory, **options).runs
        assert (memory, found.verdict, found.states) == (memory, "proved", count)


@pytest.mark.parametrize("memory", ["sc", "tso"])
@pytest.mark.parametrize(("name", "options", "kind", "words"), WRONG)
def test_what_is_wrong_is_told(name: str, options: dict[str, object], kind: str, words: str, memory: str) -> None:
    (fault,) = run(name, memory, **options).faults
    assert fault.kind == kind
    assert words in fault.sentence
    assert fault.confirmed


def test_records_that_run_out_at_rest_are_noted_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search begins anew with more; what stood behind its faults was written over once."""
    used, room = counters.COUNTERS, 1024
    seen: list[Rooms] = []
    begin = Rooms.__init__

    def watched(rooms: Rooms, *args: Any, **options: Any) -> None:
        begin(rooms, *args, **options)
        seen.append(rooms)

    monkeypatch.setattr(counters, "COUNTERS", room)
    monkeypatch.setattr(Rooms, "__init__", watched)
    run("records.py:Many", "sc", threads=2)
    assert len(seen) > 1
    assert all(len(one.counters) == room and not one.counters[used:].any() for one in seen)


def test_who_hoards_records_is_not_covered() -> None:
    found = lockwright.check(f"{PROGRAMS / 'records.py:Hoard'}", memory="sc", acquire="forever", threads=2)
    assert [(one.verdict, one.reason) for one in found.runs] == [
        ("not covered", "not covered: more than 16 records of `Route` at once")
    ]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("reader_in_softirq.py:Guarded", {"threads": 2}),
        ("records.py:Routes", {}),
        ("per_cpu_counters.py:Guarded", {"threads": 2, "cpus": 1}),
        ("per_cpu_counters.py:Guarded", {"threads": 2, "migrate": True}),
    ],
)
def test_c11_refuses_what_it_does_not_run(name: str, options: dict[str, object]) -> None:
    (found,) = run(name, "c11", **options).runs
    assert found.verdict == "not covered"
    assert "c11" in found.reason


def rows(name: str, **options: object) -> list[str]:
    (fault,) = run(name, "sc", **options).faults
    return [row.text for row in fault.rows]


def test_interrupts_are_steps() -> None:
    told = rows("reader_in_softirq.py:Bare", threads=2)
    assert "interrupt on CPU 0: receive begins" in told


def test_migration_is_a_step() -> None:
    assert "comes from CPU 1 to CPU 0" in rows("per_cpu_counters.py:Bare", threads=2, migrate=True)


def test_grace_periods_are_steps() -> None:
    told = rows("records.py:TooLate")
    assert "enters a read section" in told
    assert "frees Route#0 when T1 has left" in told
    assert told.index("leaves its read section") + 1 == told.index("Route#0 is freed")


def test_a_kick_that_is_lost_is_told() -> None:
    assert "kicks CPU 0 (lost: nobody halts there)" in rows("halting.py:Unlatched")


def test_the_page_lists_every_word() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("Which words")[2]
    listed = set(re.findall(r"`(\w+)`", table))
    missing = {*vocabulary.CALLS, *vocabulary.DECORATORS, *vocabulary.CONTEXTS} - listed - {"noinline", "symbol"}
    assert missing == set()


def test_the_page_says_what_c11_refuses() -> None:
    refused = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.endswith("| yes | no |")]
    words = {word for line in refused for word in re.findall(r"`(\w+)`", line)}
    assert words == {*REASONS_C11, "interrupt", "softirq", "RcuHead"}
