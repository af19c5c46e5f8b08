"""Room for the paper at every size, and how soon a slow phone sees it."""
# ruff: noqa: F811

from __future__ import annotations

import gzip
import json
import urllib.request
from collections.abc import Callable

import pytest
from test_page import complete, draw, enter, handle, site  # noqa: F401  fixtures too

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 9e4}
SHIFTS = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const one of list.getEntries()) if (!one.hadRecentInput) shifted += one.value;
    }).observe({ type: "layout-shift", buffered: true });
}"""


def box(page, part: str) -> dict[str, float]:
    return page.locator(part).bounding_box()


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(
        one[at] < other[at] + other[side] and other[at] < one[at] + one[side]
        for at, side in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize(
    ("width", "height", "least"),
    [(1280, 800, 760), (1920, 1080, 1100), (2560, 1440, 1500), (844, 390, 360)],
)
def test_the_paper_takes_the_window_and_is_seen_whole(
    enter: Callable,
    width: int,
    height: int,
    least: int,
):
    page = enter(viewport={"width": width, "height": height})
    paper = box(page, "#pad .sc-stage")
    assert paper["width"] >= least
    assert paper["y"] + paper["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_the_paper_is_most_of_the_screen_above_a_sheet_of_results(enter: Callable):
    page = enter(viewport={"width": 390, "height": 844}, has_touch=True)
    paper, go = box(page, "#pad .sc-stage"), box(page, "#go")
    assert paper["height"] > 0.55 * 844 and paper["width"] > 0.9 * 390
    handle_ = page.get_by_role("button", name="Show or hide the results")
    assert go["y"] + go["height"] <= handle_.bounding_box()["y"]
    draw(page, (0.3, 0.4), (0.6, 0.4))
    complete(page)
    assert box(page, "#results .dd-grid")["y"] > 800
    assert handle_.inner_text() == "Nine endings: cat"
    handle_.tap()
    bottom = "document.querySelector('#results .dd-keep').getBoundingClientRect().bottom"
    page.wait_for_function(f"{bottom} <= 844")
    third = page.locator("#results .dd-grid button").nth(2)
    third.tap()
    handle_.tap()
    page.wait_for_function("document.querySelector('#results').getBoundingClientRect().top > 800")
    assert third.get_attribute("aria-pressed") == "true"
    page.touchscreen.tap(195, 300)  # the paper is free again
    assert handle(page, "stats().strokes") >= 1


def test_what_lies_beyond_a_page_of_the_usual_shape_can_be_drawn_on_too(enter: Callable):
    page = enter(viewport={"width": 390, "height": 844})
    draw(page, (0.2, 0.03), (0.8, 0.97))
    (points,) = json.loads(handle(page, "serialize()"))["strokes"]
    assert min(points[1::4]) < -100 and max(points[1::4]) > 850
    assert min(points[0::4]) > 150 and max(points[0::4]) < 850


@pytest.mark.parametrize("size", [(390, 844), (844, 390), (1280, 800)])
def test_the_chip_and_the_view_never_cover_the_drawing(enter: Callable, size: tuple[int, int]):
    page = enter(viewport={"width": size[0], "height": size[1]})
    draw(page, (0.3, 0.3), (0.7, 0.3))
    complete(page)
    paper = box(page, "#pad .sc-stage")
    for part in (".sc-chip", ".sc-corner"):
        assert not overlap(paper, box(page, f"#pad {part}")), part
    assert not overlap(box(page, "#pad .sc-chip"), box(page, "#pad .sc-corner"))
    box_ = box(page, "#pad .sc-chip")
    assert box_["x"] >= 0 and box_["x"] + box_["width"] <= size[0]


def test_the_first_answer_is_small_and_shows_the_paper(site: Callable):
    request = urllib.request.Request(site(), headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        content = answer.read()
    assert len(content) < 130_000
    text = gzip.decompress(content).decode()
    assert text.index('id="first"') < text.index("<gradio-app")
    with urllib.request.urlopen(site()) as answer:  # whoever reads no gzip
        assert answer.read().decode().count('id="first"') == 1


def test_a_slow_phone_sees_the_paper_soon_and_nothing_moves(visit: Callable, site: Callable):
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = visit("about:blank", script=SHIFTS, **phone)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)  # 1.6 Mbit/s
    page.goto(site(), wait_until="commit")
    page.wait_for_selector("#pad .sc-stage canvas")
    page.wait_for_selector("#status [data-state=wait]", state="detached")
    paints = page.evaluate("performance.getEntriesByType('paint').map((one) => one.startTime)")
    assert max(paints) < 3000
    assert page.evaluate("shifted") < 0.05
    assert page.locator("#first").count() == 0
