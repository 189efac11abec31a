"""What a stranger gets: the wheel, installed into an environment of its own, on a machine that knows nothing of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import numba
import pytest

ROOT = Path(__file__).parents[2]
GENERIC_SECONDS = 900
COUNT = """
import json, sys
import numpy as np
from numba.core import event
compiled = event.RecordingListener()
event.register("numba:compile", compiled)
from lockwright.cli.main import run
from lockwright.flat.jit import kernel
ended = [run(line.split()) for line in sys.argv[1:]]
during = len(compiled.buffer)
kernel(lambda x: x + 1)(np.int64(1))
print(json.dumps({"ended": ended, "compiled": during // 2, "listens": len(compiled.buffer) - during}), file=sys.stderr)
"""
BROKEN = '''"""Tests and sets in two steps."""

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
API = """
import lockwright

reveal_type(lockwright.check("ticket", threads=2).verdict)
"""

pytestmark = pytest.mark.slow


def done(command: list[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=GENERIC_SECONDS, **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, as `make wheel` does."""
    copy = tmp_path_factory.mktemp("sources")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "kernels.pack"))
    here = os.environ | {"PYTHONPATH": str(copy / "src")}
    pack = copy / "src" / "lockwright" / "flat" / "kernels.pack"
    made = done([sys.executable, "-m", "lockwright.cli.warm", "--pack", pack], env=here, cwd=copy)
    assert made.returncode == 0, made.stderr
    built = done([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=copy)
    assert built.returncode == 0, built.stderr
    (found,) = (copy / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, which borrows what it depends on from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(f"{Path(numba.__path__[0]).parent}\n")
    installed = done([folder / "bin" / "pip", "install", "--no-index", "--no-deps", wheel])
    assert installed.returncode == 0, installed.stderr
    return folder / "bin"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return an environment of somebody who has just come: nothing is cached."""
    gone = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH")
    (tmp_path / "home").mkdir()
    return {name: value for name, value in os.environ.items() if name not in gone} | {"HOME": str(tmp_path / "home")}


def test_it_holds_what_it_should(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as inside:
        names = set(inside.namelist())
    assert {"lockwright/py.typed", "lockwright/language/__init__.pyi", "lockwright/flat/kernels.pack"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name]


def test_the_first_checks_ever_compile_nothing(bin_folder: Path, home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mylock.py").write_text(BROKEN)
    litmus = ROOT / "tests" / "litmus" / "herd" / "SB.litmus"
    lines = {
        "check tas": 0,
        "check mylock.py": 1,
        "check mcs ticket clh anderson": 0,
        "check tas --orders --threads 2 --acquire 1": 0,
        f"litmus {litmus}": 0,
    }
    first = done([bin_folder / "python", "-c", COUNT, *lines], env=home, cwd=tmp_path)
    told = json.loads(first.stderr.splitlines()[-1])
    assert told == {"ended": [*lines.values()], "compiled": 0, "listens": 2}
    kept = set((tmp_path / "home" / ".cache" / "lockwright" / "kernels").iterdir())
    assert len(kept) > 10
    second = done([bin_folder / "lockwright", "check", "tas"], env=home, cwd=tmp_path)
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout.startswith("proved  tas")
    assert set((tmp_path / "home" / ".cache" / "lockwright" / "kernels").iterdir()) == kept


def test_a_home_that_cannot_be_written_is_done_without(bin_folder: Path, home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "home" / ".cache").touch()
    checked = done([bin_folder / "lockwright", "check", "tas", "--threads", "2"], env=home)
    assert checked.returncode == 0, checked.stderr
    assert "Traceback" not in checked.stderr


def test_it_is_typed(bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mylock.py").write_text(BROKEN)
    (tmp_path / "use.py").write_text(API)
    mypy: list[str | Path] = [
        Path(sys.executable).parent / "mypy",
        "--strict",
        "--python-executable",
        bin_folder / "python",
    ]
    checked = done([*mypy, "mylock.py", "use.py"], cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert 'Revealed type is "str"' in checked.stdout


def test_without_the_pack_a_small_budget_is_not_spent_on_compilation(
    bin_folder: Path, home: dict[str, str], tmp_path: Path
) -> None:
    (package,) = bin_folder.parent.glob("lib/python*/site-packages/lockwright")
    bare = tmp_path / "bare" / "lockwright"
    shutil.copytree(package, bare, ignore=shutil.ignore_patterns("kernels.pack"))
    command = ["-m", "lockwright", "check", "tas", "--memory", "sc", "--budget-seconds", "5"]
    cold = done([bin_folder / "python", *command], env=home | {"PYTHONPATH": str(bare.parent)})
    assert cold.returncode == 0, cold.stdout
    assert cold.stderr == "compiling the checker for this machine (once)\n"
