"""`lockwright machines` as a person calls it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lockwright.machines
from lockwright import machines
from lockwright.cli.main import run
from lockwright.diagnostics.explanations import explanations
from lockwright.report.machines import page

if TYPE_CHECKING:
    from tests.conftest import Golden

HERE = Path(__file__).parent
TABLES = Path(lockwright.machines.__file__).parent / "core_to_core"
WESTMERE = str(TABLES / "Dual Intel(R) Xeon(R) CPU X5650  @ 2.67GHz.csv")
DOCS = HERE.parents[1] / "docs"


@pytest.mark.parametrize("name", ["opteron48", "nehalem_ep_2s", "tilera36"])
def test_the_page_of_a_machine(name: str, golden: Golden) -> None:
    golden(HERE / "pages" / f"{name}.txt", "\n".join(line for line, _ in page(machines.load(name), 100)) + "\n")


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["machines"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"opteron48 +48 .* yes +measured +chosen", printed)
    assert all(name in printed for name in machines.names())
    assert "no machines: kernel_kvm_params" in printed


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["machines", "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["command"], result["costs"]) == ("machines", ["kernel_kvm_params"])
    assert {one["name"]: one["cpus"] for one in result["machines"]}["skylake_8s"] == 448


def test_a_machine_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "xeon.json"
    assert run(["machines", "show", "xeon80", "--json", str(file)]) == 0
    assert capsys.readouterr().out.startswith("xeon80: 8 x Intel Xeon E7-8867L")
    result = json.loads(file.read_text(encoding="utf-8"))
    assert result["topology"]["distances"] == ["same_die", "one_hop", "two_hops"]
    latencies = {(one["row"], one["distance"]): one["cycles"] for one in result["latencies"]}
    assert latencies["atomic.M", "two_hops"] == 430
    hold = next(one for one in result["numbers"] if one["name"] == "hold")
    assert (hold["value"], hold["origin"], hold["standing"]) == (100, "chosen", "chosen")


def test_costs_of_kernels_are_shown_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["machines", "show", "kernel_kvm_params"]) == 0
    printed = capsys.readouterr().out
    assert "no machine" in printed
    assert re.search(r"kvm.ple_window +4096 +measured", printed)


def test_a_machine_that_cannot_be_run_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bare.toml"
    file.write_text('what = "bare"\n[topology]\npackages = 1\ncores_per_die = 4\n', encoding="utf-8")
    assert run(["machines", "show", str(file)]) == 0
    assert "cannot be run: it lacks ghz, load_hit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "opteron84"], "M001"),
        (["show", "nowhere.toml"], "U002"),
        (["show", "."], "M001"),
        (["from-csv", "nowhere.csv"], "U002"),
        (["from-csv", WESTMERE, "--ghz", "0"], "U003"),
        (["from-csv", WESTMERE, "--ghz", "nan"], "U003"),
        (["from-csv", WESTMERE, "--packages", "3"], "U003"),
        (["from-csv", WESTMERE, "--like", "xeon81"], "M001"),
        (["from-csv", WESTMERE, "--out", "/nowhere/box.toml"], "U002"),
        (["opteron48"], "U001"),
    ],
)
def test_what_cannot_be_done_is_one_error(arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["machines", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"error[{code}]")
    assert told.err.count("error[") == 1


def test_a_table_becomes_a_file_that_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "box.toml"
    assert run(["machines", "from-csv", WESTMERE, "--out", str(file)]) == 0
    assert "written: " in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["box.toml"]
    model = machines.load(file).model()
    assert (model.name, model.cpus, model.nodes, model.ghz) == ("box", 24, 2, 2.67)


def test_a_refused_table_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uneven = TABLES / "Intel Core i9-12900K.csv"
    assert run(["machines", "from-csv", str(uneven), "--ghz", "3.2", "--out", str(tmp_path / "box.toml")]) == 2
    assert "error[M012]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_printed_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["machines", "from-csv", WESTMERE]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("# Made from core-to-core latencies: Dual Intel")
    assert "note: 2 groups of CPUs are taken for packages" in told.err


def test_odd_signs_in_a_name_harm_nothing(tmp_path: Path) -> None:
    odd = tmp_path / 'a"b\\c\nd = 1 2GHz \u2028é.csv'
    odd.write_text(",\n20,\n", encoding="utf-8")
    made = machines.from_csv(odd, name="odd")
    (tmp_path / "odd.toml").write_text(made.text, encoding="utf-8")
    assert machines.load(tmp_path / "odd.toml").model().cpus == 2


def test_the_machine_of_the_page_runs(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", (DOCS / "machines.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) == 1
    (tmp_path / "box.toml").write_text(shown[0], encoding="utf-8")
    model = machines.load(tmp_path / "box.toml").model()
    assert (model.cpus, model.latency_cycles[2][4][1]) == (32, 360)


def test_codes_of_machines_are_explained() -> None:
    assert [code for code in explanations() if code.startswith("M")] == [f"M{number:03}" for number in range(1, 13)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("has_names", [False, True])
def test_names_of_cpus_around_a_table_and_other_separators(
    separator: str, has_names: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["", "", "", ""], ["10", "", "", ""], ["40", "40", "", ""], ["40", "40", "10", ""]]
    if has_names:
        rows = [["CPU", "0", "1", "2", "3"], *([str(number), *row] for number, row in enumerate(rows))]
    table, made = tmp_path / "box.csv", tmp_path / "box.toml"
    table.write_text("".join(separator.join(row) + "\n" for row in rows))
    assert run(["machines", "from-csv", str(table), "--ghz", "2", "--out", str(made)]) == 0
    capsys.readouterr()
    assert machines.load(str(made)).model().core_of_cpu == (0, 1, 0, 1)
    assert machines.load(str(made)).model().latency_cycles[2][4] == (80,)


def test_a_mistake_in_a_table_with_names_is_shown_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "box.csv").write_text("CPU,a,b\na,,\nb,-7,\n")
    assert run(["machines", "from-csv", str(tmp_path / "box.csv"), "--ghz", "2"]) == 2
    told = capsys.readouterr().err
    assert "box.csv:3:3" in told
    assert "expected nanoseconds, more than 0" in told


def test_a_line_that_comes_from_afar_sooner_than_from_nearby_is_doubted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DOCS / "machines.md").read_text().split("```toml\n")[1].split("```")[0]
    (tmp_path / "box.toml").write_text(text.replace("v = 120", "v = 1"))
    assert run(["machines", "show", str(tmp_path / "box.toml")]) == 0
    assert "doubtful: atomic.M.one_hop = 3 cycles is less than atomic.M.same_die = 94" in capsys.readouterr().out
    assert run(["simulate", "ticket", "--machine", str(tmp_path / "box.toml"), "--cpus", "1", "--seeds", "2"]) == 0
    assert "warning: doubtful: atomic.M.one_hop" in capsys.readouterr().out


@pytest.mark.parametrize("name", machines.names())
def test_published_machines_leave_no_doubt(name: str) -> None:
    assert machines.load(name).doubts() == ()


def test_a_word_that_no_command_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["machines", "shwo", "opteron48"]) == 2
    assert "`lockwright machines` takes no `shwo`" in capsys.readouterr().err
