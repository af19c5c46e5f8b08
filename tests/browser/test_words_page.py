"""The tool Words in a browser, with real mouse and keys; the models are stubs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stub_words import StubEncoder, StubImaginer
from stubs import StubRecognition, StubRegistry, use_stubs

CELLS = "#doodles .dd-words-grid button"
SHOWN = "document.querySelectorAll('#doodles .dd-words-grid button .dd-picture').length === %d"
LARGE = "#chosen .dd-chosen-sheet path"
PAD = "document.querySelector('#pad .sc-root').strokeCanvas"


@pytest.fixture(scope="module")
def site() -> Iterator[Callable[..., str]]:
    """`site(*without)` serves the page over stubs, lacking some checkpoints."""
    import doodle.pipelines.imagine as imagining
    import doodle.pipelines.recognise as recognising
    import doodle.pipelines.text as reading
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    patch = pytest.MonkeyPatch()
    use_stubs(patch)
    patch.setattr(imagining, "Imaginer", StubImaginer)
    patch.setattr(recognising, "Recognition", StubRecognition)
    patch.setattr(reading, "TextEncoder", StubEncoder)
    apps: dict[tuple, tuple] = {}

    def serve(*without: str) -> str:
        if without not in apps:
            app = build_app(LocalExecutor(StubRegistry(without=without)))
            options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
            apps[without] = (app, app.launch(server_name="127.0.0.1", **options)[1])
        return apps[without][1]

    yield serve
    for app, _ in apps.values():
        app.close(verbose=False)
    patch.undo()


@pytest.fixture
def enter(visit: Callable, site: Callable) -> Callable:
    """`enter()` opens the page as a fresh visitor, in Words."""

    def open_page(*without: str, **context: object):
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        page = visit(site(*without), **{**still, **context})
        page.wait_for_selector("#pad .sc-stage canvas")
        page.get_by_role("tab", name="Words").click()
        page.wait_for_selector("#doodles .dd-chips button", state="attached")
        page.wait_for_selector("#walk .dd-pills button")
        return page

    return open_page


def draw(page, text: str | None = None) -> None:
    """Say a text, if any, and have it drawn."""
    if text is not None:
        page.get_by_label("What to draw").fill(text)
        page.keyboard.press("Tab")
    page.locator("#words_go").click()
    page.wait_for_function(SHOWN % 16)
    page.wait_for_function(
        "document.querySelector('#doodles .dd-words-say').textContent"
        ".includes(`of ${document.querySelector('#words_text input').value}, best`)"
    )


def act(page, name: str) -> None:
    page.locator("#chosen").get_by_role("button", name=name, exact=True).click()


def noted(page, part: str, where: str = "#doodles") -> None:
    page.wait_for_function(
        "([at, part]) => { const note = document.querySelector(`${at} .dd-note`);"
        " return !note.hidden && note.textContent.includes(part); }",
        arg=[where, part],
    )


def test_a_text_becomes_a_grid_that_the_keyboard_walks_through(enter: Callable):
    page = enter()
    draw(page, "a sleepy teapot")
    marks = page.locator(f"{CELLS} i").all_inner_texts()
    assert marks[0] == ".96" and marks == sorted(marks, reverse=True)
    assert page.locator("#chosen h2").inner_text() == "teapot"
    assert page.locator("#chosen .dd-chosen-score").inner_text() == ".96 recognised"
    read = page.locator("#reading .dd-reading-parts").inner_text()
    assert "sleepy placed by meaning" in read
    assert "Read by the offline word table, sure (90 %)" in read
    first = page.locator(LARGE).first.get_attribute("d")
    page.locator(CELLS).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    sixth = page.locator(CELLS).nth(5)
    assert sixth.get_attribute("aria-pressed") == "true"
    assert sixth.evaluate("(cell) => getComputedStyle(cell).outlineStyle") == "solid"
    assert page.locator(LARGE).first.get_attribute("d") != first
    assert page.locator(f"{CELLS}[aria-pressed=true]").count() == 1


def test_enter_a_chip_a_new_seed_and_a_surprise_all_draw(enter: Callable):
    page = enter()
    page.get_by_role("button", name="a whale").click()
    page.wait_for_function(SHOWN % 16)
    assert page.get_by_label("What to draw").input_value() == "a whale"
    page.get_by_label("How many doodles").fill("5")
    page.get_by_label("What to draw").fill("cat")
    page.keyboard.press("Enter")
    page.wait_for_function(SHOWN % 5)
    shape = page.locator(f"{CELLS} path").first.get_attribute("d")
    changed = f"(d) => document.querySelector('{CELLS} path').getAttribute('d') !== d"
    page.get_by_role("button", name="Another seed, and draw").click()
    page.wait_for_function(changed, arg=shape)
    page.get_by_role("button", name="Surprise me").click()
    page.wait_for_function("document.querySelector('#chosen h2').textContent !== 'cat'")
    surprise = page.locator("#chosen h2").inner_text()
    assert surprise in page.get_by_label("What to draw").input_value()


def test_open_in_draw_is_one_step_that_undo_takes_back(enter: Callable):
    page = enter()
    draw(page)
    page.locator(CELLS).nth(2).click()
    act(page, "open in Draw")
    page.wait_for_function(f"document.querySelector('#pad').offsetParent && {PAD}.stats().strokes")
    assert page.evaluate(f"{PAD}.stats().strokes") == 2
    xs = page.evaluate(f"JSON.parse({PAD}.serialize()).strokes[0].filter((_, i) => i % 4 === 0)")
    assert 100 < min(xs) < 400 and 600 < max(xs) < 900
    page.evaluate(f"{PAD}.undo()")
    assert page.evaluate(f"{PAD}.stats().strokes") == 0


def test_finish_it_completes_as_the_thing_that_was_named(enter: Callable):
    page = enter()
    draw(page, "a sleepy cat")
    act(page, "finish it")
    endings = "#results .dd-grid .dd-picture"
    page.wait_for_function(f"document.querySelectorAll('{endings}').length >= 9")
    assert page.get_by_label("What it is").input_value() == "cat"
    assert page.evaluate(f"{PAD}.stats().strokes") == 2


def test_more_like_this_then_a_walk_with_its_gif_and_a_mix(enter: Callable):
    page = enter()
    draw(page, "cat")
    page.locator(CELLS).nth(3).click()
    act(page, "more like this")
    saying = page.locator("#doodles .dd-words-say")
    page.wait_for_function(
        "document.querySelector('#doodles .dd-words-say').textContent.includes('like the one')"
    )
    page.get_by_role("button", name="Walk there").click()
    page.wait_for_selector("#walk .dd-walk-strip li:nth-child(6)")
    start = page.locator(LARGE).first.get_attribute("d")
    slider = page.get_by_label("Where between the two words")
    slider.press("End")
    assert page.locator(LARGE).first.get_attribute("d") != start
    assert page.locator("#chosen h2").inner_text() == "umbrella"
    with page.expect_download() as download:
        page.locator("#walk").get_by_role("button", name="GIF").click()
    assert download.value.suggested_filename == "cat-to-umbrella.gif"
    assert Path(download.value.path()).read_bytes().startswith(b"GIF8")
    for _ in range(30):
        slider.press("ArrowLeft")
    page.get_by_role("button", name="Mix 30 : 70").click()
    page.wait_for_function(
        "document.querySelector('#doodles .dd-words-say').textContent.includes('70 %')"
    )
    assert "between cat (30 %) and umbrella (70 %)" in saying.inner_text()


@pytest.mark.parametrize(("button", "start"), [("SVG", b"<svg"), ("PNG", b"\x89PNG")])
def test_saving_the_chosen_one(enter: Callable, button: str, start: bytes):
    page = enter()
    draw(page, "cat")
    with page.expect_download() as download:
        act(page, button)
    assert download.value.suggested_filename == f"cat.{button.lower()}"
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(start)
    if button == "SVG":  # the doodle's own curves, and not its points joined up
        pieces = sum(path.count(" ") // 6 for path in content.decode().split(' d="')[1:])
        assert b"C" in content and pieces < 60


def test_what_cannot_be_drawn_is_a_sentence_and_nothing_is_lost(enter: Callable):
    page = enter()
    draw(page, "cat")
    for text, says in [
        ("", "Say what to draw"),
        ("🦊🦊", "English words"),
        ("猫", "English words"),
        ("word " * 300, "characters"),
    ]:
        page.get_by_label("What to draw").fill(text)
        page.keyboard.press("Tab")
        page.locator("#words_go").click()
        noted(page, says)
        assert page.locator(CELLS).count() == 16
        assert page.locator("#chosen h2").inner_text() == "cat"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    draw(page, "qqq")
    page.wait_for_selector("#doodles .dd-note", state="hidden")
    assert page.locator("#reading .dd-reading-notice").inner_text() == "I read it as a cat."
    page.get_by_label("The word to walk to").fill("猫")
    page.keyboard.press("Enter")
    noted(page, "English words", "#walk")


@pytest.mark.parametrize("count", ["0", "99"])
def test_a_number_out_of_bounds_is_a_sentence_and_the_button_comes_back(
    enter: Callable, count: str
):
    page = enter()
    draw(page, "cat")
    page.get_by_label("How many doodles").fill(count)
    page.keyboard.press("Tab")
    page.locator("#words_go").click()
    noted(page, "from 1 to 36")
    assert page.locator("#words_go").is_visible()
    assert page.locator(CELLS).count() == 16


def test_enter_draws_what_was_typed_and_not_the_first_match_of_the_list(enter: Callable):
    page = enter()
    field, shown = page.get_by_label("What to draw"), "#chosen h2"
    for keys, name in [(["c", "a"], "ca"), (["u", "m", "ArrowDown"], "umbrella")]:
        field.click()
        page.keyboard.press("Control+a")
        for key in keys:
            if key == "ArrowDown":  # nobody chooses from a list before it is there
                page.wait_for_selector("[role=option]:has-text('umbrella')")
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        page.wait_for_function(
            "([at, name]) => document.querySelector(at).textContent === name", arg=[shown, name]
        )
    field.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    noted(page, "Say what to draw")
    field.click()
    page.keyboard.type("ca")
    page.wait_for_selector("[role=option]:has-text('cat')")
    page.keyboard.press("Tab")
    page.wait_for_selector("#words_count input:focus")
    page.wait_for_timeout(150)  # Gradio opened the list after the field had lost the focus
    assert page.locator("[role=listbox]:visible").count() == 0


def test_stop_gives_the_button_back_and_drops_the_answer(enter: Callable, monkeypatch):
    monkeypatch.setattr(StubImaginer, "pause", 2.0)
    page = enter()
    page.locator("#words_go").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#doodles .dd-waits")
    page.wait_for_function("document.activeElement.id === 'words_stop'")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'words_go'")
    page.wait_for_timeout(2500)  # the stub has answered by now
    assert page.locator(CELLS).count() == 0
    assert page.locator(".dd-words-empty").is_visible()


def test_the_tray_brings_doodles_back_and_hands_them_to_morph(enter: Callable):
    page = enter()
    draw(page, "a sleepy cat")
    shape = page.locator(f"{CELLS} path").first.get_attribute("d")
    draw(page, "fish")
    page.reload()
    page.wait_for_selector("#doodles .dd-chips button", state="attached")  # the tab is kept
    tray = page.get_by_role("region", name="this visit").get_by_role("listitem")
    page.wait_for_function("document.querySelectorAll('.dd-tray li').length === 2")
    assert tray.all_inner_texts() == ["fish\nWords", "a sleepy cat\nWords"]
    tray.nth(1).get_by_role("button").click()
    page.wait_for_function(SHOWN % 16)
    assert page.locator(f"{CELLS} path").first.get_attribute("d") == shape
    page.wait_for_function("document.querySelector('#words_text input').value === 'a sleepy cat'")
    assert page.locator("#chosen h2").inner_text() == "cat"
    page.get_by_role("tab", name="Morph").click()
    page.wait_for_selector("#slot_0 .sc-stage canvas")
    tray.nth(0).get_by_role("button").click()
    filled = "document.querySelector('#slot_0 .sc-root').strokeCanvas.stats().strokes === 2"
    page.wait_for_function(filled)


def test_without_its_checkpoint_the_tool_says_how_to_mend_it_and_the_rest_works(enter: Callable):
    page = enter("dccgan")
    noted(page, "python -m doodle train dccgan")
    page.locator("#words_go").click()
    noted(page, "git pull")
    page.get_by_role("tab", name="Draw").click()
    page.get_by_role("button", name="Start from half a cat").click()
    page.wait_for_function("document.querySelectorAll('#results .dd-grid .dd-picture').length >= 9")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_each_width_fits_and_nothing_is_nameless(enter: Callable, width: int, scheme: str):
    page = enter(viewport={"width": width, "height": 844}, color_scheme=scheme)
    top = "document.querySelector('#tray').getBoundingClientRect().top"
    before = page.evaluate(top)
    draw(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert abs(page.evaluate(top) - before) < 24  # one more line in a card at most
    parts = ["#say_words", "#doodles", "#chosen", "#walk", "#reading"]
    tops = [page.locator(part).bounding_box()["y"] for part in parts]
    assert width > 600 or tops == sorted(tops)
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input')].filter((b) => b.offsetParent && !("
        "b.textContent.trim() || b.ariaLabel || b.title || b.labels?.length)).map((b) => b.id)"
    )
    assert nameless == []


def test_what_cannot_be_drawn_is_said_and_the_nearest_offered(enter: Callable):
    page = enter()
    page.get_by_label("What to draw").fill("robot")
    page.get_by_label("What to draw").press("Enter")
    page.wait_for_function(SHOWN % 16)
    assert "never seen “robot” drawn" in page.locator(".dd-words-say").inner_text()
    card = page.locator(".dd-reading")
    assert "%" not in card.inner_text()  # how surely a word was read says nothing here
    card.get_by_role("button", name="a fish").click()
    page.wait_for_function("document.querySelector('.dd-words-say').innerText.includes('of fish')")
    assert card.get_by_role("button").count() == 0


def test_what_cannot_be_drawn_is_said_before_it_is_drawn(enter: Callable, monkeypatch):
    page = enter()
    monkeypatch.setattr(StubImaginer, "pause", 1.5)
    page.get_by_label("What to draw").fill("robot")
    page.get_by_label("What to draw").press("Enter")
    page.wait_for_function(
        "document.querySelector('.dd-words-result .dd-note').innerText.includes('never seen')"
    )
    assert page.locator(CELLS).count() == 0
