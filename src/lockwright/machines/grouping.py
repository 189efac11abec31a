"""Which CPUs are threads of a core, cores of a die, dies of a package: found in the latencies between them.

1. Clusters that lie nearest are joined, by the mean latency between their members (UPGMA), until one is left. Where
   the next join costs half as much again as the last one, what has been joined so far is a level.
2. A level counts if its groups are of one size, and pairs of one group are nearer than pairs of two, but for one in
   ten.
3. The finest level is hardware threads of a core if they are 2, 4 or 8 within 15 ns; where a clock is too coarse to
   show that, the usual numberings of siblings (0 and 1, or 0 and n/2) are tried.
4. If one half of the machine is a group and the other is not yet, the line was at home in the first: two packages.
5. A clear level whose groups differ in size (cores of two kinds) has no topology that a machine file could state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockwright.machines.toml import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.machines.matrix import Matrix

Groups = list[list[int]]

_CLEAR = 1.5  # how much more the next join costs where a level ends
_STARK = 1.9  # where it is so much more, groups of unlike size are no accident
_MOST_ODD_PAIRS = 0.1
_SIBLING_NS = 15.0
_THREADS = (2, 4, 8)
_WIDEST = 3.0  # 95th over 5th percentile of one distance


@dataclass(frozen=True, slots=True)
class Found:
    """What the latencies say: groups of CPUs, level by level, and the latency at each distance.

    Args:
        threads_per_core: Hardware threads that share a core.
        dies: Groups of CPUs in which all are equally near.
        outer: Groups of dies; each is one die if there is no further level.
        near_ns: Between cores of a die; 0 if a die has one core.
        outer_ns: Between dies of one outer group; None if each is a single die.
        far_ns: Between outer groups; None if there is one.
        sibling_ns: Between threads of a core; None if there is one thread.
        warnings: What is odd about the measurement.
    """

    threads_per_core: int
    dies: Groups
    outer: list[list[int]]
    near_ns: float
    outer_ns: float | None
    far_ns: float | None
    sibling_ns: float | None
    warnings: tuple[str, ...]

    @property
    def cores_per_die(self) -> int:
        """How many there are."""
        return len(self.dies[0]) // self.threads_per_core


def group(matrix: Matrix) -> Found:
    """Find threads, dies and packages.

    Raises:
        LockwrightError: The latencies don't say where the cores are.
    """
    joins = _joins(matrix)
    levels, halved = _levels(matrix, joins)
    siblings = _siblings(matrix, levels)
    _refuse_uneven(joins, len(matrix), [*([siblings] if siblings else []), *levels])
    threads = len(siblings[0]) if siblings else 1
    coarse = [level for level in levels if len(level[0]) > threads]
    whole = [list(range(len(matrix)))]
    dies = coarse[0] if coarse else whole
    outer_cpus = halved or (coarse[-1] if len(coarse) > 1 else dies)
    outer = _nested(dies, outer_cpus)
    return _measured(matrix, siblings, threads, dies, outer, is_home_seen=bool(halved))


# The levels.


def _joins(matrix: Matrix) -> list[tuple[float, int, int]]:
    """Return what is joined with what at which mean latency, cheapest first: n - 1 joins."""
    import numpy as np

    between: Any = matrix.copy()
    np.fill_diagonal(between, np.inf)
    size = np.ones(len(matrix))
    joins: list[tuple[float, int, int]] = []
    highest = 0.0
    for _ in range(len(matrix) - 1):
        one, other = sorted(divmod(int(np.argmin(between)), len(matrix)))
        highest = max(highest, float(between[one, other]))
        joins.append((highest, one, other))
        mean = (between[one] * size[one] + between[other] * size[other]) / (size[one] + size[other])
        between[one], between[:, one] = mean, mean
        between[other], between[:, other], between[one, one] = np.inf, np.inf, np.inf
        size[one] += size[other]
    return joins


def _after(joins: Sequence[tuple[float, int, int]], size: int) -> Groups:
    """Return the groups after some joins, in the order of their first members."""
    groups = {cpu: [cpu] for cpu in range(size)}
    for _, one, other in joins:
        groups[one] += groups.pop(other)
    return sorted(sorted(one) for one in groups.values())


def _steps(joins: list[tuple[float, int, int]], least: float) -> Iterator[int]:
    """Yield after how many joins the next one costs so much more."""
    for count in range(1, len(joins)):
        if joins[count][0] >= least * joins[count - 1][0]:
            yield count


def _levels(matrix: Matrix, joins: list[tuple[float, int, int]]) -> tuple[list[Groups], Groups | None]:
    """Return the levels whose groups are of one size, finest first, and two halves of which one was joined sooner."""
    levels: list[Groups] = []
    halved: Groups | None = None
    size = len(matrix)
    for count in _steps(joins, _CLEAR):
        groups = _after(joins[:count], size)
        if len({len(one) for one in groups}) == 1:
            if len(groups[0]) > 1 and _odd_pairs(matrix, groups) <= _MOST_ODD_PAIRS:
                levels.append(groups)
        elif levels:
            halved = _halves(groups, levels[-1], size) or halved
    return levels, halved


def _odd_pairs(matrix: Matrix, groups: Groups) -> float:
    """Return the share of pairs that are nearer, or farther, than their being in one group or two says."""
    import numpy as np

    of = np.empty(len(matrix), dtype=int)
    for number, group_ in enumerate(groups):
        of[group_] = number
    same = of[:, None] == of[None, :]
    pairs = np.tril(np.ones_like(same, dtype=bool), -1)
    inside, outside = matrix[pairs & same], matrix[pairs & ~same]
    edge = float(np.sqrt(np.median(inside) * np.median(outside)))
    odd_inside, odd_outside = float(np.mean(inside > edge)), float(np.mean(outside < edge))
    return max(odd_inside, odd_outside)


def _halves(groups: Groups, finer: Groups, size: int) -> Groups | None:
    """Return two packages, if one half of the machine is one group and the other still is the groups of before."""
    large = [one for one in groups if len(one) * 2 == size]
    rest = [one for one in groups if len(one) * 2 != size]
    if len(large) != 1 or any(one not in finer for one in rest):
        return None
    return sorted([large[0], sorted(cpu for one in rest for cpu in one)])


def _siblings(matrix: Matrix, levels: list[Groups]) -> Groups | None:
    """Return the hardware threads of each core, if cores have several."""
    import numpy as np

    size = len(matrix)
    if levels and len(levels[0][0]) in _THREADS and _inside(matrix, levels[0]) <= _SIBLING_NS:
        return levels[0]
    if size % 2 or size < 4:
        return None
    numberings = ([[cpu, cpu + 1] for cpu in range(0, size, 2)], [[cpu, cpu + size // 2] for cpu in range(size // 2)])
    for groups in numberings:
        near = [matrix[one[0], one[1]] for one in groups]
        others = matrix[np.tril_indices(size, -1)]
        if np.percentile(near, 90) <= _SIBLING_NS and np.median(near) * _CLEAR <= np.percentile(others, 10):
            return groups
    return None


def _inside(matrix: Matrix, groups: Groups) -> float:
    import numpy as np

    return float(
        np.median([matrix[one, other] for members in groups for one in members for other in members if one > other])
    )


def _refuse_uneven(joins: list[tuple[float, int, int]], size: int, levels: list[Groups]) -> None:
    """Refuse a clear level whose groups differ in size, unless it is a level that counts in the making."""
    for count in _steps(joins, _STARK):
        groups = _after(joins[:count], size)
        sizes = sorted({len(one) for one in groups})
        if len(sizes) == 1 or any(_halves(groups, level, size) for level in levels):
            continue
        if not any(_is_nearly(groups, level) for level in levels):
            raise refuse(
                "M012",
                f"these latencies show groups of unlike size: {_counted(groups)}",
                "machine files are for CPUs whose cores are all of one kind; cut the table down to one kind",
            )


def _is_nearly(groups: Groups, level: Groups) -> bool:
    """Tell whether groups are those of a level, but for some that are not joined yet."""
    whole = {tuple(one) for one in level}
    joined = sum(len(one) for one in groups if tuple(one) in whole)
    parts = [set(one) for one in level]
    return 2 * joined >= sum(map(len, groups)) and all(any(set(one) <= part for part in parts) for one in groups)


def _counted(groups: Groups) -> str:
    sizes = [len(one) for one in groups]
    return ", ".join(
        f"{sizes.count(size)} of {size} CPU{'s' * (size > 1)}" for size in sorted(set(sizes), reverse=True)
    )


def _nested(dies: Groups, outer: Groups) -> list[list[int]]:
    """Return the numbers of the dies in each outer group."""
    whole = [set(one) for one in outer]
    return [[number for number, die in enumerate(dies) if set(die) <= one] for one in whole]


# The latencies.


def _measured(
    matrix: Matrix, siblings: Groups | None, threads: int, dies: Groups, outer: list[list[int]], *, is_home_seen: bool
) -> Found:
    import numpy as np

    size = len(matrix)
    core, die, package = np.arange(size), np.zeros(size, dtype=int), np.zeros(size, dtype=int)
    for number, cpus in enumerate(siblings or []):
        core[cpus] = number
    for number, numbers in enumerate(outer):
        for one in numbers:
            die[dies[one]], package[dies[one]] = one, number
    low = np.tril(np.ones((size, size), dtype=bool), -1)
    same = {name: low & (of[:, None] == of[None, :]) for name, of in (("core", core), ("die", die), ("out", package))}
    warnings: list[str] = []
    near = _median(matrix, same["die"] & ~same["core"], "on one die", warnings)
    inner = same["out"] & ~same["die"]
    if is_home_seen:
        inner &= package[:, None] == _nearer(matrix, inner, package)
        warnings.append(
            "one half of the machine is nearer to itself than the other half to itself: the line was at home there; "
            "latencies between dies are those of the near half"
        )
    outer_ns = _median(matrix, inner, "between dies of a package", warnings)
    far = _median(matrix, low & ~same["out"], "between packages", warnings)
    sibling = _median(matrix, low & same["core"] & (threads > 1), "on one core", [])
    return Found(threads, dies, outer, near or 0.0, outer_ns, far, sibling, tuple(warnings))


def _nearer(matrix: Matrix, inner: Any, package: Any) -> int:
    """Return the package whose dies are nearer to each other."""
    import numpy as np

    means = [float(np.median(matrix[inner & (package[:, None] == number)])) for number in (0, 1)]
    return int(means[1] < means[0])


def _median(matrix: Matrix, pairs: Any, where: str, warnings: list[str]) -> float | None:
    """Return the median latency of some pairs; latencies that spread too far are no distance."""
    import numpy as np

    if not pairs.any():
        return None
    low, middle, high = (float(one) for one in np.percentile(matrix[pairs], (5, 50, 95)))
    if high > _WIDEST * low:
        raise refuse(
            "M012",
            f"latencies {where} range from {low:.0f} to {high:.0f} ns: they are not one distance, and show no groups",
            "measure with nothing else running, each CPU pinned",
        )
    if high > _CLEAR * low:
        warnings.append(
            f"latencies {where} range from {low:.0f} to {high:.0f} ns; the median, {middle:.0f} ns, stands for all"
        )
    return middle
