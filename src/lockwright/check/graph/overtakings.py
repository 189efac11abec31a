"""The loops that ask whose turn was taken, compiled: overtaking in a FIFO lock, and how often one can be bypassed.

Arrays and indices as in `kernels`.  `v` is the thread that waits (the victim), `w` one that comes later.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from lockwright.flat.jit import allocating as kernel
from lockwright.flat.jit import inner

Array: TypeAlias = "np.ndarray[Any, Any]"

WAITING, INSIDE = 2, 3  # phases of a thread


@inner
def begins(phase_before: int, phase_after: int) -> bool:
    """Return whether a thread begins to ask for the lock and has not got it at once."""
    return (phase_before in (0, 3, 4)) and (phase_after in (1, 2))


@inner
def walks_in(phase_before: int, phase_after: int) -> bool:
    """Return whether a thread begins and enters in one move."""
    return (phase_before in (0, 4)) and phase_after == INSIDE


@kernel
def overtaking(
    start: Array, target: Array, move: Array, perm: Array, phase: Array, depth: Array
) -> tuple[Array, Any, Any, Any]:
    """Search the earliest overtaking: w begins after v has finished its doorway, and enters before v.

    Breadth first over (state, v, w) once w has begun, seeded in the order of the depth of the states, so that the whole
    trace (from the first state) is the shortest.

    Returns:
        The edges from w's beginning to its entry (none: no overtaking), the state before them, and there the
        positions of v and w.
    """
    states, threads = phase.shape
    pairs = threads * threads
    seen = np.zeros(states * pairs, np.uint8)
    room = 0
    for state in range(states):
        waiting = asking = 0
        for position in range(threads):
            waiting += phase[state, position] == WAITING
            asking += phase[state, position] in (1, 2)
        room += waiting * max(0, asking - 1)
    queue = np.empty(room, np.int64)
    came = np.empty(room, np.int64)
    edge_in = np.empty(room, np.int64)
    distance = np.empty(room, np.int32)
    head = tail = 0
    for state in range(states + 1):
        limit = depth[state] if state < states else 1 << 30
        while head < tail and distance[head] <= limit:
            at = queue[head] // pairs
            victim = (queue[head] % pairs) // threads
            other = queue[head] % threads
            for edge in range(start[at], start[at + 1]):
                then = np.int64(target[edge])
                victim_then = (perm[edge] >> (4 * victim)) & 15
                other_then = (perm[edge] >> (4 * other)) & 15
                if phase[then, victim_then] != WAITING:
                    continue
                if phase[then, other_then] == INSIDE:
                    length = 2
                    step = head
                    while came[step] >= 0:
                        step = came[step]
                        length += 1
                    path = np.empty(length, np.int64)
                    path[length - 1] = edge
                    step = head
                    for index in range(length - 2, -1, -1):
                        path[index] = edge_in[step]
                        if index:
                            step = came[step]
                    seed = -1 - came[step]
                    return path, np.int64(seed // pairs), np.int64((seed % pairs) // threads), np.int64(seed % threads)
                code = then * pairs + victim_then * threads + other_then
                if phase[then, other_then] in (1, 2) and not seen[code]:
                    seen[code] = 1
                    queue[tail] = code
                    came[tail] = head
                    edge_in[tail] = edge
                    distance[tail] = distance[head] + 1
                    tail += 1
            head += 1
        if state == states:
            break
        for edge in range(start[state], start[state + 1]):
            other = move[edge] & 15
            then = np.int64(target[edge])
            other_then = (perm[edge] >> (4 * other)) & 15
            at_once = walks_in(phase[state, other], phase[then, other_then])
            if not at_once and not begins(phase[state, other], phase[then, other_then]):
                continue
            for victim in range(threads):
                victim_then = (perm[edge] >> (4 * victim)) & 15
                if victim == other or phase[state, victim] != WAITING or phase[then, victim_then] != WAITING:
                    continue
                if at_once:
                    path = np.empty(1, np.int64)
                    path[0] = edge
                    return path, np.int64(state), np.int64(victim), np.int64(other)
                code = then * pairs + victim_then * threads + other_then
                if not seen[code]:
                    seen[code] = 1
                    queue[tail] = code
                    came[tail] = -1 - (np.int64(state) * pairs + victim * threads + other)
                    edge_in[tail] = edge
                    distance[tail] = depth[state] + 1
                    tail += 1
    return np.empty(0, np.int64), np.int64(-1), np.int64(-1), np.int64(-1)


@inner
def later_ones(state: Any, then: Any, edge: int, late: Any, move: Array, perm: Array, phase: Array) -> tuple[int, int]:
    """Follow the set of threads that began after the victim through one edge.

    Returns:
        The set (bits of positions of the target), and how many of them enter in this step.
    """
    threads = phase.shape[1]
    after = entries = 0
    for position in range(threads):
        place = (perm[edge] >> (4 * position)) & 15
        asks = phase[then, place] in (1, 2)
        if (late >> position) & 1:
            if asks:
                after |= 1 << place
            elif phase[then, place] == INSIDE:
                entries += 1
        elif position == (move[edge] & 15):
            if begins(phase[state, position], phase[then, place]):
                after |= 1 << place
            elif walks_in(phase[state, position], phase[then, place]):
                entries += 1
    return after, entries


@kernel
def bypass_nodes(
    start: Array, target: Array, move: Array, perm: Array, phase: Array, number: Array
) -> tuple[Array, int]:
    """Return the reachable nodes (pair * 2^threads + set of later ones), and how many edges leave them.

    `number[state * threads + victim]` counts the pairs in which the victim waits (-1: it doesn't).
    """
    states, threads = phase.shape
    sets = 1 << threads
    pairs = 0
    for index in range(states * threads):
        pairs += number[index] >= 0
    seen = np.zeros(pairs * sets, np.uint8)
    where = np.empty(pairs, np.int64)
    queue = np.empty(1024, np.int64)
    tail = 0
    for index in range(states * threads):
        if number[index] >= 0:
            where[number[index]] = index
    for state in range(states):
        for edge in range(start[state], start[state + 1]):
            for victim in range(threads):
                place = np.int64(target[edge]) * threads + ((perm[edge] >> (4 * victim)) & 15)
                if number[np.int64(state) * threads + victim] < 0 and number[place] >= 0:
                    code = np.int64(number[place]) * sets
                    if not seen[code]:
                        seen[code] = 1
                        if tail == len(queue):
                            queue = np.concatenate((queue, np.empty(tail, np.int64)))
                        queue[tail] = code
                        tail += 1
    head = total = 0
    while head < tail:
        pair = where[queue[head] // sets]
        late = queue[head] % sets
        head += 1
        state = pair // threads
        victim = pair % threads
        for edge in range(start[state], start[state + 1]):
            then = np.int64(target[edge])
            place = number[then * threads + ((perm[edge] >> (4 * victim)) & 15)]
            if place < 0:
                continue
            total += 1
            after, _ = later_ones(state, then, edge, late, move, perm, phase)
            code = np.int64(place) * sets + after
            if not seen[code]:
                seen[code] = 1
                if tail == len(queue):
                    queue = np.concatenate((queue, np.empty(tail, np.int64)))
                queue[tail] = code
                tail += 1
    return queue[:tail], total


@kernel
def bypass_edges(
    start: Array,
    target: Array,
    move: Array,
    perm: Array,
    phase: Array,
    number: Array,
    codes: Array,
    total: int,
) -> tuple[Array, Array, Array, Array]:
    """Return the edges among the (sorted) nodes of `bypass_nodes`: rows, targets, overtakings, edges they came from."""
    states, threads = phase.shape
    sets = 1 << threads
    pairs = 0
    for index in range(states * threads):
        pairs += number[index] >= 0
    where = np.empty(pairs, np.int64)
    for index in range(states * threads):
        if number[index] >= 0:
            where[number[index]] = index
    rows = np.zeros(len(codes) + 1, np.int64)
    targets = np.empty(total, np.int32)
    weight = np.empty(total, np.int32)
    edges = np.empty(total, np.int64)
    filled = 0
    for index in range(len(codes)):
        pair = where[codes[index] // sets]
        late = codes[index] % sets
        state = pair // threads
        victim = pair % threads
        for edge in range(start[state], start[state + 1]):
            then = np.int64(target[edge])
            place = number[then * threads + ((perm[edge] >> (4 * victim)) & 15)]
            if place < 0:
                continue
            after, entries = later_ones(state, then, edge, late, move, perm, phase)
            targets[filled] = np.searchsorted(codes, np.int64(place) * sets + after)
            weight[filled] = entries
            edges[filled] = edge
            filled += 1
        rows[index + 1] = filled
    return rows, targets, weight, edges


@kernel
def longest(rows: Array, targets: Array, weight: Array, component: Array, count: int) -> tuple[int, Array]:
    """Return the greatest weight of a path (-1: unbounded), and of each component the greatest that begins there."""
    best = np.zeros(count, np.int64)
    order = np.argsort(component, kind="mergesort")
    for index in order:
        mine = component[index]
        for at in range(rows[index], rows[index + 1]):
            other = component[targets[at]]
            if other == mine:
                if weight[at]:
                    return -1, best
            else:
                best[mine] = max(best[mine], best[other] + weight[at])
    return (best.max() if count else 0), best


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
