"""The nodes of what lies in memory: one for each global and each field of a struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.types import Array, StructRef
from lockwright.ir.unification import Node, demote, make_node, scalar_inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.program import Program
    from lockwright.ir.types import Place


class Places:
    """The nodes of what lies in memory: of the globals, and of the fields of structs."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._nodes: dict[tuple[str, str], Node] = {}
        self._overlaid = _overlaid(program)
        self.constant_thread = Node("a constant")
        self.indices: dict[tuple[str, str], list[Node]] = {}  # what indexes each array as long as there are threads
        self.has_hidden_arrays = False  # whether such an array is also reached by an address of unknown origin

    def of_global(self, name: str) -> Node | None:
        """Return the node of a global's scalars, if it is no struct."""
        return self._node("", name, self._program.globals[name].type)

    def of_field(self, struct: str, name: str) -> Node | None:
        """Return the node of a field's scalars, if it is no struct."""
        return self._node(struct, name, self._program.structs[struct].field(name).type)

    def _node(self, struct: str, name: str, place: Place) -> Node | None:
        kind = scalar_inside(place)
        if kind is None:
            return None
        key = (struct, name)
        if key not in self._nodes:
            self._nodes[key] = make_node(f"{struct}.{name}" if struct else name, kind, in_memory=True)
            if struct in self._overlaid:
                demote(self._nodes[key], "a union overlays it")
        return self._nodes[key]

    def every_node(self) -> Iterator[tuple[tuple[str, str], Node]]:
        """Yield all nodes made so far, with their struct and field."""
        yield from self._nodes.items()

    def in_record(self, struct: str) -> Iterator[Node]:
        """Yield the nodes of all scalars of a struct, those of structs in it too."""
        for field in self._program.structs[struct].fields:
            node = self.of_field(struct, field.name)
            if node is not None:
                yield node
            inner = _struct_inside(field.type)
            if inner is not None:
                yield from self.in_record(inner)


def _struct_inside(place: Place) -> str | None:
    while isinstance(place, Array):
        place = place.element
    return place.name if isinstance(place, StructRef) else None


def _overlaid(program: Program) -> set[str]:
    """Return the structs whose fields share memory with others: unions, and all that lies in one."""
    found: set[str] = set()
    waiting = [struct.name for struct in program.structs.values() if struct.is_union]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            inner = (_struct_inside(field.type) for field in program.structs[name].fields)
            waiting.extend(one for one in inner if one is not None)
    return found
