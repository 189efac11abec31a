"""Programs as text: what is printed is read back, and a mistake in a text is one message with its line."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ir.samples import everything, ticket_program
from tests.strategies import concurrent_programs, single_threaded_programs

from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.ir.inline import inline
from lockwright.ir.program import Program
from lockwright.ir.text import print_program
from lockwright.ir.text_reader import TextError, read_program

SLOW_TO_DRAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TICKET = """\
program ticket
subject workload, lock
struct TicketLock lock
  owner: atomic<u16>
  next: atomic<u16>
struct Workload
  lock: TicketLock
  value: u64 align 64
global workload: Workload
worker worker
function TicketLock.lock(%self: ptr<TicketLock>) role lock
  registers %1: ptr<atomic<u16>>, %ticket: u16, %3: ptr<atomic<u16>>, %4: u16, %5: bool
  block entry
    %1 = field %self, next
    %ticket = fetch_add %1, 1:u16, relaxed
    jump again
  block again
    %3 = field %self, owner
    %4 = atomic_load %3, acquire
    %5 = eq %4, %ticket
    branch %5, done, wait
  block wait
    pause
    jump again
  block done
    return
"""


def without_spans(program: Program) -> Program:
    """Return what a text without spans and sources keeps."""
    functions = {
        name: replace(
            one,
            span=NOWHERE,
            blocks=[
                replace(block, instructions=[replace(step, span=NOWHERE, inlined=()) for step in block.instructions])
                for block in one.blocks
            ],
        )
        for name, one in program.functions.items()
    }
    structs = {
        name: replace(one, fields=tuple(replace(field, span=NOWHERE) for field in one.fields))
        for name, one in program.structs.items()
    }
    places = {name: replace(one, span=NOWHERE) for name, one in program.globals.items()}
    return replace(program, functions=functions, structs=structs, globals=places, sources={}, imports={})


def test_a_lock_is_printed_as_a_person_would_write_it() -> None:
    assert print_program(ticket_program(), spans=False).startswith(TICKET)


def test_everything_that_a_program_may_have_is_read_back() -> None:
    program = everything()
    assert read_program(print_program(program)) == program


def test_without_spans_and_sources_the_rest_is_read_back() -> None:
    program = inline(ticket_program())
    assert program != without_spans(program)
    assert read_program(print_program(program, spans=False, sources=False)) == without_spans(program)


def test_chains_of_calls_are_read_back() -> None:
    program = inline(ticket_program())
    again = read_program(print_program(program))
    assert again == program
    chains = {one.inlined for block in again.functions["worker"].blocks for one in block.instructions}
    assert any(chain and chain[0].function == "TicketLock.lock" for chain in chains)


@SLOW_TO_DRAW
@given(single_threaded_programs(calls=True))
def test_random_functions_are_read_back(program: Program) -> None:
    assert read_program(print_program(program)) == program


@SLOW_TO_DRAW
@given(concurrent_programs(words=True, waits=True))
def test_random_threads_are_read_back(program: Program) -> None:
    assert read_program(print_program(program)) == program


@given(st.text(), st.text(), st.builds(Span, st.text(), *(st.integers(0, 999) for _ in range(4))), st.text(min_size=1))
def test_any_names_and_spans_are_read_back(name: str, label: str, span: Span, register: str) -> None:
    program = ticket_program()
    program.name = name
    function = program.functions["worker"]
    function.blocks[0].label = label
    function.blocks[0].instructions[0] = replace(function.blocks[0].instructions[0], span=span)
    function.registers[0].name = register
    program.sources[name] = label
    assert read_program(print_program(program)) == program


@pytest.mark.parametrize(
    ("line", "wrong", "problem"),
    [
        (15, "    %ticket = fetchadd %1, 1:u16, relaxed", "the table has no instruction `fetchadd`"),
        (15, "    %ticket = fetch_add %1, 1:u16, loose", "there is no order `loose`"),
        (15, "    %ticket = fetch_add %17, 1:u16, relaxed", "there is no register `%17`"),
        (15, "    %ticket = fetch_add %1, 1:u16, relaxed, again", "`fetch_add` has no attribute for `again`"),
        (15, "    %ticket = fetch_add %1 1:u16, relaxed", "`1` is too much"),
        (15, "    %ticket = fetch_add %1, 1:TicketLock, relaxed", "`TicketLock` is no type of a value"),
        (15, "    %ticket fetch_add %1, 1:u16, relaxed", "`fetch_add` stands where `=` should"),
        (15, "    %ticket = fetch_add ?, 1:u16, relaxed", "`?, 1:u16, relaxed` is not understood"),
        (14, "    %1 = field %self, next ; 0:1:1-1:2", "there is no file 0"),
        (4, "  owner: atomic<u16", "the line ends where `>` should stand"),
        (9, "globl workload: Workload", "`globl` begins no line"),
        (13, "  block entry extra", "`extra` is too much"),
    ],
)
def test_a_mistake_is_one_message_with_its_line(line: int, wrong: str, problem: str) -> None:
    lines = TICKET.splitlines()
    lines[line - 1] = wrong
    with pytest.raises(TextError) as caught:
        read_program("\n".join(lines))
    assert (caught.value.line, caught.value.problem) == (line, problem)


def test_the_line_of_a_mistake_counts_from_one() -> None:
    with pytest.raises(TextError, match=r"^line 3: `oops` begins no line$"):
        read_program("program p\n# a comment\noops\n")
