"""The page in a browser, drawn on with a real mouse; the models are stubs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stubs import StubCompleter, StubRecognition, StubRegistry, use_stubs

from doodle.strokes.drawing import Drawing

IDLE = "document.body.dataset.draw === 'idle'"
INKED = f"{IDLE} && document.querySelectorAll('#results .dd-grid .dd-picture').length >= %d"
DRAWN = "document.querySelector('#pad .sc-root').strokeCanvas.stats().strokes > 0"
SHOTS = [(1280, 900, "light"), (1280, 900, "dark"), (390, 844, "light"), (390, 844, "dark")]


@pytest.fixture(scope="module")
def site() -> Iterator[Callable[..., str]]:
    """`site(missing=False)` serves the page over stubs and returns its address."""
    import doodle.pipelines.recognise as recognition
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    patch = pytest.MonkeyPatch()
    use_stubs(patch)
    patch.setattr(recognition, "Recognition", StubRecognition)
    apps: dict[bool, tuple] = {}

    def serve(missing: bool = False) -> str:
        if missing not in apps:
            app = build_app(LocalExecutor(StubRegistry(missing)))
            options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
            apps[missing] = (app, app.launch(server_name="127.0.0.1", **options)[1])
        return apps[missing][1]

    yield serve
    for app, _ in apps.values():
        app.close(verbose=False)
    patch.undo()


@pytest.fixture
def enter(visit: Callable, site: Callable) -> Callable:
    """`enter()` opens the page as a fresh visitor, ready to draw."""

    def open_page(missing: bool = False, **context: object):
        # without motion ink stands at once: quicker, and steady on a busy machine
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        context = {**still, **context}
        page = visit(site(missing), **context)
        page.wait_for_selector("#pad .sc-stage canvas")
        page.wait_for_selector("#results .dd-sample svg", state="attached")
        page.wait_for_selector("#status [data-state=wait]", state="detached")
        return page

    return open_page


def draw(page, *points: tuple[float, float], where: str = "#pad") -> None:
    """One stroke through points given as shares of the canvas."""
    box = page.locator(f"{where} .sc-stage").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()


def handle(page, call: str):
    return page.evaluate(f"document.querySelector('#pad .sc-root').strokeCanvas.{call}")


def strokes(page) -> int:
    return handle(page, "stats().strokes")


def complete(page, n: int = 9) -> None:
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(INKED % n)


def say_word(page, word: str) -> None:
    page.get_by_label("What it is").fill(word)
    page.keyboard.press("Tab")


def test_draw_complete_adopt_and_go_on_drawing(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.5, 0.2), (0.7, 0.3))
    complete(page)
    assert page.locator("#results h2").inner_text() == "Nine endings: cat"
    assert page.locator("#results .dd-grid i").first.inner_text() == ".97"
    third = page.locator("#results .dd-grid button").nth(2)
    third.click()
    assert third.get_attribute("aria-pressed") == "true"
    adding = handle(page, "ghosts()[2].strokes.length")
    page.get_by_role("button", name="Keep", exact=True).click()
    assert strokes(page) == 1 + adding
    draw(page, (0.2, 0.8), (0.8, 0.8))
    assert strokes(page) == 2 + adding
    complete(page)  # and finish that one too
    assert len(handle(page, "ghosts()")) == 9


def test_keeping_one_stroke_leaves_the_others_on_offer(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    complete(page)
    page.get_by_role("button", name="One stroke").click()
    page.get_by_role("button", name="One stroke").click()
    assert strokes(page) == 3
    assert len(handle(page, "ghosts()")) == 9


def test_how_many_and_the_word_are_what_the_sentence_says(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.get_by_label("How many ways").fill("4")
    say_word(page, "umbrella")
    page.wait_for_function("document.getElementById('draw_me').innerText === 'Draw me an umbrella'")
    complete(page, 4)
    assert page.locator("#results h2").inner_text() == "Four endings: umbrella"
    assert page.locator("#results .dd-grid li").count() == 4
    assert "umbrella" in page.locator("#pad .sc-chip").inner_text()


def test_a_sketch_is_finished_at_one_click_and_undo_brings_the_drawing_back(enter: Callable):
    page = enter()
    draw(page, (0.1, 0.1), (0.2, 0.2))
    mine = handle(page, "serialize()")
    page.get_by_role("button", name="Start from half a butterfly").click()
    page.wait_for_function(INKED % 9)
    assert page.get_by_label("What it is").input_value() == "butterfly"
    assert strokes(page) >= 3
    handle(page, "undo()")
    assert handle(page, "serialize()") == mine


def test_draw_me_and_again_my_way(enter: Callable):
    page = enter()
    say_word(page, "cat")
    page.get_by_role("button", name="Draw me a cat").click()
    page.wait_for_function(INKED % 9)
    assert page.locator("#results h2").inner_text() == "Nine drawings of a cat"
    page.locator("#results .dd-grid button").nth(1).click()
    page.get_by_role("button", name="Keep", exact=True).click()
    kept = strokes(page)
    assert kept > 4
    page.get_by_role("button", name="Again my way").click()
    page.wait_for_function(INKED % 9)
    assert page.locator("#results h2").inner_text() == "Nine versions"
    page.get_by_role("button", name="Keep", exact=True).click()
    assert strokes(page) == kept  # in place of the drawing, not on top of it


def test_another_seed_after_draw_me_draws_the_word_again(enter: Callable):
    page = enter()
    say_word(page, "cat")
    page.get_by_role("button", name="Draw me a cat").click()
    page.wait_for_function(INKED % 9)
    path = "document.querySelector('#results .dd-grid .added')?.getAttribute('d')"
    before = page.evaluate(path)
    page.locator("#reroll").click()
    page.wait_for_function(f"before => {path} && {path} !== before", arg=before)
    page.wait_for_function(INKED % 9)
    assert page.locator("#results h2").inner_text() == "Nine drawings of a cat"
    assert "nothing drawn" not in page.locator("#results .dd-note").inner_text()


def test_one_stroke_of_a_version_and_then_all_of_it_lose_nothing(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    draw(page, (0.3, 0.6), (0.7, 0.7))
    say_word(page, "cat")
    page.get_by_role("button", name="Again my way").click()
    page.wait_for_function(INKED % 9)
    page.get_by_role("button", name="One stroke").click()
    assert strokes(page) == 3
    page.get_by_role("button", name="Keep", exact=True).click()
    assert strokes(page) == 2  # the whole version, in place of what was there


def test_drawings_of_a_word_say_how_they_were_made_and_what_was_never_seen(enter: Callable):
    page = enter()
    say_word(page, "blob")
    page.get_by_role("button", name="Draw me a blob").click()
    page.wait_for_function(INKED % 9)
    chips = page.locator("#results .dd-grid em").all_inner_texts()
    assert chips == ["", "", "traced"] * 3
    assert "never seen “blob” drawn" in page.locator("#results .dd-note").inner_text()
    page.reload()  # the marks are kept with the drawings
    page.wait_for_function(INKED % 9)
    assert page.locator("#results .dd-grid em").all_inner_texts() == chips


def test_stop_ends_the_run_and_gives_the_button_back(enter: Callable, monkeypatch):
    monkeypatch.setattr(StubCompleter, "pause", 0.25)
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.locator("#go").focus()
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    assert page.locator("#go").is_hidden()
    page.wait_for_function("document.activeElement.id === 'stop'")  # the keyboard stays there
    page.wait_for_function(
        "document.querySelector('#pad .sc-root').strokeCanvas.ghosts().length === 9"
    )
    page.keyboard.press("Enter")
    page.wait_for_function(f"{IDLE} && document.activeElement.id === 'go'")
    page.wait_for_function(
        "document.querySelector('#pad .sc-root').strokeCanvas.stats().ghosts === 'done'"
    )
    count = "ghosts().reduce((sum, ghost) => sum + ghost.strokes.flat().length, 0)"
    before = handle(page, count)
    page.wait_for_timeout(600)  # two more steps of the stub, had it gone on
    assert handle(page, count) == before > 0


def test_the_latest_request_wins(enter: Callable, monkeypatch):
    monkeypatch.setattr(StubCompleter, "pause", 0.1)
    page = enter()
    page.get_by_role("button", name="Start from half a cat").click()
    page.get_by_role("button", name="Start from a house without a roof").click()
    page.wait_for_function(INKED % 9)
    assert page.get_by_label("What it is").input_value() == "house"
    assert "house" in page.locator("#pad .sc-chip").inner_text()
    assert handle(page, "ghosts()[0].strokes.length") == 2  # a roof and a chimney


def test_the_tray_brings_runs_and_kept_drawings_back_even_after_a_reload(enter: Callable):
    page = enter()
    page.get_by_role("button", name="Start from a fish without fins").click()
    page.wait_for_function(INKED % 9)
    endings = handle(page, "ghosts().map((ghost) => ghost.strokes.flat().length)")
    page.get_by_role("button", name="Keep", exact=True).click()
    kept = handle(page, "serialize()")
    handle(page, "clear()")
    page.wait_for_selector(".dd-guesses[aria-busy=false]", state="attached")  # nothing under way
    page.reload()
    page.wait_for_selector("#pad .sc-stage canvas")
    tray = page.get_by_role("region", name="this visit").get_by_role("listitem")
    assert tray.all_inner_texts() == ["fish\nkept", "fish\nnine ways"]
    tray.nth(0).get_by_role("button").click()
    page.wait_for_function(DRAWN)
    assert json.loads(handle(page, "serialize()"))["strokes"] == json.loads(kept)["strokes"]
    tray.nth(1).get_by_role("button").click()
    page.wait_for_function(INKED % 9)
    assert handle(page, "ghosts().map((ghost) => ghost.strokes.flat().length)") == endings
    assert page.locator("#results .dd-grid i").first.inner_text() == ".97"
    page.get_by_role("button", name="forget all").click()
    assert tray.count() == 0


def test_endings_set_aside_come_back_at_a_click(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    complete(page)
    draw(page, (0.2, 0.8), (0.8, 0.8))  # a new stroke takes over
    page.wait_for_function("document.querySelector('.dd-results').dataset.live === 'false'")
    assert page.get_by_role("button", name="Keep", exact=True).is_disabled()
    page.locator("#results .dd-grid button").nth(4).click()
    page.wait_for_function(INKED % 9)
    assert len(handle(page, "ghosts()")) == 9 and strokes(page) == 1
    handle(page, "undo()")
    assert strokes(page) == 2  # nothing that was drawn is lost


@pytest.mark.parametrize(("button", "suffix"), [("SVG", "svg"), ("GIF", "gif")])
def test_saving_the_drawing_with_its_ending(enter: Callable, button: str, suffix: str):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    complete(page)
    with page.expect_download() as download:
        page.locator("#results").get_by_role("button", name=button, exact=True).click()
    assert download.value.suggested_filename == f"cat.{suffix}"
    content = Path(download.value.path()).read_bytes()
    if suffix == "svg":  # the visitor's stroke and the ending's five
        assert len(re.findall(rb"<path", content)) == 6
    else:
        assert content.startswith(b"GIF8")


@pytest.mark.parametrize("place", ["canvas", "results"])
def test_a_project_keeps_the_sentence_and_brings_it_back(enter: Callable, place: str, tmp_path):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    say_word(page, "rabbit")
    for field, value in (("#count input", "4"), ("#seed input", "31")):
        page.locator(field).fill(value)
    page.locator("#daring input[type=range]").fill("0.7")
    with page.expect_download() as download:
        if place == "canvas":
            page.locator("#pad [data-act=save]").click()
            page.locator("#pad [data-act=json]").click()
        else:
            page.get_by_label("More formats to save").click()
            page.locator("#results [data-save=json]").click()
    file = Path(download.value.path())
    saved = json.loads(file.read_text())
    assert len(Drawing.parse(file.read_bytes()).strokes) == 1
    assert saved["settings"] == {"word": "rabbit", "n": 4, "temperature": 0.7, "seed": 31}

    def sentence() -> list[str]:
        fields = ("#word input", "#count input", "#daring input[type=range]", "#seed input")
        return [page.locator(field).input_value() for field in fields]

    before, now = sentence(), ["what you see", "9", "0.3", "7"]
    page = enter()
    assert sentence() == now
    put = {"mimeType": "application/json", "name": "rabbit.json"}
    picker = page.locator("#pad input[type=file]")
    picker.set_input_files({**put, "buffer": file.read_bytes()})
    page.wait_for_function("document.querySelector('#word input').value === 'rabbit'")
    page.wait_for_function("document.querySelector('#seed input').value === '31'")
    assert sentence() == before and strokes(page) == 1
    saved["settings"] = {"word": "auto", "n": 99, "temperature": 1.4, "seed": None, "odd": 1}
    saved["strokes"] *= 2
    saved.pop("widths", None)  # of one stroke
    picker.set_input_files({**put, "buffer": json.dumps(saved).encode()})
    page.wait_for_function("document.querySelector('#word input').value === 'what you see'")
    assert sentence()[1:] == before[1:] and strokes(page) == 2


def test_stop_stops_the_ink_where_it_is(enter: Callable):
    page = enter(reduced_motion="no-preference")
    draw(page, (0.3, 0.3), (0.7, 0.3))
    say_word(page, "cat")
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(  # the server has sent all of it, the pen has not come so far
        "document.querySelector('#pad .sc-root').strokeCanvas.ghosts()"
        ".some((ghost) => ghost.score !== null && ghost.shown > 0.05 && ghost.shown < 0.8)"
    )
    page.evaluate("document.getElementById('stop').click()")
    ghosts = handle(page, "ghosts()")
    assert ghosts and all(ghost["shown"] == 1 for ghost in ghosts)
    assert any(ghost["score"] is None for ghost in ghosts)  # no longer what was scored
    page.wait_for_function(IDLE)
    page.wait_for_timeout(300)
    assert handle(page, "ghosts()") == ghosts
    page.locator("#results [data-act=keep]").click()
    assert strokes(page) > 1


def test_empty_and_unknown_are_one_sentence_and_lose_nothing(enter: Callable):
    page = enter()
    note = page.locator("#results .dd-note")
    page.get_by_role("button", name="Complete", exact=True).click()
    note.wait_for()
    assert "draw a line or two first" in note.inner_text()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    note.wait_for(state="hidden")
    say_word(page, "zzyzx")
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(
        "document.querySelector('.dd-note').textContent.includes('Did you mean')"
    )
    page.wait_for_function(IDLE)
    assert strokes(page) == 1


def test_without_a_checkpoint_the_page_says_how_to_mend_it(enter: Callable):
    page = enter(missing=True)
    assert page.locator("#status").inner_text() == "CPU, no model to draw with"
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(
        "document.querySelector('.dd-note').textContent.includes('git checkout')"
    )
    assert strokes(page) == 1


def test_two_visitors_see_only_their_own(enter: Callable):
    one, two = enter(), enter()
    draw(one, (0.3, 0.3), (0.7, 0.3))
    one.get_by_role("button", name="Complete", exact=True).click()
    two.get_by_role("button", name="Start from a sun without rays").click()
    for page in (one, two):
        page.wait_for_function(INKED % 9)
    assert strokes(one) == 1 and strokes(two) == 4
    assert "cat" in one.locator("#pad .sc-chip").inner_text()
    assert "sun" in two.locator("#pad .sc-chip").inner_text()
    assert one.get_by_role("region", name="this visit").get_by_role("listitem").count() == 1


def test_morph_draws_what_is_missing_plays_and_saves(enter: Callable):
    page = enter()
    page.get_by_role("tab", name="Morph").click()
    page.wait_for_selector("#slot_0 .sc-stage canvas")
    draw(page, (0.2, 0.2), (0.8, 0.2), (0.8, 0.8), where="#slot_0")
    page.wait_for_function("document.querySelector('#morph_first input').value === 'cat'")
    page.get_by_label("How many steps").fill("6")
    page.get_by_role("button", name="Morph", exact=True).click()
    page.wait_for_selector("#morph_film .dd-strip li:nth-child(6)")
    filled = "document.querySelector('#slot_1 .sc-root').strokeCanvas.stats().strokes > 0"
    page.wait_for_function(filled)
    slider = page.get_by_label("Step of the morph")
    assert slider.input_value() == "0"  # with reduced motion nothing plays by itself
    first = page.locator("#morph_film .dd-scene path").first.get_attribute("d")
    slider.press("End")
    assert page.locator("#morph_film .dd-scene path").first.get_attribute("d") != first
    with page.expect_download() as download:
        page.locator("#morph_film").get_by_role("button", name="GIF").click()
    assert download.value.suggested_filename == "cat-to-umbrella.gif"
    page.locator("#morph_film").get_by_role("button", name="to Draw").click()
    page.wait_for_function("document.querySelector('#pad').offsetParent !== null")
    page.wait_for_function(DRAWN)
    drawn_for_me = "document.querySelector('#slot_1 .sc-root').strokeCanvas.stats().strokes"
    assert strokes(page) == page.evaluate(drawn_for_me)  # the film ends with what is in the slot
    assert page.get_by_role("region", name="this visit").get_by_role("listitem").count() == 1


def test_a_result_of_the_tray_fills_a_slot_of_morph(enter: Callable):
    page = enter()
    page.get_by_role("button", name="Start from a fish without fins").click()
    page.wait_for_function(INKED % 9)
    page.get_by_role("tab", name="Morph").click()
    page.wait_for_selector("#slot_0 .sc-stage canvas")
    page.get_by_role("region", name="this visit").get_by_role("listitem").first.get_by_role(
        "button"
    ).click()
    page.wait_for_function(
        "document.querySelector('#slot_0 .sc-root').strokeCanvas.stats().strokes === 6"
    )
    page.wait_for_function("document.querySelector('#morph_first input').value === 'fish'")


def test_every_field_of_the_sentence_has_a_name(enter: Callable):
    page = enter()
    for label in ("What it is", "How many ways", "Seed"):
        assert page.get_by_label(label, exact=True).count() == 1, label
    assert page.get_by_role("slider", name="careful to daring").count() == 1
    assert page.get_by_role("button", name="New seed, and again").count() == 1
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, summary')].filter((b) => b.offsetParent"
        " && !(b.textContent.trim() || b.ariaLabel || b.title)).map((b) => b.outerHTML)"
    )
    assert nameless == []


def test_nothing_jumps_while_endings_come_and_go(enter: Callable):
    page = enter()
    tops = (
        "['#pad', '#examples', '#tray', '#foot', '#say'].map((id) =>"
        " document.querySelector(id).getBoundingClientRect().top)"
    )
    before = page.evaluate(tops)
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.get_by_role("button", name="Complete", exact=True).click()
    # on a slow machine the run may come and go between two looks: wait for its first sign of life
    page.wait_for_function("document.querySelector('#pad .sc-root').strokeCanvas.ghosts().length")
    asked = page.evaluate(tops)
    page.wait_for_function(INKED % 9)
    assert before == asked == page.evaluate(tops)


@pytest.mark.parametrize(("width", "height", "scheme"), SHOTS)
def test_each_width_and_scheme_fits(enter: Callable, width: int, height: int, scheme: str):
    size = {"width": width, "height": height}
    page = enter(viewport=size, color_scheme=scheme, reduced_motion="no-preference")
    page.get_by_role("button", name="Start from half a cat").click()
    page.wait_for_function(INKED % 9)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    paper = page.evaluate(
        "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
    )
    red, *_ = map(int, re.findall(r"\d+", paper))
    assert (red < 60) == (scheme == "dark")
    order = ["#pad .sc-stage", "#say", "#results"] if width < 600 else ["#say", "#pad", "#tray"]
    tops = [page.locator(part).bounding_box()["y"] for part in order]
    assert tops == sorted(tops)
