"""The shortest run in which a waiter is overtaken a given number of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.flat.jit import allocating as kernel

if TYPE_CHECKING:
    from lockwright.check.graph.graph import Array


@kernel
def so_often(rows: Array, targets: Array, weight: Array, begins: Array, depth: Array, times: int) -> tuple[Any, Array]:
    """Search, breadth first over (node, overtakings so far), the first run with so many overtakings.

    Args:
        rows: The edges that leave node n are those from `rows[n]` to `rows[n + 1]`.
        targets: Where each edge leads.
        weight: The overtakings in each edge.
        begins: Nodes in which a run may begin, by depth.
        depth: Of each of them, how many moves lead there.
        times: How many overtakings, at least 1.

    Returns:
        The node in which the run begins (-1: there is none), and its edges.
    """
    room = (len(rows) - 1) * times
    came = np.full(room, -1, np.int64)  # the edge that led here; -1: nothing did, -2: a run begins
    before = np.full(room, -1, np.int64)
    queue = np.empty(room, np.int64)
    distance = np.empty(room, np.int32)
    head = tail = seed = 0
    while head < tail or seed < len(begins):
        while seed < len(begins) and (head == tail or depth[seed] <= distance[head]):
            code = np.int64(begins[seed]) * times
            if came[code] == -1:
                came[code] = -2
                queue[tail] = code
                distance[tail] = depth[seed]
                tail += 1
            seed += 1
        if head == tail:
            break
        code = queue[head]
        length = distance[head]
        head += 1
        node = code // times
        for at in range(rows[node], rows[node + 1]):
            overtakings = code % times + weight[at]
            if overtakings >= times:
                count = 1
                step = code
                while came[step] != -2:
                    step = before[step]
                    count += 1
                path = np.empty(count, np.int64)
                path[count - 1] = at
                step = code
                for index in range(count - 2, -1, -1):
                    path[index] = came[step]
                    step = before[step]
                return step // times, path
            after = np.int64(targets[at]) * times + overtakings
            if came[after] == -1:
                came[after] = at
                before[after] = code
                queue[tail] = after
                distance[tail] = length + 1
                tail += 1
    return np.int64(-1), np.empty(0, np.int64)
