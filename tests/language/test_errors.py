"""Each mistake in `errors/<topic>/<case>.py` and what the author is told of it, in the `.err` beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_text

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "errors"
CASES = sorted(FOLDER.glob("*/*.py"))


@pytest.mark.parametrize("case", CASES, ids=[str(case.relative_to(FOLDER).with_suffix("")) for case in CASES])
def test_mistake_is_told(case: Path, golden: Callable[[Path, str], None]) -> None:
    with pytest.raises(LockwrightError) as raised:
        compile_text(case.read_text(encoding="utf-8"), case.name)
    golden(case.with_suffix(".err"), str(raised.value) + "\n")


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_messages_point_into_the_source(case: Path) -> None:
    with pytest.raises(LockwrightError) as raised:
        compile_text(case.read_text(encoding="utf-8"), case.name)
    found = raised.value.diagnostics
    assert len(found) <= 10
    assert list(found) == sorted(found, key=lambda one: one.order)
    for one in found:
        assert one.primary.span.file == case.name
        assert 1 <= one.primary.span.line <= len(case.read_text(encoding="utf-8").splitlines())
        assert one.title == one.title.rstrip(".")


def test_every_folder_has_cases() -> None:
    assert len(CASES) >= 45
