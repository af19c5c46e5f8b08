"""Ghosts in a real browser: inked from the log, chosen, adopted, replaced by newer ones."""

from __future__ import annotations

import pytest
from canvas_page import HANDLE, RANKED, RUN, call, draw, feed, heard, place, ready, strokes


def test_ghosts_are_inked_ranked_and_chosen(page):
    feed(page, RUN)
    page.wait_for_function(f"{HANDLE}.ghosts().length === 2 && {HANDLE}.ghosts()[0].shown === 1")
    assert call(page, "stats().ghosts") == "inking" and call(page, "selected()") is None
    call(page, "select(1)")  # which the ranking will drop
    feed(page, RANKED)
    assert [(g["id"], g["score"]) for g in call(page, "ghosts()")] == [(2, 0.94), (0, 0.5)]
    assert call(page, "ghosts()")[0]["strokes"] == [[500, 600, 600, 600]]
    assert call(page, "selected()") == 2
    assert "ending 1 of 2" in page.locator(".sc-chip").text_content()
    assert ".94 cat" in page.locator(".sc-chip").text_content()
    assert page.locator(".sc-note").text_content() == "two of three"
    page.locator(".sc-chip [data-act=next]").click()
    assert call(page, "selected()") == 0


def test_adopting_an_ending_is_one_step_and_undo_offers_it_again(page):
    draw(page, (100, 600), (300, 650))
    heard(page, "stroke 1 ")
    feed(page, RANKED)
    page.evaluate("window.heard = []; addEventListener('adopted', (e) => heard.push(e.detail))")
    page.keyboard.press("Tab")
    assert call(page, "selected()") == 0
    page.keyboard.press("Enter")
    heard(page, "adopt 3 ")
    heard(page, "0 None", "kept")
    assert page.evaluate("heard") == [{"run": "100", "id": 0, "stroke": None}]
    assert call(page, "stats().ghosts") == "empty" and page.locator(".sc-chip").is_hidden()
    page.keyboard.press("Control+z")
    heard(page, "undo 1 ")
    assert call(page, "selected()") == 0 and len(call(page, "ghosts()")) == 2
    call(page, "adopt(2)")
    call(page, "undo()")
    assert call(page, "selected()") == 2


def test_a_click_on_the_chosen_ghost_adopts_only_that_stroke(page):
    feed(page, RANKED)
    call(page, "select(0)")
    page.wait_for_function(f"{HANDLE}.ghosts().every((g) => g.shown === 1)")
    page.mouse.click(*place(page, 250, 302))
    heard(page, "adopt 1 3")
    heard(page, "0 1", "kept")
    assert [strokes(page)[0][i] for i in (0, 1, 8, 9)] == [100, 300, 300, 300]
    assert call(page, "ghosts().find((g) => g.id === 0).taken") == [1]
    page.keyboard.press("Control+z")
    assert strokes(page) == [] and call(page, "ghosts().find((g) => g.id === 0).taken") == []
    page.mouse.click(*place(page, 550, 600))  # another ending's line: chosen, not adopted
    assert call(page, "selected()") == 2 and strokes(page) == []


def test_a_new_stroke_or_a_newer_run_takes_over_and_late_news_is_dropped(page):
    feed(page, RUN)
    page.locator(".sc-chip").wait_for(state="visible")
    draw(page, (100, 600), (300, 650))
    assert call(page, "stats().ghosts") == "empty"
    feed(page, RANKED)  # the same run goes on, unseen
    assert call(page, "ghosts()") == []
    feed(page, "R 200\nB 1 complete dog\n0 + 5 5 50 50\nD\n")
    feed(page, RANKED.replace("F 0", "F 0\n0 + 7 7 8 8"))
    assert [g["strokes"] for g in call(page, "ghosts()")] == [[[5, 5, 50, 50]]]
    page.keyboard.press("Escape")
    assert call(page, "ghosts()") == []
    feed(page, RANKED.replace("R 100", "R 300"))
    call(page, "clear()")  # they were endings of what is gone
    assert call(page, "stats().ghosts") == "empty"


def test_a_whole_drawing_replaces_the_old_one(page):
    draw(page, (100, 600), (300, 650))
    feed(page, "R 100\nB 1 draw cat\n0 + 5 5 50 50\nK 0 -\nD\n")
    assert "drawing 1 of 1" in page.locator(".sc-chip").text_content()
    call(page, "adopt()")
    assert [points[:2] for points in strokes(page)] == [[5, 5]]
    call(page, "undo()")
    assert len(strokes(page)) == 1 and strokes(page)[0][0] > 90


def test_tab_leaves_the_canvas_for_those_who_came_by_keyboard(page):
    feed(page, RANKED)
    page.locator(".sc-stage").focus()
    page.keyboard.press("Tab")
    assert call(page, "selected()") == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('sc-stage')") is False
    call(page, "dismissGhosts()")
    page.locator(".sc-stage").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('sc-stage')") is False


def test_keys_work_while_the_mouse_is_over_the_canvas_but_not_while_typing(page):
    feed(page, RANKED)
    page.mouse.move(*place(page, 500, 300))
    page.keyboard.press("ArrowRight")
    assert call(page, "selected()") == 0
    page.locator("#typing textarea").focus()
    page.locator(".sc-stage").hover()  # the page may have scrolled
    page.keyboard.press("Enter")
    assert strokes(page) == []
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Enter")
    assert len(strokes(page)) == 2


def test_halt_leaves_the_pen_where_it_is_and_drops_what_is_still_to_come(page):
    call(page, "load(JSON.stringify({ strokes: [[100, 700, 0, 0.5, 200, 700, 90, 0.5]] }))")
    log = "R 7\nB 2 complete cat\n0 + 100 100 900 100 900 700 100 700\n"
    page.evaluate(
        # within a frame or two the pen is under way on the first ending
        f"""log => new Promise((done) => {{
            {HANDLE}.feed(log);
            const wait = () => {{
              if (({HANDLE}.ghosts()[0]?.shown ?? 0) < 0.1) return requestAnimationFrame(wait);
              {HANDLE}.halt();
              done();
            }};
            requestAnimationFrame(wait);
        }})""",
        log,
    )
    (ghost,) = call(page, "ghosts()")
    assert call(page, "stats().ghosts") == "done" and ghost["shown"] == 1
    (flat,) = ghost["strokes"]
    assert 100 < flat[-2] <= 900 and len(flat) < 8  # cut between two points
    feed(page, log + "0 + 500 500 600 500\n1 + 10 10 20 20\nF 0\nK 1 0.9\nD\n")
    page.wait_for_timeout(200)
    assert call(page, "ghosts()") == [ghost]
    assert call(page, "adopt(0)") and strokes(page)[1][-4] == pytest.approx(flat[-2])
    feed(page, RANKED.replace("R 100", "R 101"))  # a newer run is none of its business
    page.wait_for_function(f"{HANDLE}.ghosts().length === 2 && {HANDLE}.stats().ghosts === 'done'")


def test_reduced_motion_shows_the_ink_at_once(visit, canvas_url):
    page = ready(visit(canvas_url, reduced_motion="reduce"))
    long = " ".join(f"{i * 9 % 1000} {i * 7 % 750}" for i in range(200))
    shown = page.evaluate(
        f"""async (log) => {{ {HANDLE}.feed(log);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            return {HANDLE}.ghosts()[0].shown; }}""",
        f"R 100\nB 1 complete cat\n0 + {long}\nD\n",
    )
    assert shown == 1


def test_ghosts_stream_from_python(page):
    page.locator("#stream").click()
    page.wait_for_function(f"{HANDLE}.stats().ghosts === 'done'")
    assert [g["id"] for g in call(page, "ghosts()")] == [2, 0]
