"""Morph in a browser: its words and its ends are what the visitor drew."""

from __future__ import annotations

from collections.abc import Callable

from studio import draw

LINES = [((0.2, y), (0.8, y)) for y in (0.3, 0.5, 0.7)]
SLOT = "document.querySelector('#slot_%d .sc-root').strokeCanvas"
WORD = "document.querySelector('#morph_first input').value === '%s'"


def film(page, n: int) -> None:
    page.get_by_role("button", name="Morph", exact=True).click()
    page.wait_for_function(
        "(n) => document.body.dataset.morph === 'idle' &&"
        " document.querySelectorAll('#morph_film .dd-strip li').length === n",
        arg=n,
    )


def test_a_drawn_slot_names_its_word_unless_one_was_asked_for(enter_studio: Callable):
    page = enter_studio("Morph")
    page.wait_for_selector("#slot_1 .sc-stage canvas")
    for line in LINES:
        draw(page, *line, where="#slot_0")
    page.wait_for_function(WORD % "fish")  # what the stub takes three strokes for
    page.get_by_label("What the first is").fill("owl")
    page.keyboard.press("Tab")
    draw(page, (0.3, 0.8), (0.7, 0.8), where="#slot_0")
    page.wait_for_timeout(800)
    assert page.evaluate(WORD % "owl")


def test_the_film_begins_and_ends_with_the_visitors_own_drawings(enter_studio: Callable):
    page = enter_studio("Morph")
    page.wait_for_selector("#slot_1 .sc-stage canvas")
    draw(page, (0.2, 0.2), (0.8, 0.2), (0.8, 0.8), where="#slot_0")
    for line in LINES:
        draw(page, *line, where="#slot_1")
    for place, name in (("first", "cat"), ("second", "fish")):
        page.wait_for_function(f"document.querySelector('#morph_{place} input').value === '{name}'")
    page.get_by_label("How many steps").fill("6")
    film(page, 6)
    strokes = page.evaluate(
        "[...document.querySelectorAll('#morph_film .dd-strip path.drawn')]"
        ".map((path) => path.getAttribute('d').split('M').length - 1)"
    )
    assert strokes == [1, 8, 8, 8, 8, 3]  # the stub reconstructs anything in eight strokes
    assert [page.evaluate(f"{SLOT % at}.stats().strokes") for at in (0, 1)] == [1, 3]
    page.get_by_label("How many steps").fill("2")
    film(page, 2)


def test_drawing_into_a_filled_slot_replaces_what_is_there(enter_studio: Callable):
    page = enter_studio("Morph")
    page.wait_for_selector("#slot_1 .sc-stage canvas")
    page.get_by_label("How many steps").fill("4")
    page.get_by_label("What the first is").fill("sun")
    film(page, 4)  # both slots are drawn for the visitor
    assert page.evaluate(f"{SLOT % 0}.stats().strokes") > 1
    for count, line in enumerate(LINES, 1):
        draw(page, *line, where="#slot_0")
        assert page.evaluate(f"{SLOT % 0}.stats().strokes") == count
    before = page.evaluate(f"{SLOT % 1}.serialize()")
    page.get_by_label("What the second is").fill("house")
    page.keyboard.press("Tab")
    film(page, 4)  # another word asks for another drawing in place of the page's own
    assert page.evaluate(f"{SLOT % 1}.serialize()") != before
    assert page.evaluate(f"{SLOT % 0}.stats().strokes") == 3
