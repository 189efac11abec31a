"""What is written weighs what was read, whatever the names are."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.profiles.captured import READ, WRITTEN, of, profile
from tests.profiles.writers import made
from tests.profiles.writers.protobuf import decoded

from lockwright.errors import LockwrightError
from lockwright.profiles import Frame, Profile, Provenance, Sample
from lockwright.profiles.off_cpu import OFF_CPU
from lockwright.profiles.writers import folded, pprof, speedscope
from lockwright.profiles.writers.pprof import whole
from lockwright.profiles.writers.series import all_series
from lockwright.profiles.writers.varints import varint

if TYPE_CHECKING:
    from pathlib import Path

PROFILES = {
    "contended": made.contended(),
    "deep": made.deep(),
    "hostile": made.hostile(),
    "shares": made.shares(),
} | {name: profile(name) for name in READ}
NAMES = st.one_of(
    st.from_regex(
        r"[A-Za-z_~\u0430-\u044f][\w:<>~.()*&+,\[\] -]{0,12}[\w)>]",
        fullmatch=True,
        alphabet=st.characters(codec="utf-8", exclude_categories=["Nl", "No"]),
    ),
    st.sampled_from(["a_[k]", "b_[0]", "c_[i]", "-", "--", "[unknown]", "0x7f12", "ends in 42", "in 12 ms", "x"]),
)


def weight_of(one: Profile, event: str) -> float:
    return sum(sample.weight for sample in one.samples if (sample.event or "samples") == event)


def speedscope_of(one: Profile) -> dict[str, Any]:
    """Return the file as an importer sees it, held against what the format demands."""
    found: dict[str, Any] = json.loads(speedscope(one))
    assert found["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert set(found) == {"$schema", "exporter", "name", "activeProfileIndex", "shared", "profiles"}
    frames = found["shared"]["frames"]
    assert all(isinstance(each["name"], str) and set(each) <= {"name", "file"} for each in frames)
    for each in found["profiles"]:
        assert each["type"] == "sampled"
        assert each["unit"] in {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}
        assert len(each["samples"]) == len(each["weights"])
        assert all(isinstance(at, int) and 0 <= at < len(frames) for stack in each["samples"] for at in stack)
        assert all(stack for stack in each["samples"])
        assert each["endValue"] - each["startValue"] == pytest.approx(math.fsum(each["weights"]))
    return found


@pytest.mark.parametrize("name", PROFILES)
def test_every_writer_keeps_the_weight(name: str) -> None:
    one = PROFILES[name]
    series = all_series(one)
    if not series:  # a table of cache lines
        assert one.shared_lines
        with pytest.raises(LockwrightError, match="P030"):
            pprof(one)
        return
    assert [each.total for each in series[: len({each.event for each in one.samples})]] == [
        pytest.approx(weight_of(one, each.name)) for each in series[: len({each.event for each in one.samples})]
    ]
    for each in series:
        written = sum(float(line.rpartition(" ")[2]) for line in folded(each).splitlines())
        written *= 1000 if each.name == OFF_CPU else 1  # in microseconds, as others write it
        assert written == pytest.approx(each.total, abs=1e-6)
    for each, found in zip(series, speedscope_of(one)["profiles"], strict=True):
        assert found["endValue"] == pytest.approx(each.total)
    binary = decoded(pprof(one))
    for at, (each, (_, unit)) in enumerate(zip(series, binary.types, strict=True)):
        scale = 10_000 if unit == "ppm" else 1
        assert sum(values[at] for _, values, _ in binary.samples) == pytest.approx(each.total * scale, abs=0.51)


def test_waits_are_series_of_their_own() -> None:
    one = made.contended()
    found = speedscope_of(one)["profiles"]
    assert [(each["name"], each["unit"], each["endValue"]) for each in found] == [
        ("cpu-clock:pppH", "nanoseconds", 100_000_000),
        ("cache-misses", "none", 30),
        ("waiting for locks", "nanoseconds", 4_001_500),
        ("waits for locks", "none", 43),
    ]
    binary = decoded(pprof(one))
    assert binary.types == [
        ("cpu-clock:pppH", "nanoseconds"),
        ("cache-misses", "count"),
        ("delay", "nanoseconds"),
        ("contentions", "count"),
    ]
    assert binary.default == "cpu-clock:pppH"
    names, values, labels = next(each for each in binary.samples if each[1][2] == 4_000_000)
    assert names == ["_raw_spin_lock", "lock_timer", "sys_timer_gettime"]
    assert values == [0, 0, 4_000_000, 0]
    assert labels == {"command": "timers", "lock": "spinlock"}
    assert {each[2]["lock"] for each in binary.samples if each[1][3] == 3} == {"rwlock:W tasklist_lock"}
    assert binary.modules["lock_timer"] == "[kernel.kallsyms]"
    assert binary.comment == "made.txt, read as perf script, written by lockwright"


@pytest.mark.skipif(shutil.which("go") is None, reason="no `go` on this machine: `go tool pprof` judges the file")
@pytest.mark.parametrize(("kind", "told"), [("delay", "100% of 4001.50us total"), ("cache-misses", "100% of 30 total")])
def test_go_tool_pprof_reads_it(kind: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "profile.pb.gz"
    path.write_bytes(pprof(made.contended()))
    command = ["go", "tool", "pprof", "-top", "-nodefraction=0", f"-sample_index={kind}", str(path)]
    shown = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert told in shown


OF_WAITS = ("folded/async-profiler-lock.txt",)
"""Stacks that are read as waits: written, they are stacks of time and name the lock at their end."""


def test_folded_stacks_as_people_know_them() -> None:
    first = all_series(made.contended())[0]
    assert folded(first).splitlines() == [
        "timers;sys_timer_gettime_[k];lock_timer_[k];_raw_spin_lock_[k];native_queued_spin_lock_slowpath_[k] 75000000",
        "timers;sys_timer_gettime_[k];copy_to_user_[k] 15000000",
        "swapper;do_idle_[k];default_idle_[k];native_safe_halt_[k] 10000000",
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.lists(st.tuples(NAMES, st.sampled_from(["", "[kernel]"])), min_size=1, max_size=6).map(tuple),
        st.one_of(st.integers(0, 10**15).map(float), st.integers(0, 10**9).map(lambda n: n / 1000)),
        max_size=8,
    )
)
def test_folded_is_the_inverse_of_its_reader(stacks: dict[tuple[tuple[str, str], ...], float]) -> None:
    samples = [Sample((Frame("innermost"), Frame("outermost")), 1.0)]  # what the file is, is told by a `;`
    samples += [
        Sample(tuple(Frame(*each) for each in stack), weight)
        for stack, weight in stacks.items()
        if stack != (("innermost", ""), ("outermost", ""))
    ]
    one = Profile(Provenance("x", "folded stacks", len(samples)), tuple(samples))
    text = folded(all_series(one)[0])
    back = of(text)
    assert {(each.stack, each.weight) for each in back.samples} == {(each.stack, each.weight) for each in samples}
    assert folded(all_series(back)[0]) == text


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.startswith("folded/") and name not in OF_WAITS])
def test_what_others_write_is_read_again(name: str) -> None:
    one = profile(name)
    back = of(folded(all_series(one)[0]))
    assert {(each.stack, each.command, each.event) for each in back.samples} == {
        (each.stack, each.command, each.event) for each in one.samples
    }
    assert sorted(each.weight for each in back.samples) == pytest.approx(sorted(each.weight for each in one.samples))


def test_what_was_read_as_folded_is_written_as_it_was() -> None:
    text = "main;work;_raw_spin_lock_[k] 12\nmain;a_[k]_[i] 0.25\nalone 3\nmain;work 10000000000000000\n"
    assert folded(all_series(of(text))[0]) == text


def test_names_that_folded_stacks_cannot_hold_lose_no_weight() -> None:
    text = folded(all_series(made.hostile())[0])
    assert len(text.splitlines()) == 1 + len(made.HOSTILE)
    back = of(text)
    assert back.provenance.skipped == 0
    assert back.total == 18.0
    assert Frame("tab and newline:semicolon", "[kernel]") in {frame for each in back.samples for frame in each.stack}


def test_recursion_keeps_its_depth() -> None:
    one = made.deep()
    stacks = [line.rpartition(" ")[0].split(";") for line in folded(all_series(one)[0]).splitlines()]
    assert [len(stack) for stack in stacks] == [1001, 1001]
    assert sorted(len(stack) for stack in speedscope_of(one)["profiles"][0]["samples"]) == [1001, 1001]
    assert sorted(len(names) for names, _, _ in decoded(pprof(one)).samples) == [1000, 1000]


def test_addresses_do_not_make_functions_two() -> None:
    stacks = [(Frame("f", "m", at, 4096 + at), Frame("g", "m", 1, 1)) for at in range(3)]
    one = made.profile(*(Sample(stack, 1.0, 1) for stack in stacks))
    assert folded(all_series(one)[0]) == "g;f 3\n"
    assert [values for _, values, _ in decoded(pprof(one)).samples] == [[3]]


@given(st.lists(st.floats(0, 1e12), max_size=50))
def test_rounding_loses_nothing(weights: list[float]) -> None:
    rounded = whole(weights)
    exact = 0.0
    for weight in weights:
        exact += weight
    assert sum(rounded) == round(exact)
    assert all(abs(a - b) <= 1 for a, b in zip(weights, rounded, strict=True))


def test_varints() -> None:
    assert [varint(n) for n in (0, 1, 127, 128, 300, (1 << 63) - 1)] == [
        b"\0", b"\1", b"\x7f", b"\x80\1", b"\xac\2", b"\xff" * 8 + b"\x7f",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="64 bits"):
        varint(1 << 64)


def test_what_a_format_cannot_say_is_an_error() -> None:
    heavy = made.profile(Sample(made.frames("f", "g"), 9.3e18, 1))
    assert folded(all_series(heavy)[0]).endswith(" 9300000000000000000\n")
    with pytest.raises(LockwrightError, match="P031"):
        pprof(heavy)
    for write in (pprof, speedscope):
        with pytest.raises(LockwrightError, match="P030"):
            write(made.profile())
