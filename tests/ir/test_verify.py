"""Every rule of the table, broken once: `verify` says which and where."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from tests.ir.samples import everything, ticket_program
from tests.mutants import apply, edits
from tests.strategies import symmetric_programs

from lockwright.ir.program import (
    Attribute,
    Block,
    CallTable,
    Constant,
    Field,
    Function,
    Global,
    Handler,
    Instruction,
    Operand,
    Program,
    Reg,
    Register,
    Struct,
    Worker,
)
from lockwright.ir.table import TABLE, Order
from lockwright.ir.types import (
    BOOL,
    I64,
    U3,
    U8,
    U16,
    U32,
    Array,
    Atomic,
    Part,
    Pointer,
    StructRef,
    Value,
    Word,
)  # fmt: skip
from lockwright.ir.verify import MalformedProgramError, find_problems, verify

PAIR = Word("Pair", (Part("low", U8, 0), Part("high", U8, 8)), 16)
RELAXED = Order.RELAXED
KINDS: tuple[Value, ...] = (
    U8, U16, BOOL, I64, PAIR, Pointer(U8), Pointer(Atomic(U8)), Pointer(Atomic(PAIR)), Pointer(StructRef("S")),
    Pointer(Array(U8, 3)), Pointer(Atomic(Pointer(U8))), U32,
)  # fmt: skip
SMALL, SHORT, TRUTH, SIGNED, WORD, BYTE, ATOM, ATOM_WORD, STRUCT, ARRAY, ATOM_POINTER, WIDE = map(
    Reg, range(len(KINDS))
)


def one_instruction(
    op: str, *operands: Operand, result: int | None = None, attributes: tuple[Attribute, ...] = ()
) -> list[str]:
    """Return what is wrong with an instruction whose registers, one of each kind, are parameters."""
    program = Program(
        "test", {"S": Struct("S", (Field("field", U8),))}, {"g": Global("g", U8), "c": Global("c", Atomic(U8))}
    )
    program.functions["f"] = Function(
        "f", 1, U8, [Register(U8)], [Block("entry", [Instruction("return", None, (Reg(0),))])]
    )
    program.tables["t"] = CallTable("t", "c", {"First": {"go": "f"}})
    step = Instruction(op, result, operands, attributes)
    steps = [step] if op in ("return", "branch", "jump") else [step, Instruction("return")]
    registers = [Register(kind) for kind in KINDS]
    program.functions["test"] = Function("test", len(KINDS), None, registers, [Block("entry", steps)])
    return find_problems(program)


@pytest.mark.parametrize(
    ("op", "operands", "result", "attributes", "problem"),
    [
        ("add", (SMALL, SHORT), 0, (), "operand 1 is `u16`, it should be `u8` as the operand before it"),
        ("add", (SMALL, SMALL), 1, (), "the result is `u16`, it should be `u8`"),
        ("add", (SMALL,), 0, (), "it has 1 operands, not 2"),
        ("add", (SMALL, SMALL), None, (), "the result is nothing, it should be `u8`"),
        ("add", (BYTE, BYTE), 5, (), "operand 0 is `ptr<u8>`, there is no arithmetic on pointers"),
        ("add", (SMALL, Reg(99)), 0, (), "there is no register 99"),
        ("add", (SMALL, Constant(256, U8)), 0, (), "the constant 256 does not fit `u8`"),
        ("add", (SMALL, Constant(-1, U8)), 0, (), "the constant -1 does not fit `u8`"),
        ("eq", (BYTE, Constant(4, Pointer(U8))), 2, (), "the constant 4 does not fit `ptr<u8>`"),
        ("mul", (TRUTH, TRUTH), 2, (), "operand 0 is `bool`, it should be an integer"),
        ("mul", (WORD, WORD), 4, (), "operand 0 is `Pair`, it should be an integer"),
        ("not", (SMALL,), 2, (), "operand 0 is `u8`, it should be `bool`"),
        ("convert", (BYTE,), 0, (), "operand 0 is `ptr<u8>`, there is no arithmetic on pointers"),
        ("convert", (SMALL,), 4, (), "the result is no integer"),
        ("pack", (SMALL, SHORT), 4, (), "the operands are not the parts of `Pair`"),
        ("pack", (SMALL,), 0, (), "the result is no word"),
        ("part", (WORD,), 0, ("middle",), "`Pair` has no part `middle`"),
        ("part", (SMALL,), 0, ("low",), "`u8` is no word"),
        ("root", (), 5, ("h",), "there is no global `h`"),
        ("root", (), 5, (), "it has 0 attributes, not 1"),
        ("root", (), 6, ("g",), "the result is `ptr<atomic<u8>>`, it should be `ptr<u8>`"),
        ("field", (STRUCT,), 5, ("other",), "`S` has no field `other`"),
        ("field", (ARRAY,), 5, ("field",), "`array<u8, 3>` is no struct of the program"),
        ("field", (SMALL,), 5, ("field",), "operand 0 is `u8`, it should be an address"),
        ("element", (STRUCT, SMALL), 5, (), "`S` is no array"),
        ("element", (ARRAY, TRUTH), 5, (), "operand 1 is `bool`, it should be an integer"),
        ("part_address", (ATOM,), 6, ("low",), "`u8` is no word"),
        ("load", (ATOM,), 0, (), "`atomic<u8>` is not a plain value"),
        ("atomic_load", (BYTE,), 0, (RELAXED,), "`u8` is not atomic"),
        ("atomic_load", (ATOM,), 0, (Order.RELEASE,), "the order is `release`, which `atomic_load` does not have"),
        ("atomic_load", (ATOM,), 0, ("relaxed",), "the order is `relaxed`, which `atomic_load` does not have"),
        (
            "atomic_store", (ATOM, SMALL), None, (Order.ACQUIRE,),
            "the order is `acquire`, which `atomic_store` does not have",
        ),
        ("atomic_store", (ATOM, SHORT), None, (RELAXED,), "operand 1 is `u16`, `u8` lies at the address"),
        ("store", (BYTE, SHORT), None, (), "operand 1 is `u16`, `u8` lies at the address"),
        ("fence", (), None, (RELAXED,), "the order is `relaxed`, which `fence` does not have"),
        (
            "compare_exchange", (ATOM, SMALL, SMALL), 0, (RELAXED, Order.RELEASE),
            "the failure is `release`, which `compare_exchange` does not have",
        ),
        (
            "fetch_add", (ATOM_POINTER, BYTE), 5, (RELAXED,),
            "operand 1 is `ptr<u8>`, there is no arithmetic on pointers",
        ),
        ("extent", (), 11, ("threads",), "`threads` is no extent"),
        ("extent", (), 11, ("people",), "`people` is no extent"),
        ("alloc", (SIGNED,), 8, ("T", 1), "there is no struct `T`"),
        ("alloc", (SIGNED,), 8, ("S", 2), "there is no zero `2`"),
        ("mark", (STRUCT,), None, ("lock_middle",), "there is no event `lock_middle`"),
        ("mark", (STRUCT,), None, ("trylock_end",), "it has 1 operands, not 2"),
        ("halt", (), None, ("off",), "there is no interrupts `off`"),
        ("kick", (WIDE,), None, ("loud",), "there is no latch `loud`"),
        ("preemption", (), None, ("enter",), "there is no change `enter`"),
        ("rcu_read", (), None, ("off",), "there is no change `off`"),
        ("raise_interrupt", (WIDE,), None, ("f",), "there is no handler `f`"),
        ("call", (SMALL,), 0, ("g",), "there is no function `g`"),
        ("call", (SHORT,), 0, ("f",), "the arguments do not fit the parameters of `f`"),
        ("call", (SMALL,), 1, ("f",), "the result is `u16`, the function returns `u8`"),
        ("call", (SMALL,), None, ("f",), None),
        ("call_table", (SMALL,), 0, ("t", "stop"), "there is no operation `stop`"),
        ("call_table", (SHORT,), 0, ("t", "go"), "the arguments do not fit the parameters of `f`"),
        ("patch", (), None, ("t", "Second"), "there is no implementation `Second`"),
        ("jump", (), None, ("nowhere",), "there is no block `nowhere`"),
        ("branch", (SMALL,), None, ("entry", "entry"), "operand 0 is `u8`, it should be `bool`"),
        ("return", (SMALL,), None, (), "it returns `u8`, the function nothing"),
        ("fetch_max", (), None, (), "the table has no such entry"),
        ("mark", (STRUCT, TRUTH), None, ("trylock_end",), None),
        ("alloc", (SIGNED,), 8, ("S", 0), None),
    ],
)  # fmt: skip
def test_an_instruction(
    op: str, operands: tuple[Operand, ...], result: int | None, attributes: tuple[Attribute, ...], problem: str | None
) -> None:
    found = one_instruction(op, *operands, result=result, attributes=attributes)
    wanted = [] if problem is None else [f"`test`, block `entry`, instruction 0 (`{op}`): {problem}"]
    assert found == wanted


def test_every_kind_of_operand_and_attribute_is_known() -> None:
    kinds = {kind for entry in TABLE.values() for kind in entry.operands}
    assert kinds == {"int", "bool", "value", "value?", "value*", "same", "address", "pointer", "T", "A"}


def blocks_of(*steps: list[Instruction], result: Value | None = None) -> list[str]:
    program = Program("test")
    blocks = [Block(f"b{number}", block) for number, block in enumerate(steps)]
    program.functions["test"] = Function("test", 0, result, [Register(U8), Register(BOOL, "seen")], blocks)
    return find_problems(program)


LEAVE = Instruction("return")
WRITE = Instruction("running", 1)


def test_blocks_end_in_their_only_jump() -> None:
    assert blocks_of([]) == ["`test`, block `b0`: it is empty"]
    assert blocks_of([Instruction("pause")]) == [
        "`test`, block `b0`, instruction 0 (`pause`): the block ends without a jump"
    ]
    assert blocks_of([LEAVE, LEAVE]) == [
        "`test`, block `b0`, instruction 0 (`return`): a jump stands before the end of its block"
    ]


def test_registers_are_written_on_every_path() -> None:
    choose = Instruction("branch", None, (Reg(1),), ("b1", "b2"))
    use = Instruction("assert", None, (Reg(1),), ("true",))
    unwritten = "register seen is read before it is written on every path"
    assert blocks_of([use, LEAVE]) == [f"`test`, block `b0`, instruction 0 (`assert`): {unwritten}"]
    assert blocks_of([WRITE, choose], [LEAVE], [use, LEAVE]) == []
    other = Instruction("copy", 1, (Constant(1, BOOL),))
    skip = Instruction("branch", None, (Constant(1, BOOL),), ("b1", "b2"))
    after = Instruction("jump", None, (), ("b2",))
    assert blocks_of([skip], [other, after], [use, LEAVE]) == [
        f"`test`, block `b2`, instruction 0 (`assert`): {unwritten}"
    ]


def test_a_loop_may_read_what_it_wrote_the_round_before_only_if_it_was_written_first() -> None:
    back = Instruction("branch", None, (Reg(1),), ("b1", "b2"))
    enter = Instruction("jump", None, (), ("b1",))
    use = Instruction("assert", None, (Reg(1),), ("true",))
    assert len(blocks_of([enter], [use, WRITE, back], [LEAVE])) == 1
    assert blocks_of([WRITE, enter], [use, WRITE, back], [LEAVE]) == []


def test_what_no_path_reaches_is_not_asked() -> None:
    assert blocks_of([LEAVE], [Instruction("assert", None, (Reg(1),), ("true",)), LEAVE]) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"setup": "nobody"}, "setup is `nobody`, which is no function"),
        ({"workers": [Worker("TicketLock.lock")]}, "a worker is `TicketLock.lock`, which has parameters"),
        ({"handlers": [Handler("nobody")]}, "a handler is `nobody`, which is no function"),
        ({"subject": ("nothing",)}, "the subject begins at `nothing`, which is no global"),
        ({"subject": ("workload", "lick")}, "the subject's path stops at `lick`, which is no field of `Workload`"),
        ({"tables": {"t": CallTable("t", "c", {})}}, "table `t` keeps its choice in `c`, which is no atomic global"),
        ({"globals": {"g": Global("g", StructRef("Gone"))}}, "global `g`: there is no struct `Gone`"),
    ],
)  # fmt: skip
def test_declarations(change: dict[str, object], problem: str) -> None:
    assert problem in find_problems(replace(ticket_program(), **change))  # type: ignore[arg-type]


def test_structs_and_words() -> None:
    inside = Struct("Inside", (Field("deeper", Array(StructRef("Inside"), 2)), Field("deeper", U8)))
    overlapping = Word("Odd", (Part("a", U3, 0), Part("b", U8, 2)), 8)
    other = Word("Odd", (), 8)
    program = Program("test", {"Inside": inside}, {"g": Global("g", overlapping), "h": Global("h", Pointer(other))})
    assert find_problems(program) == [
        "struct `Inside` has 2 fields `deeper`",
        "struct `Inside` contains itself",
        "global `g`: the part `b` of `Odd` overlaps another or does not fit",
        "two words are called `Odd`",
    ]


def test_a_good_program_comes_back() -> None:
    program = everything()
    assert verify(program) is program


def test_all_problems_are_told_at_once() -> None:
    program = replace(ticket_program(), setup="nobody", at_rest=["nobody"])
    with pytest.raises(MalformedProgramError) as caught:
        verify(program)
    assert len(caught.value.problems) == 2


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(symmetric_programs())
def test_mutants_are_well_formed_and_different(program: Program) -> None:
    for edit in edits(program):
        mutant = apply(program, edit)
        if mutant is not None:
            assert verify(mutant).functions != program.functions
