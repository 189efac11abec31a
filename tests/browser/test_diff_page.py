"""The page of a comparison in a browser: signs and colours, zoom keeps both, no request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.test_diff_page import AFTER, BEFORE, html

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_sides(browser: Browser, tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "diff.html"
    path.write_text(html((BEFORE,), (AFTER,)), encoding="utf-8")
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    told: list[str] = []
    page.on("request", lambda request: told.append(request.url) if request.url != path.as_uri() else None)
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(path.as_uri())
    boxes = page.locator("#flame-after .boxes > b")
    assert boxes.all_inner_texts() == [
        "after: all busy time",
        "sys_timer_gettime",
        "▲ copy_to_user",
        "▼ lock_timer",
        "▼ _raw_spin_lock",
        "▼ native_queued_spin_lock_slowpath",
        "▲ rcu_core",
    ]
    colours = boxes.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert len({colours[0], colours[2], colours[3]}) == 3
    boxes.nth(3).click()
    assert page.locator("#flame-after .details").inner_text().endswith("before 80 %, after 20 %: -60.00 points")
    page.locator("#flame-before input").fill("lock_timer")
    assert page.locator("#flame-before output").inner_text() == "80.0 % in 1 name"
    for width in (1280, 420):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    page.close()
    assert told == []
