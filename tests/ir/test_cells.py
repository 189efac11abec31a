"""Cells: every scalar once, fields behind their struct, arrays by their length, unions sharing what they overlay."""

import pytest

from lockwright.ir.build import FunctionBuilder
from lockwright.ir.cells import Cells, Region
from lockwright.ir.overlays import OverlayError
from lockwright.ir.program import Constant, Field, Global, Program, Shape, Struct
from lockwright.ir.types import (
    I64,
    U8,
    U16,
    U32,
    U64,
    Array,
    Atomic,
    Extent,
    Part,
    Place,
    Pointer,
    StructRef,
    Word,
)  # fmt: skip

THREE = Shape.plain(3)
NODE = StructRef("Node")
TICKETS = Word("Tickets", (Part("head", U8, 0), Part("tail", U8, 8)), 16)


def program_of(structs: list[Struct], **places: Place) -> Program:
    return Program(
        "test", {one.name: one for one in structs}, {name: Global(name, place) for name, place in places.items()}
    )


def mcs() -> Program:
    node = Struct("Node", (Field("next", Atomic(Pointer(NODE))), Field("locked", Atomic(U8))))
    lock = Struct("Lock", (Field("tail", Atomic(Pointer(NODE))),), is_lock=True)
    work = Struct("Work", (Field("lock", StructRef("Lock")), Field("value", U64)))
    return program_of([node, lock, work], workload=StructRef("Work"), nodes=Array(NODE, Extent.THREADS))


def test_names_are_those_of_a_person() -> None:
    cells = Cells(mcs(), THREE)
    names = ["null", "lock.tail", "value"] + [f"nodes[{i}].{name}" for i in range(3) for name in ("next", "locked")]
    assert [one.name for one in cells.cells] == names
    assert [cells.describe(address) for address in range(cells.size)] == names


def test_looking_up_one_cell_is_looking_through_all() -> None:
    cells = Cells(mcs(), THREE)
    assert [cells.cells[address] for address in range(len(cells.cells))] == list(cells.cells)
    assert cells.cells[-1] == cells.cells[cells.size - 1]
    assert cells.cells[1:3] == list(cells.cells)[1:3]
    with pytest.raises(IndexError):
        cells.cells[cells.size]


def test_what_begins_at_an_address_has_a_name_too() -> None:
    cells = Cells(mcs(), THREE)
    assert cells.describe(cells.root["nodes"] + 2, NODE) == "nodes[1]"
    assert cells.describe(cells.root["workload"], StructRef("Lock")) == "lock"
    assert cells.describe(cells.root["workload"], StructRef("Work")) == "workload"
    assert cells.describe(cells.root["nodes"], Array(NODE, Extent.THREADS)) == "nodes"
    assert cells.describe(0, NODE) == "null"


def test_arrays_by_extent_are_regions() -> None:
    cells = Cells(mcs(), THREE)
    assert cells.regions == [Region("nodes", 3, 2, 3, index=Extent.THREADS)]


def test_regions_within_regions() -> None:
    inner = Struct("Inner", (Field("pad", U8), Field("per_cpu", Array(U8, Extent.CPUS))))
    cells = Cells(program_of([inner], grid=Array(StructRef("Inner"), 2)), Shape((0, 1), (0, 0, 0)))
    assert [(one.name, one.base, one.stride, one.count) for one in cells.regions] == [
        ("grid[0].per_cpu", 2, 1, 3),
        ("grid[1].per_cpu", 6, 1, 3),
    ]


def test_an_empty_struct_has_an_address_of_its_own() -> None:
    cells = Cells(program_of([Struct("Nothing", ())], one=StructRef("Nothing"), two=StructRef("Nothing")), THREE)
    assert cells.root == {"one": 1, "two": 2}


def test_pools_follow_the_globals() -> None:
    program = mcs()
    build = FunctionBuilder(program, "make")
    build.emit("alloc", Constant(0, U32), attributes=("Node", 1))
    build.give_back()
    build.finish()
    cells = Cells(program, THREE, heap_records=2)
    assert cells.heap == {"Node": Region("Node", 9, 2, 2, heap="Node")}
    assert cells.regions[-1] == cells.heap["Node"]
    assert cells.describe(12) == "Node#1.locked"
    assert cells.describe(11, NODE) == "Node#1"
    assert Cells(program, THREE, heap_records={"Node": 5}).size == cells.size + 6


# Unions.


def test_fields_of_equal_size_share_a_cell() -> None:
    other = Word("Byte", (Part("held", U8, 0), Part("spinners", U8, 8)), 16)
    either = Struct("Either", (Field("tickets", Atomic(TICKETS)), Field("byte", Atomic(other))), is_union=True)
    cells = Cells(program_of([either], lock=StructRef("Either")), THREE)
    assert [one.name for one in cells.cells] == ["null", "lock.tickets"]
    assert cells.place("Either", "byte").is_whole
    assert cells.narrow == frozenset()


def test_a_narrow_field_is_some_bits_of_a_cell() -> None:
    halves = Struct("Halves", (Field("low", Atomic(U16)), Field("high", Atomic(U16)), Field("more", U64)))
    either = Struct("Either", (Field("all", Atomic(U32)), Field("halves", StructRef("Halves"))), is_union=True)
    program = program_of([halves, either], lock=StructRef("Either"), alone=StructRef("Halves"))
    cells = Cells(program, THREE)
    assert [(one.name, str(one.type), one.is_atomic) for one in cells.cells][1:] == [
        ("lock.all", "u32", True), ("lock.halves.more", "u64", False),
        ("alone.low", "u32", True), ("alone.more", "u64", False),
    ]  # fmt: skip
    low, high = cells.place("Halves", "low"), cells.place("Halves", "high")
    assert (low.offset, low.shift, low.bits, low.is_whole) == (0, 0, 16, False)
    assert (high.offset, high.shift, high.bits, high.is_whole) == (0, 16, 16, False)
    assert cells.narrow == {U16}


def test_the_union_of_the_timer_bug() -> None:
    timer = Struct("HrTimer", (Field("expires", U64), Field("state", U8)))
    head = Struct("RcuHead", (Field("next", U64), Field("function", U64)))
    it = Struct("It", (Field("real", StructRef("HrTimer")), Field("rcu", StructRef("RcuHead"))), is_union=True)
    outer = Struct("Timer", (Field("it", StructRef("It")), Field("owner", Atomic(U16))))
    cells = Cells(program_of([timer, head, it, outer], timer=StructRef("Timer")), THREE)
    assert [one.name for one in cells.cells][1:] == ["timer.it.real.expires", "timer.it.real.state", "timer.owner"]
    assert str(cells.cells[2].type) == "u64"
    assert cells.place("HrTimer", "state").bits == 8
    assert cells.offset("RcuHead", "function") == 1


def test_arrays_that_fit_are_overlaid() -> None:
    either = Struct("Either", (Field("words", Array(U32, 2)), Field("others", Array(Atomic(U32), 2))), is_union=True)
    cells = Cells(program_of([either], lock=StructRef("Either")), THREE)
    assert [one.name for one in cells.cells][1:] == ["lock.words[0]", "lock.words[1]"]


@pytest.mark.parametrize("narrow", [Array(U8, 4), StructRef("Late")], ids=["elements", "a struct in the middle"])
def test_overlays_that_no_field_could_tell_apart_are_refused(narrow: Place) -> None:
    byte = Struct("Byte", (Field("value", U8),))
    late = Struct("Late", (Field("first", U8), Field("byte", StructRef("Byte"))))
    either = Struct("Either", (Field("all", Atomic(U32)), Field("narrow", narrow)), is_union=True)
    with pytest.raises(OverlayError):
        Cells(program_of([byte, late, either], lock=StructRef("Either")), THREE)


def test_signed_numbers_keep_their_type() -> None:
    cells = Cells(program_of([], minus=I64), THREE)
    assert cells.cells[1].type == I64


def test_a_large_table_costs_nothing_until_it_is_read() -> None:
    bucket = Struct("Bucket", (Field("lock", Atomic(U8)), Field("count", U64)))
    work = Struct("Work", (Field("first", U8), Field("buckets", Array(StructRef("Bucket"), 10**9)), Field("last", U8)))
    cells = Cells(program_of([bucket, work], workload=StructRef("Work")), THREE)
    assert cells.size == 2 * 10**9 + 3
    assert cells.describe(2 * 10**9 + 1) == "buckets[999999999].count"
    assert cells.describe(2 * 10**9 + 2) == "last"
    assert cells.describe(4, StructRef("Bucket")) == "buckets[1]"


def test_arrays_without_elements_take_no_cells() -> None:
    hole = Struct("Hole", (Field("a", U8), Field("none", Array(U8, 0)), Field("b", U8)))
    cells = Cells(program_of([hole], none=Array(U8, 0), hole=StructRef("Hole")), THREE)
    assert [one.name for one in cells.cells] == ["null", "hole.a", "hole.b"]
    assert [cells.describe(address) for address in range(3)] == ["null", "hole.a", "hole.b"]
