"""Compiled kernels are kept by what they are made of: a copy of the sources runs them, an edit never runs old ones."""

from __future__ import annotations

import os
import pickle
import pkgutil
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

import lockwright
from lockwright.flat import cache, pack
from lockwright.flat.content import digest

if TYPE_CHECKING:
    from types import FunctionType

HELPER = '''"""Helps."""
from lockwright.flat.jit import inner

STEP = 3
UNUSED = 4

@inner
def step(x):
    """Add."""
    return x + STEP
'''
USER = '''"""Uses."""
import numpy as np
from lockwright.flat.jit import kernel
from sample import helper as other

@kernel
def twice(x):
    return other.step(other.step(x))

if __name__ == "__main__":
    import sys
    from pathlib import Path
    from lockwright.flat import cache, pack
    from sample.user import twice as run
    action, file = sys.argv[1:] or ("", "")
    if action == "read":
        pack.FILE = Path(file)
    if action == "write":
        cache.recording = {}
    print(run(np.int64(1)), sum(sum(one.stats.cache_misses.values()) for one in (run, other.step)))
    if action == "write":
        pack.write(Path(file), cache.recording.items())
'''


WITHOUT_RULES = f'{USER}    assert "numba.np.linalg" not in sys.modules\n'


def make_sample(folder: Path, helper: str = HELPER, user: str = USER) -> Path:
    """Write a package with two kernels."""
    (folder / "sample").mkdir(parents=True, exist_ok=True)
    (folder / "sample" / "__init__.py").touch()
    (folder / "sample" / "helper.py").write_text(helper)
    (folder / "sample" / "user.py").write_text(user)
    return folder


def run_sample(folder: Path, kept: Path, *action: str, **variables: str) -> tuple[int, int]:
    """Return what the kernel returned, and how many kernels were compiled; a pack may be written or read."""
    paths = os.pathsep.join([str(folder), str(Path(lockwright.__path__[0]).parent)])
    done = subprocess.run(
        [sys.executable, "-m", "sample.user", *action],
        env=os.environ
        | {"PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(kept), "PYTHONDONTWRITEBYTECODE": "1"}
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    result, compiled = done.stdout.split()
    return int(result), int(compiled)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what the sample was compiled to."""
    folder = tmp_path_factory.mktemp("first")
    assert run_sample(make_sample(folder), folder / "kept") == (7, 2)
    assert len(list((folder / "kept").glob("*.kernel"))) == 2
    return folder / "kept"


def test_a_copy_of_the_sources_runs_what_the_first_compiled(kept: Path, tmp_path: Path) -> None:
    assert run_sample(make_sample(tmp_path), kept) == (7, 0)


def test_what_is_compiled_runs_without_the_rules_for_compiling(kept: Path, tmp_path: Path) -> None:
    """They take a fifth of a second to load."""
    assert run_sample(make_sample(tmp_path, user=WITHOUT_RULES), kept) == (7, 0)


@pytest.mark.parametrize(
    ("old", "new", "result", "compiled"),
    [
        ("STEP = 3", "STEP = 5", 11, 2),  # a constant in the other file
        ("x + STEP", "x - STEP", -5, 2),
        ('"""Add."""', '"""Add a number."""', 7, 0),
        ("UNUSED = 4", "UNUSED = 5  # said\n", 7, 0),
    ],
)
def test_an_edit_of_a_helper(old: str, new: str, result: int, compiled: int, kept: Path, tmp_path: Path) -> None:
    assert HELPER.count(old) == 1
    assert run_sample(make_sample(tmp_path, HELPER.replace(old, new)), kept) == (result, compiled)


def test_an_edit_of_a_caller_compiles_the_caller(kept: Path, tmp_path: Path) -> None:
    changed = make_sample(tmp_path, user=USER.replace("other.step(other.step(x))", "other.step(x)"))
    assert run_sample(changed, kept) == (4, 1)


@pytest.mark.parametrize("spoil", [lambda old: old[:-1], lambda _: b"", lambda old: old + b"x"])
def test_a_spoilt_file_is_not_read(spoil: Any, tmp_path: Path) -> None:
    path = tmp_path / "one.kernel"
    cache.write(path, b"payload")
    assert cache.read(path) == b"payload"
    path.write_bytes(spoil(path.read_bytes()))
    assert cache.read(path) is None


def test_what_is_no_kernel_is_compiled_again(kept: Path, tmp_path: Path) -> None:
    for number, path in enumerate(kept.glob("*.kernel")):
        cache.write(tmp_path / "kept" / path.name, b"not a kernel" if number % 2 else pickle.dumps((1, 2)))
    assert run_sample(make_sample(tmp_path), tmp_path / "kept") == (7, 2)
    assert run_sample(tmp_path, tmp_path / "kept") == (7, 0)


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run_sample(make_sample(tmp_path), tmp_path / "file" / "kept") == (7, 2)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pack of the sample, made for any processor."""
    folder = tmp_path_factory.mktemp("packed")
    generic = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    made = folder / "kernels.pack"
    assert run_sample(make_sample(folder), folder / "kept", "write", str(made), **generic) == (7, 2)
    return made


def test_a_pack_holds_what_python_calls(packed: Path) -> None:
    with zipfile.ZipFile(packed) as whole:
        assert len(whole.namelist()) == 1


def test_a_pack_spares_the_compilation(packed: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert run_sample(make_sample(tmp_path), kept, "read", str(packed)) == (7, 0)
    assert run_sample(tmp_path, kept) == (7, 0)  # what was made of it is kept


def test_a_pack_of_other_sources_is_no_use(packed: Path, tmp_path: Path) -> None:
    changed = make_sample(tmp_path, HELPER.replace("STEP = 3", "STEP = 5"))
    assert run_sample(changed, tmp_path / "kept", "read", str(packed)) == (11, 2)


def test_a_spoilt_pack_is_no_use(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    spoilt = tmp_path / "kernels.pack"
    spoilt.write_bytes(whole[:100] + bytes(100) + whole[200:])
    assert run_sample(make_sample(tmp_path), tmp_path / "kept", "read", str(spoilt)) == (7, 2)


def test_half_a_pack_and_none_are_empty(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(packed) as whole:
        (name,) = whole.namelist()
    half = tmp_path / "half.pack"
    half.write_bytes(packed.read_bytes()[:1000])
    for file, is_there in ((packed, True), (half, False), (tmp_path / "none.pack", False)):
        monkeypatch.setattr(pack, "FILE", file)
        pack._opened.cache_clear()
        assert (pack.read(name) is not None) == is_there
    pack._opened.cache_clear()


def test_the_least_lately_used_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 250)
    monkeypatch.setattr(cache, "KEPT_BYTES", 150)
    for age_s, name in enumerate(["new", "older", "oldest"]):
        path = tmp_path / f"{name}.kernel"
        path.write_bytes(bytes(100))
        os.utime(path, (1_000_000 - age_s, 1_000_000 - age_s))
    cache.write(tmp_path / "next.kernel", b"payload")
    assert {path.stem for path in tmp_path.glob("*.kernel")} == {"new", "next"}


def kernels() -> dict[str, Any]:
    """Return every kernel of the package."""
    found = {}
    for room in ("flat", "check"):
        package = import_module(f"lockwright.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(import_module(module.name)).values():
                if hasattr(value, "py_func"):
                    found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


def test_every_kernel_is_kept_and_has_a_digest_of_its_own() -> None:
    found = kernels()
    assert len(found) > 100
    assert {type(value._cache) for value in found.values()} == {cache.KernelCache}
    memory: dict[FunctionType, str] = {}
    digests = {name: digest(value.py_func, memory) for name, value in found.items()}
    assert len(set(digests.values())) == len(found)


def test_what_may_change_unseen_is_refused() -> None:
    changing = [1]

    def takes():
        return changing[0]

    with pytest.raises(TypeError, match="a kernel takes `changing` from elsewhere, and a list may change unseen"):
        digest(cast("FunctionType", takes), {})
