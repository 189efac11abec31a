"""The machines whose published curves the model was held against state exactly what it was held against with."""

from __future__ import annotations

import pytest

from lockwright import machines
from lockwright.machines.model import CAS, EXCLUSIVE, INVALID, LOAD, MODIFIED, OWNED, SHARED, STORE

# SOSP 2013, table 2, cycles by distance.
OPTERON = {
    (LOAD, MODIFIED): (81, 161, 172, 252),
    (LOAD, OWNED): (83, 163, 175, 254),
    (LOAD, EXCLUSIVE): (83, 163, 175, 253),
    (LOAD, SHARED): (83, 164, 176, 254),
    (LOAD, INVALID): (136, 237, 247, 327),
    (STORE, MODIFIED): (83, 172, 191, 273),
    (STORE, OWNED): (244, 255, 286, 291),
    (STORE, EXCLUSIVE): (83, 171, 191, 271),
    (STORE, SHARED): (246, 255, 286, 296),
    (CAS, MODIFIED): (110, 197, 216, 296),
    (CAS, SHARED): (272, 283, 312, 332),
}
XEON = {
    (LOAD, MODIFIED): (109, 289, 400),
    (LOAD, EXCLUSIVE): (92, 273, 383),
    (LOAD, SHARED): (44, 223, 334),
    (LOAD, INVALID): (355, 492, 601),
    (STORE, MODIFIED): (115, 320, 431),
    (STORE, EXCLUSIVE): (115, 315, 425),
    (STORE, SHARED): (116, 318, 428),
    (CAS, MODIFIED): (120, 324, 430),
    (CAS, SHARED): (113, 312, 423),
}


@pytest.mark.parametrize(("name", "published"), [("opteron48", OPTERON), ("xeon80", XEON)])
def test_latencies_are_those_of_the_paper(name: str, published: dict[tuple[int, int], tuple[int, ...]]) -> None:
    model = machines.load(name).model()
    assert {key: model.latency_cycles[key[0]][key[1]] for key in published} == published


@pytest.mark.parametrize(
    ("name", "arbitration", "resolves", "rereads_last", "hold", "occupancy", "floor"),
    [
        ("opteron48", "core", False, False, 0, (50, 100), 0),
        ("xeon80", "node", True, True, 100, (None, 100), 0),
        ("amd48", "core", False, False, 0, (None, 100), 420),
    ],
)
def test_what_decides_who_is_next(
    name: str,
    arbitration: str,
    resolves: bool,
    rereads_last: bool,
    hold: int,
    occupancy: tuple[int | None, int],
    floor: int,
) -> None:
    model = machines.load(name).model()
    assert (model.arbitration, model.local_resolve, model.rereads_last) == (arbitration, resolves, rereads_last)
    assert (model.read_occupancy_cycles, model.read_occupancy_percent) == occupancy
    assert (model.hold_cycles, model.min_transfer_cycles, model.retention_cycles) == (hold, floor, 0)


@pytest.mark.parametrize(("name", "cpus", "nodes"), [("opteron48", 48, 8), ("xeon80", 80, 8), ("amd48", 48, 8)])
def test_topology(name: str, cpus: int, nodes: int) -> None:
    model = machines.load(name).model()
    assert (model.cpus, model.nodes) == (cpus, nodes)
    assert len(model.node_of_core) == len(set(model.core_of_cpu)) == cpus


def test_dies_of_the_opteron() -> None:
    """The other die of the package, dies in the same place of other packages, all others."""
    assert machines.load("opteron48").model().distances[0] == (0, 1, 2, 3, 2, 3, 2, 3)
    assert machines.load("opteron48").model().distances[3] == (3, 2, 1, 0, 3, 2, 3, 2)


def test_a_chosen_number_says_which_curve_chose_it() -> None:
    assert "min_transfer = 420 cycles (chosen: slope of the published tails)" in machines.load("amd48").weak()
    assert any(one.startswith("hold = 100 cycles (chosen: ") for one in machines.load("xeon80").weak())
