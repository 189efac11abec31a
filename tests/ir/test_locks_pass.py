"""The passes on locks as they are written: what each waits for, what its tickets are, whether its threads are alike."""

import pytest

from lockwright.ir.cells import Cells
from lockwright.ir.inline import inline
from lockwright.ir.kinds import Kinds, infer_kinds
from lockwright.ir.program import Shape
from lockwright.ir.symmetry import find_symmetry
from lockwright.ir.verify import verify
from lockwright.ir.waiting import Waiting, waiting
from lockwright.language.compile import compile_target

AWAITS = {
    "ticket": ["while self.owner.load(acquire) != ticket"],
    "ticket_backoff": ["while (called := self.owner.load(acquire)) != ticket"],
    "linux_ticket": ["while head != drawn.tail"],
    "tas": [],
    "ttas": ["while self.held.load(relaxed)"],
    "ttas_backoff": ["while self.held.load(relaxed)"],
    "mcs": [
        "while node.must_wait.load(acquire)",
        "while (behind := node.behind.load(acquire)) is None",
    ],
    "anderson": ["while self.slots[place].is_open.load(acquire) == 0"],
    "pv_ticket": ["until self.tickets.head.load(acquire) == want"],
    "futex2": [],
    "bias_rwlock": ["while self.seats.load(relaxed) <= 0", "while self.seats.load(relaxed) != BIAS"],
}

TICKETS = {
    "ticket": [(16, 0, {"TicketLock[u16].next", "TicketLock[u16].owner"})],
    "ticket[u8]": [(8, 0, {"TicketLock[u8].next", "TicketLock[u8].owner"})],
    "ticket_backoff": [(16, 0, {"TicketBackoffLock.next", "TicketBackoffLock.owner"})],
    "linux_ticket": [(16, 0, {"LinuxTicketLock[u16].tickets.head", "LinuxTicketLock[u16].tickets.tail"})],
    "pv_ticket": [(16, 1, {"PvTicketLock[Kvm].tickets.head", "PvTicketLock[Kvm].tickets.tail", "Waiting.want"})],
    "anderson": [],
    "ttas": [],
    "bias_rwlock": [],
}


def prepared(lock: str) -> Waiting:
    ready = waiting(inline(compile_target(lock)))
    verify(ready.program)
    return ready


def tickets_of_the_lock(kinds: Kinds) -> list[tuple[int, int, set[str]]]:
    """Return the groups that are not the workload's counters."""
    return [
        (group.bits, group.low_bits, set(group.members))
        for group in kinds.groups
        if not any(".counter" in name or ".first" in name for name in group.members)
    ]


@pytest.mark.parametrize("lock", AWAITS)
def test_what_a_lock_waits_for(lock: str) -> None:
    found = [one for awaits in prepared(lock).awaits.values() for one in awaits]
    assert [one.text for one in found] == AWAITS[lock]
    assert all(one.is_bounded == (lock == "pv_ticket") for one in found)


@pytest.mark.parametrize("lock", TICKETS)
def test_the_tickets_of_a_lock(lock: str) -> None:
    assert tickets_of_the_lock(infer_kinds(prepared(lock).program)) == TICKETS[lock]


@pytest.mark.parametrize(
    ("lock", "alike"), [("ticket", True), ("mcs", True), ("anderson", True), ("futex2", True), ("pv_ticket", False)]
)
def test_threads_of_a_lock_are_alike_unless_it_looks_at_cpus(lock: str, *, alike: bool) -> None:
    program, shape = prepared(lock).program, Shape.plain(3)
    symmetry = find_symmetry(program, infer_kinds(program), shape, Cells(program, shape))
    assert (symmetry.groups == ((0, 1, 2),)) is alike
    assert bool(symmetry.why_not) is not alike
