"""Where a lock falls once a number of the machine is another, for a lock whose fall is known from that number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.report.simulated import seed_run

from lockwright import machines
from lockwright.points import Fall
from lockwright.simulate.sensitivity import moved_falls

if TYPE_CHECKING:
    from lockwright.machines import MachineModel
    from lockwright.points import SeedRun
    from lockwright.simulate.sweep import Job

FALL = Fall("ticket", 12, 12, 14, 48, 0.1)


def falling(model: MachineModel, job: Job) -> SeedRun:
    """Run a lock that grows up to 5,040 / min_transfer CPUs, which is 12 at 420, and falls to a tenth behind."""
    return seed_run(1e5 * job.cpus if job.cpus <= 5040 / model.min_transfer_cycles else 1e5, job.seed)


def test_a_fall_moves_with_the_number_that_decides_it() -> None:
    rows = [("min_transfer", 0.2, -0.2), ("retention", 0.001, 0.0)]
    found = moved_falls(machines.load("amd48"), [FALL], rows, list(range(1, 49)), (1, 2), falling)
    assert found is not None
    assert [(one.lock, one.number, one.factor, one.counts) for one in found] == [
        ("ticket", "min_transfer", 0.8, (15, 16)),
        ("ticket", "min_transfer", 1.25, (9, 10)),
    ]
    assert {one.looked_at for one in found} == {(7, 28)}


def test_only_what_decides_for_this_lock_is_run() -> None:
    rows = [("min_transfer, mcs", 0.2, -0.2), ("min_transfer, ticket", 0.002, 0.0)]
    assert moved_falls(machines.load("amd48"), [FALL], rows, [12, 14], (1,), falling) == []


def test_a_number_without_a_fall_says_so() -> None:
    rows = [("min_transfer, ticket", 0.2, -0.2)]
    found = moved_falls(machines.load("amd48"), [FALL], rows, [7, 8, 9], (1,), falling)
    assert found is not None
    assert [one.counts for one in found] == [None, None]


def test_where_there_are_few_counts_the_one_before_the_fall_is_run_too() -> None:
    """Else there would be nothing to fall from."""
    found = moved_falls(
        machines.load("amd48"),
        [replace(FALL, before=6, there=48)],
        [("min_transfer, ticket", 0.2, -0.2)],
        [1, 6, 48],
        (1,),
        falling,
    )
    assert found is not None
    assert [(one.counts, one.looked_at) for one in found] == [((6, 48), (6, 48))] * 2
