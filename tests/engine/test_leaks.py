"""A record is lost when nothing reaches it any more, one that `setup` made too."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockwright.check.engine.run import explore
from lockwright.ir.program import Shape
from lockwright.language.compile import builtin_locks, compile_target


@pytest.mark.parametrize("model", ["sc", "tso", "c11"])
def test_a_node_that_nobody_keeps_is_a_leak(model: str, tmp_path: Path) -> None:
    """CLH without its hand-over of nodes: the node that was free at first is reached by nothing after two rounds."""
    text = Path(builtin_locks()["clh"]).read_text(encoding="utf-8")
    kept = "        place.mine = place.ahead\n"
    assert kept in text
    file = tmp_path / "clh.py"
    file.write_text(text.replace(kept, ""), encoding="utf-8")
    for path, leaks in ((str(file), True), ("clh", False)):
        found = explore(compile_target(path), Shape.plain(2), model, 2)
        assert found.exhausted
        assert ("leak" in {one.kind for one in found.faults}) == leaks
