"""Whatever a profile holds, it gets a diagnosis; more waiting never makes a lock look smaller."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.profiles.diagnosis.made import ORIGIN, sampled

from lockwright.profiles.diagnosis import CONTENDED, MINOR, NO_LOCK, VERDICTS, diagnose
from lockwright.profiles.model import Frame, Holding, LineAccess, Profile, Sample, SharedLine, Wait
from lockwright.profiles.symbols import table
from lockwright.report.diagnosis import diagnosis_lines, sections

SYMBOLS = st.one_of(
    st.sampled_from(sorted(table())),
    st.sampled_from(
        ["work", "tree_find", "kmalloc", "kfree", "[unknown]", "0x7f", "", "do_syscall_64", "main", "libc.so.6"]
    ),
    st.text(max_size=12),
)
FRAMES = st.builds(Frame, SYMBOLS, st.sampled_from(["", "[kernel.kallsyms]", "prog"]))
STACKS = st.lists(FRAMES, max_size=6).map(tuple)
WEIGHTS = st.floats(0, 1e12)
COUNTS = st.integers(0, 10**9)
SAMPLES = st.lists(
    st.builds(
        Sample,
        STACKS,
        WEIGHTS,
        COUNTS,
        st.sampled_from(["", "a"]),
        st.none(),
        st.sampled_from(["", "cycles", "off-cpu"]),
    ),
    max_size=8,
)
KINDS = st.sampled_from(["spinlock", "rwsem:W", "mutex", "rwlock:R", "lock", ""])
WAITS = st.lists(
    st.builds(Wait, st.sampled_from(["", "0xff"]), KINDS, STACKS, COUNTS, COUNTS, WEIGHTS, WEIGHTS), max_size=5
)
HOLDINGS = st.lists(
    st.builds(Holding, st.sampled_from(["", "0xff"]), KINDS, STACKS, COUNTS, WEIGHTS, WEIGHTS), max_size=2
)
LINES = st.lists(
    st.builds(
        SharedLine,
        st.just("0x40"),
        COUNTS,
        COUNTS,
        accesses=st.lists(st.builds(LineAccess, st.integers(0, 63), SYMBOLS, hitm_local=WEIGHTS), max_size=3).map(
            tuple
        ),
    ),
    max_size=2,
)
FACTS = st.dictionaries(st.just("seconds"), st.sampled_from(["1.5", "0", "nan", "inf", "x", ""]))
PROFILES = st.builds(
    lambda samples, waits, unit, facts, holdings, lines: Profile(
        ORIGIN,
        tuple(samples),
        tuple(waits),
        unit,
        any(len(one.stack) > 1 for one in samples),
        facts,
        tuple(holdings),
        tuple(lines),
    ),
    SAMPLES,
    WAITS,
    st.sampled_from(["percent", "samples", "period"]),
    FACTS,
    HOLDINGS,
    LINES,
)


@given(PROFILES)
@settings(max_examples=300)
def test_every_profile_gets_a_diagnosis(profile: Profile) -> None:
    found = diagnose(profile)
    assert found.verdict in VERDICTS
    assert found.headline
    assert all(sentences for _, sentences in sections(found))
    assert all(text for text, _ in diagnosis_lines(found, 60))
    assert (
        found.promise is None
        or 1 <= found.promise.alone.low <= found.promise.alone.high <= found.promise.bound * 1.000001
    )


@given(st.integers(0, 999), st.integers(0, 999))
def test_more_waiting_is_no_smaller_a_lock(one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    order = (NO_LOCK, MINOR, CONTENDED)
    some, many = (
        diagnose(
            sampled(("native_queued_spin_lock_slowpath < _raw_spin_lock < f", weight), ("work < g", 1000 - weight))
        )
        for weight in (fewer, more)
    )
    assert order.index(some.verdict) <= order.index(many.verdict)
    share = [found.lock.share_busy_percent or 0.0 if found.lock else 0.0 for found in (some, many)]
    assert share[0] <= share[1]
    bounds = [found.promise.bound if found.promise else 1.0 for found in (some, many)]
    assert bounds[0] <= bounds[1]
