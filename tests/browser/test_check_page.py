"""The page of a check in a browser: no error, no request, all rows there, in both colour schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.results import faulty, proved

from lockwright.report.html import check_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_fault(browser: Browser, tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "fault.html"
    path.write_text(check_page(faulty()), encoding="utf-8")
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    assert requests == [path.as_uri()]
    assert errors == []
    assert page.locator("table.steps tbody tr").count() == 4
    assert page.locator("mark").count() == 2
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(13, 17, 23)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_the_page_of_a_proof(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "proof.html"
    path.write_text(check_page([proved()]), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.title() == "mine: proved"
    assert page.locator("table.states tbody tr").count() == 2
    page.close()
