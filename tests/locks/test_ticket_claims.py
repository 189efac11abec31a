"""What the three clean-ups of the x86 ticket lock in Linux 3.2 rest on, each as a check.

Source: Linux 2994488fe5bb (one `xadd` for all widths), c576a3ea905c (the loop in C), 5fd862f1ed6c (their merge).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lockwright.check.search import Settings, check
from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_target, compile_text
from lockwright.language.modules import PACKAGE

LINUX_TICKET = (PACKAGE / "locks" / "linux_ticket.py").read_text()


def states(lock: str, model: str, acquisitions: int | None) -> int:
    settings = Settings(threads=3, acquisitions=(acquisitions,), models=(model,))
    (run,) = check(compile_target(lock), settings).runs
    assert run.verdict == "proved"
    return run.states


def edited(old: str, new: str) -> str:
    assert LINUX_TICKET.count(old) == 1
    return LINUX_TICKET.replace(old, new)


@pytest.mark.parametrize("model", ["sc", "tso", "c11"])
@pytest.mark.parametrize("acquisitions", [2, None])
@pytest.mark.parametrize(
    ("one_source", "assembly"),
    [("linux_ticket[u8]", "linux_ticket_2008"), ("linux_ticket[u16]", "linux_ticket_2008_wide")],
)
def test_one_source_does_what_each_of_the_two_in_assembly_did(
    one_source: str, assembly: str, acquisitions: int | None, model: str
) -> None:
    assert states(one_source, model, acquisitions) == states(assembly, model, acquisitions)


def test_without_acquire_the_critical_section_leaks_out_of_the_loop() -> None:
    """x86 does not move the section up, but a compiler may: `barrier()` behind the loop keeps it from that."""
    text = edited("head = self.tickets.head.load(acquire)", "head = self.tickets.head.load(relaxed)")
    settings = Settings(threads=2, acquisitions=(2,), models=("sc", "tso", "c11"), cures=False)
    result = check(compile_text(text), settings)
    assert [result.verdict_of(model) for model in ("sc", "tso", "c11")] == ["proved", "proved", "fault"]
    assert [fault.kind for fault in result.faults] == ["data_race"]


@pytest.mark.parametrize("lock", ["linux_ticket[u2]", "ticket[u2]"])
@pytest.mark.parametrize("acquisitions", [1, None])
def test_tickets_of_two_bits_are_enough_for_four_contenders(lock: str, acquisitions: int | None) -> None:
    settings = Settings(threads=4, acquisitions=(acquisitions,), models=("sc", "tso"))
    assert check(compile_target(lock), settings).verdict == "proved"


@pytest.mark.parametrize("lock", ["linux_ticket[u2]", "ticket[u2]"])
def test_and_too_few_for_five(lock: str) -> None:
    settings = Settings(threads=5, acquisitions=(1,), models=("sc",), cures=False)
    (fault,) = check(compile_target(lock), settings).faults
    assert fault.kind == "two_holders"


def test_a_tail_in_the_low_half_carries_into_the_head() -> None:
    """Two threads are enough: when the tail wraps, the head goes up by one, and serves a ticket nobody was to have."""
    narrow = edited('TypeVar("Ticket", u16, u8, u2)', 'TypeVar("Ticket", u2, u16, u8)')
    halves = [line for line in narrow.splitlines(keepends=True) if line.startswith(("    head:", "    tail:"))]
    settings = Settings(threads=2, acquisitions=(4,), models=("sc",), cures=False)
    (fault,) = check(compile_text(narrow.replace("".join(halves), "".join(reversed(halves)))), settings).faults
    assert fault.kind == "two_holders"
    assert check(compile_text(narrow), settings).verdict == "proved"


@pytest.mark.parametrize(
    ("size", "code"),
    [("u24", "L012"), ("u128", "L012"), ("u32", "L033"), ("int", "L005")],
)
def test_an_operand_size_that_does_not_exist_is_refused_when_compiled(size: str, code: str) -> None:
    """The kernel's `xadd` of another size used to be a link error: `__xadd_wrong_size`."""
    text = f"""
from lockwright.language import Workload, running
from lockwright.locks.linux_ticket import LinuxTicketLock
{f"from lockwright.language import {size}" if size == "u32" else ""}

class Uses(Workload):
    inner: LinuxTicketLock[{size}]

    def each_thread(self) -> None:
        while running():
            with self.inner:
                pass
"""
    with pytest.raises(LockwrightError) as raised:
        compile_text(text)
    assert [one.code for one in raised.value.diagnostics] == [code]


def test_reading_the_lock_and_the_ticket_of_a_waiter_in_two_loads_loses_a_wakeup() -> None:
    """Even though the waiter writes them in the right order: a handler comes in between the two loads."""
    file = Path(PACKAGE) / "gallery" / "sources" / "p6" / "separate.py"
    result = check(compile_target(str(file)), Settings(models=("sc",), acquisitions=(1,), cures=False))
    assert [fault.kind for fault in result.faults] == ["lost_wakeup"]
