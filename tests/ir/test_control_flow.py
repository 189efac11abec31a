"""Dominators, loops, liveness, dead code and tidying, on small functions."""

import pytest
from tests.ir.assembly import assemble

from lockwright.ir.control_flow import ControlFlow
from lockwright.ir.counting import counting_tests
from lockwright.ir.dead_code import remove_dead_code
from lockwright.ir.liveness import Liveness, members
from lockwright.ir.program import Function, Global, Program
from lockwright.ir.tidy import tidy
from lockwright.ir.types import U8, U32, Array, Atomic


def function(text: str) -> Function:
    program = Program("test")
    program.globals = {
        "held": Global("held", Atomic(U8)),
        "plain": Global("plain", U32),
        "array": Global("array", Array(U32, 4)),
    }
    return assemble(program, "worker", text)


DIAMOND = """
        plain = root @plain
        x = load plain
        big = gt x 7:u32
        branch @left @right big
    left:
        jump @joined
    right:
        y = add x 1:u32
        jump @joined
    joined:
        return
    lost:
        jump @joined
"""

NESTED = """
        i = copy 0:u32
    outer:
        j = copy 0:u32
    inner:
        j = add j 1:u32
        more = lt j 4:u32
        branch @inner @after more
    after:
        i = add i 1:u32
        again = lt i 4:u32
        branch @outer @done again
    done:
        return
"""


def test_both_sides_are_dominated_by_the_branch_and_neither_dominates_the_join() -> None:
    flow = ControlFlow(function(DIAMOND))
    assert flow.immediate_dominators == {"entry": "entry", "left": "entry", "right": "entry", "joined": "entry"}
    assert flow.dominates("entry", "joined")
    assert not flow.dominates("left", "joined")


def test_unreachable_blocks_are_not_there() -> None:
    flow = ControlFlow(function(DIAMOND))
    assert "lost" not in flow.order
    assert sorted(flow.predecessors["joined"]) == ["left", "right"]


def test_inner_loops_come_first() -> None:
    loops = ControlFlow(function(NESTED)).loops
    assert [loop.header for loop in loops] == ["inner", "outer"]
    assert loops[0].exits == (("inner", "after"),)
    assert loops[1].blocks == {"outer", "inner", "after"}
    assert loops[1].latches == ("after",)


def test_a_register_is_live_from_its_writing_to_its_last_reading() -> None:
    one = function(DIAMOND)
    live = Liveness(one)
    names = [register.name for register in one.registers]
    assert [names[index] for index in members(live.before("entry", 2))] == ["x"]
    assert [names[index] for index in members(live.at_entry["right"])] == ["x"]
    assert live.at_entry["joined"] == 0
    assert live.after("right", 0) == 0


def test_a_counter_is_live_all_round_its_loop() -> None:
    one = function(NESTED)
    live = Liveness(one)
    names = [register.name for register in one.registers]
    assert [names[index] for index in members(live.at_entry["inner"])] == ["i", "j"]


def test_what_is_computed_for_nothing_goes_and_what_may_fault_stays() -> None:
    one = function("""
        plain = root @plain
        array = root @array
        x = load plain
        sum = add x 1:u32
        half = div sum 2:u32
        inside = element array 3:u32
        rest = mod x x
        outside = element array 4:u32
        shifted = shl x 40:u32
        return
    """)
    left = [instruction.op for instruction in remove_dead_code(one).blocks[0].instructions]
    assert left == ["root", "root", "load", "mod", "element", "shl", "return"]


def test_registers_that_only_feed_each_other_go() -> None:
    one = function("""
        limit = copy 1:u32
        plain = root @plain
    again:
        limit = mul limit 2:u32
        x = load plain
        stop = eq x 0:u32
        branch @done @again stop
    done:
        return
    """)
    assert "mul" not in [i.op for block in remove_dead_code(one).blocks for i in block.instructions]


def test_a_value_that_is_overwritten_unread_goes() -> None:
    one = function("""
        plain = root @plain
        x = copy 1:u32
        x = copy 2:u32
        store plain x
        return
    """)
    assert [i.op for i in remove_dead_code(one).blocks[0].instructions] == ["root", "copy", "store", "return"]


def test_tidying_joins_straight_lines_and_drops_decided_branches() -> None:
    one = tidy(
        function("""
        plain = root @plain
        branch @yes @no 1:bool
    yes:
        jump @more
    more:
        store plain 1:u32
        jump @last
    no:
        store plain 2:u32
        jump @last
    last:
        return
    """)
    )
    assert [[i.op for i in block.instructions] for block in one.blocks] == [["root", "store", "return"]]


def test_an_endless_loop_of_nothing_stays() -> None:
    one = tidy(function("jump @a\n a:\n jump @b\n b:\n jump @a"))
    assert ControlFlow(one).loops


@pytest.mark.parametrize(
    ("step", "test", "counts"),
    [
        ("add i 1:u32", "lt i n", True),
        ("add i 1:u32", "ne i n", True),
        ("sub i 1:u32", "gt i 0:u32", True),
        ("add i 4294967295:u32", "ne i 0:u32", True),
        ("add i 2:u32", "lt i 9:u32", True),
        ("sub i 3:u32", "ge i 3:u32", True),
        ("add i 1:u32", "le i 9:u32", True),
        ("add i 1:u32", "gt 9:u32 i", True),
        ("add i 2:u32", "lt i n", False),  # may step over the end of u32
        ("add i 2:u32", "ne i n", False),  # never meets an odd one
        ("add i 1:u32", "le i n", False),  # n may be the greatest
        ("sub i 1:u32", "ge i 0:u32", False),  # always true
        ("sub i 1:u32", "lt i n", False),  # counts the wrong way
        ("add i n", "lt i 9:u32", False),
        ("mul i 2:u32", "lt i 9:u32", False),
        ("add i 1:u32", "lt i i", False),
        ("add i 0:u32", "lt i n", False),
        ("copy i", "lt i n", False),
    ],
)
def test_a_counter_must_run_out(step: str, test: str, counts: bool) -> None:
    one = function(f"""
        plain = root @plain
        n = load plain
        i = copy 0:u32
    again:
        more = {test}
        branch @round @done more
    round:
        i = {step}
        jump @again
    done:
        return
    """)
    flow = ControlFlow(one)
    assert counting_tests(one, flow, flow.loops[0]) == (["again"] if counts else [])


def test_a_counter_that_not_every_round_steps_need_not_run_out() -> None:
    one = function("""
        plain = root @plain
        i = copy 0:u32
    again:
        more = lt i 9:u32
        branch @round @done more
    round:
        x = load plain
        skip = eq x 0:u32
        branch @again @step skip
    step:
        i = add i 1:u32
        jump @again
    done:
        return
    """)
    flow = ControlFlow(one)
    assert counting_tests(one, flow, flow.loops[0]) == []


def test_registers_that_are_copies_of_each_other_are_no_place() -> None:
    one = function("""
        a = root @array
        b = root @array
        b = copy a
        a = copy b
        x = element a 9:u32
        return
    """)
    del one.blocks[0].instructions[:2]
    assert "element" in [i.op for i in remove_dead_code(one).blocks[0].instructions]
