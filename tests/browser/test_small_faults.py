"""What stays on the page too long, is cut, or moves what lies below it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stubs import StubCompleter
from studio import draw, endings, pad

LINE = ((0.3, 0.3), (0.7, 0.3))
SAID = "document.querySelector('#results .dd-note').textContent.includes('%s')"
REFUSED = "!document.querySelector('#doodles .dd-note').hidden"
GRID = "document.querySelectorAll('#doodles .dd-words-grid .dd-picture').length === 16"


def test_what_was_said_of_the_cleared_drawing_goes_with_a_new_one(enter_studio: Callable):
    page = enter_studio()
    draw(page, *LINE)
    page.locator("#pad [data-act=clear]").click()
    note = page.locator("#pad .sc-note")
    assert note.text_content() == "Cleared. Undo brings it back."
    box = page.locator("#pad .sc-stage").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    assert note.text_content() == ""
    page.mouse.up()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("word", ["", "umbrella", "The Eiffel Tower"])
def test_the_button_that_draws_a_word_is_not_cut(enter_studio: Callable, word: str, width: int):
    page = enter_studio(viewport={"width": width, "height": 844})
    said = "something"
    if word:
        page.get_by_label("What it is").fill(word)
        page.keyboard.press("Tab")
        said = {"umbrella": "an umbrella"}.get(word, word)
    page.wait_for_function(
        "(said) => document.getElementById('draw_me').innerText === `Draw me ${said}`", arg=said
    )
    for button in ("draw_me", "again"):
        cut = "((b) => b.scrollWidth > b.clientWidth)(document.getElementById('%s'))"
        assert not page.evaluate(cut % button), button
    if word:
        assert page.locator("#draw_me").get_attribute("title").startswith(f"Draw me {said}: ")


@pytest.mark.parametrize("width", [1280, 1024, 390])
@pytest.mark.parametrize(
    ("tab", "field", "below"),
    [
        ("", "#word", "#results"),
        ("Words", "#words_text", "#doodles"),
        ("Morph", "#morph_first", "#morph_film"),
    ],
    ids=["draw", "words", "morph"],
)
def test_a_long_phrase_moves_nothing(
    enter_studio: Callable, tab: str, field: str, below: str, width: int
):
    page = enter_studio(tab, viewport={"width": width, "height": 844})
    page.wait_for_selector(f"{field} input")
    places = (
        "[...document.querySelectorAll('button')].filter((one) => one.offsetParent"
        " && one.closest('.dd-say')).map((one) => one.getBoundingClientRect())"
        ".map(({ top, left, height }) => [top, left, height].map(Math.round).join())"
        f".concat(document.querySelector('{below}').getBoundingClientRect().top)"
    )
    seen = []
    for text in ("owl", "a very sleepy old teapot with a chipped lid"):
        page.locator(f"{field} input").fill(text)
        page.keyboard.press("Tab")
        page.wait_for_timeout(200)
        seen.append(page.evaluate(places))
    assert seen[0] == seen[1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_old_results_under_an_error_go_or_are_said_to_be_earlier_ones(enter_studio: Callable):
    page = enter_studio()
    draw(page, *LINE)
    endings(page)
    page.get_by_label("What it is").fill("zzyzx")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(SAID % "Did you mean")
    page.wait_for_function("document.querySelector('#results h2').textContent === 'Endings'")
    assert page.locator("#results .dd-grid li").count() == 0
    page.get_by_role("tab", name="Words").click()
    field = page.get_by_label("What to draw")
    for text in ("cat", "猫"):
        field.fill(text)
        page.keyboard.press("Tab")
        page.locator("#words_go").click()
        page.wait_for_function(
            GRID if text == "cat" else "!document.querySelector('#doodles .dd-note').hidden"
        )
    saying = page.locator("#doodles .dd-words-say")
    assert saying.inner_text() == "Earlier: sixteen doodles of cat, best first."
    opacity = "getComputedStyle(document.querySelector('#doodles .dd-words-grid button')).opacity"
    assert float(page.evaluate(opacity)) < 0.6
    field.fill("owl")
    page.keyboard.press("Tab")
    page.locator("#words_go").click()
    page.wait_for_function(
        "document.querySelector('#doodles .dd-words-say').textContent.startsWith('Sixteen')"
    )
    assert float(page.evaluate(opacity)) == 1


def test_a_walk_goes_when_its_words_do(enter_studio: Callable):
    page = enter_studio("Words")
    steps = page.locator("#walk .dd-walk-strip li")

    def drawn(text: str) -> None:
        page.get_by_label("What to draw").fill(text)
        page.keyboard.press("Tab")
        page.locator("#words_go").click()
        page.wait_for_function(f"document.querySelector('#chosen h2').textContent === '{text}'")

    def walk() -> None:
        page.get_by_role("button", name="Walk there").click()
        page.wait_for_selector("#walk .dd-walk-strip li:nth-child(6)")

    drawn("cat")
    walk()
    drawn("fish")
    assert steps.count() == 0
    assert "fish" in page.locator("#walk [data-act=mix]").get_attribute("title") or (
        page.locator("#walk [data-save]").is_disabled()
    )
    walk()
    page.get_by_label("The word to walk to").fill("house")
    page.keyboard.press("Tab")
    page.wait_for_function("!document.querySelector('#walk .dd-walk-strip li')")
    title = "document.querySelector('#walk [data-act=mix]').title"
    page.get_by_label("Where between the two words").press("ArrowRight")
    assert "fish" in page.evaluate(title) and "house" in page.evaluate(title)


def test_ghosts_of_a_superseded_run_are_finished_or_gone(enter_studio: Callable, monkeypatch):
    monkeypatch.setattr(StubCompleter, "pause", 0.2)
    page = enter_studio()
    draw(page, *LINE)
    page.get_by_label("What it is").fill("cat")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(
        "document.querySelector('#pad .sc-root').strokeCanvas.ghosts().length === 9"
    )
    page.locator("#reroll").click()  # while the first is inked
    page.wait_for_function(
        "document.body.dataset.draw === 'idle' &&"
        " document.querySelector('#pad .sc-root').strokeCanvas.stats().ghosts === 'done'"
    )
    page.wait_for_timeout(500)
    assert pad(page, "stats().ghosts") == "done"
    assert all(ghost["done"] and ghost["shown"] == 1 for ghost in pad(page, "ghosts()"))
