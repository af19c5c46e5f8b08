"""The game in a browser; a stub guesses by the number of strokes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
from stubs import StubRegistry, use_stubs

from doodle.errors import ModelUnavailable
from doodle.pipelines.steps import Call
from doodle.strokes.drawing import Drawing

SCREEN = "document.querySelector('.dd-play').dataset.screen === '%s'"
WRONG = [("mop", 0.41), ("eyeglasses", 0.22), ("moon", 0.11), ("bed", 0.02)]


class Sight:
    """Stands in for the recogniser: from the second stroke on it knows the word."""

    word = ""
    delay = 0.0
    broken = 0  # so many looks fail
    unsure = 0  # so many looks are "unknown"
    seen: list[Drawing] = []

    def __init__(self, *networks: object) -> None:
        pass

    def guesses(
        self, drawings: Sequence[Drawing], *, top: int = 5, words: object = None
    ) -> Iterator[object]:
        cls = type(self)
        yield Call(lambda: time.sleep(cls.delay))
        if cls.broken:
            cls.broken -= 1
            raise ModelUnavailable("The recogniser has gone.")
        cls.seen.extend(drawings)
        unknown = cls.unsure > 0
        cls.unsure -= 1
        yield tuple(cls.guess(len(drawing.strokes), unknown) for drawing in drawings)

    @classmethod
    def guess(cls, strokes: int, unknown: bool) -> SimpleNamespace:
        right = [(cls.word, 0.83), *((word, chance / 5) for word, chance in WRONG)]
        return SimpleNamespace(guesses=(right if strokes > 1 else WRONG)[:5], unknown=unknown)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Address of the page over stubs."""
    import doodle.pipelines.recognise as recognition
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    patch = pytest.MonkeyPatch()
    use_stubs(patch)
    patch.setattr(recognition, "Recognition", Sight)
    app = build_app(LocalExecutor(StubRegistry()))
    options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
    yield app.launch(server_name="127.0.0.1", **options)[1]
    app.close(verbose=False)
    patch.undo()


@pytest.fixture
def enter(visit: Callable, site: str, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """`enter(seconds=.., rest=..)` opens the game as a fresh visitor."""
    for name, value in (("word", ""), ("delay", 0.0), ("broken", 0), ("unsure", 0), ("seen", [])):
        monkeypatch.setattr(Sight, name, value)

    def open_page(seconds: float = 20, rest: int = 150, seed: int = 7, **context: object):
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        page = visit(site, **{**still, **context})
        page.wait_for_selector("#pad .sc-stage canvas")
        page.get_by_role("tab", name="Play").click()
        page.wait_for_selector(".dd-game-start", state="visible")
        for name, value in (("seconds", seconds), ("rest", rest), ("seed", seed)):
            page.evaluate(
                f"document.querySelector('.dd-game').dataset.{name} = {str(value).lower()!r}"
            )
        return page

    return open_page


def begin(page) -> str:
    """From the card that asks to the paper; returns the word."""
    page.wait_for_function(SCREEN % "ask")
    Sight.word = asked(page)
    page.get_by_role("button", name="Got it").click()
    page.wait_for_selector("#play .sc-stage canvas", state="visible")
    return Sight.word


def asked(page) -> str:
    phrase = page.locator(".dd-game-ask h2 b").inner_text()
    return re.sub(r"^an? ", "", phrase)


def stroke(page, *points: tuple[float, float], lift: bool = True) -> None:
    """One stroke through points given as shares of the canvas."""
    box = page.locator("#play .sc-stage").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=3)
    if lift:
        page.mouse.up()


def says(page) -> str:
    return page.locator(".dd-game-says").inner_text()


LISTEN = """() => {
    window.spoken = [];
    class Voices extends EventTarget {
        getVoices() { return [
          { lang: 'en-GB', localService: false }, { lang: 'en-US', localService: true }]; }
        speak(one) { spoken.push(one.text); setTimeout(() => one.onend?.(), 20); }
        cancel() {}
    }
    Object.defineProperty(window, 'speechSynthesis', { value: new Voices() });
    window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
}"""


def hears(page) -> None:
    """What the app says is kept from here on."""
    page.evaluate(
        "window.heard = []; new MutationObserver(() => heard.push("
        "document.querySelector('.dd-game-says').textContent)).observe("
        "document.querySelector('.dd-game-says'), {childList: true})"
    )


def win(page) -> None:
    begin(page)
    stroke(page, (0.3, 0.3), (0.7, 0.3), (0.7, 0.6))
    stroke(page, (0.7, 0.6), (0.3, 0.6), (0.3, 0.3))
    page.wait_for_function(f"!({SCREEN % 'draw'})")


def start(page) -> None:
    page.get_by_role("button", name="Start", exact=True).click()


def test_the_app_guesses_at_the_pen_up_and_knows_the_word(enter: Callable):
    page = enter(rest=60_000)
    start(page)
    word = begin(page)
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function("/glasses…/.test(document.querySelector('.dd-game-says').innerText)")
    assert says(page) == "I see a mop… or eyeglasses…"
    page.wait_for_function("document.querySelector('.dd-game-live').innerText.includes('mop')")
    stroke(page, (0.3, 0.6), (0.7, 0.6))
    page.wait_for_function(SCREEN % "result")
    assert says(page).startswith("Oh I know, it’s a") and word in says(page)
    won = page.locator(".dd-game-slots li[data-state=won]")
    assert won.count() == 1 and won.locator("path").first.get_attribute("d").count("M") == 2
    page.get_by_role("button", name="Next").click()
    page.wait_for_function(SCREEN % "ask")
    assert asked(page) != word
    begin(page)
    assert page.evaluate(
        "document.querySelector('#play .sc-root').strokeCanvas.stats().strokes === 0"
    )


def test_a_guess_is_said_once_and_unlikely_ones_never(enter: Callable):
    page = enter()
    hears(page)
    start(page)
    begin(page)
    for _ in range(3):  # each is the only stroke
        before = len(Sight.seen)
        stroke(page, (0.3, 0.3), (0.7, 0.3))
        page.wait_for_timeout(250)
        assert len(Sight.seen) > before
        page.keyboard.press("Control+z")
    heard = " ".join(page.evaluate("heard"))
    assert [heard.count(word) for word in ("mop", "eyeglasses", "moon", "bed")] == [1, 1, 1, 0]


def test_while_it_knows_nothing_it_says_so_and_names_nothing(enter: Callable):
    page = enter()
    hears(page)
    start(page)
    Sight.unsure = 3
    begin(page)
    lines = [((0.3, y), (0.7, y)) for y in (0.3, 0.4, 0.5)]
    for doubt, line in zip(("nothing I know yet", "cannot tell", "Still"), lines, strict=True):
        stroke(page, *line)  # from the second on the word stands first, by chance as it were
        page.wait_for_function(
            "text => document.querySelector('.dd-game-says').innerText.includes(text)", arg=doubt
        )
    assert page.evaluate(SCREEN % "draw")
    assert not any(word in " ".join(page.evaluate("heard")) for word, _ in WRONG)
    stroke(page, (0.3, 0.6), (0.7, 0.6))  # now it is sure
    page.wait_for_function(SCREEN % "result")
    assert says(page).startswith("Oh I know")


def test_a_faint_guess_counts_when_the_time_is_up_and_is_told_as_one(enter: Callable):
    page = enter(seconds=3, rest=60_000)
    start(page)
    Sight.unsure = 99
    word = begin(page)
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    page.wait_for_function(SCREEN % "result")
    assert says(page).startswith("Is it a") and word in says(page)
    page.get_by_role("button", name="Next").click()
    begin(page)
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function("document.querySelector('.dd-game-says').innerText.includes('nothing')")
    page.wait_for_function(SCREEN % "result")
    assert says(page) == "Time is up. I cannot tell what it is."
    page.get_by_role("button", name="Quit").click()
    verdicts = page.locator(".dd-game-verdict").all_inner_texts()
    assert verdicts == ["A guess, at the last moment", "I could not tell; perhaps a mop"]


def test_it_goes_back_on_a_guess(enter: Callable):
    page = enter()
    start(page)
    begin(page)
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function("document.querySelector('.dd-game-says').innerText.includes('mop')")
    Sight.unsure = 9
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    page.wait_for_function("document.querySelector('.dd-game-says').innerText.includes('not so')")
    assert page.locator(".dd-game-heard").inner_text() == "before: a mop, eyeglasses"


def test_a_long_stroke_is_looked_at_before_it_ends(enter: Callable):
    page = enter()
    start(page)
    begin(page)
    stroke(page, (0.2, 0.3), (0.8, 0.3), (0.8, 0.7), (0.3, 0.8), lift=False)
    page.wait_for_function("document.querySelector('.dd-game-says').innerText.includes('mop')")
    assert len(Sight.seen[-1].strokes) == 1
    page.mouse.up()


def test_out_of_time_and_what_it_was_taken_for(enter: Callable):
    page = enter(seconds=1.2, rest=60_000)
    start(page)
    word = begin(page)
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function(SCREEN % "result")
    assert "Time is up" in says(page) and word in says(page)
    assert page.locator(".dd-game-slots li[data-state=lost]").count() == 1
    page.get_by_role("button", name="Quit").click()
    assert page.locator(".dd-game-card").count() == 1
    assert page.locator(".dd-game-verdict").inner_text() == "I saw a mop"
    assert page.locator(".dd-game-taken li").first.inner_text().split() == ["mop", "41", "%"]


def test_an_answer_that_comes_late_counts_by_when_it_was_drawn(enter: Callable):
    page = enter(seconds=1.5, rest=60_000)
    start(page)
    Sight.delay = 0.9
    begin(page)
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    stroke(page, (0.3, 0.6), (0.7, 0.6))
    page.wait_for_function(SCREEN % "result")
    assert says(page).startswith("Oh I know")


def test_the_answer_to_one_word_does_not_win_the_next(enter: Callable):
    page = enter()
    start(page)
    begin(page)
    Sight.delay = 1.0
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    stroke(page, (0.3, 0.6), (0.7, 0.6))
    page.get_by_role("button", name="Skip").click()
    begin(page)  # the stub knows this word when it answers about the drawing before
    page.wait_for_timeout(2300)
    assert page.evaluate(SCREEN % "draw")


def test_the_clock_waits_while_the_game_is_out_of_sight(enter: Callable):
    page = enter(seconds=1.5)
    start(page)
    begin(page)
    page.get_by_role("tab", name="Draw").click()
    page.wait_for_timeout(2200)
    page.get_by_role("tab", name="Play").click()
    assert page.evaluate(SCREEN % "draw")
    page.wait_for_function(f"!({SCREEN % 'draw'})")


def test_six_words_and_the_end(enter: Callable):
    page = enter()
    start(page)
    words = []
    for at in range(6):
        words.append(begin(page))
        if at == 4:
            page.get_by_role("button", name="Skip").click()
            continue
        stroke(page, (0.3, 0.3), (0.7, 0.3), (0.5, 0.6))
        stroke(page, (0.5, 0.6), (0.3, 0.3))
        page.wait_for_function(f"!({SCREEN % 'draw'})")
    page.wait_for_function(SCREEN % "end")
    assert len(set(words)) == 6
    assert page.locator(".dd-game-end h2").inner_text() == "I knew five of six"
    cards = page.locator(".dd-game-card")
    assert cards.locator("h3").all_inner_texts() == words
    assert cards.locator("svg").count() == 5
    assert cards.nth(4).locator(".dd-game-verdict").inner_text() == "Skipped"
    for kind in ("SVG", "PNG"):
        with page.expect_download() as download:
            page.locator(".dd-game-end").get_by_role("button", name=kind).click()
        content = download.value.path().read_bytes()
        assert content.startswith(b"<svg" if kind == "SVG" else b"\x89PNG")
        assert kind == "PNG" or content.count(b"<path") == 5
    page.get_by_role("button", name=f"Open {words[1]} on the Draw page").click()
    page.wait_for_function("document.querySelector('#pad').offsetParent !== null")
    page.wait_for_function(
        "word => document.querySelector('#word input').value === word", arg=words[1]
    )
    stats = page.evaluate("document.querySelector('#pad .sc-root').strokeCanvas.stats()")
    assert stats["strokes"] == 2
    page.get_by_role("tab", name="Play").click()
    page.get_by_role("button", name="Play again").click()
    page.wait_for_function(SCREEN % "ask")


def test_a_recogniser_that_fails_once_is_asked_again(enter: Callable):
    page = enter()
    start(page)
    begin(page)
    Sight.broken = 1
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function("document.querySelector('.dd-game-says').innerText.includes('mop')")
    assert page.evaluate(SCREEN % "draw")


def test_a_recogniser_that_goes_on_failing_ends_the_game_and_keeps_the_drawings(enter: Callable):
    page = enter()
    start(page)
    win(page)
    begin(page)
    Sight.broken = 9
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    page.wait_for_function(SCREEN % "end")
    note = page.locator(".dd-game-end [role=alert]").inner_text()
    assert note == "The recogniser has gone. The game ends here; your drawings are kept."
    assert page.locator(".dd-game-card svg").count() == 2


def test_all_of_it_by_keyboard(enter: Callable):
    page = enter()
    page.get_by_role("button", name="Start", exact=True).press("Enter")
    page.wait_for_function(SCREEN % "ask")
    Sight.word = asked(page)
    page.keyboard.press("Enter")  # the focus is on "Got it"
    page.wait_for_function(SCREEN % "draw")
    for key in ("Space", "ArrowRight", "ArrowRight", "Space", "ArrowDown", "Space", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Space")
    page.wait_for_function(f"!({SCREEN % 'draw'})")
    assert page.locator(".dd-game-slots li[data-state=won]").count() == 1


def test_it_speaks_each_guess_once_until_it_is_muted(enter: Callable):
    page = enter(script=LISTEN)
    switch = page.locator(".dd-game-start").get_by_role("switch", name="Voice")
    assert switch.get_attribute("aria-checked") == "true"
    start(page)
    Sight.unsure = 2
    word = begin(page)
    for y in (0.3, 0.4):  # two doubts, of which one is said
        stroke(page, (0.3, y), (0.7, y))
        page.wait_for_timeout(250)
    page.keyboard.press("Control+z")
    page.wait_for_function("spoken.length === 2")
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    page.wait_for_function(SCREEN % "result")
    doubt, guess, right = page.evaluate("spoken")
    assert doubt == "I see nothing I know yet," and guess == "I see a mop, or eyeglasses,"
    assert right.startswith("Oh I know") and word in right
    page.locator(".dd-game-bar").get_by_role("switch", name="Voice").click()
    assert page.evaluate("localStorage.getItem('doodle.voice')") == "off"
    win(page)
    assert page.evaluate("spoken.length") == 3
    # a voice that sends its words away is none
    page.evaluate(
        "speechSynthesis.getVoices = () => [{ lang: 'en-GB', localService: false }];"
        "speechSynthesis.dispatchEvent(new Event('voiceschanged'))"
    )
    assert page.locator(".dd-voice:disabled").count() == 2


def test_without_speech_the_game_is_played_in_silence(enter: Callable):
    page = enter(script="() => delete window.speechSynthesis")
    assert not page.evaluate("'speechSynthesis' in window && Boolean(speechSynthesis)")
    assert page.locator(".dd-voice:disabled").count() == 2
    start(page)
    win(page)
    page.get_by_role("button", name="Quit").click()
    assert page.locator(".dd-game-end h2").inner_text() == "I knew it!"


@pytest.mark.parametrize("size", [(390, 844), (844, 390), (1280, 800), (2560, 1440)])
def test_the_clock_stands_with_the_word_and_covers_nothing(enter: Callable, size: tuple[int, int]):
    page = enter(viewport={"width": size[0], "height": size[1]})
    start(page)
    begin(page)
    apart = """() => {
      const box = (one) => one.getBoundingClientRect();
      const ring = box(document.querySelector(".dd-ring"));
      const bar = box(document.querySelector(".dd-game-bar"));
      const others = [...document.querySelectorAll("#wordmark svg, #tools [role=tab], #status p")];
      const covers = ({ left, right, top, bottom }) => left < ring.right && right > ring.left
        && top < ring.bottom && bottom > ring.top;
      return { covered: others.filter((one) => covers(box(one))).length, others: others.length,
        within: ring.top >= bar.top - 1 && ring.bottom <= bar.bottom + 1 };
    }"""
    found = page.evaluate(apart)
    assert found["others"] == 8 and found["covered"] == 0 and found["within"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(enter: Callable, scheme: str):
    page = enter(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    start(page)
    page.wait_for_function(SCREEN % "ask")
    assert page.evaluate(fits)
    begin(page)
    assert page.evaluate(fits)
    for part in (".dd-ring", "#play .sc-stage", ".dd-game-says"):
        box = page.locator(part).bounding_box()
        assert 0 <= box["y"] and box["y"] + box["height"] <= 844, part
    page.get_by_role("button", name="Quit").click()
    assert page.evaluate(fits)
