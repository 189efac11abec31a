"""The coherence model once more, in C, with two locks written by hand: the same cycles, with and without retention."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from benchmarks.coherence.in_c import build_engine, run_in_c

from lockwright import machines
from lockwright.language.compile import compile_contention
from lockwright.simulate.run import Settings, run_once

if TYPE_CHECKING:
    import ctypes

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
WARM_UP, MEASURED = 100, 1500


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return build_engine(str(tmp_path_factory.mktemp("engine")))


@pytest.mark.parametrize("retention", [0, 54, 150])
@pytest.mark.parametrize("lock", ["mcs", "ticket"])
def test_same_cycles(engine: ctypes.CDLL, lock: str, retention: int) -> None:
    model = replace(machines.load("opteron48").model(), retention_cycles=retention)
    program = compile_contention(lock)
    for cpus in (1, 2, 7, 48):
        settings = Settings(
            cpus, start="together", warm_up_rounds=WARM_UP, measured_rounds=MEASURED, tracks_caches=False
        )
        found = run_in_c(engine, lock, model, cpus, (WARM_UP, MEASURED))
        assert found["window"] // 4 == run_once(program, model, settings).simulated_cycles
