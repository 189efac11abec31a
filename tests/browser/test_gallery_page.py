"""The page of the gallery in a browser: no request, a table that leads to each bug, traces and fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockwright import api
from lockwright.report.gallery_page import gallery_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_the_page_of_several_bugs(browser: Browser, tmp_path: Path) -> None:
    results = api.gallery("P1", "F2")
    path = tmp_path / "gallery.html"
    path.write_text(gallery_page(results), encoding="utf-8")
    page = browser.new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    assert requests == [path.as_uri()]
    assert errors == []
    assert page.locator("table.bugs tbody tr").count() == 2
    assert page.locator("section.bug").count() == 2
    rows = page.locator("#P1 table.steps tbody tr").count()
    fault = results[0].cases[0].fault
    assert fault is not None
    assert rows == fault.steps + bool(fault.final)
    page.locator("table.bugs a", has_text="F2").click()
    assert page.url.endswith("#F2")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()
