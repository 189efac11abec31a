"""The shape of a function: which block follows which, which dominates which, and its natural loops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.ir.program import Block, Function, Instruction


def targets(jump: Instruction) -> tuple[str, ...]:
    """Return the labels at which a jump may go on (none for a return)."""
    return tuple(str(label) for label in jump.attributes) if jump.op in ("jump", "branch") else ()


def successors(block: Block) -> tuple[str, ...]:
    """Return the labels of the blocks that may follow, each once."""
    return tuple(dict.fromkeys(targets(block.instructions[-1])))


@dataclass(frozen=True, slots=True)
class Loop:
    """A natural loop: all blocks that can come back to `header` without leaving through it."""

    header: str
    blocks: frozenset[str]
    latches: tuple[str, ...]  # the blocks that jump back to the header
    exits: tuple[tuple[str, str], ...]  # edges that leave: from a block of the loop to one outside


class ControlFlow:
    """Successors, predecessors, dominators and loops of one function, of its reachable blocks only."""

    def __init__(self, function: Function) -> None:
        self.entry = function.blocks[0].label
        self.blocks = {block.label: block for block in function.blocks}
        self.order = self._reverse_postorder()
        self.successors = {label: successors(self.blocks[label]) for label in self.order}
        self.predecessors: dict[str, list[str]] = {label: [] for label in self.order}
        for label in self.order:
            for follower in self.successors[label]:
                self.predecessors[follower].append(label)

    def _reverse_postorder(self) -> list[str]:
        """Return the reachable labels so that, but for jumps back, each comes after those before it."""
        finished: list[str] = []
        seen = {self.entry}
        path = [(self.entry, iter(successors(self.blocks[self.entry])))]
        while path:
            label, rest = path[-1]
            follower = next((one for one in rest if one not in seen), None)
            if follower is None:
                finished.append(label)
                path.pop()
            else:
                seen.add(follower)
                path.append((follower, iter(successors(self.blocks[follower]))))
        return finished[::-1]

    @cached_property
    def _position(self) -> dict[str, int]:
        return {label: position for position, label in enumerate(self.order)}

    @cached_property
    def immediate_dominators(self) -> dict[str, str]:
        """The closest block through which every way to a block leads; the entry's is itself.

        Source: Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
        """
        found = {self.entry: self.entry}
        changed = True
        while changed:
            changed = False
            for label in self.order[1:]:
                closest = self._meet([before for before in self.predecessors[label] if before in found], found)
                if found.get(label) != closest:
                    found[label] = closest
                    changed = True
        return found

    def _meet(self, labels: list[str], dominators: dict[str, str]) -> str:
        """Return the closest common dominator of some blocks, by the dominators known so far."""
        position = self._position
        closest = labels[0]
        for label in labels[1:]:
            other = label
            while other != closest:
                if position[other] > position[closest]:
                    other = dominators[other]
                else:
                    closest = dominators[closest]
        return closest

    def dominates(self, first: str, second: str) -> bool:
        """Whether every way from the entry to `second` leads through `first`."""
        dominators = self.immediate_dominators
        while second not in (first, self.entry):
            second = dominators[second]
        return second == first

    @cached_property
    def loops(self) -> list[Loop]:
        """The natural loops, one for each header, inner ones before those around them."""
        latches: dict[str, list[str]] = {}
        for label in self.order:
            for follower in self.successors[label]:
                if self.dominates(follower, label):
                    latches.setdefault(follower, []).append(label)
        loops = [self._loop(header, tuple(ends)) for header, ends in latches.items()]
        return sorted(loops, key=lambda loop: (len(loop.blocks), self._position[loop.header]))

    def _loop(self, header: str, latches: tuple[str, ...]) -> Loop:
        inside = {header}
        waiting = list(latches)
        while waiting:
            label = waiting.pop()
            if label not in inside:
                inside.add(label)
                waiting.extend(self.predecessors[label])
        exits = ((label, follower) for label in self.in_order(inside) for follower in self.successors[label])
        return Loop(header, frozenset(inside), latches, tuple(edge for edge in exits if edge[1] not in inside))

    def in_order(self, labels: Iterable[str]) -> list[str]:
        """Return the labels in the order in which they run, as far as there is one."""
        return sorted(labels, key=self._position.__getitem__)
