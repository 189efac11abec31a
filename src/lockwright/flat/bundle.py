"""Many arrays as one argument of a kernel: a pointer to a table of their addresses and sizes.

A kernel that gets dozens of arrays passes each of them, seven words long, to every function that it calls; to inline
those functions instead takes a minute to compile.  A bundle is one word.  `s.lines` inside a kernel is an array as any
other, made of what the table says, which never changes while a kernel runs: the compiler is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic, models, register_model
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.np import arrayobj  # by its name: a digest covers modules of others by name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Field = tuple[str, tuple[int, ...]]
"""The type of the elements, and the sizes of all dimensions but the first; 0: not known before the run."""

_numba: Any = types
_WORDS = 4  # of the table for each array: its address and up to three dimensions


class BundleType(_numba.Type):
    """The type of a bundle inside kernels; its name and fields tell it apart."""

    def __init__(self, fields: tuple[tuple[str, Field], ...]) -> None:
        self.fields = fields
        super().__init__(name=f"Bundle({fields})")

    def array(self, name: str) -> tuple[int, Any, tuple[int, ...]] | None:
        """Return the position of a field, its type as an array, and its known sizes."""
        for position, (one, (element, sizes)) in enumerate(self.fields):
            if one == name:
                return position, _numba.Array(getattr(types, element), 1 + len(sizes), "C"), sizes
        return None


@register_model(BundleType)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@infer_getattr
class _Attributes(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, kind: BundleType, name: str) -> Any:  # type: ignore[override] # numba has a placeholder
        found = kind.array(name)
        return None if found is None else found[1]


@lower_getattr_generic(BundleType)
def _array(context: Any, builder: Any, kind: BundleType, pointer: Any, name: str) -> Any:
    found = kind.array(name)
    assert found is not None
    position, array_type, sizes = found
    word = ir.IntType(64)

    def entry(index: int) -> Any:
        place = builder.gep(pointer, [ir.Constant(word, _WORDS * position + index)])
        value = builder.load(place)
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
        return value

    size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    shape = [entry(1), *(ir.Constant(word, one) if one else entry(2 + at) for at, one in enumerate(sizes))]
    strides = [ir.Constant(word, size)]
    for one in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], one))
    array = arrayobj.make_array(array_type)(context, builder)
    data = builder.inttoptr(entry(0), context.get_data_type(array_type.dtype).as_pointer())
    arrayobj.populate_array(
        array,
        data=data,
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=ir.Constant(word, size),
        meminfo=None,
    )
    return array._getvalue()  # noqa: SLF001 - as numba's own code does


def bundled(fields: tuple[tuple[str, Field], ...]) -> Any:
    """Return what makes a bundle of a table, for use in kernels."""

    @intrinsic
    def bundle(typing: Any, table: Any) -> Any:
        del typing

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return arrayobj.make_array(signature.args[0])(context, builder, arguments[0]).data

        return BundleType(fields)(table), generate

    return bundle


def table_of(fields: tuple[tuple[str, Field], ...], arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Return the table of some arrays, which must live as long as it is used."""
    table = np.zeros(_WORDS * len(fields), dtype=np.int64)
    for position, (name, (element, sizes)) in enumerate(fields):
        array = arrays[name]
        assert array.flags.c_contiguous, name
        assert array.dtype == np.dtype(element), (name, array.dtype)
        assert array.ndim == 1 + len(sizes), name
        assert all(size in (0, known) for size, known in zip(sizes, array.shape[1:], strict=True)), name
        table[_WORDS * position] = array.ctypes.data
        table[_WORDS * position + 1 : _WORDS * position + 1 + array.ndim] = array.shape
    return table
