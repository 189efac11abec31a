"""A function under construction: its locals, what is known at this point, and what must be undone on the way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.language.kinds import PointerKind, StructKind, ValueKind, lowered_value
from lockwright.language.lowering.values import Known, State, Typed
from lockwright.language.mistakes import mistake
from lockwright.language.spans import Located, span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lockwright.diagnostics.span import Span
    from lockwright.ir.program import Operand, Reg
    from lockwright.language.annotations import Annotations
    from lockwright.language.declarations import Module
    from lockwright.language.lowering.unit import Signature, Unit
    from lockwright.language.lowering.writer import Writer


@dataclass(slots=True)
class Local:
    """A local: its register and the one kind that it has, and where it got it."""

    register: Reg
    kind: ValueKind
    span: Span


@dataclass(slots=True)
class Loop:
    """A loop around this point: where `continue` and `break` go, what is known there, and what was entered outside."""

    again: str
    leave: str
    depth: int
    at_leave: State = None


class Frame:
    """The function under construction."""

    def __init__(
        self,
        unit: Unit,
        signature: Signature,
        build: Writer,
    ) -> None:
        self.unit, self.signature, self.build = unit, signature, build
        self.module: Module = signature.declaration.module
        self.reader: Annotations = signature.reader
        self.owner: StructKind | None = signature.owner
        self.context = signature.context  # the handler that this runs in; empty in a thread
        self.result: ValueKind | None = signature.result
        self.locals: dict[str, Local] = {}
        self.broken: set[str] = set()  # locals whose assignment has a mistake
        self.ended: dict[str, Span] = {}  # loop variables whose loop is over
        self.known: State = Known(frozenset())
        self.cleanups: list[Callable[[], None]] = []
        self.loops: list[Loop] = []

    def at(self, node: Located) -> Span:
        """Give the following instructions the span of a node, and return it."""
        self.build.span = span_of(self.module, node)
        return self.build.span

    def mistake(
        self,
        code: str,
        node: Located,
        title: str,
        label: str = "",
        *,
        secondary: Iterable[tuple[Span, str]] = (),
        notes: Iterable[str] = (),
        helps: Iterable[str] = (),
    ) -> Exception:
        """Return a mistake at a node of this function."""
        return mistake(code, (self.module, node), title, label, secondary=secondary, notes=notes, helps=helps)

    def declare(self, name: str, kind: ValueKind, node: Located) -> Local:
        """Make a new local."""
        local = Local(self.build.register(lowered_value(kind), name), kind, span_of(self.module, node))
        self.locals[name] = local
        return local

    def read(self, name: str) -> Typed:
        """Return the value of a local, not null if that is known."""
        local = self.locals[name]
        kind = local.kind
        if isinstance(kind, PointerKind) and kind.nullable and self.known is not None and name in self.known.checked:
            kind = kind.checked()
        return Typed(local.register, kind)

    def copy(self, operand: Operand, into: Reg) -> None:
        """Assign a register."""
        self.build.emit("copy", operand, into=into)

    def undo(self, depth: int) -> None:
        """Emit what leaving to `depth` has to undo, innermost first."""
        for cleanup in reversed(self.cleanups[depth:]):
            cleanup()
