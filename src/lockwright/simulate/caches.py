"""Capacity: which lines a core's own caches and the last level of its node have room for.

Who holds a valid copy is the directory's knowledge (`lines`); the caches say only what had to leave for want of room.
Each set is kept in the order of use, the latest first.  L2 contains L1: what leaves L2 is the core's no longer.
A last-level entry is valid as long as the line has not been written since: it remembers how many writes there were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat.jit import inner
from lockwright.simulate import places as at

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

I, S, E, O, M = range(5)  # noqa: E741


@inner
def touch(s: Arrays, line: Int64, core: Int64) -> Int64:
    """Use a line of which the core has a copy; return the ticks that L2 costs more than L1, 0 if it was in L1."""
    begin = (line & (s.cfg[at.L1_SETS] - 1)) * s.cfg[at.L1_WAYS]
    if s.first[core, begin] == line:
        return np.int64(0)
    if _use(s.first[core], begin, s.cfg[at.L1_WAYS], line) == line:
        return np.int64(0)
    _use(s.second[core], (line & (s.cfg[at.L2_SETS] - 1)) * s.cfg[at.L2_WAYS], s.cfg[at.L2_WAYS], line)
    return s.cfg[at.L2_TICKS] - s.cfg[at.LOAD_HIT]


@inner
def _use(ways: Int64, begin: Int64, count: Int64, line: Int64) -> Int64:
    """Bring a line to the front of a set; return it if it was there, else what had to leave, or NONE."""
    place = begin
    end = begin + count - 1
    while place < end and ways[place] != line:
        place += 1
    left = np.int64(ways[place])
    while place > begin:
        ways[place] = ways[place - 1]
        place -= 1
    ways[begin] = line
    return left


@inner
def fill(s: Arrays, line: Int64, core: Int64) -> None:
    """Bring a line into the caches of a core; what must leave L2 leaves the core."""
    _use(s.first[core], (line & (s.cfg[at.L1_SETS] - 1)) * s.cfg[at.L1_WAYS], s.cfg[at.L1_WAYS], line)
    begin = (line & (s.cfg[at.L2_SETS] - 1)) * s.cfg[at.L2_WAYS]
    left = _use(s.second[core], begin, s.cfg[at.L2_WAYS], line)
    if left >= 0 and left != line:
        _evict(s, left, core)
    if s.cfg[at.LAST_SETS] != 0:
        _remember(s, line, s.node_of[core])


@inner
def _evict(s: Arrays, line: Int64, core: Int64) -> None:
    """Take a line from a core for want of room; one that it had modified goes back to the last level."""
    bit = np.uint64(1) << np.uint64(core & 63)
    if s.copies[line, core >> 6] & bit == 0:
        return  # it was taken away before
    begin = (line & (s.cfg[at.L1_SETS] - 1)) * s.cfg[at.L1_WAYS]
    for place in range(begin, begin + s.cfg[at.L1_WAYS]):
        if s.first[core, place] == line:
            s.first[core, place] = at.NONE
    s.copies[line, core >> 6] &= ~bit
    is_modified = s.lines[line, at.COHERENCE] == M or s.lines[line, at.COHERENCE] == O
    if is_modified and s.lines[line, at.OWNER] == core and s.cfg[at.LAST_SETS] != 0:
        _remember(s, line, s.node_of[core])
    is_left = False
    for word in range(s.cfg[at.WORDS]):
        if s.copies[line, word] != 0:
            is_left = True
    if not is_left:
        s.lines[line, at.COHERENCE] = I
        s.lines[line, at.OWNER] = at.NONE
        s.lines[line, at.LAST_NODE] = at.NONE
    elif s.lines[line, at.OWNER] == core:
        s.lines[line, at.COHERENCE] = S
        s.lines[line, at.OWNER] = at.NONE


@inner
def _remember(s: Arrays, line: Int64, node: Int64) -> None:
    """Bring a line into the last level of a node."""
    ways = s.cfg[at.LAST_WAYS]
    begin = (line & (s.cfg[at.LAST_SETS] - 1)) * ways
    place, end = begin, begin + ways - 1
    while place < end and s.last[node, place, 0] != line:
        place += 1
    while place > begin:
        s.last[node, place, 0] = s.last[node, place - 1, 0]
        s.last[node, place, 1] = s.last[node, place - 1, 1]
        place -= 1
    s.last[node, begin, 0] = line
    s.last[node, begin, 1] = s.lines[line, at.WRITES]


@inner
def from_below(s: Arrays, line: Int64, node: Int64) -> Int64:
    """Return the ticks of the last level if the node has a line of which no core has a copy, else 0."""
    if s.cfg[at.LAST_SETS] == 0:
        return np.int64(0)
    ways = s.cfg[at.LAST_WAYS]
    begin = (line & (s.cfg[at.LAST_SETS] - 1)) * ways
    for place in range(begin, begin + ways):
        if s.last[node, place, 0] == line and s.last[node, place, 1] == s.lines[line, at.WRITES]:
            return s.cfg[at.LAST_TICKS]
    return np.int64(0)
