"""The moving example that introduces Chimera: where it shows, what ends it, and what it leaves."""
# ruff: noqa: F811

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from test_chimera_page import RING, enter, opened, site, stroke  # noqa: F401  fixtures too

DEMO = ".dd-demo"
IN_RESULT, ON_PAPER = f"#chimera_result .dd-compare {DEMO}", f"#chimera_pad .sc-frame {DEMO}"
MOVING = {"reduced_motion": "no-preference"}
# of all parts, each "running" or "finished"; of the picture, the last, alone
RUNS = f"document.querySelector('{DEMO}').getAnimations({{ subtree: true }})"
PICTURE = f"document.querySelector('{DEMO} img')"
SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            if (one.startTime > window.since) {
                window.shifts.push([one.value, ...one.sources.map((at) => at.node?.className)]);
            }
        }
    }).observe({ type: "layout-shift" });
    window.since = Infinity;
}"""


def test_it_is_drawn_line_by_line_and_becomes_the_picture_once(enter: Callable):
    page = enter(**MOVING)
    page.wait_for_selector(IN_RESULT)
    page.wait_for_function(f"{RUNS}.length > 15")
    assert page.evaluate(f"getComputedStyle({PICTURE}).clipPath") == "inset(0px 100% 0px 0px)"
    colours = page.locator(f"{DEMO} path").evaluate_all(
        "(lines) => [...new Set(lines.map((line) => getComputedStyle(line).stroke))]"
    )
    assert len(colours) == 2  # an animal each
    ends = page.evaluate(
        f"Math.max(...{RUNS}.map((one) => one.effect.getComputedTiming().endTime))"
    )
    assert 3000 < ends < 5000
    page.wait_for_function(f"{RUNS}.length === 0")
    assert page.evaluate(f"getComputedStyle({PICTURE}).clipPath") == "none"
    assert page.evaluate(f"{PICTURE}.naturalWidth") == 256
    page.get_by_role("tab", name="Words").click()
    page.get_by_role("tab", name="Chimera").click()
    page.wait_for_selector(IN_RESULT)
    assert page.evaluate(f"{RUNS}.length") == 0  # it rests


def test_one_sentence_stands_for_it(enter: Callable):
    page = enter()
    said = page.locator(DEMO).get_attribute("aria-label")
    assert page.get_by_role("img", name=said).count() == 1
    assert "a griffin" in said and "eagle and lion" in said and said.count(".") == 1


def test_without_motion_it_is_a_still_of_both(enter: Callable):
    page = enter()
    page.wait_for_selector(IN_RESULT)
    assert page.evaluate(f"{RUNS}.length") == 0
    drawing, picture = (page.locator(f"{DEMO} {one}").bounding_box() for one in ("svg", "img"))
    assert drawing["x"] + drawing["width"] < picture["x"]


@pytest.mark.parametrize("end", ["stroke", "tap", "example", "upload", "sent"])
def test_it_ends_at_once_and_for_good(enter: Callable, tmp_path: Path, end: str):
    page = enter(**MOVING)
    page.wait_for_selector(IN_RESULT)
    box = page.locator("#chimera_pad .sc-host").bounding_box()
    if end == "stroke":
        page.mouse.move(box["x"] + 90, box["y"] + 90)
        page.mouse.down()
        assert page.locator(DEMO).count() == 0  # before there is a line
        page.mouse.up()
        stroke(page, RING)
    elif end == "tap":
        page.locator(IN_RESULT).click(force=True)
    elif end == "example":
        page.locator("#chimera_examples .dd-starts button").first.click()
    elif end == "upload":
        Image.new("RGB", (60, 40), "red").save(tmp_path / "red.png")
        page.locator("#chimera_pad input[type=file]").set_input_files(tmp_path / "red.png")
    else:
        pad = "document.querySelector('#chimera_pad .sc-root').strokeCanvas"
        page.evaluate(f"{pad}.load({pad}.serialize().replace('[]', '[[10,10,0,1,90,90,50,1]]'))")
    page.wait_for_selector(DEMO, state="detached", timeout=5000)
    page.locator("#chimera_pad [data-act=clear]").click(force=True)
    page.evaluate("sessionStorage.removeItem('doodle.chimera'); localStorage.clear()")
    page.reload()
    opened(page)
    page.wait_for_timeout(500)
    assert page.locator(DEMO).count() == 0


def test_on_a_phone_it_lies_on_the_empty_paper_and_lets_the_pen_through(enter: Callable):
    page = enter(viewport={"width": 844, "height": 390}, **MOVING)
    for width, height in ((844, 390), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_selector(ON_PAPER)
        paper = page.locator("#chimera_pad .sc-host").bounding_box()
        for one in page.locator(f"{ON_PAPER} span").all():
            box = one.bounding_box()
            assert paper["x"] < box["x"] and paper["y"] < box["y"]
            assert box["x"] + box["width"] < paper["x"] + paper["width"]
            assert box["y"] + box["height"] < paper["y"] + paper["height"]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_selector(IN_RESULT)  # where the result is seen
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector(ON_PAPER)
    stroke(page, [(200, 300), (800, 300)])
    assert page.locator(DEMO).count() == 0
    pad = "document.querySelector('#chimera_pad .sc-root').strokeCanvas"
    assert page.evaluate(f"{pad}.stats().strokes") == 1


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_moves_when_it_comes_and_goes(visit: Callable, site: Callable, width: int):
    page = visit(site(True), SHIFTS, viewport={"width": width, "height": 900})
    held: list = []
    page.route("**/02_griffin.webp*", lambda route: held.append(route))
    opened(page)
    page.wait_for_selector("#chimera_examples .dd-starts button")
    page.wait_for_timeout(1000)  # all parts stand in their places
    boxes = ["#chimera_result .dd-made", "#chimera_pad", "#chimera_examples"]
    before = [page.locator(one).bounding_box() for one in boxes]
    page.evaluate("window.since = performance.now()")
    [request] = held
    request.continue_()
    page.wait_for_selector(DEMO)
    assert [page.locator(one).bounding_box() for one in boxes] == before
    page.locator("#chimera_pad .sc-frame").dispatch_event("pointerdown")
    page.wait_for_selector(DEMO, state="detached")
    page.wait_for_timeout(300)
    assert [page.locator(one).bounding_box() for one in boxes] == before
    assert page.evaluate("window.shifts") == []


def test_the_picture_is_fetched_only_when_the_tool_is_opened(visit: Callable, site: Callable):
    page = visit(site(True))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_selector("#pad .sc-stage canvas")
    page.wait_for_timeout(500)
    assert not [url for url in asked if ".webp" in url]
    opened(page)
    page.wait_for_selector(IN_RESULT)
    assert [url for url in asked if "02_griffin.webp?v=" in url]


def test_without_the_network_nothing_is_promised(enter: Callable):
    page = enter(there=False)
    page.wait_for_timeout(500)
    assert page.locator(DEMO).count() == 0
