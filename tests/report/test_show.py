"""What `lockwright show` prints of programs made by hand."""

from dataclasses import replace

from tests.ir.samples import node_world, ticket_program

from lockwright.ir.build import FunctionBuilder
from lockwright.ir.program import Constant, Field, Global, Program, Promises, Struct, Worker
from lockwright.ir.table import Order
from lockwright.ir.types import U8, U16, Array, Atomic, Extent, Part, Pointer, StructRef, Word
from lockwright.report.show import show_program

SOURCE = """\
class TicketLock(Lock):
    ...
    owner: Atomic[u16]
    next: Atomic[u16]

    def lock(self) -> None:
        ticket, and then the rest of the lock
"""

LAYOUT = """\
layout in bytes, for 2 threads (lines of 64 bytes)
  offset  size  line  place      type         kind
       0   128     0  workload   Workload
       0     4     0    lock     TicketLock
       0     2     0      owner  atomic<u16>  ticket 0
       2     2     0      next   atomic<u16>  ticket 0
      64     8     1    value    u64          ticket 1
"""

UNLOCK = """\
function TicketLock.unlock(%self: ptr<TicketLock>) role unlock
  registers %1: ptr<atomic<u16>>, %2: u16, %3: u16
  block entry
    %1 = field %self, owner
    %2 = atomic_load %1, relaxed
    %3 = add %2, 1:u16
    atomic_store %1, %3, release
    return"""


def ticket() -> Program:
    return replace(ticket_program(), sources={"workloads/counter.py": "not this", "locks/ticket.py": SOURCE})


def test_a_lock_is_shown_from_its_source_to_its_instructions() -> None:
    shown = show_program(ticket())
    assert shown.startswith(
        "ticket: promises mutual exclusion only\n\nlocks/ticket.py\n  1 | class TicketLock(Lock):\n"
    )
    assert f"\n{LAYOUT}\n" in shown
    assert shown.endswith(UNLOCK)


def test_the_source_line_stands_above_what_it_became() -> None:
    line = "    # 7 | ticket, and then the rest of the lock\n    %1 = field %self, next\n"
    assert line in show_program(ticket())
    assert show_program(ticket()).count("    # 7 |") == 1


def test_what_is_not_the_lock_is_left_out() -> None:
    shown = show_program(ticket())
    assert "not this" not in shown
    assert "function worker" not in shown


def test_kinds_and_waiting_are_told() -> None:
    shown = show_program(ticket())
    assert "  ticket 0: TicketLock.next, TicketLock.owner (modulo 2^16)\n" in shown
    assert "  locals, ticket 0: ticket\n" in shown
    assert "  threads that do the same are interchangeable\n" in shown
    assert "\nwaiting\n  locks/ticket.py:7:9: until " in shown


def test_promises() -> None:
    promised = replace(ticket(), promises=Promises(fifo=True, numa=True))
    assert show_program(promised).startswith("ticket: promises fifo, numa\n")


def test_a_whole_program_is_shown_whole() -> None:
    program = replace(ticket(), subject=())
    shown = show_program(program)
    assert "workloads/counter.py\n  1 | not this\n" in shown
    assert "function worker()" in shown


def test_nothing_to_wait_for() -> None:
    program = Program("store", globals={"x": Global("x", Atomic(U8))})
    build = FunctionBuilder(program, "run")
    build.do("atomic_store", build.emit("root", attributes=("x",)), Constant(1, U8), attributes=(Order.RELAXED,))
    build.give_back()
    build.finish()
    program.workers = [Worker("run")]
    assert "\n\nno waiting\n\n" in show_program(program)


def test_words_unions_arrays_and_pointers_have_their_kinds() -> None:
    tickets = Word("Tickets", (Part("head", U8, 0), Part("tail", U8, 8)), 16)
    program = node_world("head")
    program.structs["Either"] = Struct(
        "Either", (Field("word", Atomic(tickets)), Field("all", Atomic(U16))), is_union=True
    )
    program.globals |= {
        "either": Global("either", StructRef("Either")),
        "links": Global("links", Array(Pointer(StructRef("Node")), Extent.THREADS)),
    }
    rows = [line.split()[3:] for line in show_program(program).splitlines() if line.startswith("   ")]
    assert ["either", "Either", "union"] in rows
    assert ["head", "ptr<Node>", "pointer"] in rows
    assert ["links", "array<ptr<Node>,", "threads>", "pointer"] in rows
