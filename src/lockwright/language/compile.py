"""From what a person names to a program: `compile_target("ticket[u8]")`, `compile_target("mylock.py")`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from lockwright.diagnostics.span import Span
from lockwright.ir.types import INTEGERS
from lockwright.language.annotations import parameter_names
from lockwright.language.declarations import ClassDeclaration
from lockwright.language.kinds import StructKind
from lockwright.language.lowering.unit import Unit
from lockwright.language.lowering.workloads import lower_workload, promises
from lockwright.language.mistakes import Collector, mistake, nearest
from lockwright.language.modules import PACKAGE, Modules
from lockwright.language.select import Target, parse_target, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lockwright.ir.program import Program
    from lockwright.language.declarations import Module
    from lockwright.language.kinds import Kind

    Harness: TypeAlias = tuple[str | Mapping[str, str] | None, Mapping[str, int]]

NO_PARAMETERS: Mapping[str, int] = MappingProxyType({})
HARNESSES = {"Lock": "mutual_exclusion", "RwLock": "readers_writers"}
"""The workload of `workloads/` into which a lock alone is put."""
CONTENTION = {"Lock": "contention", "RwLock": "contention_readers"}
"""The workload into which a lock is put whose speed is asked for."""
DEFAULT_LOCKS = {"Lock": "ticket", "RwLock": "linux_rwlock"}
"""The built-in lock for a workload that takes any, where none is named."""


def builtin_locks() -> dict[str, str]:
    """Return the files of the built-in locks by name, in order."""
    return {path.stem: str(path) for path in sorted((PACKAGE / "locks").glob("*.py")) if path.stem != "__init__"}


def builtin_workloads() -> dict[str, str]:
    """Return the files of the built-in workloads by name, in order."""
    return {path.stem: str(path) for path in sorted((PACKAGE / "workloads").glob("*.py")) if path.stem != "__init__"}


def compile_target(
    text: str, harness: str | Mapping[str, str] | None = None, parameters: Mapping[str, int] = NO_PARAMETERS
) -> Program:
    """Compile what a person names, a lock in a harness or a whole workload.

    Args:
        text: `ticket`, `ticket[u8]`, `ticket_backoff:shortest=32`, `mylock.py:MyLock`, `prog.py:Counter[ticket]`.
        harness: The workload for a lock: a name in `workloads/` or a file, as in `contention:hold=100` or
            `work.py:MyWork`; or one for each of `Lock` and `RwLock`; by default the usual one for its kind.
        parameters: Values for the `Param`s of the harness, over those that its name gives.

    Raises:
        LockwrightError: There is no such lock, or its source has mistakes.
    """
    target = parse_target(text)
    modules = Modules(Collector())
    return _told(modules, lambda: _compile(target, text, modules, _open(target, modules), (harness, parameters)))


def compile_contention(lock: str, workload: str | None = None, **parameters: int) -> Program:
    """Compile a lock in a workload that contends for it; a whole program as it is.

    Args:
        lock: As `compile_target` takes it, or the name of a workload.
        workload: What the lock is put into, by its name in `workloads/` or as a file; by default `contention`,
            `contention_readers` for a reader-writer lock, and `contention_many` where `locks` says more than one.
        parameters: Values for the `Param`s of the workload: `hold`, `think`, `lines`, ...

    Raises:
        LockwrightError: There is no such lock, workload or `Param`, the workload takes no lock, or `parameters` are
            given for a program that has its own.
    """
    if is_workload(lock):
        if parameters or workload:
            given = ", ".join(f"`{name}`" for name in parameters) or "the workload"
            raise refuse("U005", f"`{lock}` is a whole program with times of its own", f"leave out {given}")
        return compile_target(lock)
    if workload is None and parameters.get("locks") is not None:
        if parameters["locks"] > 1:
            workload = "contention_many"
        else:
            parameters = {name: value for name, value in parameters.items() if name != "locks"}
    return compile_target(lock, workload or CONTENTION, parameters)


def is_workload(text: str) -> bool:
    """Return whether a person names a whole program.

    Raises:
        LockwrightError: There is nothing of that name.
    """
    return base_of(text) == "Workload"


def base_of(text: str) -> str:
    """Return what a person names: `Lock`, `RwLock` or `Workload`; a file with mistakes is none of these yet.

    Raises:
        LockwrightError: There is nothing of that name.
    """
    target, modules = parse_target(text), Modules(Collector())
    with modules.found.going_on():
        return _choose(target, _open(target, modules)).base
    return ""


def compile_text(
    text: str, name: str = "text.py", class_name: str | None = None, harness: str | None = None
) -> Program:
    """Compile a lock or a workload from its text; `name` is how messages call it."""
    target, modules = Target(name, class_name), Modules(Collector())
    return _told(modules, lambda: _compile(target, name, modules, modules.add_text(text, name), (harness, {})))


def _told(modules: Modules, compiling: Callable[[], Program]) -> Program:
    """Return what `compiling` gives, or raise all mistakes that were found."""
    program = None
    try:
        with modules.found.going_on():
            program = compiling()
    except RecursionError:  # Python's parser and ours go down as deep as the text is nested
        name = next(reversed(modules.sources), "")
        nested = f"something in `{name}` is nested too deeply" if name else "something is nested too deeply"
        raise refuse("L001", nested, "split the long expression, or the chain of `elif`s, into several") from None
    modules.found.raise_if_any(modules.sources)
    assert program is not None
    return program


def _open(target: Target, modules: Modules) -> Module:
    if target.is_file:
        return modules.add_file(Path(target.name))
    known = {**builtin_workloads(), **builtin_locks()}
    if target.name not in known:
        near = nearest(target.name, known)
        advice = [f"did you mean `{near}`?"] if near else ["`lockwright locks` lists what is built in"]
        raise refuse(
            "U004",
            f"there is no built-in lock or workload `{target.name}`",
            *advice,
            _as_file(target.name),
        )
    return modules.add_file(Path(known[target.name]))


def _as_file(name: str) -> str:
    """Return how a file is named instead."""
    path = Path(name)
    if path.is_dir():
        return f"`{name}` is a folder: name a file in it"
    return f"a file of yours: `lockwright check {f'./{name}' if path.is_file() else 'mylock.py'}`"


def _compile(target: Target, text: str, modules: Modules, module: Module, harness: Harness) -> Program:
    unit = Unit(modules, text)
    if not module.classes("Workload", "Lock", "RwLock"):
        modules.found.raise_if_any(modules.sources)  # the class may be missing because of a mistake in it
    declared = _choose(target, module)
    arguments = tuple(_argument(unit, module, one) for one in target.arguments)
    if declared.base == "Workload":
        arguments += tuple(_default_locks(unit, declared, len(arguments)))
    made = _instance(unit, declared, arguments, target)
    if made.is_lock:
        root = _harness(unit, modules, made, *harness)
        unit.program.promises = promises(unit, made)
        if "lock" in root.fields:  # else it has many of them
            unit.program.subject = ("workload", "lock")
    else:
        root = made
    program = lower_workload(unit, root)
    modules.found.raise_if_any(modules.sources)
    if not made.is_lock:
        _find_subject(unit, root)
    program.sources = modules.sources
    program.imports = {one.name: hashlib.sha256(one.text.encode()).hexdigest() for one in modules.by_path.values()}
    return program


def _find_subject(unit: Unit, root: StructKind) -> None:
    """Take the one lock that lies directly in a workload as the lock under test."""
    locks = [one for one in root.fields.values() if isinstance(one.kind, StructKind) and one.kind.is_lock]
    if len(locks) == 1 and isinstance(locks[0].kind, StructKind):
        unit.program.subject = ("workload", locks[0].name)
        unit.program.promises = promises(unit, locks[0].kind)


def _choose(target: Target, module: Module) -> ClassDeclaration:
    """Return the class that is meant: the one named, else the workload, else the lock of the file."""
    candidates = module.classes("Workload", "Lock", "RwLock")
    names = [one.name for one in candidates]
    if target.class_name is not None:
        found = [one for one in candidates if one.name == target.class_name]
        if not found:
            near = nearest(target.class_name, names)
            raise refuse(
                "U004",
                f"`{module.name}` has no lock or workload `{target.class_name}`",
                f"did you mean `{near}`?" if near else f"it has {', '.join(names) or 'none'}",
            )
        return found[0]
    for bases in (("Workload",), ("Lock", "RwLock")):
        found = module.classes(*bases)
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(f"`{target.name}:{one.name}`" for one in found)
            raise refuse("U006", f"`{module.name}` has several: which one is meant?", f"write one of {listed}")
    raise mistake(
        "L053",
        Span(module.name, 1, 1, 1, 2),
        "there is nothing to check in this file",
        "it has no `Lock`, `RwLock` or `Workload`",
        helps=["write `class MyLock(Lock):` with `lock` and `unlock`"],
    )


def _argument(unit: Unit, module: Module, name: str) -> Kind:
    """Return what a type argument on the command line names: an integer, a class of the file, a built-in lock."""
    if name in INTEGERS:
        return INTEGERS[name]
    declared = module.scope.get(name)
    if isinstance(declared, ClassDeclaration):
        return _instance(unit, declared, (), Target(name))
    known = builtin_locks()
    if name in known:
        return _builtin_lock(unit, name)
    near = nearest(name, (*INTEGERS, *known, *module.scope))
    raise refuse(
        "U004",
        f"there is no type or lock `{name}`",
        f"did you mean `{near}`?" if near else "write `u8`, `u16`, or a lock's name",
    )


def _default_locks(unit: Unit, declared: ClassDeclaration, given: int) -> Iterator[StructKind]:
    """Yield a lock for each type argument of a workload that was left out and is a lock."""
    for variable in declared.type_variables[given:]:
        if variable.bound not in DEFAULT_LOCKS:
            return
        yield _builtin_lock(unit, DEFAULT_LOCKS[variable.bound])


def _builtin_lock(unit: Unit, name: str) -> StructKind:
    module = unit.modules.add_file(Path(builtin_locks()[name]))
    return _instance(unit, _choose(Target(name), module), (), Target(name))


def _instance(unit: Unit, declared: ClassDeclaration, arguments: tuple[Kind, ...], target: Target) -> StructKind:
    reader = unit.instances.annotations(declared, {}, {})
    complete = reader.complete(declared.node, declared, arguments)  # type: ignore[arg-type]  # it serves as a place
    parameters = parameter_names(declared)
    for name in target.parameters:
        if name not in parameters:
            near = nearest(name, parameters)
            shown = f"did you mean `{near}`?" if near else f"it has {', '.join(parameters) or 'none'}"
            raise refuse("U004", f"`{declared.name}` has no `Param` `{name}`", shown)
    made = unit.instances.struct(declared, complete, target.parameters)
    unit.sync()
    return made


def _harness(
    unit: Unit, modules: Modules, lock: StructKind, named: str | Mapping[str, str] | None, parameters: Mapping[str, int]
) -> StructKind:
    """Return the workload that uses a lock, with values of its `Param`s."""
    base = lock.declaration.base
    chosen = parse_target(named if isinstance(named, str) else (named or HARNESSES)[base])
    module = _open(chosen, modules)
    declared = _choose(chosen, module)
    bounds = [one.bound for one in declared.type_variables]
    if declared.base != "Workload" or bounds != [base]:
        raise refuse(
            "U005",
            f"`{chosen.name}` is no workload for a `{base}` that is named apart",
            f"one has the form `class Work(Workload, Generic[L])`, and L is any `{base}`",
        )
    return _instance(unit, declared, (lock,), replace(chosen, parameters={**chosen.parameters, **parameters}))
