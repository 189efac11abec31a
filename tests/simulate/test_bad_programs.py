"""Programs that cannot be simulated, or come to grief: one clear error with the place, soon."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from tests.simulate.plain.against import MACHINES
from tests.simulate.programs import DIES, FREE

from lockwright.cli.main import run as command
from lockwright.cli.status import Status
from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_text
from lockwright.simulate.build import Settings, build
from lockwright.simulate.run import code_of, run_once

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.ir.program import Program

HEAD = """from __future__ import annotations
from lockwright.language import (
    Array, Atomic, Ptr, Struct, Workload, acquire, compute, cpu, cpu_set_online, field, interrupt, numa_node, park,
    pause, relaxed, release, running, u32, workers,
)
from lockwright.locks.mcs import McsLock
from lockwright.locks.tas import TasLock
from lockwright.locks.ttas import TtasLock


class Node(Struct):
    next: Ptr[Node] | None
    item: u32


class Work(Workload):
    a: TtasLock
    c: TasLock
    first: Ptr[Node]
    b: McsLock
    head: Ptr[Node] | None
    items: Array[Atomic[u32]] = field(length=4)
    word: Atomic[u32]

"""
EACH = "    def each_thread(self) -> None:\n        while running():\n"
BAD = {
    "never releases": (EACH + "            self.b.lock()\n", "V004", "deadlock"),
    "lock order": (
        EACH
        + """            if cpu() % 2 == 0:
                with self.a:
                    compute(500)
                    with self.b:
                        self.word.fetch_add(1, relaxed)
            else:
                with self.b:
                    compute(500)
                    with self.a:
                        self.word.fetch_add(1, relaxed)
""",
        "V004",
        "which thread",
    ),
    "a lock that polls": (
        EACH
        + """            if cpu() % 2 == 0:
                self.c.lock()
            else:
                with self.b:
                    self.c.lock()
""",
        "V019",
        "but none comes round",
    ),
    "park": (EACH + "            park()\n", "V004", "until somebody unparks it"),
    "null": (
        EACH
        + """            if self.word.fetch_add(1, relaxed) > 5:
                self.first.item = 1
""",
        "V016",
        "null pointer followed, by thread",
    ),
    "index": (
        EACH + "            self.items[self.word.fetch_add(1, relaxed)].store(1, release)\n",
        "V013",
        "index out of range, by thread",
    ),
    "a loop for ever": (
        EACH + "            while self.word.load(relaxed) < 9:\n                self.items[0].fetch_add(1, relaxed)\n",
        "V019",
        "none comes round",
    ),
    "a loop of nothing": (
        EACH + "            count: u32 = 0\n            while count < 9:\n                count = count * 2\n",
        "V019",
        "never ends",
    ),
    "longer than time can be counted": (
        EACH + "            with self.a:\n                compute(4_000_000_000)\n",
        "U003",
        "the run is too long: 137,438,953,471 cycles are over after 34 rounds",
    ),
    "interrupts": (
        EACH
        + """            with self.a:
                compute(10)

    @interrupt(every_cycles=10_000)
    def tick(self) -> None:
        self.word.fetch_add(1, relaxed)
""",
        "U012",
        "handles an interrupt",
    ),
    "offline": (EACH + "            cpu_set_online(0, False)\n", "U012", "`cpu_set_online` cannot be simulated"),
    "another's CPU": (
        EACH.replace("each_thread", "other")
        .replace("    def", "    @workers(2, cpu=1)\n    def")
        + "            compute(10)\n",
        "U012",
        "on CPU 1",
    ),
    "no such node": (
        EACH.replace("    def", "    @workers(2, node=9)\n    def") + "            compute(10)\n",
        "U008",
        "is on node 9; the machine has 8 nodes",
    ),
}  # fmt: skip
SOON_SECONDS = 30


def made(body: str) -> Program:
    return compile_text(HEAD + body, class_name="Work")


@pytest.mark.parametrize("name", BAD)
def test_one_clear_error(name: str) -> None:
    body, code, text = BAD[name]
    began = time.monotonic()
    with pytest.raises(LockwrightError) as raised:
        run_once(made(body), DIES, Settings(2))
    (found,) = raised.value.diagnostics
    assert found.code == code
    assert text in str(raised.value)
    assert found.primary.span.line > 0
    assert time.monotonic() - began < SOON_SECONDS


@pytest.mark.parametrize("threads", [1, 12])
def test_time_ends_for_any_number_of_threads(threads: int) -> None:
    """A tick that has no room in a key of the event queue would name another thread."""
    body = EACH + "            compute(4_000_000_000)\n"
    with pytest.raises(LockwrightError, match="the run is too long"):
        run_once(made(body), DIES, Settings(threads))


def test_two_errors_in_one_run_do_not_mix() -> None:
    """The place is that of the thread which did it."""
    body = EACH + "            if cpu() == 3:\n                self.items[7 + cpu()].store(1, release)\n"
    with pytest.raises(LockwrightError, match="by thread 4"):
        run_once(made(body), DIES, Settings(6))


@pytest.mark.parametrize("threads", [2, 3])
def test_who_waits_for_which_lock_and_who_holds_it(threads: int) -> None:
    """Whether its waiters sleep, as those of `b`, or poll, as those of `c`."""
    nested = "                with self.{}:\n                    compute(500)\n                    with self.{}:\n"
    work = "                        self.word.fetch_add(1, relaxed)\n"
    body = f"            if cpu() % 2 == 0:\n{nested.format('b', 'c')}{work}"
    body += f"            else:\n{nested.format('c', 'b')}{work}"
    with pytest.raises(LockwrightError) as raised:
        run_once(made(EACH + body), DIES, Settings(threads))
    told = str(raised.value)
    behind = re.search(r"threads? ([0-9 and]+) waits? for `b`, which thread (\d) holds", told)
    assert behind is not None, told
    assert f"thread {behind[2]} waits for `c`, which thread 2 holds" in told
    assert "2" in behind[1]
    assert f"thread {behind[2]} goes round at lockwright/locks/tas.py:15, on `c.held`" in told


def test_a_lock_that_nobody_holds() -> None:
    body = EACH + "            with self.c:\n                compute(100)\n            self.c.held.store(1, relaxed)\n"
    with pytest.raises(LockwrightError, match="wait for `c`, which nobody holds"):
        run_once(made(body), DIES, Settings(3))


def test_more_cpus_than_there_are() -> None:
    with pytest.raises(LockwrightError, match="has 48 CPUs, so nothing can run on 49"):
        run_once(made(EACH + "            compute(10)\n"), DIES, Settings(49))


def test_fewer_cpus_than_it_has_threads() -> None:
    body = EACH.replace("    def", "    @workers(3)\n    def") + "            compute(10)\n"
    with pytest.raises(LockwrightError, match="has 3 threads of its own, so it does not run on 2 CPUs"):
        run_once(made(body), DIES, Settings(2))


def test_a_node_without_room() -> None:
    body = EACH.replace("    def", "    @workers(7, node=2)\n    def") + "            compute(10)\n"
    with pytest.raises(LockwrightError, match="node 2 has no CPU left"):
        run_once(made(body), DIES, Settings(7))


def test_workers_are_where_they_ask_to_be() -> None:
    """On their nodes, and each finds itself there; the rest take what is free."""
    body = """
    @workers(2, node=3)
    def far(self) -> None:
        while running():
            assert numa_node() == 3

    @workers(1, cpu=2)
    def pinned(self) -> None:
        while running():
            assert cpu() == 2

    def each_thread(self) -> None:
        while running():
            assert numa_node() < 2
"""
    program, settings = made(body), Settings(9, measured_rounds=200)
    state = build(code_of(program, DIES, settings), DIES, settings)
    assert state.core_of.tolist() == [18, 19, 2, 0, 1, 3, 4, 5, 6]
    assert run_once(program, DIES, settings).failed_assertions == 0


def test_the_last_node_of_eighty_cores() -> None:
    """Core 70 and those behind it lie in the second word of each set of cores."""
    body = EACH.replace("    def", "    @workers(3, node=7)\n    def") + "            self.word.fetch_add(1, relaxed)\n"
    program, settings = made(body + AT_REST.replace("% 2 == 0", "> 0")), Settings(3, measured_rounds=200)
    assert build(code_of(program, MACHINES[1], settings), MACHINES[1], settings).core_of.tolist() == [70, 71, 72]
    run = run_once(program, MACHINES[1], settings)
    assert run.transfers_per_acquisition == pytest.approx(1, abs=0.02)


# Assertions.


def test_a_failed_assertion_is_counted() -> None:
    body = EACH + "            assert self.word.fetch_add(1, relaxed) != 7\n"
    run = run_once(made(body), DIES, Settings(2, measured_rounds=300))
    assert run.failed_assertions == 1  # in the warm-up


AT_REST = """
    def at_rest(self) -> None:
        assert self.word.load(relaxed) % 2 == 0
        assert self.head is None
"""


@pytest.mark.parametrize(("step", "failed"), [(2, 0), (1, None)])
def test_what_is_asserted_at_rest(step: int, failed: int | None) -> None:
    """A sum of ones is odd as often as even."""
    body = EACH + f"            self.word.fetch_add({step}, relaxed)\n" + AT_REST
    found = [
        run_once(made(body), FREE, Settings(1, warm_up_rounds=1, measured_rounds=rounds)).failed_assertions
        for rounds in (100, 101)
    ]
    assert sorted(found) == ([failed, failed] if failed is not None else [0, 1])


def test_what_has_no_meaning_at_rest() -> None:
    body = EACH + "            compute(10)\n"
    body += "    def at_rest(self) -> None:\n        self.items[self.word.load(relaxed) + 9].store(1, relaxed)\n"
    with pytest.raises(LockwrightError, match="when all threads had ended"):
        run_once(made(body), DIES, Settings(2, measured_rounds=100))


# From the command line.


@pytest.mark.parametrize("name", ["never releases", "lock order", "index", "interrupts", "offline"])
def test_the_command_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body, code, text = BAD[name]
    path = tmp_path / "bad.py"
    path.write_text(HEAD + body)
    asked = [f"{path}:Work", "--cpus", "2", "--seeds", "1", "--ops", "300"]
    assert command(["simulate", *asked]) == Status.INPUT
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"error[{code}]: ")
    assert shown.err.count("error[") == 1
    assert text in shown.err
    assert "bad.py" in shown.err or "lockwright/locks/" in shown.err


def test_failed_assertions_are_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(HEAD + EACH + "            assert self.word.fetch_add(1, relaxed) != 7\n")
    asked = [f"{path}:Work", "--cpus", "2", "--seeds", "1", "--ops", "300"]
    assert command(["simulate", *asked]) == Status.FINDING
    assert "1 assertions failed" in " ".join(capsys.readouterr().out.split())
