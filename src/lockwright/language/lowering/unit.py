"""One compilation: the program that grows, and what is still to be lowered.

A function is lowered once for each class instance, for each set of type arguments and for each context: what a handler
calls is lowered anew, since a handler has queue nodes of its own and may enter the function that it interrupts.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.ir.program import CallTable, Field, Function, Global, Program, Role, Struct
from lockwright.ir.types import U8, Atomic
from lockwright.language.annotations import Annotations
from lockwright.language.declarations import ClassDeclaration, FunctionDeclaration, StorageDeclaration, WordOfLanguage
from lockwright.language.instances import Instances, first_value, read_alignment, read_length
from lockwright.language.kinds import Kind, PointerKind, StructKind, TableKind, ValueKind, lowered, lowered_value
from lockwright.language.mistakes import mistake
from lockwright.language.parse import look_up
from lockwright.language.spans import span_of
from lockwright.language.vocabulary import LOCK_METHODS, RWLOCK_METHODS

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span
    from lockwright.language.mistakes import Collector
    from lockwright.language.modules import Modules


@dataclass(slots=True)
class Signature:
    """A function as its callers see it; the body may still have to be lowered."""

    name: str
    declaration: FunctionDeclaration
    parameters: list[tuple[str, ValueKind]]
    result: ValueKind | None
    owner: StructKind | None
    reader: Annotations
    context: str
    role: Role | None = None
    callees: set[str] = field(default_factory=set)

    @property
    def span(self) -> Span:
        """Where its name stands."""
        return span_of(self.declaration.module, self.declaration.node)


class Unit:
    """The compilation of one program."""

    def __init__(self, modules: Modules, name: str) -> None:
        self.modules, self.found = modules, modules.found
        self.instances = Instances(self.found)
        self.program = Program(name)
        self.pending: list[Signature] = []
        self.sites: dict[tuple[str, str], int] = {}  # places that take a lock, by lock and context
        self._signatures: dict[tuple[object, ...], Signature] = {}
        self._storage: dict[StorageDeclaration, Kind] = {}
        self._names: dict[StorageDeclaration, str] = {}
        self.finders: dict[str, tuple[StructKind, str]] = {}  # functions that look for a slot, still to be written
        self.handlers: dict[str, str] = {}  # entry functions of handlers, by the name of the method
        self.preparations: dict[str, StructKind | None] = {}
        self.first_values: dict[str, tuple[Kind, int]] = {}  # of storage, by the name of the global

    @property
    def signatures(self) -> list[Signature]:
        """All functions so far."""
        return list(self._signatures.values())

    # Structs and storage.

    def sync(self) -> None:
        """Put structs that were made since into the program."""
        for name, made in self.instances.structs.items():
            if name not in self.program.structs:
                self.program.structs[name] = Struct(name, (), is_lock=made.is_lock)
        for name, made in list(self.instances.structs.items()):
            if len(self.program.structs[name].fields) != len(made.fields):
                fields = tuple(Field(one.name, lowered(one.kind), one.align, one.span) for one in made.fields.values())
                self.program.structs[name] = Struct(
                    name, fields, made.align, is_union=made.declaration.base == "Union", is_lock=made.is_lock
                )

    def storage(self, declared: StorageDeclaration) -> Kind:
        """Return the kind of storage at the top of a file, and put it into the program."""
        if declared not in self._storage:
            self._storage[declared] = self._make_storage(declared)
        return self._storage[declared]

    def storage_name(self, declared: StorageDeclaration) -> str:
        """Return the name of its global."""
        return self._names[declared]

    def _make_storage(self, declared: StorageDeclaration) -> Kind:
        module, call = declared.module, declared.call
        name, number = declared.name, 1
        while name in self.program.globals:
            number += 1
            name = f"{declared.name}{number}"
        self._names[declared] = name
        reader = Annotations(self.instances, module, {}, {})
        word = look_up(module, call.func.id) if call is not None and isinstance(call.func, ast.Name) else None
        if word == WordOfLanguage("table"):
            assert call is not None
            return self._make_table(declared, name, call)
        if word != WordOfLanguage("shared"):
            raise mistake(
                "L052",
                declared.span,
                f"`{declared.name}` is no storage",
                "storage at the top of a file is `shared()`",
                helps=[f"write `{declared.name}: {ast.unparse(declared.annotation)} = shared()`"],
            )
        assert call is not None
        options = {one.arg: one.value for one in call.keywords}
        length = read_length(module, options["length"], {}) if "length" in options else None
        kind = reader.place(declared.annotation, length)
        if "align" in options:
            read_alignment(module, options["align"], {})
        self.sync()
        self.program.globals[name] = Global(name, lowered(kind), declared.span)
        self.first_values[name] = (kind, first_value(module, options.get("initial"), kind, {}))
        return kind

    def _make_table(self, declared: StorageDeclaration, name: str, call: ast.Call) -> TableKind:
        module = declared.module
        wanted = declared.annotation.id if isinstance(declared.annotation, ast.Name) else ""
        table = look_up(module, wanted)
        if not isinstance(table, ClassDeclaration) or table.base != "Table" or table.implements is not None:
            raise mistake(
                "L037",
                declared.span,
                f"`{ast.unparse(declared.annotation)}` is no table of calls",
                helps=["declare it: `class Calls(Table):` with the operations"],
            )
        first = call.args[0] if call.args else None
        chosen = look_up(module, first.id) if isinstance(first, ast.Name) else None
        if not isinstance(chosen, ClassDeclaration) or chosen.implements is not table:
            raise mistake(
                "L037",
                (module, call),
                f"`{declared.name}` does not say with which implementation it begins",
                helps=[f"write `table(NAME)` with a subclass of `{table.name}`"],
            )
        others = [
            one
            for file in self.modules.by_path.values()
            for one in file.scope.values()
            if isinstance(one, ClassDeclaration) and one.implements is table and one is not chosen
        ]
        self.program.globals[name] = Global(name, Atomic(U8), declared.span)
        self.program.tables[name] = CallTable(name, name, {})
        kind = TableKind(table, name)
        for one in dict.fromkeys((chosen, *others)):
            self.program.tables[name].implementations[one.name] = {
                operation: self._implementation(table, one, operation).name for operation in table.methods
            }
        return kind

    def operation(self, table: TableKind, name: str) -> Signature:
        """Return an operation of a table as its callers see it: the first implementation's."""
        first = next(iter(self.program.tables[table.name].implementations.values()))
        return next(one for one in self._signatures.values() if one.name == first[name])

    def _implementation(self, table: ClassDeclaration, implementation: ClassDeclaration, operation: str) -> Signature:
        if operation not in implementation.methods:
            raise mistake(
                "L037",
                (implementation.module, implementation.node),
                f"`{implementation.name}` has no `{operation}`",
                f"the table `{table.name}` names it",
                secondary=[(span_of(table.module, table.methods[operation].node), "named here")],
            )
        return self.function(implementation.methods[operation])

    def preparation(self, kind: StructKind) -> str | None:
        """Return the function that gives a fresh place of this kind its first values, if it needs one."""
        from lockwright.language.lowering.preparing import preparation

        return preparation(self, kind)

    # Functions.

    def method(self, owner: StructKind, name: str, context: str = "") -> Signature:
        """Return a method of a struct."""
        declared = owner.declaration.methods[name]
        return self._signature(declared, owner, dict(owner.arguments), context)

    def function(
        self, declared: FunctionDeclaration, arguments: dict[str, Kind] | None = None, context: str = ""
    ) -> Signature:
        """Return a function, with its type arguments."""
        return self._signature(declared, None, arguments or {}, context)

    def _signature(
        self, declared: FunctionDeclaration, owner: StructKind | None, arguments: dict[str, Kind], context: str
    ) -> Signature:
        key = (declared, owner, tuple(sorted((name, str(kind)) for name, kind in arguments.items())), context)
        if key not in self._signatures:
            made = self._make_signature(declared, owner, arguments, context)
            self._signatures[key] = made
            self.pending.append(made)
        return self._signatures[key]

    def _make_signature(
        self, declared: FunctionDeclaration, owner: StructKind | None, arguments: dict[str, Kind], context: str
    ) -> Signature:
        parameters = owner.parameters if owner is not None else {}
        reader = Annotations(self.instances, declared.module, arguments, parameters)
        listed: list[tuple[str, ValueKind]] = [] if owner is None else [("self", PointerKind(owner))]
        for one in declared.parameters:
            if one.annotation is None:
                raise mistake(
                    "L021",
                    (declared.module, one),
                    f"the parameter `{one.arg}` has no type",
                    helps=[f"write `{one.arg}: u32`, or what it is"],
                )
            listed.append((one.arg, reader.value(one.annotation)))
        if declared.node.args.vararg or declared.node.args.kwarg or declared.node.args.kwonlyargs:
            raise mistake(
                "L006",
                (declared.module, declared.node),
                f"`{declared.name}` has parameters of an unknown number",
                helps=["name each parameter"],
            )
        returns = declared.node.returns
        is_none = returns is None or (isinstance(returns, ast.Constant) and returns.value is None)
        result = None if is_none or returns is None else reader.value(returns)
        self.sync()
        name = self._fresh_name(declared, owner, context)
        role = role_of(owner, declared.name)
        self.program.functions[name] = Function(
            name, len(listed), None if result is None else lowered_value(result), [], [], role=role
        )
        return Signature(name, declared, listed, result, owner, reader, context, role)

    def _fresh_name(self, declared: FunctionDeclaration, owner: StructKind | None, context: str) -> str:
        scope = str(owner) if owner is not None else declared.owner.name if declared.owner is not None else ""
        name = base = (f"{scope}.{declared.name}" if scope else declared.name) + (f"@{context}" if context else "")
        number = 1
        while name in self.program.functions:
            number += 1
            name = f"{base}'{number}"
        return name


def role_of(owner: StructKind | None, name: str) -> Role | None:
    """Return what a method of a lock is for."""
    if owner is None or not owner.is_lock:
        return None
    names = LOCK_METHODS if owner.declaration.base == "Lock" else RWLOCK_METHODS
    return Role(name) if name in names else None


def decorators(found: Collector, declared: FunctionDeclaration) -> dict[str, ast.expr]:
    """Return the decorators of a function by their word; told are those that there are not."""
    result: dict[str, ast.expr] = {}
    for one in declared.node.decorator_list:
        head = one.func if isinstance(one, ast.Call) else one
        word = look_up(declared.module, head.id) if isinstance(head, ast.Name) else None
        if isinstance(word, WordOfLanguage) and word.name in ("noinline", "symbol", "interrupt", "softirq", "workers"):
            result[word.name] = one
        else:
            found.add(
                mistake(
                    "L038",
                    (declared.module, one),
                    f"there is no decorator `{ast.unparse(head)}`",
                    "known: `noinline`, `symbol`, `workers`, `interrupt`, `softirq`",
                ).diagnostic
            )
    return result
