"""The C engine: built, given a machine, run."""

from __future__ import annotations

import ctypes
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lockwright.simulate.chance import seed_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.machines.model import MachineModel

TICK = 4
_NUMBERS = (
    "threads", "words", "classes", "nodes", "is_mcs", "local_resolve", "read_ticks", "read_percent", "min_transfer",
    "retention", "has_owned", "load_hit", "store_hit", "update_hit", "mispredict", "instruction", "pause",
)  # fmt: skip
_ARRAYS = ("latency", "distance", "node_of", "at_distance", "start", "chance")
_COUNTS = ("accesses", "rereads", "events", "now")


class Setup(ctypes.Structure):
    """As in `engine.c`."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in _NUMBERS),
        *((name, ctypes.c_void_p) for name in _ARRAYS),
        *((name, ctypes.c_int64) for name in _COUNTS),
    )


def build_engine(folder: str) -> ctypes.CDLL:
    """Compile the engine into a folder."""
    made = Path(folder) / "engine.so"
    source = Path(__file__).parent / "engine.c"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", made, source], check=True)
    return ctypes.CDLL(str(made))


def chances(seed: int, threads: int) -> list[int]:
    """Return the states of all generators: the threads', then the one for shuffles."""
    return [seed_of(seed, thread) % 2**64 for thread in range(threads)] + [seed_of(seed, None) % 2**64]


def together(chance: list[int]) -> list[int]:
    """Return the tick at which each thread starts: shuffled, one cycle after another; move the shuffles' generator."""
    threads = len(chance) - 1
    order = list(range(threads))
    for last in range(threads - 1, 0, -1):
        chance[-1] = (chance[-1] * 6364136223846793005 + 1442695040888963407) % 2**64
        other = (chance[-1] >> 33) % (last + 1)
        order[last], order[other] = order[other], order[last]
    starts = [0] * threads
    for place, thread in enumerate(order):
        starts[thread] = place * TICK
    return starts


def run_in_c(
    engine: ctypes.CDLL, lock: str, model: MachineModel, threads: int, rounds: tuple[int, int]
) -> dict[str, float]:
    """Run a lock; return the engine's CPU seconds, the ticks of the window and of the whole run, and counts."""
    assert model.arbitration == "core"
    assert model.core_of_cpu == tuple(range(model.cpus)), "one thread on each core"
    words, classes = (model.cpus + 63) // 64, len(model.distance_names)
    chance = chances(0, threads)
    starts = together(chance)
    at_distance = np.zeros((model.nodes, classes, words), dtype=np.uint64)
    for node in range(model.nodes):
        for core, other in enumerate(model.node_of_core):
            at_distance[node, model.distances[node][other], core >> 6] |= np.uint64(1 << (core & 63))
    kept: dict[str, NDArray[np.int64] | NDArray[np.uint64]] = {
        "latency": np.array(model.latency_cycles, dtype=np.int64) * TICK,
        "distance": np.array(model.distances, dtype=np.int64),
        "node_of": np.array(model.node_of_core, dtype=np.int64),
        "at_distance": at_distance,
        "start": np.array(starts, dtype=np.int64),
        "chance": np.array(chance, dtype=np.uint64),
    }
    read = model.read_occupancy_cycles
    numbers = {
        "threads": threads,
        "words": words,
        "classes": classes,
        "nodes": model.nodes,
        "is_mcs": int(lock == "mcs"),
        "local_resolve": int(model.local_resolve),
        "read_ticks": -1 if read is None else read * TICK,
        "read_percent": model.read_occupancy_percent,
        "min_transfer": model.min_transfer_cycles * TICK,
        "retention": model.retention_cycles * TICK,
        "has_owned": int(model.has_owned),
        "load_hit": model.load_hit_cycles * TICK,
        "store_hit": model.store_hit_cycles * TICK,
        "update_hit": model.update_hit_cycles * TICK,
        "mispredict": model.mispredict_cycles * TICK,
        "instruction": model.instruction_ticks,
        "pause": model.pause_cycles * TICK,
    }
    setup = Setup(**numbers, **{name: array.ctypes.data for name, array in kept.items()})
    ticks = (ctypes.c_int64 * 2)()
    began = time.process_time()
    engine.simulate(ctypes.byref(setup), ctypes.c_int64(rounds[0]), ctypes.c_int64(rounds[1]), ticks)
    spent = time.process_time() - began
    return {
        "seconds": spent,
        "window": ticks[0],
        "whole": ticks[1],
        **{name: int(getattr(setup, name)) for name in _COUNTS},
    }
