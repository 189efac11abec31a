"""Text to declarations: parse a file and list what stands at its top and in its classes.  Imports are `modules`'."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import Span
from lockwright.language.declarations import (
    Broken,
    ClassDeclaration,
    ConstantDeclaration,
    Declaration,
    FieldDeclaration,
    FunctionDeclaration,
    Module,
    StorageDeclaration,
    TypeVariable,
    TypingName,
    WordOfLanguage,
)
from lockwright.language.mistakes import Collector, Follows, mistake, nearest
from lockwright.language.spans import span_of
from lockwright.language.syntax import parse
from lockwright.language.vocabulary import BUILTINS, CLASS_BASES, PROMISES, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable


def parse_module(name: str, path: str, text: str) -> Module:
    """Return the syntax tree of a file as a `Module` with nothing declared yet.

    Raises:
        Mistake: The text is not Python.
    """
    try:
        tree = parse(text)
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        end = error.end_offset if error.end_lineno == error.lineno and error.end_offset else column + 1
        span = Span(name, line, max(column, 1), line, max(end, column + 1))
        raise mistake("L001", span, "this is not Python", (error.msg or "").replace("'", "`")) from None
    except ValueError as error:
        raise mistake("L001", Span(name, 1, 1, 1, 2), "this is not Python", str(error)) from None
    return Module(name, path, text, text.splitlines(), tree)


def declare(module: Module, found: Collector, follow: Callable[[Module, ast.stmt, Collector], None]) -> None:
    """Fill the scope of a module; `follow` takes in what an import names."""
    for statement in module.tree.body:
        with found.going_on():
            if isinstance(statement, ast.Import | ast.ImportFrom):
                follow(module, statement, found)
            else:
                _declare_statement(module, statement, found)


def _declare_statement(module: Module, statement: ast.stmt, found: Collector) -> None:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            pass
        case ast.FunctionDef():
            _add(module, statement.name, FunctionDeclaration(module, statement.name, statement), statement, found)
        case ast.ClassDef():
            module.scope.setdefault(statement.name, Broken(statement.name))
            _add(module, statement.name, _declare_class(module, statement, found), statement, found)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=called)) as call) if (
            module.scope.get(called) == TypingName("TypeVar")
        ):
            _add(module, name, _type_variable(module, name, call), statement, found)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            _add(module, name, ConstantDeclaration(module, name, value), statement, found)
        case ast.AnnAssign(target=ast.Name(id=name)):
            _add(module, name, _annotated(module, name, statement), statement, found)
        case _:
            raise mistake(
                "L006",
                (module, statement),
                "only declarations may stand at the top of a file",
                "a file has imports, constants, functions, classes and `shared()` storage",
                helps=["move what is done here into a method of a `Workload`: `setup`, `each_thread` or `at_rest`"],
            )


def _add(module: Module, name: str, declared: Declaration, statement: ast.stmt, found: Collector) -> None:
    before = module.scope.get(name)
    if before is not None and not isinstance(before, Broken):
        found.add(
            mistake(
                "L043",
                (module, statement),
                f"`{name}` is declared twice",
                "a name means one thing in a file",
                secondary=[(where, "first declared here")] if (where := declared_at(before)) else [],
                helps=["give one of them another name"],
            ).diagnostic
        )
        return
    module.scope[name] = declared


def declared_at(declaration: Declaration) -> Span | None:
    """Return where a name was declared, if it stands in a file in the language."""
    match declaration:
        case FunctionDeclaration() | ClassDeclaration():
            return span_of(declaration.module, declaration.node)
        case StorageDeclaration() | TypeVariable():
            return declaration.span
        case ConstantDeclaration():
            return span_of(declaration.module, declaration.expression)
    return None


def _annotated(module: Module, name: str, statement: ast.AnnAssign) -> Declaration:
    value = statement.value
    if value is None or isinstance(value, ast.Call):
        return StorageDeclaration(module, name, statement.annotation, value, span_of(module, statement))
    return ConstantDeclaration(module, name, value)


def _type_variable(module: Module, name: str, call: ast.Call) -> TypeVariable:
    bound = next((one.value for one in call.keywords if one.arg == "bound"), None)
    choices = [one.id for one in call.args[1:] if isinstance(one, ast.Name)]
    if len(choices) != max(0, len(call.args) - 1):
        raise mistake("L033", (module, call), f"`{name}` lists something that is not the name of a type")
    shown = bound.id if isinstance(bound, ast.Name) else "int"
    return TypeVariable(module, name, shown, tuple(choices), span_of(module, call))


def _declare_class(module: Module, node: ast.ClassDef, found: Collector) -> ClassDeclaration:
    base, implements = _base_of(module, node)
    declared = ClassDeclaration(module, node.name, node, base, _type_parameters(module, node), implements)
    _class_line(declared, found)
    for statement in node.body:
        with found.going_on():
            _declare_member(declared, statement, found)
    return declared


def _base_of(module: Module, node: ast.ClassDef) -> tuple[str, ClassDeclaration | None]:
    """Return the word that the class is one of, and the table that it implements."""
    named = [one for one in node.bases if not _is_generic(module, one)]
    if len(named) != 1:
        raise mistake(
            "L036",
            (module, node),
            f"`{node.name}` needs one base class" if not named else f"`{node.name}` has {len(named)} base classes",
            "one of `Struct`, `Union`, `Word`, `Lock`, `RwLock`, `Workload`, `Table`",
            helps=[f"write `class {node.name}(Struct):`"],
        )
    match named[0]:
        case ast.Name(id=name):
            target = module.scope.get(name)
            if isinstance(target, Broken):
                raise Follows
            if isinstance(target, WordOfLanguage) and target.name in CLASS_BASES and target.name != "RcuHead":
                return target.name, None
            if isinstance(target, ClassDeclaration) and target.base == "Table" and target.implements is None:
                return "Table", target
            raise _bad_base(module, node, named[0], name)
    raise _bad_base(module, node, named[0], ast.unparse(named[0]))


def _bad_base(module: Module, node: ast.ClassDef, base: ast.expr, name: str) -> Exception:
    if isinstance(module.scope.get(name), ClassDeclaration):
        return mistake(
            "L036",
            (module, base),
            f"`{node.name}` cannot inherit from `{name}`",
            "only a `Table` has subclasses",
            helps=[f"contain it: `inner: {name}`, and call its methods"],
        )
    near = nearest(name, CLASS_BASES)
    return mistake(
        "L003",
        (module, base),
        f"there is no base class `{name}`",
        "not imported" if name in CLASS_BASES else "a class is a `Struct`, `Union`, `Word`, `Lock`, `RwLock`, ...",
        helps=[f"write `from lockwright.language import {near}`, `class {node.name}({near})`"] if near else [],
    )


def _is_generic(module: Module, base: ast.expr) -> bool:
    return (
        isinstance(base, ast.Subscript)
        and isinstance(base.value, ast.Name)
        and module.scope.get(base.value.id) == TypingName("Generic")
    )


def _type_parameters(module: Module, node: ast.ClassDef) -> tuple[TypeVariable, ...]:
    found: list[TypeVariable] = []
    for base in node.bases:
        if _is_generic(module, base):
            assert isinstance(base, ast.Subscript)
            listed = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
            found += [_known_variable(module, one) for one in listed]
    for parameter in getattr(node, "type_params", []):  # `class C[L: Lock]`, where Python parses it
        found.append(_new_variable(module, parameter))
    return tuple(found)


def _known_variable(module: Module, node: ast.expr) -> TypeVariable:
    declared = module.scope.get(node.id) if isinstance(node, ast.Name) else None
    if not isinstance(declared, TypeVariable):
        shown = ast.unparse(node)
        raise mistake(
            "L033",
            (module, node),
            f"`{shown}` is not a type variable",
            "`Generic[...]` lists type variables",
            helps=[f'declare it above the class: `{shown} = TypeVar("{shown}", bound=int)`'],
        )
    return declared


def _new_variable(module: Module, parameter: ast.AST) -> TypeVariable:
    name, bound = getattr(parameter, "name", ""), getattr(parameter, "bound", None)
    span = span_of(module, parameter)  # type: ignore[arg-type]  # it has a place, though its type does not tell
    if isinstance(bound, ast.Tuple):
        return TypeVariable(module, name, "int", tuple(ast.unparse(one) for one in bound.elts), span)
    return TypeVariable(module, name, bound.id if isinstance(bound, ast.Name) else "int", (), span)


def _class_line(declared: ClassDeclaration, found: Collector) -> None:
    allowed = {"Lock": (*PROMISES, "align"), "RwLock": (*PROMISES, "align"), "Word": (), "Table": ()}
    words = allowed.get(declared.base, ("align",))
    for keyword in declared.node.keywords:
        if keyword.arg not in words:
            near = nearest(keyword.arg or "", words)
            found.add(
                mistake(
                    "L035",
                    (declared.module, keyword),
                    f"a `{declared.base}` has no `{keyword.arg}`",
                    f"known here: {', '.join(f'`{one}`' for one in words) or 'nothing'}",
                    helps=[f"write `{near}=...`"] if near else [],
                ).diagnostic
            )
            continue
        declared.keywords[keyword.arg] = keyword.value
    for decorator in declared.node.decorator_list:
        found.add(
            mistake(
                "L038",
                (declared.module, decorator),
                f"the class `{declared.name}` has a decorator",
                "classes take none: what a class is stands in its class line",
                helps=["write `class Name(Lock, fifo=True):`"],
            ).diagnostic
        )


def _declare_member(declared: ClassDeclaration, statement: ast.stmt, found: Collector) -> None:
    module = declared.module
    match statement:
        case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
            pass
        case ast.Expr(value=ast.Constant(value=value)) if value is ...:
            pass
        case ast.FunctionDef(name=name):
            _method(declared, statement)
            _check_fresh(declared, name, statement)
            declared.methods[name] = FunctionDeclaration(module, name, statement, declared)
        case ast.AnnAssign(target=ast.Name(id=name)):
            _check_fresh(declared, name, statement)
            declared.fields[name] = FieldDeclaration(name, statement)
        case ast.Assert():
            declared.assertions.append(statement)
        case ast.Assign(targets=[ast.Name(id=name), *_]):
            raise mistake(
                "L021",
                (module, statement),
                f"the field `{name}` has no type",
                helps=[
                    f"write `{name}: u32 = ...` for a field, `{name}: Param[u32] = ...` for a constant of the class"
                ],
            )
        case _:
            raise mistake(
                "L006", (module, statement), "only fields and methods may stand in a class", "this is neither"
            )
    del found


def _check_fresh(declared: ClassDeclaration, name: str, statement: ast.stmt) -> None:
    before = declared.fields.get(name) or declared.methods.get(name)
    if before is not None:
        raise mistake(
            "L043",
            (declared.module, statement),
            f"`{declared.name}` has `{name}` twice",
            secondary=[(span_of(declared.module, before.node), "first here")],
            helps=["give one of them another name"],
        )


def _method(declared: ClassDeclaration, node: ast.FunctionDef) -> None:
    arguments = node.args.args
    if not arguments or arguments[0].arg != "self":
        raise mistake(
            "L015",
            (declared.module, node),
            f"the method `{node.name}` has no `self`",
            "the first parameter of a method is `self`",
            helps=[f"write `def {node.name}(self, ...)`"],
        )


def look_up(module: Module, name: str) -> Declaration | None:
    """Return what a name means at the top of a module; builtins of Python that the language has are words too."""
    declared = module.scope.get(name)
    if declared is None and name in BUILTINS:
        return WordOfLanguage(name)
    return declared


def unknown_name(module: Module, node: ast.expr, name: str, local: tuple[str, ...] = ()) -> Exception:
    """Return the mistake for a name that means nothing."""
    if name in WORDS:
        return mistake(
            "L003",
            (module, node),
            f"`{name}` is not imported",
            "a word of the language, not named in the imports of this file",
            helps=[f"write `from lockwright.language import {name}`"],
        )
    near = nearest(name, (*local, *module.scope, *BUILTINS, *WORDS))
    return mistake(
        "L003",
        (module, node),
        f"there is no `{name}`",
        "not a local, not declared in this file, and not imported",
        helps=[f"did you mean `{near}`?"] if near else [],
    )
