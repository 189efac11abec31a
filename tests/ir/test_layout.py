"""Bytes, by the rules of the C ABI; gcc says the same of C structs with these fields."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockwright.ir.layout import Layout
from lockwright.ir.program import Field, Program, Shape, Struct
from lockwright.ir.types import BOOL, I64, U2, U8, U16, U32, U64, Array, Atomic, Extent, Place, Pointer, StructRef, Word

IN_C = {U8: "uint8_t", U16: "uint16_t", U32: "uint32_t", U64: "uint64_t", I64: "int64_t", BOOL: "bool", U2: "uint8_t"}
PAIR = Word("Pair", (), 32)


def layout_of(*structs: Struct) -> Layout:
    return Layout({one.name: one for one in structs}, Shape.plain(3))


def test_padding_and_alignment() -> None:
    one = Struct("One", (Field("a", U8), Field("b", U64), Field("c", U16), Field("line", U8, align=64)), align=128)
    laid = layout_of(one).struct("One")
    assert laid.offsets == {"a": 0, "b": 8, "c": 16, "line": 64}
    assert (laid.size_bytes, laid.align_bytes) == (128, 128)


def test_words_pointers_and_narrow_integers() -> None:
    layout = layout_of()
    sizes = [layout.size(place) for place in (PAIR, Atomic(PAIR), Pointer(PAIR), BOOL, U2, Array(U16, Extent.THREADS))]
    assert sizes == [4, 4, 8, 1, 1, 6]


def test_a_union_begins_at_its_start() -> None:
    union = Struct("U", (Field("small", U8), Field("large", Array(U32, 3)), Field("wide", U64)), is_union=True)
    laid = layout_of(union).struct("U")
    assert set(laid.offsets.values()) == {0}
    assert (laid.size_bytes, laid.align_bytes) == (16, 8)


def test_rows_of_a_printed_layout() -> None:
    inner = Struct("Inner", (Field("x", U8), Field("y", U32)))
    outer = Struct("Outer", (Field("first", U8), Field("many", Array(StructRef("Inner"), 2))))
    rows = list(layout_of(inner, outer).rows(StructRef("Outer"), "outer"))
    assert [(one.depth, one.struct, one.name, one.offset_bytes, one.size_bytes) for one in rows] == [
        (0, "", "outer", 0, 20), (1, "Outer", "first", 0, 1), (1, "Outer", "many", 4, 16),
        (2, "Inner", "x", 4, 1), (2, "Inner", "y", 8, 4),
    ]  # fmt: skip


SCALARS = st.sampled_from(list(IN_C))
FIELDS = st.lists(st.tuples(SCALARS, st.integers(0, 3), st.sampled_from([0, 0, 0, 16, 64])), min_size=1, max_size=6)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc to ask")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=FIELDS, is_union=st.booleans())
def test_gcc_lays_it_out_the_same(tmp_path: Path, fields: list[tuple[Place, int, int]], *, is_union: bool) -> None:
    made, lines = [], []
    for number, (kind, length, align) in enumerate(fields):
        made.append(Field(f"f{number}", Array(kind, length) if length else kind, align))
        aligned, many = f"_Alignas({align}) " if align else "", f"[{length}]" if length else ""
        lines.append(f"{aligned}{IN_C[kind]} f{number}{many};")  # type: ignore[index]
    laid = Layout({"S": Struct("S", tuple(made), is_union=is_union)}, Shape.plain(1)).struct("S")
    wanted = [f'_Static_assert(offsetof(T, {name}) == {at}, "");' for name, at in laid.offsets.items()]
    wanted += [f'_Static_assert(sizeof(T) == {laid.size_bytes} && _Alignof(T) == {laid.align_bytes}, "");']
    keyword = "union" if is_union else "struct"
    heading = "#include <stdint.h>\n#include <stdbool.h>\n#include <stddef.h>\n"
    source = tmp_path / "layout.c"
    source.write_text(f"{heading}typedef {keyword} {{ {' '.join(lines)} }} T;\n" + "\n".join(wanted) + "\n")
    subprocess.run(["gcc", "-std=c11", "-fsyntax-only", str(source)], check=True)


def test_an_empty_struct_takes_a_byte() -> None:
    assert Layout(Program("p", {"E": Struct("E", ())}).structs, Shape.plain(1)).size(StructRef("E")) == 1
