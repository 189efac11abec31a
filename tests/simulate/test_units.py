"""Durations carry units, CPU lists are lists or ranges; anything else is one error that says what to write."""

from __future__ import annotations

import pytest

from lockwright.errors import LockwrightError
from lockwright.units import cpu_counts, cycles, duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("400cycles", 400),
        ("1 cycle", 1),
        ("200ns", 420),
        ("2us", 4200),
        ("2µs", 4200),
        ("0.5 ms", 1_050_000),
        ("1,000cycles", 1000),
        ("0ns", 0),
    ],
)
def test_a_duration_in_cycles_of_2_1_ghz(text: str, expected: int) -> None:
    assert cycles(text, 2.1) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("100", "write `100ns` or `100cycles`"),
        ("-5ns", "`--hold -5ns` is no duration"),
        ("long", "is no duration"),
        ("", "is no duration"),
        ("3hours", "the unit `hours`"),
        ("1e3ns", "is no duration"),
        ("99s", "is too long"),
    ],
)
def test_what_is_no_duration(text: str, told: str) -> None:
    with pytest.raises(LockwrightError) as raised:
        cycles(text, 2.1, "--hold")
    assert told in str(raised.value)
    assert "error[U003]" in str(raised.value)
    assert "help:" in str(raised.value)


def test_a_duration_reads_as_it_was_given() -> None:
    assert [str(duration(one)) for one in ("1000cycles", "1cycles", "1.5us")] == ["1,000 cycles", "1 cycle", "1.5 us"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1,2,6,48", (1, 2, 6, 48)), ("1-4", (1, 2, 3, 4)), ("8, 2-3,2", (2, 3, 8)), ("7-7", (7,))],
)
def test_a_list_of_cpu_counts(text: str, expected: tuple[int, ...]) -> None:
    assert cpu_counts(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0", "nothing runs on 0 CPUs"),
        ("0-4", "nothing runs on 0 CPUs"),
        ("4-1", "runs backwards"),
        ("", "no list of CPU counts"),
        ("1,,2", "no list of CPU counts"),
        ("1-999999999", "no machine has 999,999,999 CPUs"),
        ("two", "no list of CPU counts"),
    ],
)
def test_what_is_no_list_of_cpu_counts(text: str, told: str) -> None:
    with pytest.raises(LockwrightError) as raised:
        cpu_counts(text)
    assert told in str(raised.value)
