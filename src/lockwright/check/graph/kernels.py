"""The loops over graphs of states, compiled: searches, strongly connected components, fairness.

Arrays only; every number of a state, an edge or a node is an index.  `graph.Graph` says what the arrays hold.
A *product node* is a state together with the position of one thread that is followed through it (the victim).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from lockwright.flat.jit import allocating as kernel
from lockwright.flat.jit import inner

Array: TypeAlias = "np.ndarray[Any, Any]"

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


@inner
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
