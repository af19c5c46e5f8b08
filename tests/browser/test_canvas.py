"""The canvas in a real browser: real strokes of mouse, finger and keyboard, assertions on state."""

from __future__ import annotations

import json

import pytest
from canvas_page import HANDLE, SQUARE, call, draw, heard, place, ready, strokes

from doodle.strokes.drawing import Drawing

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def test_a_stroke_reaches_python_and_starts_and_ends_where_the_mouse_did(page):
    draw(page, (100, 100), (500, 400))
    heard(page, "stroke 1 ")
    heard(page, "stroke 1 ", "ended")
    (points,) = strokes(page)
    assert points[:2] == pytest.approx([100, 100], abs=1.5)
    assert points[-4:-2] == pytest.approx([500, 400], abs=1.5)
    assert points[2::4] == sorted(points[2::4]) and points[3::4] == [0.5] * (len(points) // 4)
    assert max(abs(y - x * 0.75 - 25) for x, y in zip(points[::4], points[1::4], strict=True)) < 2


def test_undo_redo_clear_and_what_python_hears(page):
    draw(page, (100, 100), (500, 400))
    heard(page, "stroke 1 ")
    draw(page, (200, 500), (600, 500))
    heard(page, "stroke 2 ")
    page.keyboard.press("Control+z")
    heard(page, "undo 1 ")
    page.keyboard.press("Control+Shift+z")
    heard(page, "redo 2 ")
    page.locator("[data-act=clear]").click()
    heard(page, "clear 0 0")
    assert page.locator("[data-act=clear]").is_disabled()
    page.locator("[data-act=undo]").click()
    heard(page, "undo 2 ")


def test_a_burst_of_strokes_is_one_event(page):
    page.evaluate(
        f"""() => {{ for (let i = 0; i < 8; i++) {HANDLE}.load(
            JSON.stringify({{ strokes: Array(i + 1).fill([i, 5, 0, 0.5]) }})); }}"""
    )
    heard(page, "load 8 8 #1")


def test_the_eraser_cuts_a_line_or_takes_it_whole_in_one_undo_step(page):
    draw(page, (100, 300), (900, 300))
    heard(page, "stroke 1 ")
    page.keyboard.press("e")
    draw(page, (500, 200), (500, 400))
    heard(page, "erase 2 ")
    left, right = strokes(page)
    assert left[-4] == pytest.approx(484, abs=1.5) and right[0] == pytest.approx(516, abs=1.5)
    page.keyboard.press("Control+z")
    heard(page, "undo 1 ")
    call(page, "setPen({ eraserCuts: false })")
    draw(page, (500, 200), (500, 400))
    heard(page, "erase 0 0")


def test_ink_lands_under_the_pointer_after_zooming_and_panning(page):
    page.mouse.move(*place(page, 250, 300))
    page.keyboard.down("Control")
    for _ in range(3):
        page.mouse.wheel(0, -60)
    page.keyboard.up("Control")
    page.wait_for_function(f"{HANDLE}.stats().zoom > 6")
    x, y = place(page, 250, 300)  # what was under the pointer still is
    assert call(page, f"toPage({x}, {y})") == pytest.approx([250, 300], abs=1.5)
    page.mouse.wheel(40, 30)
    page.wait_for_function(f"Math.abs({HANDLE}.toPage({x}, {y})[0] - 250) > 5")
    draw(page, (400, 350), (600, 500))
    (points,) = strokes(page)
    for found, spot in ((points[:2], (400, 350)), (points[-4:-2], (600, 500))):
        x, y = place(page, *spot)
        assert found == pytest.approx(call(page, f"toPage({x}, {y})"), abs=0.6)
    box = page.locator(".sc-host").bounding_box()
    at = page.evaluate(
        """([x, y]) => { const c = document.querySelector('.sc-host canvas');
            const k = c.width / c.getBoundingClientRect().width;
            return c.getContext('2d').getImageData(x * k, y * k, 1, 1).data[3]; }""",
        [box["width"] * 0.5, box["height"] * 425 / 750],
    )
    assert at > 200  # the ink is seen there, too
    page.locator("[data-act=home]").click()
    assert call(page, "stats().zoom") == 1


def test_space_drag_moves_the_paper_and_draws_nothing(page):
    page.locator(".sc-stage").focus()
    call(page, "zoomBy(2)")
    before = call(page, "toPage(600, 400)")
    page.keyboard.down(" ")
    draw(page, (500, 300), (600, 300))
    page.keyboard.up(" ")
    assert call(page, "toPage(600, 400)")[0] == pytest.approx(before[0] - 50, abs=1)
    assert strokes(page) == []


def test_drawing_by_keyboard(page):
    page.locator(".sc-stage").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press(" ")
    heard(page, "stroke 1 4")
    (points,) = strokes(page)
    corners = [points[i : i + 2] for i in range(0, 16, 4)]
    assert corners == [[490, 375], [500, 375], [540, 375], [540, 385]]
    assert page.locator(".sc-live").text_content() == "Pen up"


def test_fingers_draw_pinch_and_do_not_scroll(visit, canvas_url):
    page = ready(
        visit(canvas_url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    )
    cdp = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float], force: float = 0.3) -> None:
        spots = [dict(zip("xy", place(page, *p), strict=True)) for p in points]
        spots = [{**spot, "id": i, "force": force} for i, spot in enumerate(spots)]
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    touch("touchStart", (200, 200))
    for step in range(1, 9):
        touch("touchMove", (200 + 50 * step, 200 + 30 * step))
    touch("touchEnd")
    heard(page, "stroke 1 ")
    (points,) = strokes(page)
    assert points[-4:-2] == pytest.approx([600, 440], abs=4)
    assert points[3] == pytest.approx(0.3, abs=0.02)
    touch("touchStart", (400, 300))
    touch("touchStart", (400, 300), (600, 300))
    for step in range(1, 6):
        touch("touchMove", (400 - 30 * step, 300), (600 + 30 * step, 300))
    touch("touchEnd")
    page.wait_for_function(f"{HANDLE}.stats().zoom > 1.8")
    assert len(strokes(page)) == 1 and page.evaluate("scrollY") == 0


def test_phone_width_puts_the_paper_first_and_nothing_overflows(visit, canvas_url):
    page = ready(
        visit(canvas_url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    )
    frame = page.locator(".sc-frame").bounding_box()
    assert page.locator(".sc-rail").bounding_box()["y"] >= frame["y"] + frame["height"]
    for button in page.locator(".sc-rail button").all():
        if box := button.bounding_box():
            assert box["width"] >= 40 and box["height"] >= 40
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert frame["width"] > 300 and page.evaluate("document.body.scrollWidth") <= 390


def test_a_pen_presses_rejects_the_palm_and_erases_with_its_other_end(page):
    def pointer(kind: str, x: float, y: float, **fields) -> None:
        x, y = place(page, x, y)
        page.evaluate(
            """([kind, fields]) => document.querySelector(".sc-stage").dispatchEvent(
                new PointerEvent(kind, { bubbles: true, cancelable: true, ...fields }))""",
            [kind, {"clientX": x, "clientY": y, "pointerId": 7, **fields}],
        )

    def line(kind: str, *spots: tuple[float, float], **fields) -> None:
        for event, spot in zip(("pointerdown", "pointermove", "pointerup"), spots, strict=True):
            pointer(event, *spot, pointerType=kind, **fields)

    line("pen", (100, 300), (300, 300), (500, 300), pressure=0.9, buttons=1)
    line("touch", (600, 600), (700, 600), (800, 600), pressure=0.4, buttons=1)
    assert [points[3] for points in strokes(page)] == [0.9]
    x, y = place(page, 500, 500)  # nor has the palm moved the paper
    assert call(page, f"toPage({x}, {y})") == pytest.approx([500, 500], abs=1)
    wide = page.evaluate("document.querySelector('#pad .sc-root').strokeCanvas.svg()")
    assert 'stroke-width="9.36"' in wide  # 6 * (0.3 + 1.4 * 0.9)
    line("pen", (300, 250), (300, 300), (300, 350), buttons=32)
    assert [points[0] > 300 for points in strokes(page)] == [False, True]
    call(page, "setPen({ fingersDraw: true })")
    line("touch", (600, 600), (700, 600), (800, 600), pressure=0.4, buttons=1)
    assert len(strokes(page)) == 3


def test_pasted_text_goes_through_python(page):
    page.locator(".sc-stage").focus()
    page.evaluate(
        """(text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true });
            document.querySelector(".sc-stage").dispatchEvent(paste);
        }""",
        json.dumps({"strokes": [SQUARE]}),
    )
    page.wait_for_function(f"{HANDLE}.stats().points === 4")


def test_what_python_sends_is_loaded_as_one_step_and_not_told_back(page):
    draw(page, (100, 600), (300, 650))
    heard(page, "stroke 1 ")
    page.locator("#push").click()
    page.wait_for_function(f"{HANDLE}.stats().points === 4")
    page.wait_for_timeout(250)  # three times the debounce: nothing is on its way
    call(page, "undo()")
    heard(page, "undo 1 ")
    assert page.locator("#heard textarea").input_value().endswith("#2")


def test_a_reload_brings_the_drawing_back(page):
    draw(page, (100, 600), (300, 650))
    heard(page, "stroke 1 ")
    before = strokes(page)
    page.reload()
    ready(page)
    assert strokes(page) == before
    draw(page, (400, 100), (600, 100))
    heard(page, "stroke 2 ")
    assert strokes(page)[1][2] > before[0][-2]  # its time goes on after the old strokes'


def test_a_dropped_file_goes_through_python(page):
    wire = json.dumps({"strokes": [SQUARE], "w": 2000, "h": 1500})
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "a.json", { type: "application/json" }));
            const drop = { dataTransfer: data, bubbles: true, cancelable: true };
            document.querySelector(".sc-stage").dispatchEvent(new DragEvent("drop", drop));
        }""",
        wire,
    )
    page.wait_for_function(f"{HANDLE}.stats().points === 4")
    assert strokes(page)[0][:2] == [100, 100]  # fitted to the canvas
    with page.expect_file_chooser():
        page.locator(".sc-rail [data-act=open]").click()


def test_saving_svg_and_project_and_asking_for_a_gif(page, tmp_path):
    page.evaluate(f"t => {HANDLE}.load(t)", json.dumps({"strokes": [SQUARE]}))
    saved = {}
    for act in ("svg", "png", "json"):
        page.locator(".sc-rail [data-act=save]").click()
        with page.expect_download() as download:
            page.locator(f"[role=menu] [data-act={act}]").click()
        saved[act] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[act])
        assert saved[act].suffix == f".{act}"
    assert saved["svg"].read_text().count("<path") == 1
    assert saved["png"].read_bytes().startswith(b"\x89PNG")
    assert Drawing.parse(saved["json"].read_text()).n_points == 4
    page.locator(".sc-rail [data-act=save]").click()
    page.locator("[role=menu] [data-act=gif]").click()
    heard(page, "asked", "exported")


def test_replay_ends_and_leaves_the_drawing_alone(page):
    page.evaluate(f"t => {HANDLE}.load(t)", json.dumps({"strokes": [SQUARE]}))
    before = strokes(page)
    page.locator("[data-act=replay]").click()
    assert call(page, "stats().replaying")
    page.wait_for_function(f"!{HANDLE}.stats().replaying")
    assert strokes(page) == before


def test_resizing_and_dark_mode_touch_no_data(page):
    draw(page, (100, 100), (500, 400))
    before = strokes(page)
    ink = "getComputedStyle(document.querySelector('.sc-stage')).getPropertyValue('--sc-ink')"
    light = page.evaluate(ink)
    page.set_viewport_size({"width": 700, "height": 800})
    page.wait_for_function("document.querySelector('.sc-host canvas').width < 700")
    page.evaluate("document.body.classList.add('dark')")
    assert page.evaluate(ink) != light
    assert strokes(page) == before
    box = page.locator(".sc-stage").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(4 / 3, abs=0.01)


def test_tools_are_named_for_screen_readers(page):
    tree = page.locator("#pad").aria_snapshot()
    for text in ("toolbar", 'button "Pen"', 'button "Undo" [disabled]', "Drawing canvas."):
        assert text in tree, tree
    page.locator("[data-act=pen]").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.act") == "eraser"


def test_twenty_thousand_points_stay_quick(page):
    """Bounds are far above what was measured, far below what a redraw of all ink a move costs."""
    rows = [[10 + i % 40 * 24, 10 + i // 40 * 70, 0, 0.5] for i in range(400)]
    rows = [[c for k in range(50) for c in (r[0] + k * 0.4, r[1] + k % 7, k, 0.5)] for r in rows]
    page.evaluate(f"t => {HANDLE}.load(t)", json.dumps({"strokes": rows}))
    heard(page, "load 400 20000")
    painted = call(page, "stats().basePaints")
    draw(page, (100, 100), (500, 400), (900, 100))
    assert call(page, "stats().basePaints") <= painted + 2  # at its end only, not at each move
    heard(page, "stroke 401 ")
    cost = page.evaluate(
        f"""async () => {{ const start = performance.now();
            {HANDLE}.undo(); {HANDLE}.redo();
            const work = performance.now() - start;
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            return [work, {HANDLE}.stats().lastPaint]; }}"""
    )
    assert cost[0] < 250 and cost[1] < 250, cost
