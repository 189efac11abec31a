"""A real contention, recorded three times, and three times without it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lockwright
from lockwright.report.diff import diff_text

if TYPE_CHECKING:
    from tests.conftest import Golden

    from lockwright.profiles.comparing import Comparison

HERE = Path(__file__).parent
SHARED, OWN = ([f"rename-{kind}-{run}.script.gz" for run in (1, 2, 3)] for kind in ("shared", "own"))


@pytest.fixture(scope="module")
def found() -> Comparison:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(HERE / "recordings")
        return lockwright.diff(
            SHARED,
            OWN,
            before_seconds=[2.0],
            after_seconds=[2.0],
            before_work=[69_500, 60_300, 95_500],
            after_work=[75_100, 61_400, 120_200],
        )


def test_the_page(found: Comparison, golden: Golden) -> None:
    golden(HERE / "pages" / "rename.txt", diff_text(found, rows=6))


def test_the_wait_for_the_directory_is_gone(found: Comparison) -> None:
    assert found.headline.startswith(
        "1.14 times the operations a second, which may be chance; less waiting: for rwsem:W wanted by do_renameat2"
    )
    assert found.headline.endswith("none after")
    wait = next(one for one in found.waits if one.caller == "do_renameat2" and one.kind == "rwsem:W")
    assert wait.is_significant
    lock = next(one for one in found.locks if one.caller == "do_renameat2" and one.lock == "rwsem")
    assert (lock.before.value, lock.after.value) == pytest.approx((7.3, 0.2), abs=0.05)
    assert lock.per_operation is not None
    assert lock.per_operation[0].value > 20 * lock.per_operation[1].value


def test_throughput_of_a_loaded_machine_proves_nothing(found: Comparison) -> None:
    """Runs of one side differ by more than the sides do."""
    assert any("1.14 times, which may be chance" in one for one in found.findings)


def test_one_run_shows_the_lock_as_well() -> None:
    one, other = (str(HERE / "recordings" / names[0]) for names in (SHARED, OWN))
    assert "the rwsem wanted by do_renameat2 fell from 8.3 %" in lockwright.diff(one, other).headline
