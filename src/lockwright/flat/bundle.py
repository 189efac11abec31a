"""Many arrays as one argument of a kernel: a pointer to a table of their addresses and sizes.

A kernel that gets dozens of arrays passes each of them, seven words long, to every function that it calls; to inline
those functions instead takes a minute to compile.  A bundle is one word.  `s.lines` inside a kernel is an array made of
what the table says, which never changes while a kernel runs: the compiler is told so.

Its indices do not wrap around: `s.lines[-1]` lies before the array, not at its end.  To look whether an index is
negative and add the size if so takes a sixth of a simulation's time.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic, models, register_model
from numba.core.imputils import lower_builtin, lower_cast, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.np import arrayobj  # by its name: a digest covers modules of others by name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Field = tuple[str, tuple[int, ...]]
"""The type of the elements, and the sizes of all dimensions but the first; 0: not known before the run."""

FORM = 2
"""Count it up when what is made of a bundle changes: kernels are kept under a digest that does not see it."""

_numba: Any = types
_WORDS = 4  # of the table for each array: its address and up to three dimensions


class Plain(_numba.Array):
    """The type of an array of a bundle: as any other, but its indices never wrap around."""

    def __init__(self, element: Any, dimensions: int) -> None:
        super().__init__(element, dimensions, "C", name=f"plain({element}, {dimensions}d)")

    def copy(
        self, dtype: Any = None, ndim: int | None = None, layout: str | None = None, readonly: bool | None = None
    ) -> Any:
        """Return the type of a part of it."""
        whole = _numba.Array(self.dtype, self.ndim, self.layout)
        return whole.copy(dtype, ndim, layout, readonly)


@register_model(Plain)
class _PlainModel(models.ArrayModel):
    pass


@lower_cast(Plain, types.Array)
def _as_array(context: Any, builder: Any, kind: Any, wanted: Any, array: Any) -> Any:
    del context, builder, kind, wanted
    return array


class BundleType(_numba.Type):
    """The type of a bundle inside kernels; its name and fields tell it apart."""

    def __init__(self, fields: tuple[tuple[str, Field], ...], form: int) -> None:
        self.fields = fields
        super().__init__(name=f"Bundle({form}, {fields})")

    def array(self, name: str) -> tuple[int, Any, tuple[int, ...]] | None:
        """Return the position of a field, its type as an array, and its known sizes."""
        for position, (one, (element, sizes)) in enumerate(self.fields):
            if one == name:
                return position, Plain(getattr(types, element), 1 + len(sizes)), sizes
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


def _unsigned(context: Any, builder: Any, kind: Any, index: Any) -> tuple[Any, Any]:
    """Return an index, and its type, as numbers of which none can be negative."""
    if isinstance(kind, types.Integer):
        return types.uintp, context.cast(builder, index, kind, types.uintp)
    parts: Any = kind if isinstance(kind, types.BaseTuple) else ()
    if not parts or not all(isinstance(one, types.Integer) for one in parts):
        return kind, index
    numbers = [
        context.cast(builder, number, one, types.uintp)
        for number, one in zip(cgutils.unpack_tuple(builder, index), parts, strict=True)
    ]
    wanted = types.UniTuple(types.uintp, len(numbers))
    return wanted, context.make_tuple(builder, wanted, numbers)


def _read(read: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, index = _unsigned(context, builder, signature.args[1], arguments[1])
        return read(context, builder, signature.replace(args=(signature.args[0], kind)), (arguments[0], index))

    return generate


lower_builtin(operator.getitem, Plain, types.Integer)(_read(arrayobj.getitem_arraynd_intp))
lower_builtin(operator.getitem, Plain, types.BaseTuple)(_read(arrayobj.getitem_array_tuple))


@lower_builtin(operator.setitem, Plain, types.Any, types.Any)
def _write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array, place, value = signature.args
    kind, index = _unsigned(context, builder, place, arguments[1])
    known = signature.replace(args=(array, kind, value))
    return arrayobj.setitem_array(context, builder, known, (arguments[0], index, arguments[2]))


def bundled(fields: tuple[tuple[str, Field], ...]) -> Any:
    """Return what makes a bundle of a table, for use in kernels."""

    @intrinsic
    def bundle(typing: Any, table: Any) -> Any:
        del typing

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return arrayobj.make_array(signature.args[0])(context, builder, arguments[0]).data

        return BundleType(fields, FORM)(table), generate

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
