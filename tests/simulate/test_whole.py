"""Programs that end by themselves: all of it is the run, to the tick, and every tick of every CPU is accounted for."""

from __future__ import annotations

import pytest
from tests.simulate.programs import DIES, FREE

from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_target, compile_text
from lockwright.simulate.build import Settings
from lockwright.simulate.run import run_once
from lockwright.simulate.whole import ends_by_itself, own_threads

HEAD = """from lockwright.language import Atomic, Workload, compute, cpu, park, relaxed, running, u32, workers


class Work(Workload):
    word: Atomic[u32]

"""
EACH = HEAD + "    def each_thread(self) -> None:\n"


def test_the_time_is_that_until_the_last_has_ended() -> None:
    """The first thread of `together` starts at tick 0, the last a cycle later, whatever the seed."""
    program = compile_text(EACH + "        compute(1000)\n", class_name="Work")
    run = run_once(program, FREE, Settings(2, 1, "together"))
    assert run.whole_ns * FREE.ghz == pytest.approx(1001, abs=2)
    assert run.throughput_per_s == pytest.approx(2e9 / run.whole_ns)
    assert run.acquisitions == 2


def test_who_has_ended_is_idle() -> None:
    program = compile_text(EACH + "        compute(u32(1000) if cpu() == 0 else u32(9000))\n", class_name="Work")
    run = run_once(program, FREE, Settings(4, 1, "together"))
    assert run.idle_cycles == pytest.approx(8000, abs=16)


@pytest.mark.parametrize("start", ["together", "spread"])
@pytest.mark.parametrize("name", ["openvswitch:PerNode:each=20", "openvswitch:Single:each=20", "ipvs:Traffic"])
def test_every_cycle_is_somewhere(name: str, start: str) -> None:
    program = compile_target(name)
    cpus = own_threads(program) or 6
    run = run_once(program, DIES, Settings(cpus, 3, start))
    busy = sum(one.cycles for one in run.profile)
    assert abs(busy + run.idle_cycles - run.simulated_cycles * cpus) <= len(run.profile) + 1 + cpus
    assert run.failed_assertions == 0


def test_what_goes_round_is_no_whole() -> None:
    assert not ends_by_itself(compile_target("fetch_and_add"))
    assert own_threads(compile_target("fetch_and_add")) is None
    assert own_threads(compile_target("openvswitch:PerNode")) == 3


def test_who_could_go_round_but_ends_has_nothing_to_measure() -> None:
    program = compile_text(EACH + "        if running():\n            compute(10)\n", class_name="Work")
    with pytest.raises(LockwrightError, match="the program ends by itself after 2 rounds"):
        run_once(program, FREE, Settings(2, 1, "together"))


def test_who_never_ends_is_told_with_what_it_waits_for() -> None:
    program = compile_text(EACH + "        if cpu() == 1:\n            park()\n", class_name="Work")
    with pytest.raises(LockwrightError, match="deadlock: every thread that is left waits"):
        run_once(program, FREE, Settings(2, 1, "together"))
