"""Whether a lock keeps others out while it is simulated: what does not is told, with status 1; what does is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.simulate.programs import DIES

from lockwright.cli.main import run as command
from lockwright.cli.status import Status
from lockwright.language.compile import builtin_locks, compile_contention, compile_text
from lockwright.simulate.build import Settings
from lockwright.simulate.run import run_once

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.points import SeedRun

TEST_THEN_SET = """from lockwright.language import Atomic, Lock, acquire, pause, release, u8


class Leaky(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.load(acquire) != 0:
            pause()
        self.held.store(1, release)

    def unlock(self) -> None:
        self.held.store(0, release)
"""
READERS_UNSEEN = """from lockwright.language import Atomic, RwLock, acquire, pause, release, u32


class Leaky(RwLock):
    readers: Atomic[u32]
    held: Atomic[u32]

    def read_lock(self) -> None:
        self.readers.fetch_add(1, acquire)

    def read_unlock(self) -> None:
        self.readers.fetch_sub(1, release)

    def write_lock(self) -> None:
        while self.held.exchange(1, acquire) != 0:
            pause()

    def write_unlock(self) -> None:
        self.held.store(0, release)
"""


def taken(lock: str, cpus: int = 6) -> SeedRun:
    return run_once(compile_contention(lock, hold=200, think=300), DIES, Settings(cpus, measured_rounds=600))


@pytest.mark.parametrize("lock", sorted(builtin_locks()))
def test_locks_keep_others_out(lock: str) -> None:
    assert taken(lock).overlaps == 0


@pytest.mark.parametrize("text", [TEST_THEN_SET, READERS_UNSEEN], ids=["test then set", "writers among readers"])
def test_two_at_once_are_told(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "leaky.py").write_text(text)
    where = str(tmp_path / "leaky.py")
    assert command(["simulate", where, "--cpus", "1", "--seeds", "1"]) == Status.FINE
    assert "held it" not in capsys.readouterr().out
    assert command(["simulate", where, "--cpus", "1,6", "--seeds", "2"]) == Status.FINDING
    told = " ".join(capsys.readouterr().out.split())
    assert "on 6 CPUs while another thread held it" in told
    assert "leaky.py` looks for the shortest way there" in told
    assert command(["simulate", where, "--cpus", "6", "--seeds", "2", "--json", "-"]) == Status.FINDING
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert "while another thread held it" in fault["sentence"]


TRYING = """
from lockwright.language import Workload, compute, running
from lockwright.locks.tas import TasLock


class Work(Workload):
    lock: TasLock

    def each_thread(self) -> None:
        while running():
            if self.lock.trylock():
                compute(300)
                self.lock.unlock()
            compute(100)
"""


@pytest.mark.parametrize("is_lock", [True, False])
def test_tries_count(is_lock: bool) -> None:
    """Whoever takes a lock by trying is inside until it is released; here, by the back door."""
    body = (
        TRYING if is_lock else TRYING.replace("compute(300)", "self.lock.held.store(0)\n                compute(300)")
    )
    run = run_once(compile_text(body, class_name="Work"), DIES, Settings(4, measured_rounds=400))
    assert run.acquisitions > 0
    assert (run.overlaps == 0) == is_lock


@pytest.mark.parametrize("cpus", [2, 6])
@pytest.mark.parametrize("hold", range(200, 500, 25))
def test_an_alarm_at_the_tick_of_a_step(cpus: int, hold: int) -> None:
    """A waiter with a bound sets an alarm for its last round; one that is left over rings while the thread runs."""
    program = compile_contention("pv_ticket", hold=hold, think=300)
    run = run_once(program, DIES, Settings(cpus, measured_rounds=1200))
    assert run.acquisitions == pytest.approx(1200, abs=cpus)
