"""What is promised: capped by the share and by practice, against the published cases whose profile and gain are known.

The rule was read off these very cases, so this is a check within the sample and no proof.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockwright.profiles.cures import NAMES, cure_class
from lockwright.profiles.diagnosis.promise import BYSTANDERS, RETRIES, bound, expected, promise_of

KNOWN = {  # case: class, share of the profile in percent, gain, and what explains a gain above what is promised
    "K50": ("split", 93.1, 12.7, "the program does nothing but take this lock"),
    "K49": ("avoid", 94.5, 3.5, ""),
    "K60": ("batch", 84.9, 1.81, ""),
    "K54": ("avoid", 76.0, 1.89, ""),
    "K13": ("fewer acquirers", 77.0, 10.3, RETRIES),
    "K40": ("fields apart", 94.3, 1.23, ""),
    "K32": ("batch", 32.0, 1.34, ""),
    "K63": ("split", 24.6, 1.35, BYSTANDERS),  # by 2 %
    "K64": ("lock type", 7.1, 1.08, BYSTANDERS),  # by the rounding of 1.076
    "K62": ("avoid", 7.6, 1.11, BYSTANDERS),
}
PERCENT = st.floats(0, 100)


@pytest.mark.parametrize("case", KNOWN)
def test_published_gains_are_within_or_flagged(case: str) -> None:
    name, share, gain, flag = KNOWN[case]
    found = promise_of(share, cure_class(name).quartiles, 0.0, "busy time", (RETRIES, BYSTANDERS))
    assert found.alone.low <= gain
    if flag:
        assert gain > found.alone.high
        assert any(one.startswith(flag) for one in found.above)
    else:
        assert gain <= found.alone.high


@given(PERCENT, st.sampled_from(NAMES))
def test_never_more_than_the_share_allows(share: float, name: str) -> None:
    found, _ = expected(share, cure_class(name).quartiles)
    assert 1 <= found.low <= found.high <= bound(share) * (1 + 1e-12)


@given(PERCENT, PERCENT)
def test_a_larger_share_has_a_larger_bound(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert bound(small) <= bound(large)


@given(PERCENT, PERCENT, st.sampled_from(NAMES))
def test_the_next_lock_adds(share: float, behind: float, name: str) -> None:
    found = promise_of(share, cure_class(name).quartiles, behind, "busy time")
    if found.with_next is not None:
        assert found.with_next.high >= found.alone.high
        assert found.with_next.low >= found.alone.low


@pytest.mark.parametrize(("share", "most"), [(8.2, 1.09), (50.0, 2.0), (93.1, 3.5)])
def test_three_stretches(share: float, most: float) -> None:
    assert expected(share, cure_class("split").quartiles)[0].high == pytest.approx(most, rel=0.01)


def test_why_no_more() -> None:
    assert "practice" in expected(90, None)[1]
    assert "quartiles" in expected(50, cure_class("batch").quartiles)[1]
    assert "too few" in expected(50, None)[1]
