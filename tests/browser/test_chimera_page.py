"""The tool Chimera in a browser, with real mouse and files; the network is a tiny one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from generated import write_chimera
from PIL import Image

from doodle.registry import Registry

SPECIES = ["lion", "goat", "snake", "fish"]
PAD = "document.querySelector('#chimera_pad .sc-root').strokeCanvas"
TAGS = f"(JSON.parse({PAD}.serialize()).tags || []).join(' ')"
CARD = "document.querySelector('#chimera_result .dd-made')"
NOTES = """[...document.querySelectorAll('.dd-note')].filter((one) => one.offsetParent)
    .map((one) => one.textContent)"""
RING = [(300, 300), (400, 200), (500, 300), (400, 420), (300, 300)]
TAIL = [(520, 320), (650, 330), (800, 200)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bool], str]]:
    """`site(there)` serves the page, with a network for chimeras or without any checkpoint."""
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    roots = {there: tmp_path_factory.mktemp("networks") for there in (True, False)}
    write_chimera(roots[True], SPECIES, 64)
    (roots[False] / "INDEX.json").write_text("{}")
    apps: dict[bool, tuple] = {}

    def serve(there: bool) -> str:
        if there not in apps:
            app = build_app(LocalExecutor(Registry(roots[there], device="cpu")))
            options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
            apps[there] = (app, app.launch(server_name="127.0.0.1", **options)[1])
        return apps[there][1]

    yield serve
    for app, _ in apps.values():
        app.close(verbose=False)


def opened(page):
    """The page in Chimera, ready to draw on."""
    page.wait_for_selector("#pad .sc-stage canvas", state="attached")  # a reload opens Chimera
    page.get_by_role("tab", name="Chimera").click()
    page.wait_for_selector("#chimera_pad .dd-remove", state="attached")
    return page


@pytest.fixture
def enter(visit: Callable, site: Callable) -> Callable:
    """`enter()` opens the page as a fresh visitor, in Chimera, rendering only when asked to."""

    def open_page(there: bool = True, live: bool = False, **context: object):
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        page = opened(visit(site(there), **{**still, **context}))
        page.locator("#chimera_live").set_checked(live)
        return page

    return open_page


def stroke(page, points: list[tuple[float, float]]) -> None:
    """Draw with the mouse, in canvas units."""
    box = page.locator("#chimera_pad .sc-host").bounding_box()
    unit = box["width"] / 1000
    places = [(box["x"] + x * unit, box["y"] + y * unit) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def choose(page, animal: str) -> None:
    page.locator(f"#chimera .dd-tags [data-name={animal}]").click()


def rendered(page, title: str) -> None:
    page.wait_for_function(
        f"(title) => {CARD}.querySelector('.dd-made-say b')?.textContent === title", arg=title
    )


def test_strokes_keep_their_animal_and_become_a_picture_that_the_tray_brings_back(
    enter: Callable,
):
    page = enter()
    choose(page, "lion")
    stroke(page, RING)
    choose(page, "snake")
    stroke(page, TAIL)
    assert page.evaluate(TAGS) == "lion snake"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    assert page.evaluate(TAGS) == "lion snake"
    page.wait_for_function(
        "document.querySelector('#chimera_edges .dd-sees').dataset.empty === 'false'"
    )
    page.locator("#chimera_go").click()
    rendered(page, "lion and snake")
    assert page.locator("#chimera_result .dd-variants button").count() == 4
    page.locator("#chimera_pad [data-act=clear]").click()
    assert page.evaluate(TAGS) == ""
    page.locator("#tray li button").click()
    page.wait_for_function(f"{TAGS} === 'lion snake'")


def test_live_pictures_follow_every_stroke_and_the_tray_takes_none_of_them(enter: Callable):
    page = enter(live=True)
    choose(page, "goat")
    stroke(page, RING)
    rendered(page, "goat")
    choose(page, "fish")
    stroke(page, [(100, 500), (300, 650), (800, 650), (900, 500)])
    page.wait_for_function(f"{CARD}.querySelector('.dd-made-say b').textContent.includes('fish')")
    assert page.locator("#tray li").count() == 0


def test_the_brush_colours_what_it_passes_and_a_tap_the_whole_stroke(enter: Callable):
    page = enter()
    stroke(page, RING)
    stroke(page, TAIL)
    page.locator("#chimera_pad [data-act=tag]").click()
    choose(page, "goat")
    stroke(page, [(340, 250), (400, 196), (440, 240)])
    assert page.evaluate(TAGS).split(" ") == ["", "goat", "", ""]
    stroke(page, [(650, 330), (650, 331)])
    assert page.evaluate(TAGS).split(" ") == ["", "goat", "", "goat"]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert page.evaluate(TAGS) == "" and page.evaluate(f"{PAD}.stats().strokes") == 2
    page.get_by_role("button", name="all", exact=True).click()
    page.locator("#chimera .dd-animals [data-name=fish]").click()
    page.get_by_role("button", name="all", exact=True).click()
    page.get_by_role("button", name="make the whole drawing this animal").click()
    assert page.evaluate(TAGS) == "fish fish"
    page.locator("#chimera_pad [data-act=eraser]").click()
    stroke(page, [(400, 180), (400, 220)])
    assert set(page.evaluate(TAGS).split(" ")) == {"fish"}


def test_a_picture_lies_below_its_marks_even_after_a_reload(enter: Callable, tmp_path: Path):
    picture = np.random.default_rng(0).integers(0, 255, (120, 240, 3)).astype(np.uint8)
    picture[20:100, 60:180] = (250, 10, 10)
    Image.fromarray(picture).save(tmp_path / "photo.png")
    page = enter()
    stroke(page, RING)
    page.locator("#chimera_pad input[type=file]").set_input_files(tmp_path / "photo.png")
    page.wait_for_function(f"{PAD}.pictureBox()?.w === 240 && !{PAD}.stats().strokes")
    for animal, x in (("lion", 250), ("fish", 750)):
        choose(page, animal)
        stroke(page, [(x, 375), (x, 376)])
    page.locator("#chimera_go").click()
    page.wait_for_function(f"{CARD}.dataset.empty === 'false'")
    title = page.locator("#chimera_result .dd-made-say b").inner_text()
    assert set(title.split(" and ")) == {"lion", "fish"}
    with page.expect_download() as saving:
        page.locator("#chimera_result [data-act=full]").click()
    assert Image.open(saving.value.path()).size == (240, 120)
    page.wait_for_timeout(300)  # the browser keeps the strokes a little later
    page.reload()
    opened(page)
    page.wait_for_function(f"{PAD}.pictureBox()?.w === 240 && {PAD}.stats().strokes === 2")
    page.get_by_role("button", name="remove the picture").click()
    page.wait_for_function(f"!{PAD}.pictureBox() && !{PAD}.stats().strokes")


def test_drawings_come_from_draw_and_outlines_go_back(enter: Callable):
    page = enter()
    page.get_by_role("tab", name="Draw").click()
    line = {"v": 1, "w": 1000, "h": 750, "strokes": [[200, 200, 0, 0.5, 800, 600, 900, 0.5]]}
    page.evaluate(
        "(text) => document.querySelector('#pad .sc-root').strokeCanvas.load(text)",
        json.dumps(line),
    )
    page.get_by_label("What it is").fill("fish")
    page.keyboard.press("Tab")
    page.get_by_label("More formats to save").click()
    page.locator("#results [data-to=chimera]").click()
    page.wait_for_function(f"{TAGS} === 'fish'")
    page.locator("#chimera_go").click()
    rendered(page, "fish")
    page.locator("#chimera_result summary").click()
    page.locator("#chimera_result [data-act=edges]").click()
    page.wait_for_function(
        "document.querySelector('#tools [data-tab-id=draw]').ariaSelected === 'true'"
    )
    drawn = page.evaluate("document.querySelector('#pad .sc-root').strokeCanvas.serialize()")
    first = json.loads(drawn)["strokes"][0]
    ends = sorted([first[:2], first[-4:-2]])
    assert np.allclose(ends, [(200, 200), (800, 600)], atol=40)


def test_without_a_network_edges_are_seen_and_a_sentence_says_what_is_missing(enter: Callable):
    page = enter(there=False, live=True)
    note = page.locator("#chimera > * .dd-chimera > .dd-note")
    assert "checkpoint chimera is missing" in note.inner_text()
    stroke(page, RING)
    page.wait_for_function(
        "document.querySelector('#chimera_edges .dd-sees').dataset.empty === 'false'"
    )
    page.locator("#chimera_go").click()
    page.wait_for_function(f"!{CARD}.querySelector('.dd-note').hidden")


def test_a_phone_shows_it_without_scrolling_sideways_the_paper_before_the_sentence(
    enter: Callable,
):
    page = enter(viewport={"width": 390, "height": 844})
    page.locator("#chimera_examples .dd-starts button").first.click()
    page.wait_for_function(f"{CARD}.dataset.empty === 'false'")
    page.wait_for_function("scrollY > 100")  # to the result
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [
        page.locator(at).bounding_box()["y"]
        for at in ("#chimera .dd-tags", "#chimera_pad", "#chimera_go", "#chimera_result")
    ]
    assert tops == sorted(tops)


def test_what_goes_wrong_is_said_once_and_until_the_next_thing(enter: Callable, tmp_path: Path):
    page = enter(live=True)
    Image.new("RGB", (60, 40), "white").save(tmp_path / "blank.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.4")
    files = page.locator("#chimera_pad input[type=file]")
    files.set_input_files(tmp_path / "blank.png")
    page.wait_for_function("document.querySelector('#chimera_edges .dd-note').offsetParent")
    page.wait_for_function(f"{CARD}.querySelector('.dd-compare').ariaBusy === 'false'")
    assert [said[:8] for said in page.evaluate(NOTES)] == ["No lines"]
    page.get_by_role("button", name="remove the picture").click()
    files.set_input_files(tmp_path / "broken.png")
    page.wait_for_function(f"({NOTES}).some((said) => said.startsWith('broken.png'))")
    files.set_input_files(tmp_path / "notes.pdf")
    page.wait_for_function(f"({NOTES}).length === 0")
    assert "cannot be opened" in page.locator("#chimera_pad .sc-note").inner_text()


def test_the_tabs_stay_when_the_bar_is_narrow_for_a_moment(enter: Callable):
    page = enter()
    bar, tabs = page.locator("#tools > .tab-wrapper"), page.locator("#tools [role=tab]")
    count = tabs.count()
    bar.evaluate("(bar) => { bar.style.width = '100px' }")
    page.wait_for_timeout(200)
    assert tabs.count() == count
    bar.evaluate("(bar) => { bar.style.width = '' }")
    assert len({tab.bounding_box()["y"] for tab in tabs.all()}) == 1


def test_the_result_is_large_and_whole_beside_the_paper_and_its_variants_are_seen(enter: Callable):
    page = enter(viewport={"width": 1280, "height": 800})
    stroke(page, RING)
    page.locator("#chimera_go").click()
    page.wait_for_selector("#chimera_result .dd-variants button")
    large = page.locator("#chimera_result .dd-compare").bounding_box()
    assert large["width"] > 430
    slider = page.locator("#chimera_result [role=slider]")
    page.wait_for_function(f"{CARD}.querySelector('[role=slider]').ariaValueNow === '0'")
    assert slider.is_visible()
    variants = page.locator("#chimera_result .dd-variants").bounding_box()
    assert variants["y"] + variants["height"] <= 800
    assert page.locator("#chimera_edges canvas").first.is_hidden()
    assert page.locator("#chimera_options").is_hidden()
    page.locator("#chimera_result .dd-variants button").nth(1).click()
    assert "wavering hand" in page.locator(".dd-made-say").inner_text()
    page.get_by_role("button", name="What the network sees").click()
    assert page.locator("#chimera_edges canvas").first.is_visible()
    assert page.locator("#chimera_options").is_visible()


def test_a_gap_in_the_outline_is_pointed_at_until_it_is_closed(enter: Callable):
    page = enter()
    pointed = "document.querySelector('#chimera_pad .sc-root').strokeCanvas.pointed()"
    house = [(450, 180), (270, 360), (300, 365), (300, 650), (700, 650), (700, 365), (730, 360)]
    stroke(page, [*house, (560, 190)])
    note = page.locator("#chimera .dd-note")
    note.wait_for()
    assert "open at the ring" in note.inner_text()
    x, y = page.evaluate(pointed)
    assert abs(x - 505) < 25 and abs(y - 185) < 25
    stroke(page, [(445, 185), (505, 150), (565, 195)])
    note.wait_for(state="hidden")
    assert page.evaluate(pointed) is None
