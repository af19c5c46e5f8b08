"""The card "I see" in a browser: real strokes, stub guesses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from stubs import StubRecognition, StubRegistry, use_stubs
from test_page import IDLE, INKED, draw, handle, say_word, strokes

FIRST = "document.querySelector('.dd-guesses b').textContent === '%s'"
STATE = "document.querySelector('.dd-see').dataset.state === '%s'"
PAINTED = "document.querySelector('.dd-see').classList.contains('dd-explains') === %s"
# the colours on the paper beside the ink's and the grey of strokes that say nothing
COLOURS = """() => {
  const canvas = document.querySelector('#pad .sc-host canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let warm = 0, cold = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 250) continue;
    if (data[i] - data[i + 2] > 90) warm++;
    if (data[i + 2] - data[i] > 90) cold++;
  }
  return [warm > 50, cold > 50];
}"""


class NoRecogniser(StubRegistry):
    def cards(self):
        return [card for card in super().cards() if card.name != "recogniser"]

    def use(self, *names: str):
        return StubRegistry(missing="recogniser" in names).use(*names)


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[str, str]]:
    """Addresses of the page with a recogniser and without."""
    import doodle.pipelines.recognise as recognition
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    patch = pytest.MonkeyPatch()
    use_stubs(patch)
    patch.setattr(recognition, "Recognition", StubRecognition)
    options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
    registries = {"all": StubRegistry(), "blind": NoRecogniser()}
    apps = {name: build_app(LocalExecutor(one)) for name, one in registries.items()}
    yield {name: app.launch(server_name="127.0.0.1", **options)[1] for name, app in apps.items()}
    for app in apps.values():
        app.close(verbose=False)
    patch.undo()


@pytest.fixture
def enter(visit: Callable, sites: dict[str, str]) -> Callable:
    """`enter()` opens the page as a fresh visitor, ready to draw."""

    def open_page(site: str = "all", **context: object):
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        page = visit(sites[site], **{**still, **context})
        page.wait_for_selector("#pad .sc-stage canvas")
        page.wait_for_selector("#results .dd-sample svg", state="attached")
        page.wait_for_selector("#status [data-state=wait]", state="detached")
        return page

    return open_page


def bars(page) -> list[tuple[str, str, float]]:
    """(word, percent, width of the bar as a share of its track) of each guess on show."""
    return page.evaluate(
        "[...document.querySelectorAll('.dd-guesses button:enabled')].map((b) => ["
        "b.children[0].textContent, b.children[2].textContent,"
        "b.querySelector('s').offsetWidth / b.querySelector('i').offsetWidth])"
    )


def test_bars_appear_at_the_first_stroke_and_follow_every_change(enter: Callable):
    page = enter()
    assert page.locator(".dd-see").get_attribute("data-state") == "empty"
    assert "I guess at every stroke" in page.locator(".dd-see").inner_text() and bars(page) == []
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function(FIRST % "cat")
    assert [(word, share) for word, share, _ in bars(page)] == [
        ("cat", "60 %"),
        ("fish", "20 %"),
        ("rabbit", "10 %"),
        ("house", "5 %"),
        ("butterfly", "3 %"),
    ]
    assert [round(width, 1) for _, _, width in bars(page)][:3] == [0.6, 0.2, 0.1]
    draw(page, (0.3, 0.5), (0.7, 0.5))
    draw(page, (0.3, 0.7), (0.7, 0.7))
    page.wait_for_function(FIRST % "fish")
    handle(page, "undo()")
    page.wait_for_function(FIRST % "cat")
    handle(page, "redo()")
    page.wait_for_function(FIRST % "fish")
    page.keyboard.press("e")
    draw(page, (0.5, 0.4), (0.5, 0.8))  # the eraser across two lines cuts them: five strokes
    page.wait_for_function("document.querySelector('.dd-guesses span').textContent === '90 %'")
    handle(page, "clear()")
    page.wait_for_function(STATE % "empty")
    assert bars(page) == [] and page.locator(".dd-why").is_hidden()


def test_it_says_plainly_when_it_does_not_know(enter: Callable):
    page = enter()
    draw(page, (0.5, 0.5), (0.51, 0.52))
    page.wait_for_function(STATE % "unknown")
    assert page.locator(".dd-see h2").inner_text() == "I don’t know yet"
    page.wait_for_function("document.getElementById('draw_me').innerText === 'Draw me something'")
    page.wait_for_function(
        "document.querySelector('.dd-see-live').textContent.includes('know yet')"
    )
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(INKED % 9)
    assert "taken for: cat" in page.locator("#pad .sc-note").inner_text()


def test_nothing_moves_whatever_is_known(enter: Callable):
    page = enter()
    tops = (
        "['#guesses_card', '#results', '#pad', '#examples', '#tray'].map((id) =>"
        " document.querySelector(id).getBoundingClientRect()).flatMap((b) => [b.top, b.height])"
    )
    seen = [page.evaluate(tops)]
    draw(page, (0.5, 0.5), (0.51, 0.52))
    page.wait_for_function(STATE % "unknown")
    seen.append(page.evaluate(tops))
    draw(page, (0.2, 0.5), (0.7, 0.52))
    page.wait_for_function(STATE % "known")
    seen.append(page.evaluate(tops))
    page.get_by_role("button", name="why?").click()
    page.wait_for_function(PAINTED % "true")
    seen.append(page.evaluate(tops))
    assert seen[0] == seen[1] == seen[2] == seen[3]


def test_a_click_makes_a_guess_the_word_and_another_takes_it_back(enter: Callable):
    page = enter()
    field = page.get_by_label("What it is", exact=True)
    assert field.input_value() == "what you see"
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function(STATE % "known")
    rabbit = page.locator(".dd-guesses button", has_text="rabbit")
    rabbit.click()
    page.wait_for_function("document.getElementById('draw_me').innerText === 'Draw me a rabbit'")
    assert field.input_value() == "rabbit" and rabbit.get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(INKED % 9)
    assert page.locator("#results h2").inner_text() == "Nine endings: rabbit"
    rabbit.click()
    page.wait_for_function("document.getElementById('draw_me').innerText === 'Draw me a cat'")
    assert field.input_value() == "what you see"
    assert page.locator(".dd-guesses [aria-pressed=true]").count() == 0


def test_complete_needs_no_word_and_says_which_it_took(enter: Callable):
    page = enter()
    for height in (0.3, 0.5, 0.7):
        draw(page, (0.3, height), (0.7, height))
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(INKED % 9)
    assert page.locator("#results h2").inner_text() == "Nine endings: fish"
    assert "fish" in page.locator("#pad .sc-chip").inner_text()
    assert page.get_by_role("region", name="this visit").get_by_text("fish").count() == 1
    for typed in ("what you see", "auto"):  # both are the word for it
        say_word(page, "rabbit")
        page.wait_for_function("document.getElementById('draw_me').innerText.includes('rabbit')")
        say_word(page, typed)
        page.wait_for_function("document.getElementById('draw_me').innerText === 'Draw me a fish'")


def test_an_empty_paper_has_a_surprise_but_no_ending(enter: Callable):
    page = enter()
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(
        "document.querySelector('.dd-note').textContent.includes('nothing drawn')"
    )
    page.wait_for_function(IDLE)
    page.get_by_role("button", name="Draw me something").click()
    page.wait_for_function(INKED % 9)
    title = page.locator("#results h2").inner_text()
    assert title in ("Nine drawings of a cat", "Nine drawings of a rabbit")


def test_why_paints_the_strokes_until_the_next_one(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    draw(page, (0.3, 0.6), (0.7, 0.6))
    page.wait_for_function(STATE % "known")
    before = handle(page, "serialize()")
    why = page.locator(".dd-why")
    why.click()
    page.wait_for_function(PAINTED % "true")
    page.wait_for_function(f"({COLOURS})().join() === 'true,true'")
    assert handle(page, "serialize()") == before
    assert page.locator(".dd-legend").inner_text().split() == ["against", "for", "cat"]
    said = page.locator(".dd-see-live").inner_text()
    assert said == "Stroke 1 of 2 speaks most for cat. Stroke 2 speaks against it."
    assert (why.inner_text(), why.get_attribute("aria-pressed")) == ("hide", "true")
    why.click()
    page.wait_for_function(f"({COLOURS})().join() === 'false,false'")
    assert page.locator(".dd-legend").is_hidden() and why.inner_text() == "why?"
    why.click()
    page.wait_for_function(PAINTED % "true")
    draw(page, (0.3, 0.8), (0.7, 0.8))
    page.wait_for_function(PAINTED % "false")
    page.wait_for_function(f"({COLOURS})().join() === 'false,false'")
    assert strokes(page) == 3


def test_why_asks_about_the_guess_that_is_the_word(enter: Callable):
    page = enter()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function(STATE % "known")
    page.locator(".dd-guesses button", has_text="house").click()
    page.wait_for_function("document.querySelector('.dd-guesses [aria-pressed=true]')")
    page.get_by_role("button", name="why?").click()
    page.wait_for_function("document.querySelector('.dd-legend-for').textContent === 'for house'")
    page.get_by_role("button", name="Complete", exact=True).click()  # endings need their colours
    page.wait_for_function(PAINTED % "false")


def test_only_the_newest_drawing_is_shown_and_asked_about_once(enter: Callable, monkeypatch):
    page = enter()
    page.wait_for_timeout(300)
    monkeypatch.setattr(StubRecognition, "pause", 0.4)
    monkeypatch.setattr(StubRecognition, "batches", [])
    flat = json.dumps({"strokes": [[100, 100, 0, 0.5, 900, 100, 9, 0.5]]})
    three = json.dumps({"strokes": json.loads(flat)["strokes"] * 3})
    page.evaluate(
        """async ([one, many]) => {
          const pad = document.querySelector('#pad .sc-root').strokeCanvas;
          pad.load(one);
          await new Promise((done) => setTimeout(done, 100));
          for (let i = 0; i < 6; i++) { pad.load(i % 2 ? many : one); }
          window.seen = [];
          const list = document.querySelector('.dd-guesses');
          new MutationObserver(() => window.seen.push(list.querySelector('b').textContent))
            .observe(list, { subtree: true, childList: true });
        }""",
        [flat, three],
    )
    page.wait_for_function(FIRST % "fish")
    assert "cat" not in page.evaluate("window.seen")
    assert sum(StubRecognition.batches) == 2  # the first, and one for all that came after it


def test_an_opened_picture_and_a_kept_drawing_are_guessed_at_too(enter: Callable, tmp_path):
    from PIL import Image, ImageDraw

    picture = Image.new("L", (300, 200), 255)
    for y in (40, 100, 160):
        ImageDraw.Draw(picture).line((30, y, 270, y), fill=0, width=6)
    picture.save(tmp_path / "lines.png")
    page = enter()
    page.locator("#pad input[type=file]").set_input_files(tmp_path / "lines.png")
    page.wait_for_function(STATE % "known")
    assert bars(page)[0][0] == ("cat" if strokes(page) < 3 else "fish")
    page.reload()
    page.wait_for_selector("#pad .sc-stage canvas")
    page.wait_for_function(STATE % "known")


def test_without_the_recogniser_the_card_says_so_and_a_typed_word_works(enter: Callable):
    page = enter("blind")
    page.wait_for_function(STATE % "missing")
    assert "model for it is missing" in page.locator(".dd-see").inner_text()
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function("document.querySelector('.dd-note').textContent.includes('type a word')")
    page.wait_for_function(IDLE)
    say_word(page, "fish")
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(INKED % 9)
    assert page.locator(".dd-see").get_attribute("data-state") == "missing"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_it_is_one_line_with_the_best_three(enter: Callable, scheme: str):
    size = {"width": 390, "height": 844}
    page = enter(viewport=size, color_scheme=scheme)
    draw(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function(STATE % "known")
    shown = page.locator(".dd-guesses button").filter(visible=True)
    assert shown.all_inner_texts() == ["cat\n60 %", "fish\n20 %", "rabbit\n10 %"]
    assert page.locator("#guesses_card").bounding_box()["height"] <= 56
    tops = [  # the guesses are on the sheet that is pulled up
        page.locator(part).bounding_box()["y"] for part in ("#pad", "#say", "#guesses", "#results")
    ]
    assert tops == sorted(tops)
    for part in (*shown.all(), page.locator(".dd-why")):
        box = part.bounding_box()
        assert box["height"] >= 40 and 0 <= box["x"] and box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
