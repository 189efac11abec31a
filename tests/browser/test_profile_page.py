"""The page of a profile in a browser: zoom, search, keys, hostile names; no request, no error, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.profiles.writers import made

from lockwright.profiles.diagnosis import diagnose
from lockwright.report.profile_page import profile_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from lockwright.profiles import Profile

pytestmark = pytest.mark.browser
STACKS = "#flame-stacks .boxes > b"
VISIBLE = "boxes => boxes.filter(box => !box.hidden).map(box => box.title.split('\\n')[0])"
LEFT_AND_WIDTH = (
    "box => { const own = box.getBoundingClientRect(), all = box.parentElement.getBoundingClientRect();"
    "return [(own.left - all.left) / all.width, own.width / all.width]; }"
)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open the page of a profile; afterwards there must have been no request and no message."""
    told: list[str] = []
    pages: list[Page] = []

    def opening(one: Profile, scheme: str = "light", *, scripts: bool = True) -> Page:
        path = tmp_path / "profile.html"
        path.write_text(profile_page(one, diagnose(one)), encoding="utf-8")
        context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light", java_script_enabled=scripts)
        page = context.new_page()
        page.on("request", lambda request: told.append(request.url) if request.url != path.as_uri() else None)
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield opening
    for page in pages:
        page.context.close()
    assert told == []


def visible(page: Page) -> list[str]:
    names: list[str] = page.locator(STACKS).evaluate_all(VISIBLE)
    return names


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_verdict_and_the_pictures(opened: Callable[..., Page], scheme: str) -> None:
    page = opened(made.contended(), scheme)
    headline = diagnose(made.contended()).headline
    assert page.locator("h1").inner_text().lower() == headline.lower()
    assert page.locator("h1").is_visible()
    assert page.locator(".flame .boxes").count() == 3
    assert visible(page)[:3] == ["all: 90 ms", "timers", "sys_timer_gettime"]
    box = page.locator(STACKS, has_text="lock_timer")
    assert box.evaluate(LEFT_AND_WIDTH) == pytest.approx([0, 75 / 90], abs=0.002)
    looks = {
        name: page.locator(STACKS, has_text=name).evaluate(
            "box => { const own = getComputedStyle(box);"
            "return [own.backgroundImage !== 'none', own.textDecorationLine, own.fontWeight]; }"
        )
        for name in ("native_queued_spin_lock_slowpath", "lock_timer", "copy_to_user")
    }
    assert looks == {
        "native_queued_spin_lock_slowpath": [True, "none", "400"],
        "lock_timer": [False, "underline", "700"],
        "copy_to_user": [False, "none", "400"],
    }
    for width in (1280, 420):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width


def test_zoom_by_click_and_back(opened: Callable[..., Page]) -> None:
    page = opened(made.contended())
    everything = visible(page)
    page.locator(STACKS, has_text="copy_to_user").click()
    assert visible(page) == ["all: 90 ms", "timers", "sys_timer_gettime", "copy_to_user"]
    small = page.locator(STACKS, has_text="copy_to_user")
    assert small.evaluate(LEFT_AND_WIDTH) == pytest.approx([0, 1], abs=0.002)
    details = page.locator("#flame-stacks .details")
    assert details.inner_text().startswith("Zoomed to copy_to_user\n15 ms, 16.7 %")
    page.locator(STACKS, has_text="timers").first.click()
    assert visible(page) == everything
    small.click()
    page.keyboard.press("Escape")
    assert visible(page) == everything
    assert small.evaluate(LEFT_AND_WIDTH) == pytest.approx([75 / 90, 15 / 90], abs=0.002)
    small.click()
    page.locator("#flame-stacks button").click()
    assert visible(page) == everything


def test_search_marks_what_it_finds_and_counts_no_time_twice(opened: Callable[..., Page]) -> None:
    page = opened(made.contended())
    search = page.locator("#flame-stacks input")
    search.fill("SPIN_LOCK")
    assert page.locator(f"{STACKS}.found").all_inner_texts() == ["_raw_spin_lock", "native_queued_spin_lock_slowpath"]
    assert page.locator("#flame-stacks output").inner_text() == "83.3 % in 2 names"
    search.fill("nobody")
    assert page.locator(f"{STACKS}.found").count() == 0
    assert page.locator("#flame-stacks output").inner_text() == "no such name"
    search.fill("")
    assert page.locator("#flame-stacks output").inner_text() == ""


def test_keys_walk_through_the_tree(opened: Callable[..., Page]) -> None:
    page = opened(made.contended())
    page.locator("#flame-stacks button").focus()
    page.keyboard.press("Tab")
    told = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "Home"):
        page.keyboard.press(key)
        told.append(page.evaluate("document.activeElement.textContent"))
    assert told == [
        "timers", "sys_timer_gettime", "lock_timer", "copy_to_user", "lock_timer", "sys_timer_gettime", "all: 90 ms",
    ]  # fmt: skip
    focused = page.evaluate(
        "[document.activeElement.getAttribute('role'), document.activeElement.getAttribute('aria-level')]"
    )
    assert focused == ["treeitem", "1"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert visible(page)[-1] == "native_queued_spin_lock_slowpath"
    assert "copy_to_user" not in visible(page)
    assert "wants the lock" in page.locator("#flame-stacks .details").inner_text()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"  # one stop in each picture


def test_hostile_names_are_shown_and_do_nothing(opened: Callable[..., Page]) -> None:
    page = opened(made.hostile())
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    assert set(visible(page)) >= {"<script>alert(1)</script>", "имя_функции→λ", "a\"quoted' & `ticked`"}
    page.locator("#flame-stacks input").fill('"quoted')
    assert page.locator(f"{STACKS}.found").count() == 2
    page.locator(f"{STACKS}.found").first.click()
    for width in (1280, 420):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width


def test_a_thousand_frames_scroll_in_their_picture(opened: Callable[..., Page]) -> None:
    page = opened(made.deep())
    assert max(map(int, page.locator(STACKS).evaluate_all("all => all.map(one => one.ariaLevel)"))) == 1002
    assert page.locator("#flame-stacks .view").evaluate("view => view.scrollHeight > view.clientHeight")
    last = page.locator(STACKS).last
    last.click()
    assert last.evaluate(LEFT_AND_WIDTH) == pytest.approx([0, 1], abs=0.002)


def test_without_scripts_everything_is_there_to_read(opened: Callable[..., Page]) -> None:
    page = opened(made.contended(), scripts=False)
    assert page.locator("h1").is_visible()
    assert not page.locator("#flame-stacks .bar").is_visible()
    box = page.locator(STACKS, has_text="lock_timer")
    assert box.is_visible()
    by_name = "takes a lock or waits for one, by its name"
    assert box.get_attribute("title") == f"lock_timer\nwants the lock\n{by_name}\n75 ms, 83.3 %\n[kernel.kallsyms]"
