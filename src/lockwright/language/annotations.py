"""Reading annotations: what kind `Atomic[Ptr[Node] | None]` is, in a file and a class with its arguments."""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.ir.types import INTEGERS, Extent, Integer
from lockwright.language.declarations import (
    Broken,
    ClassDeclaration,
    Declaration,
    Module,
    TypeVariable,
    WordOfLanguage,
)
from lockwright.language.exact import exact
from lockwright.language.kinds import (
    ArrayKind,
    AtomicKind,
    Kind,
    PointerKind,
    StructKind,
    ValueKind,
    WordKind,
    is_value,
)
from lockwright.language.mistakes import Follows, counted, mistake, nearest
from lockwright.language.parse import look_up, unknown_name
from lockwright.language.spans import span_of
from lockwright.language.syntax import parse_expression
from lockwright.language.vocabulary import INTEGER_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.language.instances import Instances

EXTENTS = {"PerCpu": Extent.CPUS, "PerThread": Extent.THREADS, "PerNode": Extent.NODE_IDS}
NOTHING: Mapping[str, tuple[int, ast.keyword]] = MappingProxyType({})


def annotation_name(node: ast.expr, module: Module) -> str | None:
    """Return the word at the head of `Word[...]`, if it is one of the language."""
    head = node.value if isinstance(node, ast.Subscript) else node
    declared = look_up(module, head.id) if isinstance(head, ast.Name) else None
    return declared.name if isinstance(declared, WordOfLanguage) else None


def parameter_names(declared: ClassDeclaration) -> tuple[str, ...]:
    """Return the names of the `Param`s of a class."""
    return tuple(
        name
        for name, one in declared.fields.items()
        if annotation_name(one.node.annotation, declared.module) == "Param"
    )


def _no_option(module: Module, where: ast.keyword, name: str, label: str, near: str | None = None) -> Exception:
    return mistake(
        "L015",
        (module, where),
        f"`field` has no `{name}`",
        f"known: `length`, `align`, `default`; {label}",
        helps=[f"did you mean `{near}`?"] if near else [],
    )


def _params_of(declared: ClassDeclaration, known: tuple[str, ...]) -> str:
    if not known:
        return f"`{declared.name}` has no `Param`"
    return f"of `{declared.name}`: {', '.join(f'`{one}`' for one in known)}"


class Annotations:
    """Reads the annotations of one class or function instance."""

    def __init__(
        self, instances: Instances, module: Module, arguments: Mapping[str, Kind], parameters: Mapping[str, Constant]
    ) -> None:
        self.instances, self.module = instances, module
        self.arguments, self.parameters = arguments, parameters

    def place(
        self, node: ast.expr, length: int | Extent | None = None, given: Mapping[str, tuple[int, ast.keyword]] = NOTHING
    ) -> Kind:
        """Return the kind of a field or of storage.

        Args:
            node: The annotation.
            length: What `field(length=)` says.
            given: Values for the `Param`s of the struct that lies there, and where each is written.
        """
        kind = self._read(node, length, given)
        is_array = annotation_name(node, self.module) == "Array"
        if length is not None and not is_array:
            raise mistake(
                "L052",
                (self.module, node),
                "only an `Array` has a length",
                f"this is a `{kind}`",
                helps=[f"write `Array[{ast.unparse(node)}]`"],
            )
        return kind

    def value(self, node: ast.expr) -> ValueKind:
        """Return the kind of a local, parameter or result: a value; a place is meant as a reference to it."""
        kind = self._read(node, None)
        if isinstance(kind, Integer | WordKind | PointerKind):
            return kind
        return PointerKind(kind)

    def part(self, node: ast.expr) -> Integer:
        """Return the type of a part of a word; `T | int` is what type checkers need to see."""
        if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Name) and node.right.id == "int":
            node = node.left
        kind = self._read(node, None)
        if isinstance(kind, Integer):
            return kind
        raise mistake(
            "L028",
            (self.module, node),
            f"a part of a word cannot be a `{kind}`",
            "parts are integers",
            helps=["keep it in a field of a `Struct` beside the word"],
        )

    def parameter(self, node: ast.AnnAssign, override: int | None) -> Constant:
        """Return the value of a `Param` of a class."""
        annotation = node.annotation
        assert isinstance(annotation, ast.Subscript)
        kind = self._read(annotation.slice, None)
        if not isinstance(kind, Integer):
            raise mistake(
                "L034", (self.module, annotation), f"a `Param` cannot be a `{kind}`", "it is an integer or a `bool`"
            )
        if override is None and node.value is None:
            raise mistake(
                "L034",
                (self.module, node),
                "a `Param` needs a value",
                "it is a constant when compiled",
                helps=[f"write `{ast.unparse(node)} = 1`"],
            )
        value = override if override is not None else exact(self.module, node.value or annotation, self.parameters)
        if kind.wrap(value) != value and not (kind.signed and value >= 0):
            raise mistake("L027", (self.module, node), f"{value} does not fit `{kind}`")
        return Constant(kind.wrap(value), kind)

    def bind(self, node: ast.expr, kind: Kind, bound: dict[str, Kind]) -> None:
        """Find what the type variables in a parameter's annotation stand for, from the kind of an argument."""
        match node:
            case ast.Name(id=name) if isinstance(look_up(self.module, name), TypeVariable):
                bound.setdefault(name, kind.target if isinstance(kind, PointerKind) else kind)
            case ast.BinOp(left=left):
                self.bind(left, kind, bound)
            case ast.Subscript(value=ast.Name(), slice=inner):
                word = annotation_name(node, self.module)
                if isinstance(kind, PointerKind) and word == "Ptr":
                    self.bind(inner, kind.target, bound)
                    return
                target = kind.target if isinstance(kind, PointerKind) else kind
                match target:
                    case AtomicKind(value=value):
                        self.bind(inner, value, bound)
                    case ArrayKind(element=element):
                        self.bind(inner, element, bound)
                    case StructKind():
                        listed = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                        for one, argument in zip(listed, target.arguments.values(), strict=False):
                            self.bind(one, argument, bound)
                    case WordKind():
                        listed = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                        for one, argument in zip(listed, target.arguments, strict=False):
                            self.bind(one, argument, bound)

    def _read(
        self, node: ast.expr, length: int | Extent | None, given: Mapping[str, tuple[int, ast.keyword]] = NOTHING
    ) -> Kind:
        match node:
            case ast.Name(id=name):
                return self._named(node, name, given)
            case ast.Constant(value=str() as text):
                return self._read(ast.copy_location(parse_expression(text), node), length, given)
            case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
                self._no_parameters(given, "a `Ptr`")
                return self._optional(left)
            case ast.Subscript(value=ast.Name(id=name), slice=inner):
                return self._applied(node, name, inner, length, given)
        raise mistake(
            "L005",
            (self.module, node),
            f"`{ast.unparse(node)}` is not a type of the language",
            helps=["types are `u8` ... `u64`, `i64`, `bool`, your classes, `Ptr[...]`, `Atomic[...]`, `Array[...]`"],
        )

    def _optional(self, node: ast.expr) -> Kind:
        kind = self._read(node, None)
        if isinstance(kind, PointerKind):
            return PointerKind(kind.target, nullable=True)
        raise mistake(
            "L051",
            (self.module, node),
            f"only a `Ptr` may be `None`, not a `{kind}`",
            helps=[f"write `Ptr[{ast.unparse(node)}] | None`"],
        )

    def _named(self, node: ast.expr, name: str, given: Mapping[str, tuple[int, ast.keyword]]) -> Kind:
        declared = None if name in self.arguments else look_up(self.module, name)
        if isinstance(declared, ClassDeclaration):
            return self._class(node, declared, (), given)
        self._no_parameters(given, f"`{name}`")
        if name in self.arguments:
            return self.arguments[name]
        match declared:
            case WordOfLanguage(name=word) if word in INTEGERS:
                return INTEGERS[word]
            case WordOfLanguage(name="RcuHead"):
                return self.instances.rcu_head()
        raise self._no_type(node, name, declared)

    def _no_parameters(self, given: Mapping[str, tuple[int, ast.keyword]], shown: str) -> None:
        for name, (_, where) in given.items():
            raise _no_option(self.module, where, name, f"{shown} has no `Param`")

    def _no_type(self, node: ast.expr, name: str, declared: Declaration | None) -> Exception:
        if isinstance(declared, Broken):
            return Follows()
        if isinstance(declared, WordOfLanguage) and name in ("int", "Atomic", "AtomicWord", "Ptr", "Array", "Param"):
            inner = "u32"
            return mistake(
                "L005",
                (self.module, node),
                f"`{name}` alone is not a type",
                "an integer has a width here" if name == "int" else "what it holds is missing",
                helps=["write `u32`, or another width" if name == "int" else f"write `{name}[{inner}]`"],
            )
        if isinstance(declared, TypeVariable):
            return mistake(
                "L033",
                (self.module, node),
                f"`{name}` stands for nothing here",
                "the class or function is not generic in it",
                helps=[f"write `Generic[{name}]` in the class line"],
            )
        digits = name[1:]
        if name[:1] in "ui" and digits.isdigit():
            return mistake(
                "L012",
                (self.module, node),
                f"there is no {digits}-bit integer `{name}`",
                "integers are `u2`, `u3`, `u4`, `u8`, `u16`, `u32`, `u64` and `i64`",
                helps=["take the next wider one, or parts of a `Word`"],
            )
        if name in ("float", "str", "list", "dict", "tuple", "set", "object"):
            return mistake(
                "L005",
                (self.module, node),
                f"there is no `{name}` in the language",
                "a lock needs integers, words, pointers and arrays",
                helps=["write `Array[...]`" if name in ("list", "tuple") else "write `u32`, or another width"],
            )
        if declared is None:
            return unknown_name(self.module, node, name, INTEGER_NAMES)
        return mistake("L005", (self.module, node), f"`{name}` is not a type")

    def _class(
        self,
        node: ast.expr,
        declared: ClassDeclaration,
        listed: tuple[Kind, ...],
        given: Mapping[str, tuple[int, ast.keyword]] = NOTHING,
    ) -> Kind:
        if declared.base == "Table":
            raise mistake(
                "L037",
                (self.module, node),
                f"`{declared.name}` is a table of calls, not a type",
                helps=[f"declare one at the top of the file: `calls: {declared.name} = table(First)`"],
            )
        arguments = self.complete(node, declared, listed)
        known = parameter_names(declared)
        for name, (_, where) in given.items():
            if name not in known:
                raise _no_option(self.module, where, name, _params_of(declared, known), nearest(name, known))
        if declared.base == "Word":
            return self.instances.word(declared, arguments)
        return self.instances.struct(declared, arguments, {name: value for name, (value, _) in given.items()})

    def complete(self, node: ast.expr, declared: ClassDeclaration, given: tuple[Kind, ...]) -> tuple[Kind, ...]:
        """Return the arguments of a generic, checked, with defaults for those that are left out."""
        variables = declared.type_variables
        if len(given) > len(variables):
            raise mistake(
                "L033",
                (self.module, node),
                f"`{declared.name}` takes {counted(len(variables)) if variables else 'no arguments'}",
                f"{len(given)} given",
                secondary=[(span_of(declared.module, declared.node), "declared here")],
            )
        for variable, kind in zip(variables, given, strict=False):
            self._check_bound(node, declared, variable, kind)
        return (*given, *(self._default(node, declared, one) for one in variables[len(given) :]))

    def _default(self, node: ast.expr, declared: ClassDeclaration, variable: TypeVariable) -> Kind:
        if variable.choices:
            return self._choice(variable, variable.choices[0])
        if variable.bound == "int":
            return INTEGERS["u16"]
        raise mistake(
            "L033",
            (self.module, node),
            f"`{declared.name}` needs its `{variable.name}`",
            f"any `{variable.bound}` may stand there, so there is no default",
            helps=[f"write `{declared.name}[{variable.name}]`, or a lock of yours"],
        )

    def _choice(self, variable: TypeVariable, name: str) -> Kind:
        """Return what one of the choices of a type variable is: an integer, or a class that its file knows."""
        declared = look_up(variable.module, name)
        if isinstance(declared, ClassDeclaration):
            return Annotations(self.instances, variable.module, {}, {}).place(ast.Name(name))
        return INTEGERS.get(name, INTEGERS["u16"])

    def _check_bound(self, node: ast.expr, declared: ClassDeclaration, variable: TypeVariable, kind: Kind) -> None:
        if variable.choices:
            fits = kind in [self._choice(variable, name) for name in variable.choices]
            wanted = ", ".join(f"`{one}`" for one in variable.choices)
        elif variable.bound == "int":
            fits, wanted = isinstance(kind, Integer), "an integer type"
        else:
            fits = (
                isinstance(kind, StructKind) and kind.declaration.base == variable.bound
            ) or variable.bound == "Struct"
            wanted = f"a `{variable.bound}`"
        if not fits:
            raise mistake(
                "L033",
                (self.module, node),
                f"`{declared.name}` cannot take `{kind}`",
                f"its `{variable.name}` is {wanted}",
                secondary=[(variable.span, "declared here")],
            )

    def _applied(
        self,
        node: ast.Subscript,
        name: str,
        inner: ast.expr,
        length: int | Extent | None,
        given: Mapping[str, tuple[int, ast.keyword]],
    ) -> Kind:
        declared = look_up(self.module, name)
        if isinstance(declared, ClassDeclaration):
            listed = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return self._class(node, declared, tuple(self._read(one, None) for one in listed), given)
        if not (isinstance(declared, WordOfLanguage) and declared.name in ("Array", *EXTENTS)):
            self._no_parameters(given, f"`{name}[...]`")
        match declared:
            case WordOfLanguage(name="Ptr"):
                return self._pointer(node, inner)
            case WordOfLanguage(name="Atomic" | "AtomicWord" as word):
                return self._atomic(word, inner)
            case WordOfLanguage(name="Array"):
                if length is None:
                    raise mistake(
                        "L052",
                        (self.module, node),
                        "this array has no length",
                        helps=[f"write `{ast.unparse(node)} = field(length=16)`"],
                    )
                return ArrayKind(self._read(inner, None, given), length)
            case WordOfLanguage(name="PerCpu" | "PerThread" | "PerNode" as word):
                return ArrayKind(self._read(inner, None, given), EXTENTS[word])
            case WordOfLanguage(name="Param"):
                raise mistake(
                    "L034",
                    (self.module, node),
                    "a `Param` is a constant of a class",
                    "not a type of a value",
                    helps=["write the type alone"],
                )
        raise self._no_type(node.value, name, declared)

    def _pointer(self, node: ast.expr, inner: ast.expr) -> PointerKind:
        kind = self._read(inner, None)
        if is_value(kind):
            raise mistake(
                "L051",
                (self.module, node),
                f"a `Ptr` cannot point to a plain `{kind}`",
                "only structs, arrays and atomics have an address",
                helps=[f"write `Ptr[Atomic[{kind}]]`, or put it into a `Struct`"],
            )
        return PointerKind(kind)

    def _atomic(self, word: str, inner: ast.expr) -> AtomicKind:
        try:
            kind = self._read(inner, None)
        except Exception as error:
            if (
                isinstance(inner, ast.Name)
                and inner.id[:1] in "ui"
                and inner.id[1:].isdigit()
                and inner.id not in INTEGERS
            ):
                raise mistake(
                    "L012",
                    (self.module, inner),
                    f"there is no {inner.id[1:]}-bit atomic",
                    "atomics exist for `u8`, `u16`, `u32` and `u64`, the sizes that the machine adds in one step",
                    helps=["use `Atomic[u32]`, or two halves of one word: a `Word` in an `AtomicWord`"],
                ) from error
            raise
        if word == "AtomicWord" and not isinstance(kind, WordKind):
            raise mistake(
                "L005",
                (self.module, inner),
                f"`AtomicWord` holds a `Word`, and `{kind}` is none",
                helps=[f"write `Atomic[{kind}]`"],
            )
        if word == "Atomic" and isinstance(kind, WordKind):
            raise mistake(
                "L005",
                (self.module, inner),
                f"`{kind}` is a `Word`",
                "its parts would be out of reach",
                helps=[f"write `AtomicWord[{kind}]`"],
            )
        if not isinstance(kind, Integer | WordKind | PointerKind):
            raise mistake(
                "L012",
                (self.module, inner),
                f"a whole `{kind}` cannot be atomic",
                "the machine changes at most 64 bits in one step",
                helps=[f"make its fields atomic, or point to it: `Atomic[Ptr[{kind}] | None]`"],
            )
        return AtomicKind(kind)
