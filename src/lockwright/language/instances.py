"""Annotations to kinds: generics are made for each use, once for the same arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE
from lockwright.ir import types as ir
from lockwright.language.annotations import Annotations, parameter_names
from lockwright.language.declarations import ClassDeclaration, Module, WordOfLanguage
from lockwright.language.exact import exact
from lockwright.language.kinds import ArrayKind, AtomicKind, FieldOf, Kind, StructKind, WordKind
from lockwright.language.mistakes import Follows, mistake
from lockwright.language.parse import look_up
from lockwright.language.spans import span_of
from lockwright.language.syntax import parse
from lockwright.language.vocabulary import LOCK_METHODS, RWLOCK_METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.diagnostics.span import Span
    from lockwright.ir.program import Constant
    from lockwright.language.mistakes import Collector

WORD_SIZES = (8, 16, 32, 64)
MOST_ELEMENTS = 1 << 32


class Instances:
    """All structs and words that a compilation has made so far, by class and arguments."""

    def __init__(self, found: Collector) -> None:
        self.found = found
        self.structs: dict[str, StructKind] = {}
        self._words: dict[tuple[ClassDeclaration, tuple[Kind, ...]], WordKind] = {}
        self._made: dict[tuple[ClassDeclaration, tuple[Kind, ...], tuple[tuple[str, int], ...]], StructKind] = {}
        self._failed: set[StructKind] = set()
        self._open: list[StructKind] = []

    def struct(
        self, declared: ClassDeclaration, arguments: tuple[Kind, ...], overrides: Mapping[str, int] | None = None
    ) -> StructKind:
        """Return the struct that a class gives with these arguments and values of its `Param`s.

        Raises:
            Mistake: Something in the class line or in a field is wrong.
        """
        key = (declared, arguments, tuple(sorted((overrides or {}).items())))
        if key not in self._made:
            self._made[key] = self._make(declared, arguments, overrides or {})
        made = self._made[key]
        if made in self._failed:
            raise Follows
        return made

    def word(self, declared: ClassDeclaration, arguments: tuple[Kind, ...]) -> WordKind:
        """Return the word that a class gives with these arguments."""
        key = (declared, arguments)
        if key not in self._words:
            self._words[key] = self._make_word(declared, arguments)
        return self._words[key]

    def rcu_head(self) -> StructKind:
        """Return the struct behind the word `RcuHead`: one link."""
        if "RcuHead" not in self.structs:
            module = Module("lockwright.language", "", "", [], parse(""))
            node = ast.ClassDef("RcuHead", [], [], [], [])
            made = StructKind(ClassDeclaration(module, "RcuHead", node, "Struct"), "RcuHead", {})
            made.fields["link"] = FieldOf("link", ir.U64, NOWHERE)
            self.structs["RcuHead"] = made
        return self.structs["RcuHead"]

    def annotations(
        self, declared: ClassDeclaration, arguments: Mapping[str, Kind], constants: Mapping[str, Constant]
    ) -> Annotations:
        """Return the reader of annotations inside a class."""
        return Annotations(self, declared.module, arguments, constants)

    def _make(
        self, declared: ClassDeclaration, arguments: tuple[Kind, ...], overrides: Mapping[str, int]
    ) -> StructKind:
        bound = {variable.name: kind for variable, kind in zip(declared.type_variables, arguments, strict=True)}
        name = self._fresh_name(declared, arguments, overrides)
        made = StructKind(declared, name, bound)
        self.structs[name] = made
        self._made[declared, arguments, tuple(sorted(overrides.items()))] = made
        self._open.append(made)
        before = len(self.found)
        self._fill(made, overrides)
        _check_methods(declared, self.found)
        self._open.pop()
        if len(self.found) > before:
            self._failed.add(made)
        return made

    def _fresh_name(self, declared: ClassDeclaration, arguments: tuple[Kind, ...], overrides: Mapping[str, int]) -> str:
        shown = [str(one) for one in arguments] + [f"{name}={value}" for name, value in sorted(overrides.items())]
        name = base = f"{declared.name}[{', '.join(shown)}]" if shown else declared.name
        number = 1
        while name in self.structs:
            number += 1
            name = f"{base}'{number}"
        return name

    def _fill(self, made: StructKind, overrides: Mapping[str, int]) -> None:
        declared = made.declaration
        reader = self.annotations(declared, made.arguments, made.parameters)
        names, before = parameter_names(declared), len(self.found)
        for name in names:
            with self.found.going_on():
                made.parameters[name] = reader.parameter(declared.fields[name].node, overrides.get(name))
        self._check_promises(made)
        if len(self.found) > before:  # lengths would only say it again
            return
        for name, one in declared.fields.items():
            if name not in names:
                with self.found.going_on():
                    made.fields[name] = self._field(made, name, one.node, reader)
        with self.found.going_on():
            made.align = _alignment(made)

    def _check_promises(self, made: StructKind) -> None:
        """Hold the `Param`s against what the class asserts of them."""
        declared = made.declaration
        for node in declared.assertions:
            with self.found.going_on():
                if not exact(declared.module, node.test, made.parameters):
                    raise _out_of_range(made, node)

    def _field(self, made: StructKind, name: str, node: ast.AnnAssign, reader: Annotations) -> FieldOf:
        options = _Options(made, node, self)
        kind = reader.place(node.annotation, options.length, options.given)
        span = span_of(made.declaration.module, node)
        if _contains(kind, self._open):
            raise _endless(made, name, kind, span)
        return FieldOf(name, kind, span, options.align, options.default(kind))

    def _make_word(self, declared: ClassDeclaration, arguments: tuple[Kind, ...]) -> WordKind:
        bound = {variable.name: kind for variable, kind in zip(declared.type_variables, arguments, strict=True)}
        parts: list[ir.Part] = []
        defaults: dict[str, int] = {}
        shift = 0
        reader = self.annotations(declared, bound, {})
        for name, one in declared.fields.items():
            kind = reader.part(one.node.annotation)
            parts.append(ir.Part(name, kind, shift))
            defaults[name] = 0 if one.node.value is None else kind.wrap(exact(declared.module, one.node.value))
            shift += kind.bits
        if not parts or shift > WORD_SIZES[-1]:
            raise mistake(
                "L028",
                (declared.module, declared.node),
                f"the word `{declared.name}` has {shift} bits" if parts else f"the word `{declared.name}` has no parts",
                "a word has 1 to 64 bits, so that the machine changes it in one step",
                helps=["take narrower parts, or a `Struct` with several atomics"],
            )
        bits = next(size for size in WORD_SIZES if size >= shift)
        shown = f"{declared.name}[{', '.join(map(str, arguments))}]" if arguments else declared.name
        return WordKind(declared, arguments, ir.Word(shown, tuple(parts), bits), defaults)


class _Options:
    """What stands right of a field: `field(length=, align=, default=)` and values of `Param`s, or a number."""

    def __init__(self, made: StructKind, node: ast.AnnAssign, instances: Instances) -> None:
        self.module = made.declaration.module
        self.parameters = made.parameters
        self.node = node
        self.instances = instances
        self.length: int | ir.Extent | None = None
        self.align = 0
        self.given: dict[str, tuple[int, ast.keyword]] = {}
        self._default: ast.expr | None = None
        value = node.value
        if isinstance(value, ast.Call):
            self._read(value)
        elif value is not None:
            self._default = value

    def _read(self, call: ast.Call) -> None:
        if not isinstance(call.func, ast.Name) or look_up(self.module, call.func.id) != WordOfLanguage("field"):
            raise mistake(
                "L052",
                (self.module, call),
                "a field begins with a constant or with `field(...)`",
                "a call cannot be made before the program runs",
                helps=["set it in `setup`"],
            )
        if call.args:
            raise mistake(
                "L015",
                (self.module, call.args[0]),
                "`field` takes keywords only",
                "give it a name",
                helps=["write `field(length=..., align=..., default=...)`"],
            )
        for keyword in call.keywords:
            self._option(keyword)

    def _option(self, keyword: ast.keyword) -> None:
        match keyword.arg:
            case "length":
                self.length = read_length(self.module, keyword.value, self.parameters)
            case "align":
                self.align = read_alignment(self.module, keyword.value, self.parameters)
            case "default":
                self._default = keyword.value
            case name:
                self.given[name or ""] = exact(self.module, keyword.value, self.parameters), keyword

    def default(self, kind: Kind) -> int:
        """Return the first value of the field, as bits of its type."""
        return first_value(self.module, self._default, kind, self.parameters)


def first_value(module: Module, node: ast.expr | None, kind: Kind, parameters: Mapping[str, Constant]) -> int:
    """Return the number with which a place of this kind begins."""
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return 0
    inner = kind.element if isinstance(kind, ArrayKind) else kind
    scalar = inner.value if isinstance(inner, AtomicKind) else inner
    if not isinstance(scalar, ir.Integer):
        raise mistake(
            "L052",
            (module, node),
            f"a `{kind}` has no first value of this kind",
            "only integers begin with a number",
            helps=["set it in `setup`"],
        )
    value = exact(module, node, parameters)
    check_fits(module, node, value, scalar)
    return scalar.wrap(value)


def check_fits(module: Module, node: ast.expr, value: int, kind: ir.Integer) -> None:
    """Refuse a number that no value of the type equals (apart from -1 and its like, which mean all ones)."""
    if not -(1 << (kind.bits - 1) if kind.bits > 1 else 0) <= value < 1 << kind.bits:
        raise mistake(
            "L027",
            (module, node),
            f"{value} does not fit `{kind}`",
            f"`{kind}` holds 0 to {(1 << kind.bits) - 1}" if not kind.signed else f"`{kind}` has {kind.bits} bits",
            helps=[f"write `{kind}({value})` if it shall wrap, or take a wider type"],
        )


def read_length(module: Module, node: ast.expr, parameters: Mapping[str, Constant]) -> int | ir.Extent:
    """Return a length: a number, or the size of the run (`cpus()`, `threads()`, ...)."""
    extents = {
        "threads": ir.Extent.THREADS,
        "cpus": ir.Extent.CPUS,
        "numa_nodes": ir.Extent.NODES,
        "numa_node_ids": ir.Extent.NODE_IDS,
    }
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args:
        word = look_up(module, node.func.id)
        if isinstance(word, WordOfLanguage) and word.name in extents:
            return extents[word.name]
    length = exact(module, node, parameters)
    if not 1 <= length <= MOST_ELEMENTS:
        limit = "a length is at least 1" if length < 1 else f"at most {MOST_ELEMENTS:,} lie in memory together"
        raise mistake("L027", (module, node), f"an array of {length:,} elements", limit)
    return length


def read_alignment(module: Module, node: ast.expr, parameters: Mapping[str, Constant]) -> int:
    """Return an alignment in bytes: a power of two."""
    align = exact(module, node, parameters)
    if align <= 0 or align & (align - 1):
        raise mistake("L027", (module, node), f"an alignment of {align}", "alignments are powers of two, in bytes")
    return align


def _alignment(made: StructKind) -> int:
    node = made.declaration.keywords.get("align")
    return 0 if node is None else read_alignment(made.declaration.module, node, made.parameters)


def _out_of_range(made: StructKind, node: ast.Assert) -> Exception:
    used = {one.id for one in ast.walk(node.test) if isinstance(one, ast.Name)}
    values = [f"`{name}` is {constant.value}" for name, constant in made.parameters.items() if name in used]
    message = node.msg.value if isinstance(node.msg, ast.Constant) else ""
    return mistake(
        "L027",
        (made.declaration.module, node),
        f"`{made.declaration.name}` cannot be made: {' and '.join(values) or 'its assertion fails'}",
        str(message or "the class asserts this"),
        helps=[f"take values with `{ast.unparse(node.test)}`"],
    )


def _contains(kind: Kind, open_structs: list[StructKind]) -> bool:
    inner = kind.element if isinstance(kind, ArrayKind) else kind
    return isinstance(inner, StructKind) and inner in open_structs


def _endless(made: StructKind, name: str, kind: Kind, span: Span) -> Exception:
    return mistake(
        "L044",
        span,
        f"`{made}` contains itself",
        f"`{name}` is a whole `{kind}` inside the `{made}`, without end",
        helps=[f"point to it: `{name}: Ptr[{kind}] | None`"],
    )


def _check_methods(declared: ClassDeclaration, found: Collector) -> None:
    needed = {"Lock": LOCK_METHODS, "RwLock": RWLOCK_METHODS}.get(declared.base, ())
    missing = [name for name in needed if name not in declared.methods and name != "trylock"]
    if missing:
        shown = " and ".join(f"`{name}`" for name in missing)
        found.add(
            mistake(
                "L023",
                (declared.module, declared.node),
                f"the {'lock' if declared.base == 'Lock' else 'reader-writer lock'} `{declared.name}` has no {shown}",
                f"a `{declared.base}` needs {', '.join(f'`{name}`' for name in needed if name != 'trylock')}",
                helps=[f"write `def {missing[0]}(self) -> None:`"],
            ).diagnostic
        )
