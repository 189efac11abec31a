"""The decorators of compiled kernels.

1. `_nrt=False`: a kernel allocates nothing, and arrays are not counted (counting costs a factor of ten).
2. Compiled code is kept in the folder that `cache` names; it is set here, before the first kernel is decorated.
3. A kernel never takes a function as an argument: that would be compiled anew in every process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numba
import numpy as np
from numba.core import config
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

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def kernel(function: F) -> F:
    """Compile a function, and keep what was compiled."""
    compiled: F = numba.njit(**_OPTIONS)(function)
    return compiled


def inner(function: F) -> F:
    """Compile a function that only kernels call: without the wrapper for Python, which takes longer than the rest."""
    compiled: F = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    return compiled


def inlined(function: F) -> F:
    """Compile a small function into its callers."""
    compiled: F = numba.njit(forceinline=True, **_OPTIONS)(function)
    return compiled
