"""The decorators of compiled kernels.

1. `_nrt=False`: a kernel allocates nothing, and arrays are not counted (counting costs a factor of ten); only
   `allocating` ones do.
2. Compiled code is kept from run to run; `cache` says where, and under which names.
3. A kernel never takes a function as an argument: that would be compiled anew in every process.
4. Numba looks up its compiler settings some hundred thousand times while it infers types, and compares them by building
   dictionaries of all options each time.  `_compare_quickly` gives the same answers at once: a third of the first
   compilation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numba.core import event, targetconfig
from numpy.typing import NDArray

from lockwright.flat import compiling
from lockwright.flat.cache import KernelCache

if TYPE_CHECKING:
    from collections.abc import Callable

    F = TypeVar("F", bound=Callable[..., Any])

Int64: TypeAlias = Any
"""A number inside a kernel: numba infers its type and is the judge of it."""
Int64s: TypeAlias = NDArray[Any]
UInt8s: TypeAlias = NDArray[np.uint8]


def _compare_quickly(settings: Any) -> None:
    """Let settings that were set alike be equal without a look at all options; the hash never depended on values."""
    slowly = settings.__eq__

    def equal(self: Any, other: object) -> Any:
        # The options that were set: numba has no other name for them.
        alike = type(self) is type(other) and self._values == other._values  # type: ignore[attr-defined] # noqa: SLF001
        return True if alike else slowly(self, other)

    settings.__eq__ = equal
    settings.__hash__ = lambda self: hash(type(self))


_compare_quickly(targetconfig.TargetConfig)


class _Listener(event.Listener):
    """Told by numba when it begins and when it has ended to compile a kernel."""

    def on_start(self, event: Any) -> None:  # noqa: ARG002 - numba passes it
        compiling.work.begin()

    def on_end(self, event: Any) -> None:  # noqa: ARG002 - likewise
        compiling.work.end()


_register: Any = event.register
_register("numba:compile", _Listener())

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_BARE: dict[str, Any] = {**_OPTIONS, "_nrt": False}
_UNWRAPPED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def _compile(function: F, options: dict[str, Any]) -> F:
    compiled: Any = numba.njit(**options)(function)
    if compiled is not function:  # NUMBA_DISABLE_JIT leaves it as it is
        compiled._cache = KernelCache(compiled.py_func, options)  # noqa: SLF001 - there is no other way in
    return cast("F", compiled)


def kernel(function: F) -> F:
    """Compile a function, and keep what was compiled."""
    return _compile(function, _BARE)


def inner(function: F) -> F:
    """Compile a function that only kernels call: without the wrapper for Python, which takes longer than the rest."""
    return _compile(function, _BARE | _UNWRAPPED)


def inlined(function: F) -> F:
    """Compile a small function into its callers."""
    return _compile(function, _BARE | {"forceinline": True})


def allocating(function: F) -> F:
    """Compile a function that may allocate arrays, and keep what was compiled."""
    return _compile(function, _OPTIONS)
