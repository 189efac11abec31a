"""`lockwright simulate`: what is refused before anything runs, what comes out, and with which exit status."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

import lockwright
from lockwright.cli.main import run
from lockwright.cli.progress import time_left
from lockwright.cli.status import Status
from lockwright.errors import LockwrightError

if TYPE_CHECKING:
    from pathlib import Path

WORK = """from typing import Generic, TypeVar

from lockwright.language import Lock, Workload, compute, running, u64

L = TypeVar("L", bound=Lock)


class Work(Workload, Generic[L]):
    lock: L
    done: u64

    def each_thread(self) -> None:
        while running():
            with self.lock:
                self.done += 1
            compute(500)


class Kept(Workload, Generic[L]):
    lock: L

    def each_thread(self) -> None:
        while running():
            self.lock.lock()
"""
SMALL = ["--cpus", "1,12", "--seeds", "2", "--ops", "300"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "no lock is named"),
        (["tiket"], "did you mean `ticket`?"),
        (["ticket", "--machine", "opteron84"], "did you mean `opteron48`?"),
        (["ticket", "--cpus", "0"], "nothing runs on 0 CPUs"),
        (["ticket", "--cpus", "64"], "`opteron48` has 48 CPUs, so nothing can run on 64"),
        (["ticket", "--hold", "100"], "write `100ns` or `100cycles`"),
        (["ticket", "--think", "soon"], "`--think soon` is no duration"),
        (["ticket", "--seeds", "0"], "`--seeds 0` makes no sense"),
        (["ticket", "--start", "slowly"], "`spread` or `together`"),
        (["ticket", "--readers", "90"], "`--readers 90` is no part of the sections"),
        (["ticket", "--html=-"], "only `--json` and `--csv` can go there"),
        (["ticket", "--csv=-", "--json=-"], "`--json` and `--csv` cannot both go to standard output"),
        (["ticket", "--csv=points.txt", "--html=./points.txt"], "`--csv` is written there"),
        (["ticket", "--svg=picture.png"], "would write SVG under the name of something else"),
        (["ticket", "--readers=0.5"], "`--readers` is for reader-writer locks: `ticket` is none"),
        (["ticket", "--html", "/nowhere/page.html"], "there is no folder"),
        (["openvswitch:PerNode", "--hold", "5ns"], "is a whole program with times of its own"),
        (["openvswitch:PerNode", "--cpus", "12"], "has 3 threads of its own, so it does not run on 12 CPUs"),
    ],
)
def test_what_is_refused(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", *arguments]) == Status.INPUT
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.err.startswith("error[")
    assert shown.out == ""


def test_a_table_and_all_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: tmp_path / f"result.{name}" for name in ("json", "csv", "html", "svg")}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    assert run(["simulate", "ticket", "mcs", *SMALL, *options]) == Status.FINE
    shown = capsys.readouterr().out
    assert shown.startswith("opteron48, ")
    assert "hold 100 cycles, think 1,000 cycles, 2 seeds" in " ".join(shown.split())
    assert "what limits the" in shown
    assert "rests on: " in shown
    points = json.loads(files["json"].read_text())["points"]
    assert [(one["lock"], one["cpus"]) for one in points] == [("ticket", 1), ("ticket", 12), ("mcs", 1), ("mcs", 12)]
    assert all(one["acquisitions"] >= 600 for one in points)
    rows = list(csv.DictReader(files["csv"].read_text().splitlines()))
    assert [float(row["throughput_per_s"]) for row in rows] == [one["throughput_per_s"] for one in points]
    assert "figure-throughput" in files["html"].read_text()
    assert files["svg"].read_text().startswith("<svg")
    assert sorted(tmp_path.iterdir()) == sorted(files.values())


def test_json_on_standard_output_is_all_there_is_and_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    documents = []
    for _ in range(2):
        assert run(["simulate", "ticket", *SMALL, "--json", "-"]) == Status.FINE
        documents.append(json.loads(capsys.readouterr().out))
    for document in documents:
        del document["seconds"]
        for record in (*document["points"], *document["runs"]):
            del record["host_seconds"]
    assert documents[0] == documents[1]


def test_a_whole_program_runs_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "fetch_and_add", *SMALL]) == Status.FINE
    shown = capsys.readouterr().out
    assert "sharing: 1.0 lines move between cores for each round" in shown
    assert "hold" not in shown


def test_a_program_that_ends_by_itself_runs_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, page = tmp_path / "result.json", tmp_path / "page.html"
    options = ["--seeds", "2", "--json", str(target), "--html", str(page)]
    assert run(["simulate", "openvswitch:PerNode:each=50", *options]) == Status.FINE
    shown = " ".join(capsys.readouterr().out.split())
    document = json.loads(target.read_text())
    (point,) = document["points"]
    assert (point["cpus"], point["params"]["start"]) == (3, "together")
    assert [one["throughput_per_s"] for one in document["runs"]] == [
        pytest.approx(3e9 / one["whole_ns"]) for one in document["runs"]
    ]
    told = "ends by itself, so a run is all of it and each thread one round: it takes"
    assert told in shown
    assert told in page.read_text()
    assert "came round less than" not in shown


def test_sections_of_readers_overlap_so_their_time_is_not_split(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "linux_rwlock", "--readers", "0.9", *SMALL]) == Status.FINE
    shown = capsys.readouterr().out
    assert "90% readers" in shown
    assert "lines move between cores for each section" in shown
    assert "the lock is free" not in shown


def test_a_lock_in_a_workload_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "work.py"
    path.write_text(WORK)
    assert run(["simulate", "ticket", "mcs", "--workload", f"{path}:Work", *SMALL]) == Status.FINE
    assert f"in {path}:Work" in "".join(capsys.readouterr().out.split("\n")[:3])
    assert run(["simulate", "ticket", "--workload", f"{path}:Kept", *SMALL]) == Status.INPUT
    shown = capsys.readouterr().err
    assert "error[V004]: deadlock" in shown
    assert "ticket.py" in shown


def test_weak_numbers_that_decide(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--machine", "amd48", "--cpus", "24", "--seeds", "1", "--ops", "300"]
    assert run(["simulate", "ticket", *arguments, "--sensitivity"]) == Status.FINE
    rows = capsys.readouterr().out.split("sensitivity: ")[1].splitlines()
    assert rows[1].split()[0] == "min_transfer"


def test_an_interrupt_before_anything_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lockwright.simulation.simulate", interrupted)
    assert run(["simulate", "ticket"]) == Status.INTERRUPTED
    assert capsys.readouterr().err == "interrupted before anything was finished\n"


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_done(tmp_path: Path) -> None:
    target = tmp_path / "kept.json"
    arguments = ["simulate", "ticket", "--cpus", "1-48", "--seeds", "1000", "--json", str(target)]
    with subprocess.Popen(
        [sys.executable, "-m", "lockwright", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        time.sleep(8)
        running.send_signal(signal.SIGINT)
        shown, _ = running.communicate(timeout=60)
    assert running.returncode == Status.INTERRUPTED
    assert "warning: interrupted: " in shown
    document = json.loads(target.read_text())
    assert document["interrupted"]
    assert document["points"]
    assert os.listdir(tmp_path) == ["kept.json"]  # noqa: PTH208 - nothing half-written beside it


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.2, "1 s left"), (59, "59 s left"), (61, "1 min 01 s left"), (7300, "2 h 01 min left")]
)
def test_the_time_left(seconds: float, shown: str) -> None:
    assert time_left(seconds) == shown


def test_points_on_standard_output_are_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "ticket", "--cpus", "1,6", "--seeds", "1", "--ops", "300", "--csv", "-"]) == Status.FINE
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["cpus"] for row in rows] == ["1", "6"]
    assert [row["throughput_per_s_low"] for row in rows] == ["", ""]  # one seed has no interval
    assert rows[0]["handoff_ns"] == ""  # nobody ever waited


def test_a_full_disk_is_told_by_the_name_that_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "ticket", "--cpus", "1", "--seeds", "1", "--csv", "/dev/full"]) == Status.INPUT
    assert capsys.readouterr().err.rstrip().endswith("No space left on device: /dev/full")


@pytest.mark.parametrize(("asked", "shown"), [([], "90% readers"), (["--readers", "0.25"], "25% readers")])
def test_how_many_only_read_is_told(asked: list[str], shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where only one of the locks tells readers from writers."""
    assert run(["simulate", "linux_rwlock", "ticket", *SMALL, *asked]) == Status.FINE
    assert shown in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("locks", "options", "told"),
    [
        ([], {}, "no lock is named"),
        (5, {}, "`locks` cannot be `5`"),
        ([5], {}, "`5` is no name of a lock"),
        ("ticket", {"cpus": 1.5}, "`cpus` cannot be `1.5`"),
        ("ticket", {"cpus": [1.5]}, "`--cpus 1.5` is no list of CPU counts"),
        ("ticket", {"hold": 400}, "`--hold 400` has no unit"),
        ("ticket", {"seeds": 2.5}, "`--seeds 2.5` makes no sense"),
        ("ticket", {"lines": "x"}, "`--lines x` makes no sense"),
        ("linux_rwlock", {"readers": "many"}, "`--readers many` is no part of the sections"),
    ],
)
def test_what_makes_no_sense_in_python(locks: Any, options: dict[str, Any], told: str) -> None:
    with pytest.raises(LockwrightError, match=re.escape(told)):
        lockwright.simulate(locks, **options)


def test_one_number_of_cpus_in_python() -> None:
    assert [one.cpus for one in lockwright.simulate("ticket", cpus=2, seeds=1, ops=100).points] == [2]


STARVED = """from typing import Generic, TypeVar

from lockwright.language import Lock, Workload, compute, running, thread

L = TypeVar("L", bound=Lock)


class Work(Workload, Generic[L]):
    lock: L
    other: L

    def each_thread(self) -> None:
        if thread() == 0:
            with self.lock:
                while running():
                    with self.other:
                        compute(100)
        while running():
            with self.lock:
                compute(100)
"""


def test_waiters_that_never_get_the_lock_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They have no latency, so nothing else shows them."""
    (tmp_path / "work.py").write_text(STARVED)
    assert run(["simulate", "mcs", "--workload", str(tmp_path / "work.py"), *SMALL]) == Status.FINE
    told = " ".join(capsys.readouterr().out.split())
    assert "mcs starves waiters: on 12 CPUs 11 threads of 12 waited in all of the measured time" in told
    assert run(["simulate", "mcs", *SMALL]) == Status.FINE
    assert "starves" not in capsys.readouterr().out


def test_a_program_of_ones_own_says_which_lock_it_got(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "work.py").write_text(WORK)
    assert run(["simulate", f"{tmp_path / 'work.py'}:Work", *SMALL]) == Status.FINE
    assert "work.py:Work is Work[TicketLock[u16]]" in " ".join(capsys.readouterr().out.split())
