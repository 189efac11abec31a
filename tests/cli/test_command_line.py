"""What a person types, what comes back, and with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lockwright.cli.main import run
from lockwright.cli.status import Status
from lockwright.gallery.read import SOURCES

BROKEN = '''"""A lock that tests and sets in two steps."""

from lockwright.language import Atomic, Lock, acquire, pause, release, u8


class TwoSteps(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.load(acquire) != 0:
            pause()
        self.held.store(1, release)

    def unlock(self) -> None:
        self.held.store(0, release)
'''


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "two_steps.py"
    path.write_text(BROKEN)
    return str(path)


def test_a_proof_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "ttas", "--threads", "2"]) == Status.FINE
    shown = capsys.readouterr().out
    assert shown.startswith("proved  ttas")
    assert "not covered: more threads; load buffering" in shown


def test_a_fault_exits_with_1_and_says_it_first(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", broken, "--memory", "sc"]) == Status.FINDING
    shown = capsys.readouterr().out
    assert shown.startswith("fault[V001] two threads are in the critical section")
    assert "self.held.store(1, release)" in shown


def test_several_models_are_tried_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "tas", "--threads", "2", "--memory", "tso,sc"]) == Status.FINE
    head = next(line for line in capsys.readouterr().out.splitlines() if "tso" in line)
    assert head.split() == ["sc", "tso"]


def test_json_on_standard_output_is_all_there_is(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", broken, "--memory", "sc", "--json", "-"]) == Status.FINDING
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "check"
    assert document["faults"][0]["kind"] == "two_holders"
    assert document["faults"][0]["steps"]


def test_a_budget_that_is_hit_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "mcs", "--memory", "tso", "--threads", "4", "--budget-states", "100"]) == Status.OPEN
    assert "not exhausted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "tiket"], "did you mean `ticket`?"),
        (["check"], "no lock is named"),
        (["check", "ticket", "--thread", "3"], "--threads"),
        (["check", "ticket", "--acquire", "often"], "`--acquire 2`, or `--acquire forever`"),
        (["check", "ticket", "--threads", "99"], "`--threads 2` to `--threads 8`"),
        (["check", "nowhere.py"], "nowhere.py"),
        (["check", "ticket[u24]"], "u24"),
        (["check", "ticket_backoff:shortst=3"], "did you mean `shortest`?"),
        (["check", "ticket", "--property", "two_holder"], "did you mean `two_holders`?"),
        (["check", "ticket", "--nodes", "0,left"], "`--nodes 0,1`, or `--nodes 0,8`"),
        (["check", "openvswitch:PerNode", "--nodes", "0"], "there is no node 1 for the worker `far`"),
        (["check", "openvswich"], "did you mean `openvswitch`?"),
        (["check", "openvswitch"], "`openvswitch:PerNode`"),
        (["check", "ticket", "--memory", "tos"], "there is no memory model `tos`"),
        (["chek", "ticket"], "check"),
        (["explain", "L9"], "L"),
    ],
)
def test_wrong_input_exits_with_2_and_says_what_to_write(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == Status.INPUT
    shown = capsys.readouterr()
    assert told in shown.err
    assert "Traceback" not in shown.err
    assert not shown.out


def test_a_trace_can_be_kept_and_shown_again(broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "two_steps.trace.json"
    run(["check", broken, "--memory", "sc", "--save-trace", str(trace)])
    first = capsys.readouterr().out
    assert run(["check", broken, "--replay", str(trace)]) == Status.FINDING
    again = capsys.readouterr().out
    assert again.splitlines()[0] == first.splitlines()[0]


def test_a_trace_of_another_source_is_refused(broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "two_steps.trace.json"
    run(["check", broken, "--memory", "sc", "--save-trace", str(trace)])
    capsys.readouterr()
    with Path(broken).open("a") as file:
        file.write("# changed\n")
    assert run(["check", broken, "--replay", str(trace)]) == Status.INPUT
    assert "changed" in capsys.readouterr().err


def test_the_saved_test_fails_until_the_lock_is_mended(broken: str, tmp_path: Path) -> None:
    made = tmp_path / "test_two_steps.py"
    run(["check", broken, "--memory", "sc", "--save-test", str(made)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(made)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "two threads are in the critical section" in done.stdout


def test_nothing_half_written_where_the_folder_is_missing(broken: str, tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "result.json"
    assert run(["check", broken, "--memory", "sc", "--json", str(missing)]) == Status.INPUT
    assert not missing.parent.exists()


def test_locks_lists_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["locks"]) == Status.FINE
    shown = capsys.readouterr().out
    for name in ("ticket", "mcs", "clh", "pv_ticket", "openvswitch:PerNode"):
        assert name in shown


def test_a_trace_on_other_nodes_is_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, trace = SOURCES / "o3" / "broken_sum.py", tmp_path / "sum.trace.json"
    given = ["check", str(source), "--threads", "1", "--nodes", "1", "--memory", "sc", "--save-trace", str(trace)]
    assert run(given) == Status.FINDING
    assert capsys.readouterr().out
    assert run(["check", str(source), "--replay", str(trace)]) == Status.FINDING
    assert "not conserved at rest" in capsys.readouterr().out


def test_show_prints_what_the_compiler_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "linux_ticket"]) == Status.FINE
    shown = capsys.readouterr().out
    assert "fetch_add" in shown
    assert "layout in bytes" in shown


def test_explain_tells_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "V005"]) == Status.FINE
    assert "wake" in capsys.readouterr().out


def test_help_needs_no_compiler() -> None:
    code = (
        "import sys\nfrom lockwright.cli.main import run\nrun(['--help'])\n"
        "sys.exit('numba' in sys.modules or 'numpy' in sys.modules or 'altair' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_lock_without_fields_keeps_nobody_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nothing.py"
    path.write_text(
        "from lockwright.language import Lock\n\n\nclass Nothing(Lock):\n"
        "    def lock(self) -> None:\n        pass\n\n    def unlock(self) -> None:\n        pass\n"
    )
    assert run(["check", str(path), "--threads", "2", "--memory", "sc"]) == Status.FINDING
    assert capsys.readouterr().out.startswith("fault[V001] two threads are in the critical section")
