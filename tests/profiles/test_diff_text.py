"""`perf diff` of one pair of recordings in every form: both sides as `perf report` prints them."""

from __future__ import annotations

import pytest
from tests.profiles.captured import of, profile

from lockwright.profiles import folding

SHARES = ("delta-abs", "commands", "separated")
COUNTS = ("delta-counts", "formula", "ratio-counts", "weighted-counts", "weighted-formula", "separated-counts")
GONE, NEW = "pthread_mutex_unlock", "group_balance_cpu"


def shares(found) -> dict[str, float]:
    return {name: 100 * weight / found.total for name, weight in folding.by_symbol(found.samples).items()}


@pytest.mark.parametrize("name", SHARES)
def test_shares_on_both_sides(name: str) -> None:
    found = profile(f"diff/{name}.txt")
    (after,) = found.compared
    assert folding.by_symbol(found.samples) == folding.by_symbol(profile("diff/before.report.txt").samples)
    printed = folding.by_symbol(profile("diff/after.report.txt").samples)
    assert set(folding.by_symbol(after.samples)) == set(printed)
    for symbol, share in folding.by_symbol(after.samples).items():
        assert share == pytest.approx(printed[symbol], abs=0.011), symbol
    assert after.provenance == found.provenance
    assert found.facts["diff"] == "differences of shares"


@pytest.mark.parametrize("name", COUNTS)
def test_counts_on_both_sides(name: str) -> None:
    found = profile(f"diff/{name}.txt")
    (after,) = found.compared
    assert (found.unit, after.unit) == ("period", "period")
    printed = folding.by_symbol(profile("diff/after.report.txt").samples)
    assert shares(after) == pytest.approx(printed, abs=0.0051)
    assert after.total == 2390781544
    assert found.total == pytest.approx(430861720, rel=1e-3)
    weights = folding.by_symbol(after.samples)
    assert weights["outside"] == 2038076136
    assert GONE not in weights
    assert weights[NEW] == 2004008
    assert NEW not in folding.by_symbol(found.samples)


def test_ratios_say_nothing_of_what_is_new() -> None:
    found = profile("diff/ratio.txt")
    (after,) = found.compared
    weights = folding.by_symbol(after.samples)
    assert weights["update"] == pytest.approx(78.14 * 0.833333)
    assert NEW not in weights
    assert GONE not in weights
    assert found.facts["diff"] == "ratios of counts"


def test_weighted_differences_alone_have_one_side() -> None:
    found = profile("diff/weighted.txt")
    assert found.compared == ()
    assert folding.by_symbol(found.samples)["update"] == 78.14
    assert found.facts["diff"] == "weighted differences"


def test_three_files() -> None:
    found = profile("diff/three-files.txt")
    second, third = found.compared
    assert folding.by_symbol(second.samples) == folding.by_symbol(profile("diff/delta-abs.txt").compared[0].samples)
    assert folding.by_symbol(third.samples) == folding.by_symbol(found.samples)
    assert GONE not in folding.by_symbol(second.samples)


def test_objects_alone() -> None:
    found = profile("diff/objects.txt")
    assert folding.by_symbol(found.samples) == {"mutexer": 94.88, "libc.so.6": 3.72, "[kernel.kallsyms]": 1.40}
    assert folding.by_symbol(found.compared[0].samples)["libc.so.6"] == pytest.approx(0.67)


def test_rows_without_a_head_as_people_paste_them() -> None:
    text = (
        "    42.22%   +4.97%  [kernel.kallsyms]  [k] cfb_imageblit\n"
        "    12.72%   -3.01%  [kernel.kallsyms]  [k] intel_idle\n"
        "             +1.15%  [kernel.kallsyms]  [k] copy_user_generic_string\n"
    )
    found = of(text)
    assert found.provenance.reader == "perf diff"
    assert folding.by_symbol(found.samples) == {"cfb_imageblit": 42.22, "intel_idle": 12.72}
    assert folding.by_symbol(found.compared[0].samples) == {
        "cfb_imageblit": 47.19,
        "intel_idle": 9.71,
        "copy_user_generic_string": 1.15,
    }


def test_two_events() -> None:
    section = (
        "# Event '{}'\n#\n# Baseline    Delta  Shared Object  Symbol\n# ........  .......  .............  ......\n"
    )
    row = "    {}%   +1.00%  [kernel.kallsyms]  [k] osq_lock\n"
    found = of(section.format("cycles") + row.format("10.00") + section.format("cache-misses") + row.format("20.00"))
    assert {one.event: one.weight for one in found.samples} == {"cycles": 10, "cache-misses": 20}
    assert {one.event: one.weight for one in found.compared[0].samples} == {"cycles": 11, "cache-misses": 21}
