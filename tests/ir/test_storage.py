"""Records, read sections of RCU and the memory after setup."""

import pytest
from tests.ir.running import SHAPE, run
from tests.ir.samples import node_world, ticket_program

from lockwright.ir.arithmetic import Fault
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.cells import Cells
from lockwright.ir.interpreter import Interpreter, prepare, run_setup
from lockwright.ir.program import Constant, Program, Reg
from lockwright.ir.storage import HeapTooSmallError
from lockwright.ir.types import I64, U64
from lockwright.ir.verify import verify


def storage(*steps: str, records: int = 2) -> list[int]:
    """Run steps over the globals `a`, `b`, `c`, which point to nodes; return memory before the pools.

    `a=new` `a=old` (not zeroed) `a=7` `a?` (read) `free a` `rcu a` (with its head) `enter` `leave` `wait`
    """
    program = node_world("a", "b", "c")
    build = FunctionBuilder(program, "main")
    for step in steps:
        _storage_step(build, step)
    build.give_back()
    build.finish()
    interpreter = Interpreter(Cells(verify(program), SHAPE, records))
    interpreter.call("main")
    return interpreter.image.memory[1:4]


def _storage_step(build: FunctionBuilder, step: str) -> None:
    if step in ("enter", "leave"):
        build.do("rcu_read", attributes=(step,))
    elif step == "wait":
        build.do("rcu_synchronize")
    elif step.startswith("free "):
        build.do("free", _pointer(build, step[5:]))
    elif step.startswith("rcu "):
        record = _pointer(build, step[4:])
        build.do("rcu_free", record, build.emit("field", record, attributes=("rcu",)))
    elif step.endswith("?"):
        build.emit("load", build.emit("field", _pointer(build, step[0]), attributes=("value",)))
    else:
        _assign(build, *step.split("="))


def _pointer(build: FunctionBuilder, name: str) -> Reg:
    return build.emit("load", build.emit("root", attributes=(name,)))


def _assign(build: FunctionBuilder, name: str, what: str) -> None:
    if what in ("new", "old"):
        record = build.emit("alloc", Constant(-1, I64), attributes=("Node", int(what == "new")))
        build.do("store", build.emit("root", attributes=(name,)), record)
    elif what in "abc":
        build.do("store", build.emit("root", attributes=(name,)), _pointer(build, what))
    else:
        build.do("store", build.emit("field", _pointer(build, name), attributes=("value",)), Constant(int(what), I64))


def test_records_come_lowest_first_and_again_after_free() -> None:
    assert storage("a=new", "b=new", "c=new") == [4, 7, 0]
    assert storage("a=new", "b=new", "free a", "c=new") == [4, 7, 4]


@pytest.mark.parametrize(("again", "value"), [("new", 0), ("old", 7)])
def test_a_record_is_zeroed_again_unless_declined(again: str, value: int) -> None:
    program = node_world("a")
    build = FunctionBuilder(program, "main", [], I64)
    for step in ("a=new", "a=7", "free a", f"a={again}"):
        _storage_step(build, step)
    build.give_back(build.emit("load", build.emit("field", _pointer(build, "a"), attributes=("value",))))
    build.finish()
    assert run(program) == value


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        (["a=new", "free a", "a?"], "use_after_free"),
        (["a=new", "free a", "a=1"], "use_after_free"),
        (["a=new", "free a", "free a"], "double_free"),
        (["a=new", "b=a", "free a", "free b"], "double_free"),
        (["free a", "a=new"], "null"),
        (["a?", "a=new"], "null"),
        (["a=new", "enter", "rcu a", "rcu a"], "double_free"),
        (["a=new", "enter", "rcu a", "leave", "a?"], "use_after_free"),
        (["a=new", "rcu a", "a?"], "use_after_free"),
        (["a=new", "enter", "wait"], "deadlock"),
    ],
)
def test_misuse_of_records(steps: list[str], fault: str) -> None:
    with pytest.raises(Fault) as caught:
        storage(*steps)
    assert caught.value.kind == fault


def test_a_record_lives_as_long_as_a_read_section() -> None:
    assert storage("a=new", "enter", "enter", "rcu a", "leave", "a?", "a=5", "b=new", "leave", "wait", "c=new") == [
        4,
        7,
        4,
    ]


def test_the_head_of_a_record_that_waits_is_written() -> None:
    program = node_world("a")
    build = FunctionBuilder(program, "main", [], U64)
    for step in ("a=new", "enter", "rcu a"):
        _storage_step(build, step)
    head = build.emit("field", build.emit("field", _pointer(build, "a"), attributes=("rcu",)), attributes=("link",))
    build.give_back(build.emit("load", head))
    build.finish()
    assert run(program) == 2


# Setup.


def setup_program(records: int) -> Program:
    program = node_world("a")
    build = FunctionBuilder(program, "setup")
    for _ in range(records):
        _storage_step(build, "a=new")
    build.give_back()
    build.finish()
    program.setup = "setup"
    return program


def test_pools_hold_what_setup_allocates_and_some_more() -> None:
    cells, image = prepare(verify(setup_program(9)), SHAPE, spare_records=3)
    assert cells.heap["Node"].count == 12
    assert image.is_out == {"Node": [True] * 9 + [False] * 3}
    assert image.memory[cells.root["a"]] == cells.heap["Node"].base + 8 * cells.heap["Node"].stride


def test_allocation_in_setup_never_fails() -> None:
    program = setup_program(3)
    with pytest.raises(HeapTooSmallError, match="Node"):
        run_setup(program, SHAPE, Cells(program, SHAPE, 2))


def test_without_setup_memory_is_zero() -> None:
    program = ticket_program()
    assert run_setup(program, SHAPE, Cells(program, SHAPE)).memory == [0] * 4


def test_an_image_of_its_own() -> None:
    _, image = prepare(setup_program(1), SHAPE)
    copy = image.copy()
    assert copy == image
    copy.memory[1] = 0
    copy.is_out["Node"][0] = False
    assert image.is_out["Node"][0]
    assert image.memory[1] != 0
