"""Where the CPUs of a machine are, and how far its dies lie apart."""

from __future__ import annotations

from dataclasses import dataclass

MESH_DISTANCES = ("one_hop", "max_hops")
"""What a mesh states: the latency of one hop and of the longest way; what lies between is on a line."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Packages of dies of cores of hardware threads; on a mesh, each tile is a die of one core.

    Args:
        hops: How the distance between dies goes, by name, or the distance classes themselves, [die][die].
        why: What the map rests on.
    """

    packages: int
    dies_per_package: int
    cores_per_die: int
    threads_per_core: int
    line_bytes: int
    distances: tuple[str, ...]
    hops: str | tuple[tuple[int, ...], ...]
    mesh: tuple[int, int] | None = None
    why: str = ""
    confidence: str = "B"
    source: str = ""

    @property
    def dies(self) -> int:
        """How many there are; each is a node of memory."""
        return self.mesh[0] * self.mesh[1] if self.mesh else self.packages * self.dies_per_package

    @property
    def cores(self) -> int:
        """How many there are in all."""
        return self.dies * self.cores_per_die

    @property
    def cpus(self) -> int:
        """How many hardware threads there are in all."""
        return self.cores * self.threads_per_core

    @property
    def classes(self) -> tuple[str, ...]:
        """The distance classes between dies, nearest first; 0 is the die itself."""
        if self.mesh is None:
            return self.distances
        return ("same_tile", *(f"{hops}_hop{'s' * (hops > 1)}" for hops in range(1, self.longest_way + 1)))

    @property
    def longest_way(self) -> int:
        """How many hops lie between two corners of a mesh."""
        assert self.mesh is not None
        return sum(self.mesh) - 2

    def core_of_cpu(self) -> tuple[int, ...]:
        """Return the core of each CPU: all first threads, then all second threads, ..."""
        return tuple(range(self.cores)) * self.threads_per_core

    def node_of_core(self) -> tuple[int, ...]:
        """Return the die of each core."""
        return tuple(core // self.cores_per_die for core in range(self.cores))

    def package_of_node(self) -> tuple[int, ...]:
        """Return the package of each die."""
        return tuple(0 if self.mesh else die // self.dies_per_package for die in range(self.dies))

    def between(self) -> tuple[tuple[int, ...], ...]:
        """Return the distance class of each pair of dies."""
        if not isinstance(self.hops, str):
            return self.hops
        rule = HOPS[self.hops]
        return tuple(tuple(rule(self, one, other) for other in range(self.dies)) for one in range(self.dies))


def _packages(topology: Topology, one: int, other: int) -> int:
    """All packages lie equally far apart."""
    if one == other:
        return 0
    is_same = one // topology.dies_per_package == other // topology.dies_per_package
    return 1 if is_same or topology.dies_per_package == 1 else 2


def _parity(topology: Topology, one: int, other: int) -> int:
    """Two dies a package; dies with the same place in their packages are linked, others are two hops apart."""
    near = _packages(topology, one, other)
    return near if near < 2 else 2 + (one - other) % 2


def _hypercube(_topology: Topology, one: int, other: int) -> int:
    """Packages whose numbers differ in one bit are linked; all others are two hops apart."""
    return min((one ^ other).bit_count(), 2)


def _mesh(topology: Topology, one: int, other: int) -> int:
    """Along the rows, then along the columns."""
    assert topology.mesh is not None
    width = topology.mesh[0]
    return abs(one % width - other % width) + abs(one // width - other // width)


HOPS = {"packages": _packages, "parity": _parity, "hypercube": _hypercube, "mesh": _mesh}
"""The maps that a file may name."""


def problem(topology: Topology) -> tuple[str, str]:
    """Return the key that is wrong and what is wrong with it; two empty texts if a machine can look like that."""
    from lockwright.machines.schema import MOST_CPUS

    counts = ("packages", "dies_per_package", "cores_per_die", "threads_per_core", "line_bytes")
    for key in counts:
        if getattr(topology, key) < 1:
            return key, f"a machine has no {getattr(topology, key)} {key.replace('_', ' ')}"
    if topology.mesh and min(topology.mesh) < 1:
        return "mesh", "a mesh has a width and a height of 1 or more"
    if topology.cpus > MOST_CPUS:
        return "packages", f"that makes {topology.cpus:,} CPUs; there may be {MOST_CPUS:,}"
    if topology.line_bytes & (topology.line_bytes - 1) or not 8 <= topology.line_bytes <= 1024:
        return "line_bytes", "a cache line has 8 to 1024 bytes, a power of two"
    return _distance_problem(topology)


def _distance_problem(topology: Topology) -> tuple[str, str]:
    names = topology.distances
    if not names or len(set(names)) < len(names):
        return "distances", "each distance has a name of its own, the nearest first"
    if bool(topology.mesh) != (topology.hops == "mesh") or (topology.mesh and names != MESH_DISTANCES):
        return "hops", f'a mesh has `hops = "mesh"`, `mesh = [6, 6]` and the distances {", ".join(MESH_DISTANCES)}'
    if topology.mesh and (topology.packages, topology.dies_per_package, topology.cores_per_die) != (1, 1, 1):
        return "mesh", "a mesh is one package whose tiles have one core each"
    if topology.hops == "parity" and topology.dies_per_package != 2:
        return "hops", "`parity` is for packages of two dies"
    if topology.hops == "hypercube" and (topology.dies_per_package != 1 or topology.packages.bit_count() != 1):
        return "hops", "`hypercube` is for packages of one die, and 2, 4, 8, ... of them"
    if not isinstance(topology.hops, str):
        fault = _matrix_problem(topology, topology.hops)
        if fault:
            return "hops", fault
    farthest = max(max(row) for row in topology.between())
    if farthest >= len(topology.classes):
        wanted = farthest + 1
        return "distances", f"these dies lie {wanted} distances apart, the nearest included; {len(names)} are named"
    return "", ""


def _matrix_problem(topology: Topology, rows: tuple[tuple[int, ...], ...]) -> str:
    dies, known = topology.dies, len(topology.distances)
    if len(rows) != dies or any(len(row) != dies for row in rows):
        return f"there are {dies} dies, so this needs {dies} rows of {dies} numbers"
    if any(not 0 <= one < known for row in rows for one in row):
        return f"each number is the place of a distance in `distances`: 0 to {known - 1}"
    if any(rows[one][one] for one in range(dies)):
        return "from a die to itself the distance is 0"
    if any(rows[one][other] != rows[other][one] for one in range(dies) for other in range(one)):
        return "the way back is as long as the way there"
    return ""
