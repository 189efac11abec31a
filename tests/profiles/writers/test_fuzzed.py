"""Whatever could be read of a broken file is diagnosed, drawn and written, whole and with the weight it has."""

from __future__ import annotations

import random

import pytest
from tests.profiles.captured import ALL, of
from tests.profiles.test_fuzz import bytes_of, mutated
from tests.profiles.writers.protobuf import decoded
from tests.report.pages import Page

from lockwright.errors import LockwrightError
from lockwright.profiles.diagnosis import diagnose
from lockwright.profiles.off_cpu import OFF_CPU
from lockwright.profiles.writers import folded, pprof, speedscope
from lockwright.profiles.writers.series import PERCENT, all_series
from lockwright.report.profile_page import profile_page

CASES = 2


@pytest.mark.parametrize("name", ALL)
def test_mutated_files(name: str) -> None:
    chance, data = random.Random(f"written {name}"), bytes_of(name)
    for _ in range(CASES):
        try:
            found = of(mutated(data, chance))
        except LockwrightError:
            continue
        Page(profile_page(found, diagnose(found)))
        series = all_series(found)
        for one in series:
            weight = sum(float(line.rpartition(" ")[2]) for line in folded(one).splitlines())
            weight *= 1000 if one.name == OFF_CPU else 1
            assert weight == pytest.approx(one.total, abs=1e-6)
        if not series:
            continue
        speedscope(found)
        if max(one.total * (10_000 if one.unit == PERCENT else 1) for one in series) < 1 << 63:
            assert len(decoded(pprof(found)).types) == len(series)
        else:
            with pytest.raises(LockwrightError, match="P031"):
                pprof(found)
