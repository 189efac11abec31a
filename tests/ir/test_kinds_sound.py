"""What kinds promise: shifting a group of tickets, or renaming threads, commutes with what a thread does.

Random straight programs, of operations that keep tickets and of some that spoil them, run by the reference interpreter.
"""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ir.assembly import assemble

from lockwright.ir.arithmetic import Fault
from lockwright.ir.cells import Cells
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.kinds import Kind, Kinds, Sort, infer_kinds
from lockwright.ir.program import Global, Program, Shape
from lockwright.ir.storage import Image
from lockwright.ir.types import U8, U32, Array, Atomic, Extent, Part, Word

PAIR = Word("Pair", (Part("low", U8, 0), Part("high", U8, 8)), 16)
THREADS = 3
SHAPE = Shape.plain(THREADS)
pytestmark = pytest.mark.slow
MANY = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


class Author:
    """Writes lines of a program; each result is a name that later lines may use."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.results: list[str] = []

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def name(self) -> str:
        return f"r{len(self.lines)}"

    def write(self, code: str, *, is_number: bool = True) -> None:
        name = self.name()
        kind = {"convert": ":u8", "pack": ":Pair"}.get(code.split(maxsplit=1)[0], "")
        self.lines.append(f"{name}{kind} = {code}")
        if is_number:
            self.results.append(name)

    def operand(self) -> str:
        return self.pick(*self.results)


def tickets(author: Author) -> None:
    """Add one operation on tickets."""
    where = author.pick("a", "b", "low", "high")
    number = author.pick("1:u8", "2:u8", "255:u8", "4:u8")
    mask = author.pick("1:u8", "3:u8", "254:u8", "252:u8", "240:u8")
    one, other = author.operand(), author.operand()
    write = author.write
    match author.draw(st.integers(0, 13)):
        case 0 | 1:
            write(f"atomic_load @relaxed {where}")
        case 2 | 3:
            write(f"{author.pick('fetch_add', 'fetch_sub')} @relaxed {where} {number}")
        case 4:
            write(f"{author.pick('fetch_or', 'fetch_and')} @relaxed {where} {mask}")
        case 5:
            write(f"exchange @relaxed {where} {one}")
        case 6:
            write(f"compare_exchange @relaxed @relaxed {where} {one} {other}")
        case 7:
            write(f"{author.pick('add', 'sub')} {one} {author.pick(number, number, other)}")
        case 9:
            write(f"{author.pick('and', 'or')} {one} {mask}")
        case 8 | 10:
            write(f"{author.pick('eq', 'ne')} {one} {other}", is_number=False)
            write(f"convert {author.lines[-1].split()[0]}")
        case 11:
            write(f"{author.pick('fetch_add', 'fetch_sub')} @relaxed w {author.pick('step', 'both')}", is_number=False)
            write(f"part @{author.pick('low', 'high')} {author.lines[-1].split()[0]}")
        case 12:
            write(f"pack {one} {other}", is_number=False)
            write(f"exchange @relaxed w {author.lines[-1].split(':')[0]}", is_number=False)
            write(f"part @high {author.lines[-1].split()[0]}")
        case _:
            write(f"{author.pick('lt', 'ge')} {one} {other}", is_number=False)
            write(f"convert {author.lines[-1].split()[0]}")


def threads(author: Author) -> None:
    """Add one operation on the numbers of threads."""
    one, other = author.operand(), author.operand()
    write = author.write
    match author.draw(st.integers(0, 8)):
        case 0:
            write(author.pick("thread", "exchange @relaxed holder me"))
        case 1 | 2:
            write("atomic_load @relaxed holder")
        case 3:
            write(f"exchange @relaxed holder {author.pick(one, 'me', '4294967295:u32', '1:u32')}")
        case 4:
            write(f"compare_exchange @relaxed @relaxed holder {one} {other}")
        case 5:
            write(f"element array {one}", is_number=False)
            write(f"exchange @relaxed {author.lines[-1].split()[0]} {other}")
        case 6:
            write(f"element array {author.pick(one, 'me')}", is_number=False)
            write(f"atomic_load @relaxed {author.lines[-1].split()[0]}")
        case 7:
            write(f"element counts {author.pick(one, 'me')}", is_number=False)
            write(f"fetch_add @relaxed {author.lines[-1].split()[0]} 1:u32", is_number=False)
        case _:
            write(f"add {author.pick(one, 'me')} {author.pick('0:u32', '1:u32')}")


def program(lines: list[str], results: list[str], kind: str) -> Program:
    """Return a program of one worker that stores its results at the end."""
    made = Program("kinds")
    made.globals = {
        "a": Global("a", Atomic(U8)),
        "b": Global("b", Atomic(U8)),
        "w": Global("w", Atomic(PAIR)),
        "holder": Global("holder", Atomic(U32)),
        "array": Global("array", Array(Atomic(U32), Extent.THREADS)),
        "counts": Global("counts", Array(Atomic(U32), Extent.THREADS)),
    }
    first = [f"{name} = root @{name}" for name in made.globals]
    first += ["low = part_address @low w", "high = part_address @high w", "me = thread"]
    first += ["step:Pair = pack 0:u8 1:u8", "both:Pair = pack 1:u8 0:u8"]
    last = []
    for name in results:
        made.globals[f"out_{name}"] = Global(f"out_{name}", U8 if kind == "u8" else U32)
        last += [f"at_{name} = root @out_{name}", f"store at_{name} {name}"]
    assemble(made, "main", "\n".join([*first, *lines, *last, "return"]))
    return made


@st.composite
def programs(draw: st.DrawFn, operation: Callable[[Author], None], kind: str) -> Program:
    author = Author(draw)
    first = (
        ("fetch_add @relaxed a 1:u8", "fetch_sub @relaxed b 2:u8") if kind == "u8" else ("atomic_load @relaxed holder",)
    )
    for code in first:
        author.write(code)
    for _ in range(draw(st.integers(1, 5))):
        operation(author)
    shown = draw(st.lists(st.sampled_from(author.results), max_size=1))
    return program(author.lines, list(dict.fromkeys([*shown, author.results[-1]])), kind)


def run(one: Program, memory: list[int], thread: int) -> list[int] | None:
    """Return the memory that a thread leaves, None if it faults."""
    image = Image(list(memory), {})
    try:
        Interpreter(Cells(one, SHAPE), image, thread=thread).call("main")
    except Fault:
        return None
    return image.memory


def shifted(kind: Kind, value: int, group: int, by: int) -> int:
    if kind.sort is Sort.TICKET and kind.group == group:
        return (value + by) & 255
    if kind.sort is Sort.WORD:
        parts = ((part, value >> part.shift & (1 << part.bits) - 1) for part in kind.parts)
        return sum(shifted(part.kind, bits, group, by) << part.shift for part, bits in parts)
    return value


@given(programs(tickets, "u8"), st.data())
@MANY
def test_shifting_a_group_of_tickets_changes_nothing_else(one: Program, data: st.DataObject) -> None:
    kinds: Kinds = infer_kinds(one)
    cells = Cells(one, SHAPE)
    of_cells = kinds.cells(cells)
    memory = [0] * cells.size
    for name in ("a", "b"):
        memory[cells.root[name]] = data.draw(st.sampled_from((0, 1, 254, 255)))
    memory[cells.root["w"]] = data.draw(st.sampled_from((0, 255, 257, 65535)))
    left = run(one, memory, 0)
    assert left is not None
    for number, group in enumerate(kinds.groups):
        by = data.draw(st.sampled_from((1, 2, 3, 255))) << group.low_bits & 255
        moved = [shifted(kind, value, number, by) for kind, value in zip(of_cells, memory, strict=True)]
        expected = [shifted(kind, value, number, by) for kind, value in zip(of_cells, left, strict=True)]
        assert run(one, moved, 0) == expected


def renamed(one: Program, kinds: Kinds, memory: list[int], names: list[int]) -> list[int]:
    """Return the memory after thread t is called names[t]."""
    cells = Cells(one, SHAPE)
    values = [
        names[value] if kind.sort is Sort.THREAD and value < THREADS else value
        for kind, value in zip(kinds.cells(cells), memory, strict=True)
    ]
    moved = list(values)
    shared = [cells.root[name] for _, name in kinds.shared_arrays]
    for region in (one for one in cells.regions if one.base not in shared):
        for index in range(region.count):
            moved[region.base + names[index]] = values[region.base + index]
    return moved


@given(programs(threads, "u32"), st.permutations(range(THREADS)), st.integers(0, THREADS - 1), st.data())
@MANY
def test_renaming_threads_changes_nothing_else(
    one: Program, names: list[int], thread: int, data: st.DataObject
) -> None:
    kinds = infer_kinds(one)
    if kinds.told_apart:
        return
    cells = Cells(one, SHAPE)
    memory = [0] + [data.draw(st.sampled_from((0, 1, 2, 2**32 - 1))) for _ in range(cells.size - 1)]
    for name in ("a", "b", "w"):
        memory[cells.root[name]] = 0
    left = run(one, memory, thread)
    after = run(one, renamed(one, kinds, memory, names), names[thread])
    assert after == (None if left is None else renamed(one, kinds, left, names))
