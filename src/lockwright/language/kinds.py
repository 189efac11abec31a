"""The types of the front end.

They are those of the IR with what only an author's source knows: whether a pointer may be null, which class a struct
was made from, and what its methods are.  `lowered` gives the type of the IR.  Instances of one generic with the same
arguments are one object, so that they can be compared by identity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lockwright.ir import types as ir

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span
    from lockwright.ir.program import Constant
    from lockwright.language.declarations import ClassDeclaration

Integer = ir.Integer


@dataclass(eq=False, slots=True)
class WordKind:
    """A `Word` with its arguments; `defaults` are what a part holds that a construction leaves out."""

    declaration: ClassDeclaration
    arguments: tuple[Kind, ...]
    word: ir.Word
    defaults: dict[str, int]

    def __str__(self) -> str:
        return self.word.name


@dataclass(frozen=True, slots=True)
class PointerKind:
    """The address of a place; `nullable` if the author wrote `| None`."""

    target: Kind
    nullable: bool = False

    def __str__(self) -> str:
        shown = f"Ptr[{self.target}]"
        return f"{shown} | None" if self.nullable else shown

    def checked(self) -> PointerKind:
        """Return the kind after a look that found it is not null."""
        return PointerKind(self.target)


@dataclass(frozen=True, slots=True)
class AtomicKind:
    """A place that only atomic operations touch."""

    value: ValueKind

    def __str__(self) -> str:
        return f"{'AtomicWord' if isinstance(self.value, WordKind) else 'Atomic'}[{self.value}]"


@dataclass(frozen=True, slots=True)
class ArrayKind:
    """`length` elements."""

    element: Kind
    length: int | ir.Extent

    def __str__(self) -> str:
        return f"Array[{self.element}]"


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A field of a struct; `default` is its first value if that is not zero."""

    name: str
    kind: Kind
    span: Span
    align: int = 0
    default: int = 0


@dataclass(eq=False, slots=True)
class StructKind:
    """A struct, union, lock or workload with its arguments; fields are filled in after the object is known."""

    declaration: ClassDeclaration
    name: str
    arguments: dict[str, Kind]
    parameters: dict[str, Constant] = field(default_factory=dict)
    fields: dict[str, FieldOf] = field(default_factory=dict)
    align: int = 0

    def __str__(self) -> str:
        return self.name

    @property
    def is_lock(self) -> bool:
        """Whether this is a `Lock` or an `RwLock`."""
        return self.declaration.base in ("Lock", "RwLock")


@dataclass(eq=False, slots=True)
class TableKind:
    """A table of calls: the global `name`, of the `Table` class `declaration`."""

    declaration: ClassDeclaration
    name: str

    def __str__(self) -> str:
        return self.declaration.name


ValueKind: TypeAlias = Integer | WordKind | PointerKind
Kind: TypeAlias = ValueKind | AtomicKind | ArrayKind | StructKind | TableKind


def is_value(kind: Kind) -> bool:
    """Return whether what has this kind fits a register."""
    return isinstance(kind, Integer | WordKind | PointerKind)


def lowered_value(kind: ValueKind) -> ir.Value:
    """Return the IR type of a value."""
    match kind:
        case WordKind():
            return kind.word
        case PointerKind():
            return ir.Pointer(lowered(kind.target))
    return kind


def lowered(kind: Kind) -> ir.Place:
    """Return the IR type of a place."""
    match kind:
        case AtomicKind():
            return ir.Atomic(lowered_value(kind.value))
        case ArrayKind():
            return ir.Array(lowered(kind.element), kind.length)
        case StructKind():
            return ir.StructRef(kind.name)
        case TableKind():
            return ir.Atomic(ir.U8)
    return lowered_value(kind)


def same(left: Kind, right: Kind) -> bool:
    """Return whether two kinds are one, apart from null."""
    match left, right:
        case PointerKind(), PointerKind():
            return same(left.target, right.target)
        case AtomicKind(), AtomicKind():
            return same(left.value, right.value)
        case ArrayKind(), ArrayKind():
            return left.length == right.length and same(left.element, right.element)
    return left == right
