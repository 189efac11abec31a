"""The compiled simulator against a small C engine and against SimPy: the same model, lock and machine, one run.

All three simulate `contention[mcs]` and `contention[ticket]`, all threads starting together, caches without end.  The C
engine (`coherence/engine.c`) has the two locks as state machines written by hand and counts nothing but rounds; it must
come to the same tick as the compiled simulator.  SimPy's throughput must be within 1 %.  The first machine is
`opteron48`, the second one made up here: 1,024 cores, of which six after six belong to the eight dies of `opteron48` in
turn, at its latencies.

Times are CPU seconds, the median of repeats in which the three take turns; SimPy makes fewer rounds.  Ours are those of
`measured`: arrays, warm-up, window, the end of all threads, the report.  C's are without the making of its arrays.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from coherence.in_c import build_engine, run_in_c
from coherence.machines import widened

from lockwright.language.compile import compile_contention
from lockwright.machines import load
from lockwright.simulate.run import Settings, code_of, measured

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable

    from lockwright.machines.model import MachineModel

REPEATS = 3
C_SECONDS, SIMPY_SECONDS = 0.04, 0.2
"""About how long one run of a peer shall take."""
SIZES = {"opteron48": (2, 8, 48), "1,024 cores": (2, 8, 16, 64, 256, 1024)}
CLOSE = 0.01


def install_simpy(folder: str) -> Callable[..., dict[str, int]] | None:
    """Install SimPy into a folder of its own; return the engine made with it."""
    wanted = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*wanted, "--target", folder, "simpy"], check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"SimPy is left out: {done.stderr.strip().splitlines()[-1]}")
        return None
    sys.path.append(folder)
    from coherence.in_simpy import run_in_simpy

    return run_in_simpy


def timed(run: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return the CPU seconds of a call, and what it returned."""
    began = time.process_time()
    found = run(*arguments)
    return time.process_time() - began, found


def rounds_for(run: Callable[[tuple[int, int]], Any], warm_up: int, seconds: float, least: int) -> tuple[int, int]:
    """Return warm-up and so many rounds that a run takes about so long."""
    spent, found = timed(run, (warm_up, least))
    spent = found.get("seconds", spent)
    return warm_up, max(least, int((warm_up + least) * seconds / max(spent, 1e-4)))


def compare(
    engine: ctypes.CDLL, simpy: Callable[..., dict[str, int]] | None, lock: str, model: MachineModel, cpus: int
) -> str:
    """Return the line of one lock on so many CPUs."""
    code = code_of(compile_contention(lock), model, Settings(cpus))

    def ours(rounds: tuple[int, int], *, tracks_caches: bool = False) -> Any:
        warm_up, window = rounds
        settings = Settings(
            cpus, start="together", warm_up_rounds=warm_up, measured_rounds=window, tracks_caches=tracks_caches
        )
        return measured(code, model, settings)

    def in_c(rounds: tuple[int, int]) -> dict[str, float]:
        return run_in_c(engine, lock, model, cpus, rounds)

    def in_simpy(rounds: tuple[int, int]) -> dict[str, int]:
        assert simpy is not None
        return simpy(lock, model, cpus, rounds)

    warm_up = max(100, 2 * cpus)
    many = rounds_for(in_c, warm_up, C_SECONDS, 500)
    some = rounds_for(in_simpy, warm_up, SIMPY_SECONDS, 50) if simpy else None
    seconds: dict[str, list[float]] = {"ours": [], "C": [], "SimPy": []}
    for _ in range(REPEATS):
        spent, seen = timed(ours, many)
        seconds["ours"].append(spent / sum(many))
        found = in_c(many)
        seconds["C"].append(found["seconds"] / sum(many))
        assert seen.simulated_cycles == found["window"] // 4, (lock, cpus, seen.simulated_cycles, found)
        if some:
            spent, slow = timed(in_simpy, some)
            seconds["SimPy"].append(spent / sum(some))
    accesses = (found["accesses"] + found["rereads"]) / sum(many)
    mine, c = statistics.median(seconds["ours"]), statistics.median(seconds["C"])
    ratio = statistics.median(a / b for a, b in zip(seconds["ours"], seconds["C"], strict=True))
    finite = timed(lambda: ours(many, tracks_caches=True))[0] / sum(many) / seconds["ours"][-1]
    line = (
        f"{lock:7}{cpus:5} {1e-6 / mine:9.3f} {1e-6 * accesses / mine:9.1f} {1e9 * mine / accesses:8.1f}"
        f" {1e-6 / c:9.3f} {ratio:8.2f} {finite:8.2f}"
    )
    if not some:
        return line
    error = slow["window"] / 4 / ours(some).simulated_cycles - 1
    assert abs(error) < CLOSE, (lock, cpus, error)
    theirs = [a / b for a, b in zip(seconds["SimPy"], seconds["ours"], strict=True)]
    slowest = 1e-3 / statistics.median(seconds["SimPy"])
    return f"{line} {slowest:9.3f} {statistics.median(theirs):8.0f} {100 * error:+7.3f} %"


def main() -> None:
    """Print one line for each lock, machine and number of CPUs."""
    opteron = load("opteron48").model()
    with tempfile.TemporaryDirectory() as folder:
        engine, simpy = build_engine(folder), install_simpy(folder)
        print(f"{'':22}M/s: ours{'':17}ns: ours{'':6}C       ours  finite      k/s: SimPy off by")
        print(
            f"{'':7}{'CPUs':>5} {'sections':>9} {'accesses':>9} {'access':>8} {'sections':>9} {'by C':>8} {'caches':>8}"
            f" {'SimPy':>9} {'by ours':>8}"
        )
        for name, model in zip(SIZES, (opteron, widened(opteron, 1024)), strict=True):
            print(name)
            for lock in ("mcs", "ticket"):
                for cpus in SIZES[name]:
                    print(compare(engine, simpy, lock, model, cpus), flush=True)


if __name__ == "__main__":
    main()
