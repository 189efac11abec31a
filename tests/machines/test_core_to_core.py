"""Published core-to-core tables, each to a machine that runs or to a reason why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import lockwright.machines
from lockwright import machines
from lockwright.errors import LockwrightError
from lockwright.machines.model import CAS, MODIFIED

FOLDER = Path(lockwright.machines.__file__).parent / "core_to_core"
Shape = tuple[int, int, int, int]

# Packages, dies in each, cores on each, threads of each; then the medians that are published with the tables, ns.
FOUND: dict[str, tuple[Shape, tuple[float, ...]]] = {
    "AMD EPYC 7773X": ((1, 8, 8, 2), (26.1, 116.6)),
    "AMD EPYC 7R13 48-Core Processor": ((2, 6, 8, 2), (22.7, 107.6, 197.2)),
    "AMD Ryzen 7 2700X Eight-Core Processor": ((1, 2, 4, 2), (23.5, 92.1)),
    "AMD Ryzen 7 5700X": ((1, 1, 8, 2), (18.1,)),
    "AMD Ryzen 7 5800U": ((1, 1, 8, 2), (19.0,)),
    "AMD Ryzen 9 5900HX @ 3.3 GHz": ((1, 1, 8, 2), (18.6,)),
    "AMD Ryzen 9 5900X": ((1, 2, 6, 2), (18.0, 84.1)),
    "AMD Ryzen 9 5950X @ 3.40 GHz": ((1, 2, 8, 2), (18.1, 85.2)),
    "AMD Ryzen 9 7950X": ((1, 2, 8, 2), (15.7, 72.7)),
    "AMD Ryzen Threadripper 1950X": ((2, 2, 4, 2), (25.1, 90.5, 154.6)),
    "AMD Ryzen Threadripper 3960X, 3.80GHz, 24 Cores, Zen 2, 3rd Gen, 2019-Q4": ((1, 8, 3, 2), (23.5, 95.5)),
    "AWS Graviton2": ((1, 1, 64, 1), (47.2,)),
    "AWS Graviton3": ((1, 1, 64, 1), (46.4,)),
    "Dual AMD EPYC 7742 64-Core Processor": ((2, 16, 4, 2), (25.3, 132.1, 266.6)),
    "Dual IBM Power7 8 cores@3.3 GHz 2010-Q1": ((2, 1, 8, 1), (173.3, 443.3)),
    "Dual Intel(R) Xeon Gold 6242 @ 2.8GHz": ((2, 1, 16, 2), (48.0, 141.4)),
    "Dual Intel(R) Xeon(R) CPU E5-2630 v4 @ 2.20GHz": ((2, 1, 10, 2), (39.2, 117.9)),
    "Dual Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz": ((2, 1, 14, 2), (45.2, 127.5)),
    "Dual Intel(R) Xeon(R) CPU E5-2690 0 @ 2.90GHz": ((2, 1, 8, 2), (32.4, 114.3)),
    "Dual Intel(R) Xeon(R) CPU X5650  @ 2.67GHz": ((2, 1, 6, 2), (37.2, 73.7)),
    "Dual Sun-Oracle SPARC T4 8 cores@2.85 GHz": ((2, 1, 8, 1), (99.0, 356.0)),
    "HiSilicon Kunpeng 920-6426 @ 2.6GHz": ((2, 1, 32, 1), (35.7, 80.5)),
    "Intel Core i5-10310U": ((1, 1, 4, 2), (20.6,)),
    "Intel Core i7-6700K": ((1, 1, 4, 2), (19.7,)),
    "Intel Core i9-9900K CPU @ 3.60 GHz": ((1, 1, 8, 2), (21.0,)),
    "Intel(R) Atom(TM) CPU D510 @ 1.66GHz": ((1, 1, 2, 2), (86.7,)),
    "Intel(R) Core(TM) i5-4590 CPU @ 3.30GHz": ((1, 1, 4, 1), (21.2,)),
    "Intel(R) Core(TM) i7-1165G7 @ 2.80GHz": ((1, 1, 4, 2), (27.7,)),
    "Intel(R) Xeon Gold 6242 @ 2.8GHz": ((1, 1, 16, 2), (47.5,)),
    "Intel(R) Xeon Phi(TM) CPU 7210 @ 1.30GHz": ((1, 32, 2, 1), (41.4, 91.1)),
    "Intel(R) Xeon(R) CPU E5-2695 v4 @ 2.10GHz": ((2, 1, 18, 2), (43.5, 118.1)),
    "Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz": ((2, 1, 24, 2), (46.6, 134.1)),
    "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz": ((2, 1, 32, 2), (51.3, 107.8)),
    "Loongson 3A5000HV, 2.5GHz, 4 Cores, 2021-Q3": ((1, 1, 4, 1), (39.5,)),
    "m1.ultra.16p+4e": ((1, 1, 20, 1), (53.4,)),
}
UNEVEN = {
    "Apple M1 Pro": "2 of 3 CPUs, 1 of 2 CPUs",
    "Intel Core i9-12900K": "8 of 2 CPUs, 8 of 1 CPU",
}
HOME_SEEN = {
    "AMD EPYC 7R13 48-Core Processor",
    "AMD Ryzen Threadripper 1950X",
    "Dual AMD EPYC 7742 64-Core Processor",
}


def test_all_tables_are_tried() -> None:
    assert {path.stem for path in FOLDER.glob("*.csv")} == {*FOUND, *UNEVEN}
    assert len({*FOUND, *UNEVEN}) == 37
    assert (FOLDER / "LICENSE-MIT").read_text(encoding="utf-8").count("Nicolas Viennot") == 1


@pytest.mark.parametrize("name", FOUND)
def test_a_table_makes_a_machine(name: str) -> None:
    machine = machines.from_csv(FOLDER / f"{name}.csv", ghz=2.5)
    topology = machine.topology
    shape = (topology.packages, topology.dies_per_package, topology.cores_per_die, topology.threads_per_core)
    medians = tuple(machine.numbers[f"atomic.M.{one}"].value for one in topology.distances)
    assert (shape, medians) == FOUND[name]
    model = machine.model()
    assert model.latency_cycles[CAS][MODIFIED] == tuple(round(float(one) * 2.5) for one in medians)
    assert any("at home" in one for one in machine.notes) == (name in HOME_SEEN)
    assert all(one.confidence == "D" for key, one in machine.numbers.items() if key != "ghz")


@pytest.mark.parametrize("name", UNEVEN)
def test_cores_of_two_kinds_are_no_machine(name: str) -> None:
    with pytest.raises(LockwrightError, match=UNEVEN[name]) as raised:
        machines.from_csv(FOLDER / f"{name}.csv", ghz=2.5)
    assert raised.value.diagnostics[0].code == "M012"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = machines.from_csv(FOLDER / "AMD Ryzen Threadripper 1950X.csv", ghz=3.4, packages=1, name="mine")
    file = tmp_path / "mine.toml"
    file.write_text(made.text, encoding="utf-8")
    assert machines.load(file).model() == made.model()
    assert made.model().distances == ((0, 1, 2, 2), (1, 0, 2, 2), (2, 2, 0, 1), (2, 2, 1, 0))
    assert set(made.model().package_of_node) == {0}


def test_the_clock_is_in_the_name_or_asked_for() -> None:
    assert machines.from_csv(FOLDER / "Dual Intel(R) Xeon(R) CPU X5650  @ 2.67GHz.csv").model().ghz == 2.67
    with pytest.raises(LockwrightError, match="does not say the clock"):
        machines.from_csv(FOLDER / "AWS Graviton2.csv")


def test_another_relative() -> None:
    machine = machines.from_csv(FOLDER / "AWS Graviton3.csv", ghz=2.6, like="xeon80")
    assert (machine.model().arbitration, machine.model().load_hit_cycles) == ("node", 5)
    with pytest.raises(LockwrightError, match="did you mean `xeon80`"):
        machines.from_csv(FOLDER / "AWS Graviton3.csv", ghz=2.6, like="xeon8")


def test_a_number_of_packages_that_the_groups_do_not_make() -> None:
    with pytest.raises(LockwrightError, match="show 2 groups, not 3 packages"):
        machines.from_csv(FOLDER / "Dual Intel(R) Xeon Gold 6242 @ 2.8GHz.csv", packages=3)


NO_TABLE = {
    "": "it has 0 rows",
    "1\n": "it has 1 rows",
    ",\n20,\n30,31\n": "this row has 2 columns, and there are 3 rows",
    "cpu,0\n0,1\n": r"t.csv:1:1[\s\S]*\^\^\^ expected nanoseconds",
    ",,\n20,,\n20,fast,\n": r"t.csv:3:4[\s\S]*\^\^\^\^ expected nanoseconds",
    ",,\n20,,\n20,,\n": r"t.csv:3:4[\s\S]*expected nanoseconds",
    ",,\n-4,,\n20,21,\n": r"t.csv:2:1[\s\S]*expected nanoseconds, more than 0",
    ",,\nnan,,\n20,21,\n": r"t.csv:2:1[\s\S]*expected nanoseconds",
    ",\n1e12,\n": r"t.csv:2:1[\s\S]*expected nanoseconds",
}


@pytest.mark.parametrize("text", NO_TABLE)
def test_what_is_no_table(text: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LockwrightError, match=NO_TABLE[text]) as raised:
        machines.from_csv(file, ghz=2)
    assert [one.code for one in raised.value.diagnostics] == ["M010"]


def test_noise_is_no_machine(tmp_path: Path) -> None:
    """Latencies without any order: no level, and one distance that spreads from 10 to 1000 ns."""
    rows = [[10 + (row * 7919 + other * 104729) % 991 for other in range(row)] for row in range(16)]
    file = tmp_path / "noise.csv"
    file.write_text("".join(",".join([*map(str, row), *[""] * (16 - len(row))]) + "\n" for row in rows))
    with pytest.raises(LockwrightError) as raised:
        machines.from_csv(file, ghz=2)
    assert raised.value.diagnostics[0].code == "M012"
