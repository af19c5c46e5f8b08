"""Undo and the keys of the paper, wherever the focus is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from studio import draw, endings, pad, strokes

ON_PAPER = "document.activeElement.classList.contains('sc-stage')"
LINE = ((0.3, 0.3), (0.7, 0.3))


@pytest.mark.parametrize("place", ["pen", "complete", "keep", "thumbnail", "tab", "nowhere"])
def test_undo_works_wherever_the_focus_is(enter_studio: Callable, place: str):
    page = enter_studio()
    draw(page, *LINE)
    if place == "pen":
        page.locator("#pad [data-act=pen]").click()
    elif place == "tab":
        page.locator("#tools [role=tab][aria-selected=true]").focus()
    elif place == "nowhere":
        page.evaluate("document.activeElement.blur()")
    else:
        endings(page)
    if place == "keep":
        page.locator("#results [data-act=keep]").click()
        assert page.evaluate(ON_PAPER)
        assert strokes(page) > 1
    if place == "thumbnail":
        page.locator("#results .dd-grid button").nth(2).click()
    page.mouse.move(5, 5)
    page.keyboard.press("Control+z")
    assert strokes(page) == (1 if place == "keep" else 0)
    page.keyboard.press("Control+Shift+z")
    assert strokes(page) >= 1
    page.keyboard.press("e")
    assert pad(page, "stats().tool") == "eraser"
    page.keyboard.press("p")
    assert pad(page, "stats().tool") == "pen"


def test_after_complete_enter_keeps_and_keep_by_keyboard_goes_to_the_paper(enter_studio: Callable):
    page = enter_studio()
    draw(page, *LINE)
    endings(page)
    page.keyboard.press("Enter")  # the help says: keep the ending shown
    kept = strokes(page)
    assert kept > 1
    page.keyboard.press("Control+z")
    page.locator("#results [data-act=keep]").focus()
    page.keyboard.press("Enter")
    assert strokes(page) == kept and page.evaluate(ON_PAPER)


def test_in_a_text_field_keys_are_text(enter_studio: Callable):
    page = enter_studio()
    draw(page, *LINE)
    page.get_by_label("What it is").click()
    page.keyboard.type("peer")
    page.keyboard.press("Control+z")
    page.keyboard.press("Delete")
    assert strokes(page) == 1 and pad(page, "stats().tool") == "pen"
    page.get_by_label("How many ways").click()
    page.keyboard.press("Control+z")
    assert strokes(page) == 1


def test_of_two_papers_the_one_that_was_used_last_hears_it(enter_studio: Callable):
    page = enter_studio("Morph")
    page.wait_for_selector("#slot_1 .sc-stage canvas")
    for slot in ("#slot_0", "#slot_1", "#slot_0"):
        draw(page, *LINE, where=slot)
    page.locator("#tools [role=tab][aria-selected=true]").focus()
    page.keyboard.press("Control+z")
    counts = (
        "['#slot_0', '#slot_1', '#pad'].map((id) =>"
        " document.querySelector(`${id} .sc-root`).strokeCanvas.stats().strokes)"
    )
    assert page.evaluate(counts) == [1, 1, 0]


def test_strokes_of_the_mouse_leave_no_focus_ring(enter_studio: Callable):
    page = enter_studio()
    ring = "getComputedStyle(document.querySelector('#pad .sc-stage')).outlineStyle"
    page.get_by_label("What it is").click()
    page.keyboard.type("cat")
    draw(page, *LINE)
    assert page.evaluate(ON_PAPER) and page.evaluate(ring) == "none"
    page.locator("#pad [data-act=pen]").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(ON_PAPER) and page.evaluate(ring) == "solid"
