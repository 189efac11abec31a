"""The decorators of compiled kernels.

1. `_nrt=False`: a kernel allocates nothing, and arrays are not counted (counting costs a factor of ten).
2. Compiled code is kept in the folder that `cache` names; it is set here, before the first kernel is decorated.
3. A kernel never takes a function as an argument: that would be compiled anew in every process.
4. Numba looks up its compiler settings some hundred thousand times while it infers types, and compares them by building
   dictionaries of all options each time.  `_compare_quickly` gives the same answers at once: a third of the first
   compilation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numba
import numpy as np
from numba.core import config, targetconfig
from numpy.typing import NDArray

from lockwright.flat import cache

if TYPE_CHECKING:
    from collections.abc import Callable

    F = TypeVar("F", bound=Callable[..., Any])

Int64: TypeAlias = Any
"""A number inside a kernel: numba infers its type and is the judge of it."""
Int64s: TypeAlias = NDArray[Any]
UInt8s: TypeAlias = NDArray[np.uint8]

setattr(config, "CACHE_DIR", str(cache.folder()))  # noqa: B010 - numba makes its settings at run time


def _compare_quickly(settings: Any) -> None:
    """Let settings that were set alike be equal without a look at all options; the hash never depended on values."""
    slowly = settings.__eq__

    def equal(self: Any, other: object) -> Any:
        alike = type(self) is type(other) and self._values == other._values  # type: ignore[attr-defined] # noqa: SLF001
        return True if alike else slowly(self, other)

    settings.__eq__ = equal
    settings.__hash__ = lambda self: hash(type(self))


_compare_quickly(targetconfig.TargetConfig)

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
_UNWRAPPED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: F) -> F:
    """Compile a function, and keep what was compiled."""
    compiled: F = numba.njit(**_OPTIONS)(function)
    return compiled


def inner(function: F) -> F:
    """Compile a function that only kernels call: without the wrapper for Python, which takes longer than the rest."""
    compiled: F = numba.njit(**_OPTIONS, **_UNWRAPPED)(function)
    return compiled


def inlined(function: F) -> F:
    """Compile a small function into its callers."""
    compiled: F = numba.njit(forceinline=True, **_OPTIONS)(function)
    return compiled
