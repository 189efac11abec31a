"""A simulated profile is a profile: written as folded stacks and read again it says the same, and what the lock is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.profiles.writers.protobuf import decoded

import lockwright
from lockwright.cli.main import run
from lockwright.cli.status import Status
from lockwright.errors import LockwrightError
from lockwright.profiles import folding, read
from lockwright.profiles.diagnosis import CONTENDED, MINOR, diagnose
from lockwright.profiles.symbols import ACQUIRE, SPIN, UNLOCK, of_language
from lockwright.profiles.writers import pprof
from lockwright.report.profile_page import profile_page

if TYPE_CHECKING:
    from pathlib import Path

WORKLOAD = "Contention[TicketLock[u16], hold=100, think=1000].each_thread"


@pytest.fixture(scope="module")
def ticket() -> lockwright.api.Simulation:
    return lockwright.simulate("ticket", cpus=[1, 48], seeds=2)


def test_shares_are_those_of_the_simulation(ticket: lockwright.api.Simulation) -> None:
    profile = ticket.profile()
    assert (profile.provenance.reader, profile.facts["simulated on"]) == ("simulation", "opteron48")
    weights = folding.by_symbol(profile.samples)
    assert {one.name for one in ticket.points[-1].profile} == set(weights)
    for one in ticket.points[-1].profile:
        assert weights[one.name] / profile.total == pytest.approx(one.share, abs=1e-5)


def test_a_contended_lock_is_called_one(ticket: lockwright.api.Simulation) -> None:
    found = diagnose(ticket.profile())
    assert found.verdict == CONTENDED
    assert found.lock is not None
    assert found.lock.function == "TicketLock[u16].lock"
    assert found.lock.sites[0].caller == WORKLOAD
    assert diagnose(ticket.profile(cpus=1)).verdict == MINOR


def test_pages_and_writers_take_it_and_say_what_it_is(ticket: lockwright.api.Simulation) -> None:
    profile = ticket.profile()
    page = profile_page(profile, diagnose(profile))
    assert "<p>ticket on 48 CPUs of opteron48: a simulation, with call graphs</p>" in page
    assert "Simulated on opteron48: no such machine was run." in page
    assert 'class="w" title="TicketLock[u16].lock&#10;takes a spinlock&#10;' in page
    assert f'class="c" title="{WORKLOAD}&#10;wants the lock&#10;' in page
    found = decoded(pprof(profile))
    assert (found.types, found.comment.partition(", ")[2]) == (
        [("cycles", "count")],
        "a simulation, written by lockwright",
    )
    assert sum(values[0] for _, values, _ in found.samples) == round(profile.total)


def test_calls_lead_to_the_innermost_function() -> None:
    profile = lockwright.simulate("linux_mutex", cpus=[8], seeds=1).profile()
    stacks = {tuple(frame.symbol for frame in one.stack) for one in profile.samples}
    waits = ("OsqLock.wait", "osq_lock", "mutex_optimistic_spin", "mutex_lock")
    assert any(one[:4] == waits and one[-1] == "thread.each_thread" for one in stacks)
    found = diagnose(profile)
    assert found.lock is not None
    assert (found.lock.kind, found.lock.sites[0].caller) == (
        "mutex",
        "Contention[LinuxMutex, hold=100, think=1000].each_thread",
    )


def test_who_sleeps_idles() -> None:
    result = lockwright.simulate("futex2", cpus=[6], seeds=1)
    samples = result.profile().samples
    idle = sum(one.weight for one in samples if folding.is_idle(one))
    assert idle == result.points[0].runs[0].idle_cycles > 0


def test_the_command_writes_what_profile_reads(tmp_path: Path) -> None:
    target = tmp_path / "ticket.folded"
    assert run(["simulate", "ticket", "--cpus", "24", "--seeds", "1", "--folded", str(target)]) == Status.FINE
    again = read(str(target))
    direct = lockwright.simulate("ticket", cpus=[24], seeds=1).profile()
    assert folding.by_symbol(again.samples) == folding.by_symbol(direct.samples)
    assert diagnose(again).verdict == CONTENDED


def test_one_profile_is_of_one_lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "ticket", "mcs", "--folded", str(tmp_path / "both")]) == Status.INPUT
    assert "profile of one lock" in capsys.readouterr().err
    both = lockwright.simulate(["ticket", "mcs"], cpus=[2], seeds=1, ops=200)
    with pytest.raises(LockwrightError, match="one profile is of one lock"):
        both.profile()
    with pytest.raises(LockwrightError, match="not simulated on 3 CPUs"):
        both.profile("mcs", 3)
    with pytest.raises(LockwrightError, match="was not simulated"):
        both.profile("clh")


@pytest.mark.parametrize(
    ("name", "role", "kind"),
    [
        ("TicketLock[u16].lock", ACQUIRE, "spinlock"),
        ("Mine.trylock", ACQUIRE, "spinlock"),
        ("BiasRwLock[McsLock, 8].read_lock", ACQUIRE, "rwlock"),
        ("BiasRwLock.write_unlock", UNLOCK, "rwlock"),
        ("Mine.unlock", UNLOCK, "spinlock"),
        ("OsqLock.wait", SPIN, "spinlock"),
        ("QueuedSpinLock.unlock_slowly", UNLOCK, "spinlock"),
    ],
)
def test_methods_of_locks_are_known(name: str, role: str, kind: str) -> None:
    found = of_language(name)
    assert found is not None
    assert (found.role, found.lock) == (role, kind)


@pytest.mark.parametrize(
    "name", ["Contention[TicketLock[u16]].each_thread", "PosixTimers.lock_own", "Foo::lock", "lock"]
)
def test_other_names_are_not(name: str) -> None:
    assert of_language(name) is None


def test_two_locks_can_be_compared_seed_by_seed() -> None:
    result = lockwright.simulate(["ticket", "mcs"], cpus=[12], seeds=3)
    found = lockwright.diff(result.seed_profiles("ticket"), result.seed_profiles("mcs"))
    rates = {point.lock: point.throughput_per_s for point in result.points}
    assert found.before.throughput is not None
    assert found.after.throughput is not None
    assert found.before.throughput.value == pytest.approx(rates["ticket"], rel=1e-6)
    assert found.after.throughput.value == pytest.approx(rates["mcs"], rel=1e-6)
    assert found.headline.startswith(f"{rates['mcs'] / rates['ticket']:.3g} times the operations a second; ")
    assert found.warnings[0] == "both sides are simulated, on opteron48: no such machine was run"
    lock = next(one for one in found.symbols if one.symbol == "McsLock.lock")
    assert lock.renamed_from == "TicketLock[u16].lock"
    assert lock.is_significant
    assert sum(one.total for one in result.seed_profiles("mcs")) == result.profile("mcs").total
