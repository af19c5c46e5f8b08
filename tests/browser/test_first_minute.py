"""The first minute: one sentence, a hand that shows what to do, and what each control says."""
# ruff: noqa: F811

from __future__ import annotations

from collections.abc import Callable

import pytest
from test_page import complete, draw, enter, handle, site  # noqa: F401  fixtures too

HOW = "#pad .dd-how"


def test_one_sentence_says_what_this_is(enter: Callable):
    page = enter()
    assert "draws the rest" in page.locator("#about").inner_text()
    page.locator(HOW).get_by_role("button", name="skip").click()
    assert "Draw half of something" in page.locator("#pad .sc-hint").inner_text()


def test_a_hand_shows_once_what_to_do(enter: Callable):
    page = enter(reduced_motion="no-preference")
    page.wait_for_function(f"document.querySelector('{HOW} .hand')?.dataset.of === 'drawn'")
    page.wait_for_function(f"document.querySelector('{HOW} .hand')?.dataset.of === 'added'")
    assert "I draw the rest" in page.locator(f"{HOW} p").inner_text()
    page.wait_for_selector(HOW, state="detached")
    assert handle(page, "stats().strokes") == 0  # nothing of it is on the paper
    page.reload()
    page.wait_for_selector("#pad .sc-stage canvas")
    page.wait_for_timeout(300)
    assert page.locator(HOW).count() == 0


@pytest.mark.parametrize("end", ["stroke", "skip", "key"])
def test_it_gives_way_at_once(enter: Callable, end: str):
    page = enter(reduced_motion="no-preference")
    page.wait_for_selector(HOW)
    if end == "stroke":
        draw(page, (0.3, 0.3), (0.7, 0.3))
        assert handle(page, "stats().strokes") == 1
    elif end == "skip":
        page.locator(HOW).get_by_role("button", name="skip").click()
    else:
        page.keyboard.press("Escape")
    assert page.locator(HOW).count() == 0


def test_without_motion_it_is_a_picture(enter: Callable):
    page = enter()
    shown = page.locator(HOW)
    before = shown.locator("svg").inner_html()
    page.wait_for_timeout(700)
    assert shown.locator("svg").inner_html() == before and shown.locator(".hand").count() == 0
    assert shown.locator("path.added").count() > 3


def test_what_can_be_pressed_says_what_it_does(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    complete(page)
    parts = ["#go", "#seed", "#daring", "#again", "#draw_me", "#results [data-act=keep]"]
    for part in [*parts, "#results .dd-grid i >> nth=0", "#pad [data-act=adopt]"]:
        assert len(page.locator(part).get_attribute("title") or "") > 20, part
