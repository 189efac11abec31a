"""Unfair locks on two CPUs: `retention` is found from one lock, and must then give the others.

`retention.c` measured the machine of `machine.toml` into `recorded.csv`: two threads, empty sections.  Here the
retention with which test-and-set comes out is looked for, and the other locks are predicted with it, and without any.

    python benchmarks/retention/compare.py
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from lockwright import machines
from lockwright.language.compile import compile_contention
from lockwright.simulate.run import Settings, run_once

HERE = Path(__file__).parent
TICKET_ON_TWO_LINES = HERE.parent.parent / "src" / "lockwright" / "studies" / "sources" / "sosp13.py"
PROGRAMS = {"tas": "tas", "ttas": "ttas", "ticket": f"{TICKET_ON_TWO_LINES}:Ticket:poll=40", "mcs": "mcs"}
FITTED = "tas"
TRIED = range(0, 401, 10)  # cycles
SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Acquisitions per microsecond of both threads together, by lock."""

    retention_cycles: int
    measured: dict[str, float]
    predicted: dict[str, float]
    without: dict[str, float]  # with a retention of 0


def recorded() -> dict[str, float]:
    """Return the medians that were measured with two threads."""
    with (HERE / "recorded.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["threads"] == "2"]
    return {row["lock"]: float(row["per_us_median"]) for row in rows if row["lock"] in PROGRAMS}


def simulated(lock: str, retention_cycles: int) -> float:
    """Return what a lock gives with some retention."""
    model = replace(machines.load(HERE / "machine.toml").model(), retention_cycles=retention_cycles)
    program = compile_contention(PROGRAMS[lock], lines=0)
    runs = [run_once(program, model, Settings(cpus=2, seed=seed)) for seed in SEEDS]
    return fmean(one.throughput_per_s for one in runs) / 1e6


def compare() -> Comparison:
    """Fit the retention to one lock, and predict all."""
    measured = recorded()
    off = {tried: abs(math.log(simulated(FITTED, tried) / measured[FITTED])) for tried in TRIED}
    retention = min(off, key=off.__getitem__)
    predicted = {lock: simulated(lock, retention) for lock in PROGRAMS}
    return Comparison(retention, measured, predicted, {lock: simulated(lock, 0) for lock in PROGRAMS})


def main() -> None:
    found = compare()
    print(f"retention {found.retention_cycles} cycles, from {FITTED}; acquisitions per microsecond, 2 threads")
    print(f"{'lock':8} {'measured':>9} {'predicted':>10} {'error':>7} {'without':>8} {'error':>7}")
    for lock, measured in found.measured.items():
        predicted, without = found.predicted[lock], found.without[lock]
        errors = [f"{100 * (one / measured - 1):+.0f} %" for one in (predicted, without)]
        mark = " fitted" if lock == FITTED else ""
        print(f"{lock:8} {measured:9.2f} {predicted:10.2f} {errors[0]:>7} {without:8.2f} {errors[1]:>7}{mark}")
    ratios = [one["ttas"] / one["ticket"] for one in (found.measured, found.predicted, found.without)]
    print(f"ttas over ticket: measured {ratios[0]:.2f}, predicted {ratios[1]:.2f}, without retention {ratios[2]:.2f}")


if __name__ == "__main__":
    main()
