"""The loops over graphs of states, compiled: searches, strongly connected components, fairness.

Arrays only; every number of a state, an edge or a node is an index.  `graph.Graph` says what the arrays hold.
A *product node* is a state together with the position of one thread that is followed through it (the victim).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from lockwright.flat.jit import allocating as kernel

Array: TypeAlias = "np.ndarray[Any, Any]"

WAITING, INSIDE = 2, 3
BUFFERED = 32
UNFAIR, FAIR, STUBBORN = 1, 2, 3  # what `judge` says of a component that has a cycle


@kernel
def depths(parent: Array) -> Array:
    """Return the fewest moves that lead to each state, from a breadth-first tree."""
    depth = np.zeros(len(parent), np.int32)
    for state in range(1, len(parent)):
        depth[state] = depth[parent[state]] + 1
    return depth


@kernel
def product(
    start: Array, target: Array, move: Array, perm: Array, alive: Array, still: bool
) -> tuple[Array, Array, Array, Array]:
    """Return the product of a graph with one followed thread: nodes, and their edges row by row.

    Args:
        start: Rows of edges.
        target: Target states.
        move: Moves of the edges.
        perm: Permutations of the edges.
        alive: uint8[n, width], the (state, position) pairs to keep; width 1 follows nobody.
        still: Drop the edges in which the followed thread itself takes a step.

    Returns:
        Of each node `state * width + position`, the rows, the target nodes, and the edges that they came from.
    """
    states, width = alive.shape
    number = np.full(states * width, -1, np.int32)
    count = 0
    for index in range(states * width):
        if alive[index // width, index % width]:
            number[index] = count
            count += 1
    node = np.empty(count, np.int64)
    for index in range(states * width):
        if number[index] >= 0:
            node[number[index]] = index
    rows = np.zeros(count + 1, np.int64)
    for fill in range(2):
        total = 0
        if fill:
            targets = np.empty(rows[count], np.int32)
            edges = np.empty(rows[count], np.int64)
        else:
            targets = np.empty(0, np.int32)
            edges = np.empty(0, np.int64)
        for index in range(count):
            state = node[index] // width
            position = node[index] % width
            for edge in range(start[state], start[state + 1]):
                if still and (move[edge] & 31) == position:
                    continue
                after = (perm[edge] >> (4 * position)) & 15 if width > 1 else 0
                other = number[np.int64(target[edge]) * width + after]
                if other >= 0:
                    if fill:
                        targets[total] = other
                        edges[total] = edge
                    total += 1
            rows[index + 1] = total
    return node, rows, targets, edges


@kernel
def components(rows: Array, targets: Array, blocked: Array) -> tuple[Array, int]:
    """Return the strongly connected component of each node, and how many there are (Tarjan, without recursion).

    Components are numbered in reverse topological order: an edge between two leads to the lower number.
    `blocked` (uint8 per edge) leaves edges out.
    """
    nodes = len(rows) - 1
    component = np.full(nodes, -1, np.int32)
    order = np.full(nodes, -1, np.int32)
    low = np.empty(nodes, np.int32)
    at = np.empty(nodes, np.int64)
    path = np.empty(nodes, np.int32)
    stack = np.empty(nodes, np.int32)
    counter = count = height = 0
    for root in range(nodes):
        if order[root] >= 0:
            continue
        depth = 0
        path[0] = root
        while depth >= 0:
            node = path[depth]
            if order[node] < 0:
                order[node] = low[node] = counter
                counter += 1
                at[node] = rows[node]
                stack[height] = node
                height += 1
            descend = False
            while at[node] < rows[node + 1]:
                edge = at[node]
                at[node] += 1
                other = targets[edge]
                if blocked[edge]:
                    continue
                if order[other] < 0:
                    depth += 1
                    path[depth] = other
                    descend = True
                    break
                if component[other] < 0:
                    low[node] = min(low[node], order[other])
            if descend:
                continue
            if low[node] == order[node]:
                while True:
                    height -= 1
                    member = stack[height]
                    component[member] = count
                    if member == node:
                        break
                count += 1
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[node])
    return component, count


@kernel
def find(root: Array, item: int) -> int:
    """Return the representative of an item, and shorten the way to it."""
    while root[item] != item:
        root[item] = root[root[item]]
        item = root[item]
    return item


@kernel
def judge(
    node: Array,
    width: int,
    rows: Array,
    targets: Array,
    edges: Array,
    blocked: Array,
    component: Array,
    count: int,
    move: Array,
    perm: Array,
    status: Array,
    gives_up: Array,
) -> Array:
    """Return, of each component: 0 no cycle, UNFAIR, FAIR, or STUBBORN (its offending edges become `blocked`).

    A concrete thread is found at different positions of different states.  Positions that the edges of the component
    join belong to one class, and one concrete thread can visit its whole class; so the component is weakly fair iff
    each class steps in it, or is somewhere unable to; and drains its buffer in it, or has an empty one somewhere.
    An interrupt that arrives is nobody's step.
    A bounded wait that comes round again and again and never gives up, or always does, is stubborn: such edges must
    not be taken for ever.
    """
    nodes = len(node)
    threads = status.shape[1]
    root = np.arange(nodes * threads)
    for index in range(nodes):
        for at in range(rows[index], rows[index + 1]):
            if blocked[at] or component[targets[at]] != component[index]:
                continue
            permutation = perm[edges[at]]
            for position in range(threads):
                one = find(root, index * threads + position)
                other = find(root, np.int64(targets[at]) * threads + ((permutation >> (4 * position)) & 15))
                root[max(one, other)] = min(one, other)
    acts = np.zeros(nodes * threads, np.uint8)  # 1 steps or cannot, 2 drains or is empty, 4 stayed, 8 gave up
    verdict = np.zeros(count, np.uint8)
    for index in range(nodes):
        state = node[index] // width
        for position in range(threads):
            one = find(root, index * threads + position)
            if status[state, position] & 15:
                acts[one] |= 1
            if not status[state, position] & BUFFERED:
                acts[one] |= 2
        for at in range(rows[index], rows[index + 1]):
            if blocked[at] or component[targets[at]] != component[index]:
                continue
            verdict[component[index]] = FAIR
            action = move[edges[at]]
            one = find(root, index * threads + (action & 15))
            if (action >> 4) & 1:
                acts[one] |= 2 if action >> 5 == 0 else 0
            else:
                acts[one] |= 1
                if gives_up[state, action & 15]:
                    acts[one] |= 8 if action >> 5 else 4
    for index in range(nodes):
        if not verdict[component[index]]:
            continue
        for position in range(threads):
            act = acts[find(root, index * threads + position)]
            if act & 3 != 3:
                verdict[component[index]] = UNFAIR
            elif act & 12 in (4, 8) and verdict[component[index]] == FAIR:
                verdict[component[index]] = STUBBORN
    for index in range(nodes):
        if verdict[component[index]] != STUBBORN:
            continue
        state = node[index] // width
        for at in range(rows[index], rows[index + 1]):
            action = move[edges[at]]
            position = action & 15
            if blocked[at] or (action >> 4) & 1 or not gives_up[state, position]:
                continue
            if acts[find(root, index * threads + position)] & 12 in (4, 8):
                blocked[at] = 1
    return verdict


@kernel
def fewest_switches(
    start: Array, target: Array, move: Array, perm: Array, depth: Array, deepest: int
) -> tuple[Array, Array, Array]:
    """Return, of each (state, position of the thread that moved last), the fewest switches on a shortest path to it.

    Returns:
        The number of switches (large where there is no such path), the last edge, and the (state, position) before it.
    """
    states = len(start) - 1
    threads = 8
    cost = np.full(states * threads, 1 << 30, np.int32)
    last = np.full(states * threads, -1, np.int64)
    before = np.full(states * threads, -1, np.int64)
    for state in range(states):
        if depth[state] >= deepest:
            break
        for edge in range(start[state], start[state + 1]):
            other = np.int64(target[edge])
            if depth[other] != depth[state] + 1:
                continue
            mover = move[edge] & 15
            slot = other * threads + ((perm[edge] >> (4 * mover)) & 15)
            if state == 0:
                if cost[slot] > 0:
                    cost[slot] = 0
                    last[slot] = edge
                continue
            for position in range(threads):
                here = np.int64(state) * threads + position
                price = cost[here] + (1 if position != mover else 0)
                if price < cost[slot]:
                    cost[slot] = price
                    last[slot] = edge
                    before[slot] = here
    return cost, last, before


@kernel
def begins(phase_before: int, phase_after: int) -> bool:
    """Return whether a thread begins to ask for the lock and has not got it at once."""
    return (phase_before in (0, 3, 4)) and (phase_after in (1, 2))


@kernel
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


@kernel
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
