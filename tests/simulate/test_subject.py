"""Which fields of a lock share a cache line, and who writes them."""

from __future__ import annotations

from lockwright.ir.program import Shape
from lockwright.language.compile import compile_contention, compile_text
from lockwright.simulate.subject import ACQUIRE, RELEASE, in_one_line, written

SHAPE = Shape((0, 1), (0, 0), (0,))
APART = """from lockwright.language import Atomic, Lock, field, u16


class Apart(Lock):
    owner: Atomic[u16]
    next: Atomic[u16] = field(align=64)

    def lock(self) -> None:
        self.next.store(1)

    def unlock(self) -> None:
        self.owner.store(1)
"""


def test_a_ticket_lock_lies_in_one_line_which_arrivals_and_releases_write() -> None:
    program = compile_contention("ticket")
    assert in_one_line(program, SHAPE, 64) == (("owner", "next"), ())
    assert written(program, ACQUIRE) == ("next",)
    assert written(program, RELEASE) == ("owner",)


def test_a_write_behind_a_branch_is_none_that_always_happens() -> None:
    assert written(compile_contention("mcs"), ACQUIRE) == ("tail",)  # the exchange
    assert written(compile_contention("mcs"), RELEASE) == ()  # only where nobody is behind
    assert written(compile_contention("tas"), ACQUIRE) == ("held",)  # in the condition of the loop


def test_fields_apart_are_not_in_one_line() -> None:
    program = compile_text(APART, harness="contention")
    assert in_one_line(program, SHAPE, 64) == ((), ())
    assert in_one_line(program, SHAPE, 128)[0] == ("owner", "next")


def test_data_beside_the_lock_is_told() -> None:
    program = compile_contention("ticket", "mutual_exclusion")
    assert in_one_line(program, SHAPE, 64) == (("owner", "next"), ("counter",))


def test_a_whole_program_has_no_subject() -> None:
    assert in_one_line(compile_contention("fetch_and_add"), SHAPE, 64) == ((), ())
