"""The tool Faces in a browser, over the shipped networks; its photographs are made-up faces."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from doodle.registry import Registry
from doodle.requests import Faces
from doodle.services.asking import asking
from doodle.services.readiness import editing_faces
from doodle.ui.tools.faces import tasks
from doodle.ui.tools.faces.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2] / "checkpoints"
STAGE = "document.querySelector('.dd-face-stage')"
AFTER, BEFORE = ".dd-face-after", ".dd-face-before"
PIXELS = "(canvas) => canvas.toDataURL()"
STATUS = "(words) => document.querySelector('.dd-face-status').textContent.includes(words)"
NOTE = """(words) => { const note = document.querySelector('.dd-face-stage .dd-note');
    return !note.hidden && note.textContent.includes(words); }"""


@pytest.fixture(scope="module")
def networks() -> Registry:
    registry = Registry(ROOT, "cpu")
    if missing := editing_faces(registry):
        pytest.skip(missing)
    return registry


@pytest.fixture(scope="module")
def photographs(networks: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures with one face of nobody, two, a sideways one, none, and a file that is none."""
    folder = tmp_path_factory.mktemp("photographs")
    with asking(networks) as executor:
        first, second = executor.submit(Faces(2, seed=6, psi=0.5)).result().pictures
    nobody = np.full((600, 1000, 3), 120, np.uint8)
    nobody[::40] = 90
    one, two = nobody.copy(), nobody.copy()
    one[170:490, 340:660] = cv2.resize(first, (320, 320))
    two[170:430, 120:380] = cv2.resize(first, (260, 260))
    two[170:430, 600:860] = cv2.resize(second, (260, 260))
    pictures = {"nobody": nobody, "one": one, "two": two, "side": np.rot90(one)}
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"{name}.png")
    Image.fromarray(one).convert("CMYK").save(folder / "cmyk.jpg")
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(one)))
    exif = turned.getexif()
    exif[0x0112] = 6  # shown turned to the right
    turned.save(folder / "exif.jpg", exif=exif)
    (folder / "broken.png").write_bytes((folder / "one.png").read_bytes()[:3000])
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7 nothing")
    return folder


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """What the page keeps of its visitors."""
    return Shelf()


@pytest.fixture(scope="module")
def site(networks: Registry, shelf: Shelf) -> Iterator[str]:
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    patch = pytest.MonkeyPatch()
    patch.setattr(tasks, "Shelf", lambda: shelf)
    app = build_app(LocalExecutor(networks))
    options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
    yield app.launch(server_name="127.0.0.1", **options)[1]
    app.close(verbose=False)
    patch.undo()


@pytest.fixture
def enter(visit: Callable, site: str) -> Callable:
    """`enter()` opens the page as a fresh visitor, in Faces, with the first face on show."""

    def open_page(**context: object):
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        page = visit(f"{site}#faces", **{**still, **context})
        page.wait_for_function(f"{STAGE}?.dataset.empty === 'false'")
        page.wait_for_selector(".dd-people ol button")
        return page

    return open_page


def chip(page, word: str):
    return page.locator(f".dd-face-chips [data-text='{word}']")


def open_photo(page, path: Path) -> None:
    page.locator(".dd-faces input[type=file]").set_input_files(path)


def changed(page) -> None:
    page.wait_for_function(f"{STAGE}.dataset.changed === 'true'")


def pixels(page, which: str = AFTER) -> str:
    return page.locator(which).evaluate(PIXELS)


def until_other(page, before: str) -> str:
    """Wait until the picture is another one, and at rest."""
    page.wait_for_function(
        "(before) => document.querySelector('.dd-face-after').toDataURL() !== before", arg=before
    )
    return pixels(page)


def test_a_chip_and_a_slider_change_the_face_and_the_bar_shows_both(enter: Callable):
    page = enter()
    assert page.locator(".dd-people ol button").count() == 8
    plain = pixels(page)
    assert plain == pixels(page, BEFORE)
    chip(page, "black hair").click()
    changed(page)
    first = until_other(page, plain)
    assert chip(page, "black hair").get_attribute("aria-pressed") == "true"
    page.locator("#faces_strength").focus()
    page.keyboard.press("ArrowRight")
    until_other(page, first)
    assert page.locator(".dd-face-by output").inner_text() == "+1.05"
    assert page.locator(".dd-face-edits li output").inner_text() == "+1.05"
    assert pixels(page, BEFORE) == plain
    bar = page.locator(".dd-face-bar [role=slider]")
    bar.focus()
    page.keyboard.press("End")
    assert bar.get_attribute("aria-valuenow") == "100"
    box = page.locator(".dd-face-sheet").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + 20)
    assert bar.get_attribute("aria-valuenow") == "25"


def test_edits_are_stacked_moved_and_taken_away(enter: Callable):
    page = enter()
    chip(page, "smiling").click()
    page.locator("#faces_text").fill("  gray   hair ")
    page.locator("#faces_add").click()
    names = page.locator(".dd-face-edits [data-act=choose]")
    assert names.all_inner_texts() == ["smiling", "gray hair"]
    page.get_by_role("button", name="gray hair earlier").click()
    assert names.all_inner_texts() == ["gray hair", "smiling"]
    changed(page)
    two = pixels(page)
    page.get_by_role("button", name="Take gray hair away").click()
    until_other(page, two)
    page.get_by_role("button", name="take all away").click()
    page.wait_for_function(f"{STAGE}.dataset.changed === 'false'")
    assert pixels(page) == pixels(page, BEFORE)
    assert names.count() == 0


def test_unknown_words_are_said_with_the_nearest_and_nothing_is_lost(enter: Callable):
    page = enter()
    chip(page, "black hair").click()
    changed(page)
    field = page.locator("#faces_text")
    field.fill("zombie")
    field.press("Enter")
    page.wait_for_selector(".dd-face-read button")
    said = page.locator(".dd-face-read").inner_text()
    assert "I learned nothing of faces called “zombie”" in said
    page.locator(".dd-face-read button").click()
    page.wait_for_selector(".dd-face-read", state="hidden")
    names = page.locator(".dd-face-edits [data-act=choose]")
    assert names.count() == 2 and names.first.inner_text() == "black hair"
    field.fill("🦊")
    field.press("Enter")
    page.wait_for_function(NOTE, arg="Say what the face shall be")
    assert names.count() == 2
    for word in ("smiling", "long hair", "young", "glasses", "beard", "open mouth"):
        chip(page, word).click()
    chip(page, "serious").click()
    page.wait_for_function(NOTE, arg="8 edits are the most")


def test_a_photograph_is_changed_where_its_face_is(enter: Callable, photographs: Path):
    page = enter()
    open_photo(page, photographs / "one.png")
    page.wait_for_function(STATUS, arg="Move a slider")
    size = page.locator(AFTER).evaluate("(canvas) => [canvas.width, canvas.height]")
    assert size == [1000, 600]
    chip(page, "gray hair").click()
    changed(page)
    apart = page.evaluate(
        """() => {
          const [after, before] = ['.dd-face-after', '.dd-face-before'].map((name) => {
            const canvas = document.querySelector(name), { width, height } = canvas;
            return canvas.getContext('2d').getImageData(0, 0, width, height).data;
          });
          const worst = (x0, x1) => {
            let most = 0;
            for (let y = 0; y < 600; y++) for (let x = x0; x < x1; x++) {
              const at = 4 * (1000 * y + x);
              most = Math.max(most, Math.abs(after[at] - before[at]));
            }
            return most;
          };
          return [worst(0, 200), worst(300, 700), worst(800, 1000)];
        }"""
    )
    assert apart[1] > 10 and apart[0] == apart[2] == 0
    page.get_by_role("button", name="the face", exact=True).click()
    close = page.locator(AFTER).evaluate("(canvas) => [canvas.width, canvas.height]")
    assert close[0] < 600 and close[0] % 16 == 0
    assert page.locator(".dd-face-pair img").first.is_visible()
    assert page.locator(".dd-face-out [data-act=keep]").is_disabled()


def test_faces_are_chosen_by_a_click_and_points_dragged(enter: Callable, photographs: Path):
    page = enter()
    open_photo(page, photographs / "two.png")
    boxes = page.locator(".dd-face-box")
    boxes.nth(1).wait_for()
    page.wait_for_function(STATUS, arg="I see 2 faces")
    (other,) = (k for k in (0, 1) if boxes.nth(k).get_attribute("aria-pressed") == "false")
    shown = page.locator(".dd-face-pair img").first.get_attribute("src")
    boxes.nth(other).click()
    page.wait_for_function(
        "(k) => document.querySelectorAll('.dd-face-box')[k].ariaPressed === 'true'", arg=other
    )
    assert page.locator(".dd-face-pair img").first.get_attribute("src") != shown
    page.get_by_role("button", name="five points").click()
    dots = page.locator(".dd-face-dot")
    assert dots.count() == 5
    shown = page.locator(".dd-face-pair img").first.get_attribute("src")
    place = dots.nth(2).bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y + 12, steps=3)
    page.mouse.up()
    eyes = dots.nth(0)
    eyes.focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowUp")
    page.wait_for_function(
        "(src) => document.querySelector('.dd-face-pair img').src !== src", arg=shown
    )
    page.wait_for_function(f"{STAGE}.dataset.busy === 'false'")
    assert dots.count() == 5


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nobody.png", "I see no face in this picture"),
        ("broken.png", "broken.png cannot be used. The picture is damaged"),
    ],
)
def test_what_has_no_face_is_said_and_the_face_before_stays(
    enter: Callable, photographs: Path, name: str, says: str
):
    page = enter()
    before = pixels(page)
    open_photo(page, photographs / name)
    page.wait_for_function(NOTE, arg=says)
    assert pixels(page) == before
    chip(page, "smiling").click()
    changed(page)


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("side.png", [600, 1000], "It lies on its side"),
        ("exif.jpg", [1000, 600], "Move a slider"),
        ("cmyk.jpg", [1000, 600], "Move a slider"),
    ],
)
def test_photographs_of_all_kinds_are_read(
    enter: Callable, photographs: Path, name: str, size: list[int], says: str
):
    page = enter()
    open_photo(page, photographs / name)
    page.wait_for_function(STATUS, arg=says)
    assert page.locator(AFTER).evaluate("(canvas) => [canvas.width, canvas.height]") == size


def test_a_file_that_is_no_picture_is_said(enter: Callable, photographs: Path):
    page = enter()
    open_photo(page, photographs / "paper.pdf")
    page.wait_for_function(NOTE, arg="That is no picture")


def test_faces_of_nobody_are_chosen_and_mixed(enter: Callable):
    page = enter()
    row = page.locator(".dd-people ol button")
    first = pixels(page)
    row.nth(2).click()
    second = until_other(page, first)
    page.wait_for_function(
        "document.querySelectorAll('.dd-people ol button')[2].ariaPressed === 'true'"
    )
    page.get_by_role("button", name="mix two").click()
    row.nth(5).click()
    page.wait_for_function(STATUS, arg="mixed of two")
    mixed = pixels(page)
    assert mixed != second
    page.locator(".dd-people-share input").focus()
    page.keyboard.press("End")
    other = until_other(page, mixed)
    page.get_by_role("button", name="mix two").click()
    seed = page.locator("#faces_seed")
    source = row.first.locator("img").get_attribute("src")
    seed.fill("7")
    seed.press("Enter")
    page.wait_for_function(
        "(src) => document.querySelector('.dd-people ol img').src !== src", arg=source
    )
    page.locator(".dd-face-out [data-act=keep]").click()
    page.wait_for_selector("#tray li button")
    row.nth(0).click()
    gone = until_other(page, other)
    page.locator("#tray li button").click()
    page.wait_for_function(STATUS, arg="mixed of two")
    assert until_other(page, gone) == other
    seed.fill("many")
    seed.press("Enter")
    page.wait_for_selector(".dd-people .dd-note:not([hidden])")
    assert "The seed must be a number" in page.locator(".dd-people .dd-note").inner_text()


def test_pictures_are_saved_with_a_note_and_strengths_as_a_film(enter: Callable, photographs: Path):
    page = enter()
    open_photo(page, photographs / "one.png")
    page.wait_for_function(STATUS, arg="Move a slider")
    chip(page, "gray hair").click()
    changed(page)
    page.wait_for_selector(".dd-face-strip button:nth-child(1)")
    page.wait_for_function("document.querySelector('.dd-face-strip').dataset.old === 'false'")
    assert page.locator(".dd-face-strip button").count() == 5
    files = {}
    for name, button in (("png", "PNG"), ("jpg", "JPEG, full size"), ("gif", "GIF")):
        with page.expect_download() as download:
            page.get_by_role("button", name=button, exact=True).click()
        assert download.value.suggested_filename == f"face-gray-hair.{name}"
        files[name] = Image.open(download.value.path())
    assert files["png"].size == files["jpg"].size == (1000, 600)
    assert "Edited by a program (doodle): gray hair +1" in files["png"].info["Description"]
    assert "Edited by a program" in files["jpg"].getexif()[0x010E]
    assert files["gif"].n_frames == 32 and b"gray hair" in files["gif"].info["comment"]
    given = np.asarray(Image.open(photographs / "one.png"))
    apart = np.abs(np.asarray(files["png"].convert("RGB")).astype(int) - given).max(axis=2)
    assert apart[180:480, 350:650].max() > 10 and apart[:, :200].max() == 0
    plain = pixels(page)
    page.locator(".dd-face-strip button").last.click()
    until_other(page, plain)
    assert page.locator(".dd-face-edits li output").inner_text() == "+2"


@pytest.mark.parametrize(
    ("button", "pad"), [("sketch this face", "#pad"), ("edges to Chimera", "#chimera_pad")]
)
def test_a_face_goes_on_as_strokes(enter: Callable, button: str, pad: str):
    page = enter()
    page.get_by_role("button", name=button).click()
    page.wait_for_function(
        f"document.querySelector('{pad} .sc-root')?.strokeCanvas?.stats().strokes > 3"
    )


def test_the_likeness_is_improved_step_by_step_and_can_be_stopped(
    enter: Callable, photographs: Path
):
    page = enter()
    open_photo(page, photographs / "one.png")
    page.wait_for_function(STATUS, arg="Move a slider")
    drawn = page.locator(".dd-face-pair img").nth(1).get_attribute("src")
    page.get_by_role("button", name="improve").click()
    page.wait_for_function("document.querySelector('.dd-face-like progress').value >= 4")
    assert page.locator(".dd-face-pair img").nth(1).get_attribute("src") != drawn
    page.locator(".dd-face-like [data-act=halt]").click()
    page.wait_for_selector(".dd-face-like [data-act=refine]:not([hidden])")
    assert page.locator(".dd-face-like progress").is_hidden()


def test_who_closes_the_page_is_forgotten(enter: Callable, photographs: Path, shelf: Shelf):
    page = enter()
    open_photo(page, photographs / "one.png")
    page.wait_for_function(STATUS, arg="Move a slider")
    here = len(shelf)
    assert here >= 1
    page.close()
    for _ in range(100):
        if len(shelf) < here:
            break
        time.sleep(0.2)
    assert len(shelf) < here


CAMERA = """() => {
  const screen = document.createElement('canvas');
  [screen.width, screen.height] = [640, 480];
  setInterval(() => screen.getContext('2d').fillRect(0, 0, 640, 480), 50);
  navigator.mediaDevices.getUserMedia = async () => screen.captureStream(20);
}"""
NO_CAMERA = """() => {
  const refuse = async () => { throw new DOMException('', 'NotFoundError'); };
  navigator.mediaDevices.getUserMedia = refuse;
}"""


def test_the_webcam_gives_a_picture(enter: Callable):
    """A stand-in for the camera shows black: there is no face in it, and that is said."""
    page = enter(script=CAMERA)
    page.get_by_role("button", name="webcam").click()
    page.wait_for_function("document.querySelector('.dd-camera video').videoWidth === 640")
    page.wait_for_selector(".dd-camera [data-act=shoot]:not(:disabled)")
    page.get_by_role("button", name="Take the picture").click()
    page.wait_for_function(NOTE, arg="I see no face in this picture")
    assert page.evaluate("document.querySelector('.dd-camera video').srcObject === null")


def test_without_a_webcam_a_sentence_says_so(enter: Callable):
    page = enter(script=NO_CAMERA)
    page.get_by_role("button", name="webcam").click()
    page.wait_for_function(
        "document.querySelector('.dd-camera .dd-note').textContent.includes('I find no webcam')"
    )
    page.get_by_role("button", name="Close").click()
    page.wait_for_selector(".dd-camera", state="hidden")
