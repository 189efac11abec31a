"""Every source in the language that is shipped or tested passes the type checkers and the linter that authors use."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "src/lockwright/locks",
    "src/lockwright/structures",
    "src/lockwright/workloads",
    "src/lockwright/gallery/sources",
    "tests/language/programs",
)
SOURCES = [str(path.relative_to(ROOT)) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
BIN = Path(sys.executable).parent
TOOLS = {
    "mypy": ["--strict", "--explicit-package-bases"],
    "ty": ["check", "--python", sys.prefix],
    "pyrefly": ["check"],
    "ruff": ["check"],
}


def test_there_are_sources_in_each_folder():
    assert all(any(one.startswith(folder) for one in SOURCES) for folder in FOLDERS)


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_accepts_every_source(tool):
    command = [str(BIN / tool), *TOOLS[tool], *SOURCES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
