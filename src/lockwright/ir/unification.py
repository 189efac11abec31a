"""Classes of values that must be of one kind, because they flow into each other or are compared.

A *node* stands for a register or for a field of a struct (all its cells, in every record and element).  Nodes are
united as flows are found.  The parts of a word are nodes of their own; a pointer to scalars has the node of what it
points to, so that an address that went through memory still leads to the right cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.ir.types import Array, Atomic, Pointer, StructRef, Word

if TYPE_CHECKING:
    from lockwright.ir.types import Place, Value


@dataclass(eq=False, slots=True)
class Node:
    """A set of values of one kind, and what is known of them."""

    name: str
    bits: set[int] = field(default_factory=set)  # widths of the integers in it
    parent: Node | None = None
    parts: dict[str, Node] = field(default_factory=dict)
    target: Node | None = None
    is_value: str = ""  # why it is no ticket, for a person; empty if it may be one
    low_bits: int = 0  # how many of its lowest bits are flags
    is_counted: bool = False  # whether a constant is ever added to it
    is_thread: bool = False  # whether the number of a thread flows into it
    names_thread: str = ""  # where it is taken for the number of a thread
    tells: str = ""  # what the program does with it that would tell threads apart; empty: nothing
    in_memory: bool = False


def find(node: Node) -> Node:
    """Return the node that stands for all that a node is united with."""
    root = node
    while root.parent is not None:
        root = root.parent
    while node is not root:
        node.parent, node = root, node.parent or root
    return root


def unite(first: Node, second: Node) -> Node:
    """Make two nodes one, with their parts and with what they point to."""
    first, second = find(first), find(second)
    if first is second:
        return first
    second.parent = first
    first.bits |= second.bits
    first.is_value = first.is_value or second.is_value
    first.names_thread = first.names_thread or second.names_thread
    first.tells = first.tells or second.tells
    first.low_bits = max(first.low_bits, second.low_bits)
    first.is_counted |= second.is_counted
    first.is_thread |= second.is_thread
    first.in_memory |= second.in_memory
    _unite_inside(first, second)
    return find(first)


def _unite_inside(first: Node, second: Node) -> None:
    for name, part in second.parts.items():
        first.parts[name] = unite(first.parts[name], part) if name in first.parts else part
    if second.target is not None:
        first.target = second.target if first.target is None else unite(first.target, second.target)


def exclude_ticket(node: Node, why: str) -> None:
    """Say why a node, and its parts, can be no tickets."""
    root = find(node)
    root.is_value = root.is_value or why
    for part in root.parts.values():
        exclude_ticket(part, why)


def demote(node: Node, why: str) -> None:
    """Make a node, and its parts, plain values: no tickets, and nothing that a permutation of threads may rename."""
    root = find(node)
    root.is_value = root.is_value or why
    root.tells = root.tells or why
    for part in root.parts.values():
        demote(part, why)


def make_node(name: str, kind: Value, *, in_memory: bool = False) -> Node:
    """Return a fresh node for values of a type, with the parts of a word."""
    if isinstance(kind, Pointer):
        inner = scalar_inside(kind.target)
        target = None if inner is None else make_node(f"what {name} points to", inner, in_memory=True)
        return Node(name, target=target, in_memory=in_memory)
    node = Node(name, {kind.bits}, in_memory=in_memory)
    if isinstance(kind, Word):
        node.is_value = "a word"
        for part in kind.parts:
            node.parts[part.name] = Node(f"{name}.{part.name}", {part.type.bits}, in_memory=in_memory)
    elif kind.bits == 1:
        node.is_value = "a truth value"
    return node


def scalar_inside(place: Place) -> Value | None:
    """Return the type of the scalars in a place that has no structs: of an array, of its elements."""
    while isinstance(place, Array):
        place = place.element
    if isinstance(place, Atomic):
        place = place.value
    return None if isinstance(place, StructRef | Array | Atomic) else place


def integer_bits(node: Node) -> int:
    """Return the width that all integers of a node share, 0 if they have several."""
    widths = find(node).bits
    return next(iter(widths)) if len(widths) == 1 else 0
