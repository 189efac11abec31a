"""The page of a simulation in a browser: pictures are drawn without any request, in both colour schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.simulated import collapsing

from lockwright.report.drawing import svg
from lockwright.report.figures import throughput
from lockwright.report.simulation_page import simulation_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
FIGURES = ("throughput", "cycles", "fairness", "latency", "handoffs")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_collapse(browser: Browser, tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "simulation.html"
    path.write_text(simulation_page(collapsing()), encoding="utf-8")
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    for name in FIGURES:
        page.wait_for_selector(f"#figure-{name}[data-drawn=yes] svg")
    assert requests == [path.as_uri()]
    assert errors == []
    assert page.title() == "ticket, mcs on amd48"
    assert page.locator("h1").inner_text() == "The ticket lock collapses on amd48"
    assert page.locator("section.lock").count() == 2
    assert page.locator("table.profile").count() == 2
    assert page.locator("table.points tbody tr").count() == 8
    assert page.locator("#flame-1 .boxes > b").all_inner_texts() == [
        "mcs, 48 CPUs",
        "Contention.each_thread",
        "TicketLock.lock",
    ]
    page.locator("#flame-1 .boxes > b").last.click()
    assert page.locator("#flame-1 .details").inner_text().startswith("Zoomed to TicketLock.lock\ntakes a")
    assert page.locator("#figure-throughput svg").get_by_text("throughput, M/s").count() == 1
    for width in (1280, 1100, 420):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    page.close()


def test_a_name_that_looks_like_markup_stays_a_name(browser: Browser, tmp_path: Path) -> None:
    result = collapsing()
    result.machine = "</script><i>bent</i>"
    path = tmp_path / "simulation.html"
    path.write_text(simulation_page(result), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("#figure-latency[data-drawn=yes] svg")
    assert page.locator("i").count() == 0
    page.close()


def test_the_picture_alone_is_svg() -> None:
    drawn = svg(throughput(collapsing()))
    assert drawn.startswith("<svg")
    assert "throughput, M/s" in drawn
