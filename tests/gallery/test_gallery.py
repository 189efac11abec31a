"""Every bug of the gallery is found as its page says, and its fix is proved at the same instance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockwright import api
from lockwright.cli.main import run
from lockwright.cli.status import Status
from lockwright.gallery import known, load
from lockwright.report.gallery import page
from lockwright.report.gallery_docs import bug_page, index_page
from lockwright.report.gallery_page import gallery_page
from lockwright.results import FAULTS, HARNESSES

if TYPE_CHECKING:
    from tests.conftest import Golden

    from lockwright.bugs import CaseResult

PAGES = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.mark.parametrize("name", known())
def test_a_bug_is_found_and_its_fix_proved(name: str, golden: Golden) -> None:
    result = api.gallery(name)[0]
    for case in result.cases:
        assert case.is_found, (case.case.name, case.broken.verdict, [one.kind for one in case.broken.faults])
        assert case.is_cured, (case.case.name, case.fixed.verdict, [one.sentence for one in case.fixed.faults])
        assert case.difference, "the page would show no fix"
        assert unseen(case) == set(), "the trace runs where the page shows nothing"
    assert result.is_cured, [one.verdict for one in result.counters]
    golden(PAGES / f"{name.lower()}.md", bug_page(result))


def unseen(case: CaseResult) -> set[tuple[str, int]]:
    """Return where steps are that the code of the page does not show, or does not mark."""
    assert case.fault is not None
    shown = {one.file: one for one in case.code.listings}
    places = {
        (row.span.file, row.span.line)
        for row in case.fault.rows
        if row.span.line and row.kind == "step" and row.span.file not in HARNESSES
    }
    return {(file, line) for file, line in places if file not in shown or line not in shown[file].ran}


def test_the_index_leads_to_every_page(golden: Golden) -> None:
    golden(PAGES / "index.md", index_page([load(name) for name in known()]))
    assert {path.stem for path in PAGES.glob("*.md")} == {"index", *(name.lower() for name in known())}


@pytest.mark.parametrize("name", known())
def test_a_bug_on_file_is_whole(name: str) -> None:
    bug = load(name)
    assert bug.id == name
    assert len(bug.story.strip().splitlines()) == 3
    assert bug.sources
    assert bug.commits
    assert all(case.fault in FAULTS for case in bug.case)
    assert len(bug.case) == 1 or all(case.name for case in bug.case)


def test_the_terminal_the_page_and_json_tell_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html = tmp_path / "p1.html"
    assert run(["gallery", "P1", "--json", "-", "--html", str(html)]) == Status.FINE
    document = json.loads(capsys.readouterr().out)
    (bug,) = document["bugs"]
    assert bug["found"]
    assert bug["cured"]
    (result,) = api.gallery("p1")
    sentence = bug["cases"][0]["broken"]["faults"][0]["sentence"]
    assert any(sentence[:40] in line for line, _ in page(result))
    assert sentence in html.read_text(encoding="utf-8")
    assert 'id="P1"' in gallery_page([result])


def test_the_list_checks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gallery", "--list"]) == Status.FINE
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == known()


def test_an_unknown_bug_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gallery", "P0"]) == Status.INPUT
    shown = capsys.readouterr().err
    assert "error[U004]: there is no bug `P0`" in shown
    assert "P1" in shown


def test_several_processes_share_the_work() -> None:
    names = known()[:2] * 2
    results = api.gallery(*names, jobs=2)
    assert [one.bug.id for one in results] == names
