"""On a phone everything that matters is in reach of what it acts on; buttons do what they say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from studio import PAD, draw, endings, pad, strokes

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ASIDE = {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True}
TITLE = "document.querySelector('#results h2').textContent.startsWith('%s')"
IDLE = "document.body.dataset.draw === 'idle'"
ROW = ((0.3, 0.3), (0.7, 0.3))


def answered(page, title: str) -> None:
    page.wait_for_function(f"{IDLE} && {TITLE % title}")


def within(page, part: str, top: float, bottom: float) -> None:
    """A part lies wholly between two heights of the window, within its width."""
    box = page.locator(part).bounding_box()
    assert box["y"] >= top - 1 and box["y"] + box["height"] <= bottom + 1, (part, box)
    width = page.viewport_size["width"]
    assert box["x"] >= -1 and box["x"] + box["width"] <= width + 1, (part, box)


def test_again_my_way_takes_a_drawing_that_is_shown_on_an_empty_paper(enter_studio: Callable):
    page = enter_studio()
    page.get_by_label("What it is").fill("cat")
    page.keyboard.press("Tab")
    page.locator("#draw_me").click()
    answered(page, "Nine drawings of a cat")
    assert strokes(page) == 0
    page.locator("#again").click()
    answered(page, "Nine versions")
    assert strokes(page) > 0
    assert not page.locator("#results .dd-note").is_visible()
    page.locator("#again").click()  # of the same drawing: a version is not drawn anew
    before = strokes(page)
    answered(page, "Nine versions")
    assert strokes(page) == before
    pad(page, "undo()")
    assert strokes(page) == 0


def test_again_my_way_takes_the_ending_that_is_shown_too(enter_studio: Callable):
    page = enter_studio()
    draw(page, *ROW)
    endings(page)
    page.locator("#again").click()
    answered(page, "Nine versions")
    assert strokes(page) > 1
    pad(page, "undo()")
    assert strokes(page) == 1


def test_complete_takes_a_drawing_that_is_shown_on_an_empty_paper(enter_studio: Callable):
    page = enter_studio()
    page.get_by_label("What it is").fill("cat")
    page.keyboard.press("Tab")
    page.locator("#draw_me").click()
    answered(page, "Nine drawings of a cat")
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(f"!({TITLE % 'Nine drawings'}) && {IDLE}")
    assert strokes(page) > 0
    said = page.locator("#results .dd-note").inner_text()
    assert "nothing drawn" not in said


def test_on_a_phone_the_sentence_is_seen_whole(enter_studio: Callable):
    page = enter_studio(**PHONE)
    sheet = page.locator("#sheet").bounding_box()["y"]
    for part in ("#word", "#count", "#daring", "#seed", "#reroll", "#go"):
        within(page, part, 0, sheet)


def test_on_a_phone_the_paper_is_seen_beside_the_open_sheet(enter_studio: Callable):
    page = enter_studio(**PHONE)
    draw(page, *ROW)
    endings(page)
    page.evaluate("scrollTo(0, 400)")
    page.get_by_role("button", name="Show or hide the results").tap()
    page.wait_for_function(
        "document.querySelector('#draw_me').getBoundingClientRect().bottom <= innerHeight"
        " && document.querySelector('#pad .sc-stage').getBoundingClientRect().top >= 0"
    )
    sheet = page.locator("#sheet").bounding_box()["y"]
    for part in ("#pad .sc-stage", "#go", "#seed"):
        within(page, part, 0, sheet)
    for part in ("#results .dd-grid", "[data-act=keep]", "#draw_me", "#again"):
        within(page, f"#results {part}" if part == "[data-act=keep]" else part, sheet, 844)
    third = page.locator("#results .dd-grid button").nth(2)
    third.tap()
    page.wait_for_function(
        f"(id) => {PAD}.selected() === Number(id)", arg=third.get_attribute("data-id")
    )
    page.locator("#go").tap()  # the sheet stays, nothing moves under the finger
    page.wait_for_function(f"{IDLE} && {TITLE % 'Nine endings'}")
    page.wait_for_function("document.querySelector('.dd-sheet button').ariaExpanded === 'true'")
    page.locator("#results [data-act=keep]").tap()
    page.wait_for_function(f"{PAD}.stats().strokes > 1")


def test_what_the_numbers_mean_is_said_at_a_tap(enter_studio: Callable):
    page = enter_studio(**PHONE)
    draw(page, *ROW)
    endings(page)
    page.get_by_role("button", name="Show or hide the results").tap()
    summary = page.get_by_label("What the numbers mean")
    summary.tap()
    said = page.locator(".dd-numbers p")
    said.wait_for()
    assert "The first need not have the highest number" in said.inner_text()
    within(page, ".dd-numbers p", 0, 844)
    first = page.locator("#results .dd-grid i").first
    assert "The first need not have the highest" in first.get_attribute("title")


@pytest.mark.parametrize("tab", ["", "Chimera"])
def test_on_its_side_the_examples_can_be_seen(enter_studio: Callable, tab: str):
    page = enter_studio(tab, **ASIDE)
    start = ".dd-starts button" if tab else "#examples .dd-examples button"
    page.locator(f"{start} .dd-picture").first.wait_for()
    for button in page.locator(start).all():
        box = button.locator(".dd-picture").bounding_box()
        assert min(box["width"], box["height"]) >= 40, box


def test_on_its_side_the_game_fits_the_window(enter_studio: Callable):
    page = enter_studio("Play", **ASIDE)
    go = page.locator(".dd-game-go:visible").first
    go.wait_for()
    assert go.bounding_box()["y"] + go.bounding_box()["height"] <= 390
    go.tap()
    page.locator(".dd-game-ask").wait_for()
    go = page.locator(".dd-game-ask .dd-game-go")
    assert go.bounding_box()["y"] + go.bounding_box()["height"] <= 390
    go.tap()
    page.wait_for_selector("#play .sc-stage canvas")
    within(page, "#play .sc-stage", 0, 390)


def test_after_a_walk_the_slider_stands_where_the_picture_is(enter_studio: Callable):
    page = enter_studio("Words")
    page.get_by_label("What to draw").fill("cat")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelectorAll('#doodles .dd-words-grid .dd-picture').length === 16"
    )
    page.get_by_role("button", name="Walk there").click()
    page.wait_for_selector("#walk .dd-walk-strip li:nth-child(7)")
    mix = page.locator("#walk [data-act=mix]")
    page.wait_for_function("document.querySelector('#chosen h2').textContent === 'cat to umbrella'")
    assert mix.inner_text() == "Mix 50 : 50" and mix.is_enabled()
    marked = page.locator("#walk [aria-current=true]")
    assert marked.count() == 1 and marked.get_attribute("data-step") == "6"


@pytest.mark.parametrize("size", [PHONE, ASIDE], ids=["upright", "aside"])
@pytest.mark.parametrize("tab", ["", "Words", "Morph", "Chimera", "Faces", "Play"])
def test_no_button_leaves_the_window(enter_studio: Callable, tab: str, size: dict):
    page = enter_studio(tab, **size)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    out = page.evaluate(
        "[...document.querySelectorAll('button, input')].filter((one) => {"
        " const box = one.getBoundingClientRect(); return one.offsetParent && box.width > 1 &&"
        " !one.closest('.dd-tags, .dd-tray, .dd-strip') &&"
        " (box.right > innerWidth + 1 || box.left < -1);"
        "}).map((one) => one.id || one.ariaLabel || one.textContent)"
    )
    assert out == []


@pytest.mark.parametrize("device", [{}, PHONE], ids=["window", "phone"])
def test_what_is_said_of_endings_does_not_lie_over_them(enter_studio: Callable, device: dict):
    page = enter_studio(**device)
    draw(page, *ROW)
    endings(page)
    if device:
        page.locator(".dd-sheet button").click()
        page.wait_for_function(
            "document.querySelector('.dd-sheet button').ariaExpanded === 'true'"
            " && !document.querySelector('.dd-side').getAnimations().length"
        )
    page.evaluate(
        "() => { const note = document.querySelector('#results .dd-note');"
        " note.textContent = 'This looks finished to me: 91 %, cat.'; note.hidden = false; }"
    )
    note = page.locator("#results .dd-note").bounding_box()
    for one in page.locator("#results .dd-grid button").all():
        box = one.bounding_box()
        above = box["y"] + box["height"] <= note["y"] + 1
        assert above or box["y"] >= note["y"] + note["height"] - 1, (box, note)
        assert box["height"] > 30
