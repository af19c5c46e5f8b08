"""The fields that take a word, in Draw and in Words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

FOCUS = "document.activeElement.getAttribute('aria-label')"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize(
    ("tab", "label", "after", "context"),
    [
        ("", "What it is", "How many ways", {}),
        ("", "What it is", "How many ways", PHONE),
        ("Words", "What to draw", "How many doodles", {}),
    ],
    ids=["draw", "phone", "words"],
)
def test_a_click_selects_what_stands_there_and_tab_goes_on(
    enter_studio: Callable, tab: str, label: str, after: str, context: dict
):
    page = enter_studio(tab, **context)
    field = page.get_by_label(label, exact=True)
    if context:
        field.tap()
    else:
        field.click()
    page.keyboard.type("cat")
    assert field.input_value() == "cat"
    page.keyboard.press("Tab")
    page.wait_for_function(f"(at) => {FOCUS} === at", arg=after)
    page.wait_for_function(
        "(at) => document.querySelector(`[aria-label='${at}']`).value === 'cat'", arg=label
    )
    field.click(position={"x": 6, "y": 10})
    field.click(position={"x": 6, "y": 10})  # the second click puts the caret there
    page.keyboard.press("Home")
    page.keyboard.type("s")
    assert field.input_value() == "scat"


def test_enter_takes_what_was_typed_in_draw(enter_studio: Callable):
    page = enter_studio()
    field = page.get_by_label("What it is")
    field.click()
    page.keyboard.type("ca")
    page.wait_for_selector("[role=option]:has-text('cat')")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('#results .dd-note').textContent.includes('Did you mean cat')"
    )
    assert field.input_value() == "ca"
