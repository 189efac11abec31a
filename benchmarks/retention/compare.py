"""Locks on two CPUs: `retention` is found from additions to one word, and must then give the locks.

`retention.c` measured the machine of `machine.toml` into `recorded.csv`: two threads, empty sections.  Here the
retention with which fetch-and-add comes out is looked for, and the locks are predicted with it, and without any.

    python benchmarks/retention/compare.py
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from lockwright import machines
from lockwright.language.compile import compile_contention, compile_target
from lockwright.simulate.run import Settings, run_once

HERE = Path(__file__).parent
TICKET_ON_TWO_LINES = HERE.parent.parent / "src" / "lockwright" / "studies" / "sources" / "sosp13.py"
FITTED = "fetch_and_add"
LOCKS = {"tas": "tas", "ttas": "ttas", "ticket": f"{TICKET_ON_TWO_LINES}:Ticket:poll=40", "mcs": "mcs"}
HAND_OVER = "hand_over"
TRIED = range(0, 201, 5)  # cycles
SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Acquisitions (or additions) per microsecond of all threads together, by lock."""

    retention_cycles: int
    measured: dict[str, float]
    predicted: dict[str, float]
    without: dict[str, float]  # with a retention of 0
    alone_measured: dict[str, float]  # by one thread
    alone: dict[str, float]

    def error(self, predicted: dict[str, float]) -> float:
        """Return the geometric mean of how far the locks are off, as a factor of at least 1."""
        return math.exp(fmean(abs(math.log(predicted[lock] / self.measured[lock])) for lock in LOCKS))


def recorded(threads: int) -> dict[str, float]:
    """Return the medians that were measured with so many threads."""
    with (HERE / "recorded.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["threads"] == str(threads)]
    return {row["lock"]: float(row["per_us_median"]) for row in rows}


def simulated(lock: str, retention_cycles: int, threads: int = 2) -> float:
    """Return what a lock gives with some retention."""
    model = replace(machines.load(HERE / "machine.toml").model(), retention_cycles=retention_cycles)
    program = compile_target(FITTED) if lock == FITTED else compile_contention(LOCKS[lock], lines=0)
    runs = [run_once(program, model, Settings(cpus=threads, seed=seed)) for seed in SEEDS]
    return fmean(one.throughput_per_s for one in runs) / 1e6


def compare() -> Comparison:
    """Fit the retention to fetch-and-add, and predict the locks."""
    measured = {lock: rate for lock, rate in recorded(2).items() if lock != HAND_OVER}
    off = {tried: abs(math.log(simulated(FITTED, tried) / measured[FITTED])) for tried in TRIED}
    retention = min(off, key=off.__getitem__)
    predicted, without = ({lock: simulated(lock, cycles) for lock in measured} for cycles in (retention, 0))
    alone = {lock: simulated(lock, retention, 1) for lock in measured}
    return Comparison(retention, measured, predicted, without, recorded(1), alone)


def _off(predicted: float, measured: float) -> str:
    return f"{100 * (predicted / measured - 1):+.0f} %"


def main() -> None:
    found = compare()
    print(f"retention {found.retention_cycles} cycles, from {FITTED}; per microsecond, 2 threads")
    print(f"{'':14} {'measured':>9} {'predicted':>10} {'error':>7} {'without':>8} {'error':>7}")
    for lock, measured in found.measured.items():
        predicted, without = found.predicted[lock], found.without[lock]
        errors = _off(predicted, measured), _off(without, measured)
        mark = " fitted" if lock == FITTED else ""
        print(f"{lock:14} {measured:9.2f} {predicted:10.2f} {errors[0]:>7} {without:8.2f} {errors[1]:>7}{mark}")
    ratios = [one["ttas"] / one["ticket"] for one in (found.measured, found.predicted, found.without)]
    print(f"{'ttas / ticket':14} {ratios[0]:9.2f} {ratios[1]:10.2f} {'':7} {ratios[2]:8.2f}")
    factors = [found.error(one) for one in (found.predicted, found.without)]
    print(f"{'mean factor':14} {'':9} {factors[0]:10.2f} {'':7} {factors[1]:8.2f}")
    print("\n1 thread, which rests on the numbers of the core only")
    for lock, measured in found.alone_measured.items():
        print(f"{lock:14} {measured:9.2f} {found.alone[lock]:10.2f} {_off(found.alone[lock], measured):>7}")


if __name__ == "__main__":
    main()
