"""What a file in the language declares: classes, functions, constants, type variables, storage.  Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import ast

    from lockwright.diagnostics.span import Span


@dataclass(eq=False, slots=True)
class Module:
    """A file: its text, its syntax tree and what it declares.  `name` is how messages call the file."""

    name: str
    path: str  # where it lies; empty for text that has no file
    text: str
    lines: list[str]
    tree: ast.Module
    scope: dict[str, Declaration] = field(default_factory=dict)
    is_own: bool = True  # False if it comes with lockwright

    def classes(self, *bases: str) -> list[ClassDeclaration]:
        """Return the classes that this file itself declares, of the bases given, in order."""
        own = [one for one in self.scope.values() if isinstance(one, ClassDeclaration) and one.module is self]
        return [one for one in own if one.base in bases]


@dataclass(frozen=True, slots=True)
class WordOfLanguage:
    """A name imported from `lockwright.language` (or a builtin that the language has)."""

    name: str


@dataclass(frozen=True, slots=True)
class TypingName:
    """`Generic`, `TypeVar` or another name from `typing`."""

    name: str


@dataclass(eq=False, slots=True)
class TypeVariable:
    """`TypeVar("T", ...)`: its bound (`int`, `Lock`, ...), or the kinds it may be, the first being the default."""

    module: Module
    name: str
    bound: str
    choices: tuple[str, ...]
    span: Span


@dataclass(eq=False, slots=True)
class ConstantDeclaration:
    """`STEP = 2` at the top of a file."""

    module: Module
    name: str
    expression: ast.expr


@dataclass(eq=False, slots=True)
class StorageDeclaration:
    """`queue: PerCpu[Node] = shared()`, `core: Calls = table(Native)`, or a bare `name: Kind` at the top of a file."""

    module: Module
    name: str
    annotation: ast.expr
    call: ast.Call | None
    span: Span


@dataclass(eq=False, slots=True)
class FunctionDeclaration:
    """A function or a method (`owner` is its class)."""

    module: Module
    name: str
    node: ast.FunctionDef
    owner: ClassDeclaration | None = None

    @property
    def parameters(self) -> list[ast.arg]:
        """The parameters, without `self`."""
        arguments = self.node.args.args
        return arguments[1:] if self.owner is not None else arguments


@dataclass(eq=False, slots=True)
class FieldDeclaration:
    """`name: Kind = value` in a class."""

    name: str
    node: ast.AnnAssign


@dataclass(eq=False, slots=True)
class ClassDeclaration:
    """A class: `base` is the word of the language that it is one of (`Struct`, `Lock`, `Word`, ...)."""

    module: Module
    name: str
    node: ast.ClassDef
    base: str
    type_variables: tuple[TypeVariable, ...] = ()
    implements: ClassDeclaration | None = None  # of a subclass of a `Table`
    keywords: dict[str, ast.expr] = field(default_factory=dict)
    fields: dict[str, FieldDeclaration] = field(default_factory=dict)
    methods: dict[str, FunctionDeclaration] = field(default_factory=dict)
    assertions: list[ast.Assert] = field(default_factory=list)  # about its `Param`s, held when it is made


@dataclass(frozen=True, slots=True)
class Broken:
    """A name whose declaration has a mistake that was told."""

    name: str


Declaration: TypeAlias = (
    WordOfLanguage
    | TypingName
    | TypeVariable
    | ConstantDeclaration
    | StorageDeclaration
    | FunctionDeclaration
    | ClassDeclaration
    | Broken
)
