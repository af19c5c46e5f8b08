"""What each tab of a browser keeps for itself, and what a reload and the address bring back."""

from __future__ import annotations

from collections.abc import Callable

from studio import at_home, draw, endings, pad, strokes

LINE = ((0.3, 0.3), (0.7, 0.3))
OTHER = ((0.2, 0.6), (0.8, 0.6))
OFFER = "#pad .sc-offer button"
GRID = "document.querySelectorAll('#results .dd-grid .dd-picture').length >= %d"


def rest(page) -> None:
    """Wait until the browser has kept what was drawn and no answer is under way."""
    page.wait_for_selector(".dd-guesses[aria-busy=false]", state="attached")
    page.wait_for_timeout(350)


def another(page):
    """A second tab of the same browser."""
    two = page.context.new_page()
    two.goto(page.url)
    at_home(two)
    return two


def test_two_tabs_do_not_overwrite_each_other_and_a_new_one_is_offered_both(
    enter_studio: Callable,
):
    one = enter_studio()
    draw(one, *LINE)
    draw(one, *OTHER)
    rest(one)
    two = another(one)
    assert strokes(two) == 0  # a document of its own
    draw(two, *LINE)
    assert not two.locator("#pad .sc-offer").is_visible()
    rest(two)
    for page, count in ((one, 2), (two, 1)):
        page.reload()
        at_home(page)
        assert strokes(page) == count
        rest(page)
    one.close()
    three = another(two)
    offers = three.locator(OFFER)
    assert offers.count() == 2
    offers.first.click()
    assert strokes(three) in (1, 2)
    taken = strokes(three)
    three.keyboard.press("Control+z")
    assert strokes(three) == 0
    rest(three)
    four = another(three)
    four.locator(OFFER).nth(1).click()  # nothing is lost
    assert {taken, strokes(four)} == {1, 2}


def test_a_reload_keeps_tool_history_endings_and_visit(enter_studio: Callable):
    page = enter_studio()
    draw(page, *LINE)
    draw(page, *OTHER)
    endings(page)
    page.locator("#results .dd-grid button").nth(2).click()
    page.locator("#results [data-act=stroke]").click()
    page.keyboard.press("e")
    before = pad(page, "serialize()")
    ghosts = pad(page, "ghosts()")
    chosen = pad(page, "selected()")
    visit = page.locator("#tray li").all_inner_texts()
    rest(page)
    page.reload()
    at_home(page)
    page.wait_for_function(GRID % 9)
    assert pad(page, "serialize()") == before
    assert pad(page, "ghosts()") == ghosts and pad(page, "selected()") == chosen
    assert pad(page, "stats().tool") == "eraser"
    assert page.locator("#tray li").all_inner_texts() == visit
    assert page.locator("#results h2").inner_text() == "Nine endings: cat"
    page.mouse.move(5, 5)
    page.keyboard.press("Control+z")  # the stroke that was kept is offered again
    assert strokes(page) == 2
    assert [ghost["taken"] for ghost in pad(page, "ghosts()")] == [[]] * 9
    page.keyboard.press("Control+z")
    assert strokes(page) == 1
    page.keyboard.press("Control+z")
    assert strokes(page) == 0
    for _ in range(3):
        page.keyboard.press("Control+Shift+z")
    assert pad(page, "serialize()") == before


def test_tabs_are_in_the_address_and_back_and_forward_move_between_them(enter_studio: Callable):
    page = enter_studio()
    chosen = "document.querySelector('#tools [role=tab][aria-selected=true]').dataset.tabId"
    for name in ("Words", "Morph"):
        page.get_by_role("tab", name=name).click()
        page.wait_for_function(f"location.hash === '#{name.lower()}'")
    page.go_back()
    page.wait_for_function(f"{chosen} === 'words'")
    page.go_back()
    page.wait_for_function(f"{chosen} === 'draw'")
    page.go_forward()
    page.wait_for_function(f"{chosen} === 'words' && location.hash === '#words'")
    page.reload()
    page.wait_for_function(f"document.querySelector('#tools [role=tab]') && {chosen} === 'words'")
    page.wait_for_selector("#doodles .dd-chips button")
    page.goto("about:blank")
    page.go_back()
    page.wait_for_function(f"document.querySelector('#tools [role=tab]') && {chosen} === 'words'")
