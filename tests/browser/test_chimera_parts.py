"""Chimera's two cards in a browser: real mouse, fingers and keys, messages instead of a server."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import numpy as np
import pytest
from chimera_parts_page import LINE, SIZE, build, edge_message, levels, result_message, send, url

EDGES, RESULT = "#chimera_edges", "#chimera_result"
STAGE, HANDLE = ".dd-editor-stage", f"{RESULT} [role=slider]"
MODULES = "window.doodle.modules"
NEWS = f"{MODULES}['tools/chimera/news.js']"
RESTORE = f"{MODULES}['shell/mount.js'].mounted('tools/chimera/result').restore"
HEARD = "document.querySelector('#heard textarea').value"


@pytest.fixture(scope="module")
def parts_url(serve: Callable) -> str:
    """Address of a page that holds little but the cards."""
    from doodle.ui.theme import launch_options

    extra = {name: launch_options()[name] for name in ("theme", "css")}
    return serve(build(), **extra)


@pytest.fixture
def enter(visit: Callable, parts_url: str) -> Callable:
    """`enter()` opens that page as a fresh visitor."""

    def open_page(**context: object):
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        page = visit(parts_url, **{**still, **context})
        page.wait_for_selector(f"{RESULT} .dd-made[data-busy]")
        page.wait_for_selector(f"{EDGES} .dd-sees[data-empty]")
        page.get_by_role("button", name="What the network sees").click()
        page.wait_for_selector("#heard textarea", state="attached")
        return page

    return open_page


@pytest.fixture
def seen(enter: Callable) -> Callable:
    """`seen()` opens the page with a map on show."""

    def open_page(**context: object):
        page = enter(**context)
        tell(page)
        return page

    return open_page


def tell(page, **more: object) -> None:
    """Hand the card a map and wait until it is on show."""
    page.evaluate("document.querySelector('.dd-sees-say span').textContent = 'waits'")
    message = edge_message(**more)
    send(page, "edges", message)
    if not message["problem"]:
        page.wait_for_function(
            "document.querySelector('.dd-sees-say span').textContent !== 'waits'"
        )


def edit(page):
    """Open the editor."""
    page.locator(EDGES).get_by_role("button", name="edit edges").click()
    page.wait_for_selector(".dd-editor[open]")
    return page


def place(page, x: float, y: float) -> tuple[float, float]:
    """Pixels of the map to the window's, at zoom 1."""
    box = page.locator(STAGE).bounding_box()
    return box["x"] + x * box["width"] / SIZE, box["y"] + y * box["height"] / SIZE


def drag(page, *points: tuple[float, float]) -> None:
    """One stroke of the mouse through pixels of the map."""
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=6)
    page.mouse.up()


def heard(page, what: str = "edited") -> dict:
    """The next message that Python hears, which has `what` in it."""
    page.wait_for_function(f"{HEARD} !== window.heard && {HEARD}.includes('\"{what}\"')")
    return json.loads(page.evaluate(f"window.heard = {HEARD}").split(" ", 1)[1])


def edges_of(message: dict) -> np.ndarray:
    """(S, S) uint8 of an edited map."""
    return levels(message["edited"])[..., 0]


def badge(page) -> bool:
    return page.locator(".dd-sees-badge").is_visible()


def shade(page, x: float, y: float, what: str = ".dd-sees-map canvas") -> list[int]:
    """Red, green, blue of a canvas at shares of its width and height."""
    return page.evaluate(
        "([what, x, y]) => { const c = document.querySelector(what);"
        " return [...c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data]"
        ".slice(0, 3); }",
        [what, x, y],
    )


def test_the_map_is_white_on_black_over_the_animals_colours(seen: Callable):
    page = seen()
    assert page.locator(".dd-sees-say span").inner_text() == f"taken for a drawing, {SIZE} px"
    assert min(shade(page, 0.5, 0.5)) > 240
    red, _, blue = shade(page, 0.6, 0.2)  # the right half is a lion's
    assert red - blue > 40
    assert max(shade(page, 0.45, 0.2)) < 40
    page.locator(EDGES).get_by_role("button", name="animals").click()
    assert max(shade(page, 0.6, 0.2)) < 40
    send(page, "edges", {**edge_message(), "edges": "", "species": "", "problem": "No lines yet."})
    page.wait_for_selector(f"{EDGES} [data-empty=true]")
    assert page.locator(f"{EDGES} [role=alert]").inner_text() == "No lines yet."
    assert page.locator(EDGES).get_by_role("button", name="edit edges").is_disabled()


def test_pen_and_eraser_change_the_map_itself(seen: Callable):
    page = edit(seen())
    drag(page, (2.5, 60.5), (22.5, 40.5))
    map_ = edges_of(heard(page))
    assert map_.shape == (SIZE, SIZE) and set(np.unique(map_)) == {0, 255}
    lower = map_[33:] > 0  # one pixel wide, also on a slope
    assert (lower.sum(0) == [2 <= x <= 22 for x in range(SIZE)]).all() and lower[27, 2]
    assert map_[32, LINE].all()
    page.locator(".dd-editor [data-act=eraser]").click()
    drag(page, (40, 32), (60, 32))
    map_ = edges_of(heard(page))
    assert map_[32, 16:37].all() and not map_[32, 37:].any() and map_[50].any()
    page.keyboard.press("Escape")
    page.wait_for_selector(".dd-editor[open]", state="hidden")
    assert badge(page)


def test_undo_redo_and_reset_say_what_the_map_then_is(seen: Callable):
    page = edit(seen())
    drag(page, (10, 10), (50, 10))
    first = heard(page)
    page.locator(".dd-editor [data-act=undo]").click()
    assert heard(page) == {"edited": ""}
    assert page.locator(".dd-editor [data-act=reset]").is_disabled()
    page.keyboard.press("Control+Shift+z")
    assert heard(page) == first
    page.locator(".dd-editor [data-act=reset]").click()
    assert heard(page) == {"edited": ""}
    page.keyboard.press("Control+z")  # a reset was a step as well
    assert heard(page) == first
    page.locator(".dd-editor").get_by_role("button", name="Done").click()
    page.get_by_role("button", name="back to its own edges").click()
    assert heard(page) == {"edited": ""}
    assert not badge(page)


def test_edits_outlive_new_messages_until_a_new_source(seen: Callable):
    page = edit(seen())
    drag(page, (10, 10), (50, 10))
    kept = heard(page)
    page.locator(".dd-editor").get_by_role("button", name="Done").click()
    tell(page, row=50, run=2)
    assert badge(page)
    drag_again = edit(page)
    drag(drag_again, (10, 20), (50, 20))
    map_ = edges_of(heard(page))
    assert (map_[10] == edges_of(kept)[10]).all() and map_[32].any() and not map_[50].any()
    page.keyboard.press("Escape")
    tell(page, row=50, run=3, new_source=True)
    page.wait_for_selector(".dd-sees[data-edited=false]")
    assert not badge(page)
    edit(page)
    assert page.locator(".dd-editor [data-act=undo]").is_disabled()
    drag(page, (10, 20), (50, 20))
    map_ = edges_of(heard(page))
    assert map_[50, LINE].all() and not map_[32].any() and not map_[10].any()


def test_the_keyboard_draws_and_the_size_is_its_own_for_each_tool(seen: Callable):
    page = seen()
    button = page.locator(EDGES).get_by_role("button", name="edit edges")
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "dd-editor-stage"
    page.keyboard.press("]")
    page.keyboard.press("]")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    map_ = edges_of(heard(page))
    # from the middle, 16 up, 8 to the right, three pixels wide
    assert map_[15:18, 32:41].all() and not map_[14].any() and not map_[18].any()
    page.keyboard.press("e")
    assert page.locator(".dd-editor output").inner_text() == "6 px"
    page.keyboard.press("p")
    assert page.locator(".dd-editor output").inner_text() == "3 px"
    page.keyboard.press("Control+z")
    assert heard(page) == {"edited": ""}
    page.keyboard.press("Escape")
    assert button.evaluate("(one) => one === document.activeElement")


def test_two_fingers_zoom_and_one_draws_on_a_phone(seen: Callable):
    page = edit(seen(viewport={"width": 390, "height": 844}, has_touch=True))
    box = page.locator(STAGE).bounding_box()
    assert box["width"] > 330 and box["x"] >= 0 and box["x"] + box["width"] <= 390
    for button in page.locator(".dd-editor button:visible").all():
        size = button.bounding_box()
        assert size["height"] >= 42 and size["y"] + size["height"] <= 844
    hand = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    x, y = place(page, 32, 40)
    touch("touchStart", (x - 20, y))
    touch("touchStart", (x - 20, y), (x + 20, y))  # the first finger had begun a stroke
    touch("touchMove", (x - 80, y), (x + 80, y))
    touch("touchEnd")
    assert page.locator(".dd-editor [data-act=undo]").is_disabled()
    x, y, wide = box["x"], box["y"] + box["height"] / 4, box["width"]
    touch("touchStart", (x + 1, y))
    touch("touchMove", (x + wide - 1, y))
    touch("touchEnd")
    rows, columns = np.nonzero(edges_of(heard(page)))
    new = columns[rows != 32]  # four times as close: a quarter of the map is in sight
    assert set(rows[rows != 32]) == {34} and new.min() == 24 and new.max() == 39


def test_a_result_slides_against_drawing_and_edges(enter: Callable):
    page = enter()
    assert f"{SIZE} x {SIZE} pixels" in page.locator(".dd-made-say").inner_text()
    page.evaluate(f"{NEWS}.rendered.listen((result) => {{ window.shown = result }})")
    send(page, "result", result_message())
    page.wait_for_selector(f"{RESULT} [data-empty=false]")
    shown, message = page.evaluate("window.shown"), result_message()
    keys = "pictures", "source", "title", "seed"
    assert all(shown[key] == message[key] for key in keys)
    handle, field = page.locator(HANDLE), page.locator(f"{RESULT} .dd-compare")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 80, steps=4)
    page.mouse.up()
    assert handle.get_attribute("aria-valuenow") == "25"
    knob = handle.bounding_box()
    assert abs(knob["x"] + knob["width"] / 2 - box["x"] - 0.25 * box["width"]) < 2
    clip = page.locator(".dd-compare-before").evaluate("(one) => getComputedStyle(one).clipPath")
    assert "75%" in clip
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 80)  # not held any more
    handle.press("ArrowRight")
    handle.press("PageUp")
    assert handle.get_attribute("aria-valuenow") == "37"
    handle.press("Home")
    assert handle.get_attribute("aria-valuetext") == "0 percent input"
    page.get_by_role("button", name="edges", exact=True).click()
    assert page.locator(".dd-compare-before").get_attribute("src") == message["edges"]
    assert handle.get_attribute("aria-valuetext") == "0 percent edges"


def test_variants_by_mouse_and_keys_and_what_is_asked_of_the_chosen_one(enter: Callable):
    page, message = enter(), result_message()
    send(page, "result", message)
    thumbs = page.locator(".dd-variants button")
    page.wait_for_function("document.querySelectorAll('.dd-variants button').length === 4")
    thumbs.nth(1).click()
    page.keyboard.press("ArrowRight")
    assert [one.get_attribute("aria-pressed") for one in thumbs.all()].index("true") == 2
    assert page.locator(".dd-compare-after").get_attribute("src") == message["pictures"][2]
    say = page.locator(".dd-made-say").inner_text()
    assert "lion head, snake tail" in say and "variant 3 of 4, seed 5, 64 px" in say
    page.get_by_role("button", name="full size").click()
    assert heard(page, "ask") == {"ask": "full", "variant": 2}
    for name, k in (("outline to Draw", 2), ("edges to Draw", -1)):
        page.locator(f"{RESULT} summary").click()
        page.get_by_role("button", name=name).click()
        assert heard(page, "ask") == {"ask": "outline", "variant": k}
        assert not page.locator(f"{RESULT} details").evaluate("(one) => one.open")
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG").click()
    assert saved.value.suggested_filename == "lion-head-snake-tail-5-3.png"
    data = base64.b64encode(saved.value.path().read_bytes()).decode()
    assert message["pictures"][2].endswith(data)


def test_waiting_shows_and_an_error_leaves_the_last_result(enter: Callable):
    page = enter()
    send(page, "result", result_message())
    page.wait_for_selector(f"{RESULT} [data-empty=false]")
    page.evaluate(f"{NEWS}.renderAsked.send({{ live: false }})")
    page.wait_for_selector(f"{RESULT} [data-busy=true]")
    send(page, "result", {"error": "The network is missing."})
    page.wait_for_selector(f"{RESULT} [data-busy=false]")
    assert page.locator(f"{RESULT} [role=alert]").inner_text() == "The network is missing."
    assert page.locator(".dd-variants img").count() == 4
    page.evaluate(f"{NEWS}.renderAsked.send({{ live: false }})")
    assert page.locator(f"{RESULT} [role=alert]").is_hidden()
    page.evaluate(f"{NEWS}.renderAsked.send(null)")
    page.wait_for_timeout(400)  # longer than the patience
    assert page.locator(f"{RESULT} [data-busy=false]").count() == 1


def test_a_result_of_the_tray_comes_back_but_only_the_newest_is_asked_for(enter: Callable):
    page = enter()
    send(page, "result", result_message(n=1, title="a bear"))
    page.wait_for_function("document.querySelector('.dd-made-say').textContent.includes('a bear')")
    assert page.locator(".dd-variants").is_hidden()  # one alone needs no choice
    full = page.get_by_role("button", name="full size")
    assert full.is_enabled()
    old = url(np.full((SIZE, SIZE, 3), 9, np.uint8))
    page.evaluate(
        f"(picture) => {RESTORE}({{ pictures: [picture], title: 'a wolf', seed: 2 }})", old
    )
    assert page.locator(".dd-compare-after").get_attribute("src") == old
    assert page.locator(".dd-compare-before").is_hidden()
    assert full.is_disabled() and page.get_by_role("button", name="PNG").is_enabled()
    page.evaluate(f"(entry) => {RESTORE}(entry)", result_message(n=1, title="a bear"))
    assert full.is_enabled()
