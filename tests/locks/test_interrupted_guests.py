"""A guest whose interrupt handler waits for a lock of its own, on top of a waiter that it interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_target
from lockwright.language.modules import PACKAGE

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.results import CheckResult

GUEST = """
from lockwright.language import Struct, Workload, interrupt, workers
{imports}


class Locks(Struct):
    process: {lock}
    device: {lock}  # taken by the handler too


class Guest(Workload):
    all: Locks

    @workers(1, cpu=0)
    def waiter(self) -> None:
        with self.all.process:
            pass

    @interrupt(cpu=0)
    def handler(self) -> None:
        with self.all.device:
            pass

    @workers(1, cpu=1)
    def holder(self) -> None:
        with self.all.process:
            with self.all.device:
                pass
"""
HYPERVISOR = "from lockwright.locks.hypervisors.{file} import {name}\n"
LOCKS = {
    "PvTicketLock": "from lockwright.locks.pv_ticket import PvTicketLock",
    "PvTicket2015Lock": "from lockwright.locks.pv_ticket_2015 import PvTicket2015Lock",
    "XenByteLock": "from lockwright.locks.xen_byte import XenByteLock",
}


def checked(folder: Path, lock: str, imports: str) -> CheckResult:
    file = folder / "guest.py"
    file.write_text(GUEST.format(lock=lock, imports=imports))
    settings = Settings(acquisitions=(1,), models=("sc",), interrupts=1, cures=False)
    return check(compile_target(str(file)), settings)


@pytest.mark.parametrize("lock", ["PvTicketLock", "PvTicket2015Lock"])
def test_under_kvm_nobody_is_interrupted_on_the_way_to_sleep(lock: str, tmp_path: Path) -> None:
    imports = HYPERVISOR.format(file="kvm", name="Kvm") + LOCKS[lock]
    assert checked(tmp_path, f"{lock}[Kvm]", imports).verdict == "proved"


def test_the_byte_lock_of_xen_puts_back_what_the_cpu_waited_for(tmp_path: Path) -> None:
    assert checked(tmp_path, "XenByteLock", LOCKS["XenByteLock"]).verdict == "proved"


@pytest.mark.parametrize("lock", ["PvTicketLock", "PvTicket2015Lock"])
def test_the_ticket_lock_on_xen_forgets_it_if_the_handler_gets_its_lock_at_the_last_look(
    lock: str, tmp_path: Path
) -> None:
    """The handler has cleared the event by then, and its record took the place of the waiter's, who polls for ever."""
    imports = HYPERVISOR.format(file="xen", name="Xen") + LOCKS[lock]
    (fault,) = checked(tmp_path, f"{lock}[Xen]", imports).faults
    assert fault.kind == "lost_wakeup"


def test_an_event_left_pending_would_cure_it(tmp_path: Path) -> None:
    """As 168d2f46 did for the byte lock."""
    xen = (PACKAGE / "locks" / "hypervisors" / "xen.py").read_text()
    cured = xen.replace("def withdraw(self) -> None:", "def withdraw(self) -> None:\n        event_set()")
    cured = cured.replace("    event_send,", "    event_send,\n    event_set,")
    (tmp_path / "cured.py").write_text(cured)
    lock = (PACKAGE / "locks" / "pv_ticket_2015.py").read_text()
    (tmp_path / "lock.py").write_text(lock.replace("from lockwright.locks.hypervisors.xen", "from cured"))
    imports = "from cured import Xen\nfrom lock import PvTicket2015Lock"
    assert checked(tmp_path, "PvTicket2015Lock[Xen]", imports).verdict == "proved"
