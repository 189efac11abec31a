"""Hand-made machines for tests: the published latencies, and small ones with round numbers."""

from __future__ import annotations

from dataclasses import replace

from lockwright.machines.model import MachineModel

Row = dict[str, tuple[int, ...]]
HOPS = ("same die", "same package", "one hop", "two hops")


def table(load: Row, store: Row, update: Row) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Return a table of latencies of rows by state, the same for every kind of update."""
    rows = [tuple(row.get(state, row["S"]) for state in "ISEOM") for row in (load, store, update)]
    return (rows[0], rows[1], rows[2], rows[2], rows[2], rows[2])


OPTERON_DISTANCES = (
    (0, 1, 2, 3, 2, 3, 2, 3),
    (1, 0, 3, 2, 3, 2, 3, 2),
    (2, 3, 0, 1, 2, 3, 2, 3),
    (3, 2, 1, 0, 3, 2, 3, 2),
    (2, 3, 2, 3, 0, 1, 2, 3),
    (3, 2, 3, 2, 1, 0, 3, 2),
    (2, 3, 2, 3, 2, 3, 0, 1),
    (3, 2, 3, 2, 3, 2, 1, 0),
)
"""Four packages of two dies: each die has one link to one die of every other package."""

OPTERON = MachineModel(
    name="opteron",
    ghz=2.1,
    core_of_cpu=tuple(range(48)),
    node_of_core=tuple(core // 6 for core in range(48)),
    package_of_node=(0, 0, 1, 1, 2, 2, 3, 3),
    distance_names=HOPS,
    distances=OPTERON_DISTANCES,
    latency_cycles=table(
        {
            "M": (81, 161, 172, 252),
            "O": (83, 163, 175, 254),
            "E": (83, 163, 175, 253),
            "S": (83, 164, 176, 254),
            "I": (136, 237, 247, 327),
        },
        {
            "M": (83, 172, 191, 273),
            "O": (244, 255, 286, 291),
            "E": (83, 171, 191, 271),
            "S": (246, 255, 286, 296),
            "I": (136, 237, 247, 327),
        },
        {
            "M": (110, 197, 216, 296),
            "E": (110, 197, 216, 296),
            "S": (272, 283, 312, 332),
            "I": (136, 237, 247, 327),
        },
    ),
    line_bytes=64,
    private=(),
    last=None,
    has_owned=True,
    arbitration="core",
    local_resolve=False,
    rereads_last=False,
    hold_cycles=0,
    read_occupancy_cycles=50,
    read_occupancy_percent=100,
    min_transfer_cycles=0,
    retention_cycles=0,
    load_hit_cycles=3,
    store_hit_cycles=1,
    update_hit_cycles=18,
    instruction_ticks=4,
    pause_cycles=3,
    fence_cycles=20,
    mispredict_cycles=12,
    smt_slowdown_percent=100,
)
"""SOSP 2013, Table 2, and the numbers that fit its figures."""

OLS = replace(OPTERON, name="ols", ghz=2.4, read_occupancy_cycles=None, min_transfer_cycles=420)
"""The 48 cores of OLS 2012: no probe filter, every transfer holds its line for 420 cycles."""

XEON_DISTANCES = tuple(
    tuple(0 if a == b else 1 if (a ^ b).bit_count() == 1 or a ^ b == 7 else 2 for b in range(8)) for a in range(8)
)
"""A twisted cube: two hops at most."""

XEON = replace(
    OPTERON,
    name="xeon",
    ghz=2.13,
    core_of_cpu=tuple(range(80)),
    node_of_core=tuple(core // 10 for core in range(80)),
    package_of_node=tuple(range(8)),
    distance_names=("same die", "one hop", "two hops"),
    distances=XEON_DISTANCES,
    latency_cycles=table(
        {"M": (109, 289, 400), "E": (92, 273, 383), "S": (44, 223, 334), "I": (355, 492, 601)},
        {"M": (115, 320, 431), "E": (115, 315, 425), "S": (116, 318, 428), "I": (355, 492, 601)},
        {"M": (120, 324, 430), "E": (120, 324, 430), "S": (113, 312, 423), "I": (355, 492, 601)},
    ),
    has_owned=False,
    arbitration="node",
    local_resolve=True,
    rereads_last=True,
    hold_cycles=100,
    read_occupancy_cycles=None,
    load_hit_cycles=5,
)
"""The inclusive last-level caches of SOSP 2013."""
