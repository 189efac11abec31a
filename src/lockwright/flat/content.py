"""What a kernel is made of: its own code, and all that it takes from elsewhere.

The machine code of a kernel depends on its bytecode, on the constants and kernels that it names, and on theirs in turn;
not on where its file lies, nor on comments, nor on its neighbours.  So that is what its digest covers, value by value.
A name that cannot be judged (a list, say, which may change) is refused: no digest is better than a wrong one.
"""

from __future__ import annotations

import enum
import hashlib
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = (int, float, str, bytes, type(None), type(Ellipsis))


def digest(function: FunctionType, memory: dict[FunctionType, str]) -> str:
    """Return a digest of a function, and of all that it calls and names.

    Args:
        function: As written, before compilation.
        memory: Digests of single functions, from earlier calls.
    """
    whole = hashlib.sha256()
    for one in sorted(_reached(function), key=_name):
        if one not in memory:
            memory[one] = hashlib.sha256("\n".join(_own(one)).encode()).hexdigest()
        whole.update(memory[one].encode())
    return whole.hexdigest()


def _name(function: FunctionType) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _reached(function: FunctionType) -> set[FunctionType]:
    """Return the functions that this one reaches, itself included."""
    reached, left = set(), [function]
    while left:
        one = left.pop()
        if one not in reached:
            reached.add(one)
            left += [value for value in map(_function, _taken(one).values()) if value is not None]
    return reached


def _function(value: Any) -> FunctionType | None:
    """Return the function behind a kernel, or behind an instruction that is written as LLVM's."""
    found = getattr(value, "py_func", None) or getattr(value, "_defn", None)
    return found if isinstance(found, FunctionType) else None


def _taken(function: FunctionType) -> dict[str, Any]:
    """Return what a function takes from elsewhere: a name, or a module of the same package and a name in it."""
    package = function.__module__.partition(".")[0]
    names = sorted(set(_names(function.__code__)))
    taken: dict[str, Any] = {}
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType) and value.__name__.partition(".")[0] == package:
            taken |= {f"{name}.{one}": vars(value)[one] for one in names if one in vars(value)}
        elif name in function.__globals__:
            taken[name] = value
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return taken | {name: cell.cell_contents for name, cell in cells}


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _own(function: FunctionType) -> Iterator[str]:
    """Yield what tells one function apart, as text."""
    yield _name(function)
    yield from _code(function.__code__, function.__doc__)
    yield _value("defaults", function.__defaults__)
    for name, value in sorted(_taken(function).items()):
        yield f"{name} = {_value(name, value)}"
        yield repr(sorted(getattr(value, "targetoptions", {}).items()))


def _code(code: CodeType, doc: str | None) -> Iterator[str]:
    yield f"{code.co_argcount} {code.co_flags} {code.co_varnames} {code.co_names} {code.co_code.hex()}"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant, None)
        elif constant is not doc:
            yield _value("constant", constant)


def _value(name: str, value: Any) -> str:
    """Return a text that is the same for equal values only, in every process."""
    found = _function(value)
    if found is not None:
        return _name(found)
    if isinstance(value, enum.Enum | type | BuiltinFunctionType | np.ufunc):
        return f"{type(value)} {value!r}"
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, tuple):
        return f"({', '.join(_value(name, one) for one in value)})"
    if isinstance(value, np.ndarray | np.generic):
        return f"{value.dtype} {value.shape} {value.tobytes().hex()}"
    if isinstance(value, _PLAIN):
        return f"{type(value).__name__} {value!r}"
    raise TypeError(f"a kernel takes `{name}` from elsewhere, and a {type(value).__name__} may change unseen")
