"""What executors know of a machine: topology, latencies and arbitration as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

LOAD, STORE, CAS, FETCH_ADD, TEST_AND_SET, SWAP = range(6)
OPERATIONS = ("load", "store", "cas", "fai", "tas", "swap")
"""Rows of the latency table; machines whose updates all cost the same state them once, as `atomic`."""

INVALID, SHARED, EXCLUSIVE, OWNED, MODIFIED = range(5)
STATES = ("I", "S", "E", "O", "M")


@dataclass(frozen=True, slots=True)
class CacheLevel:
    """One level: private to a core, or (`last`) shared by a node."""

    sets: int  # a power of two
    ways: int
    latency_cycles: int


@dataclass(frozen=True, slots=True)
class MachineModel:
    """A machine that can be run: every number is there.

    CPUs are numbered as a run fills them: one hardware thread of each core of the first die, the next die, ..., then
    the second hardware threads in the same order.
    """

    name: str
    ghz: float
    core_of_cpu: tuple[int, ...]
    node_of_core: tuple[int, ...]
    package_of_node: tuple[int, ...]
    distance_names: tuple[str, ...]  # by class; 0: the same die
    distances: tuple[tuple[int, ...], ...]  # [node][node]: class
    latency_cycles: tuple[tuple[tuple[int, ...], ...], ...]  # [OPERATIONS][STATES][distance class]
    line_bytes: int
    private: tuple[CacheLevel, ...]  # L1, then L2
    last: CacheLevel | None  # shared by the cores of a node
    has_owned: bool  # MOESI: a modified line that is loaded stays with its owner
    arbitration: str  # core, node
    local_resolve: bool
    rereads_last: bool
    hold_cycles: int
    read_occupancy_cycles: int | None  # capped to the latency; None: a part of it
    read_occupancy_percent: int
    min_transfer_cycles: int
    retention_cycles: int
    # What instructions cost where no line moves.
    load_hit_cycles: int
    store_hit_cycles: int
    update_hit_cycles: int
    instruction_ticks: int  # quarters of a cycle
    pause_cycles: int
    fence_cycles: int
    mispredict_cycles: int
    smt_slowdown_percent: int  # what an instruction costs while the core's other thread runs too; 100: nothing more

    @property
    def cpus(self) -> int:
        """How many hardware threads there are."""
        return len(self.core_of_cpu)

    @property
    def nodes(self) -> int:
        """How many dies with memory there are."""
        return len(self.package_of_node)
