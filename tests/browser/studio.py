"""Hands to use the whole page over stubs: what its tests share."""

from __future__ import annotations

PAD = "document.querySelector('#pad .sc-root').strokeCanvas"


def at_home(page) -> None:
    """Wait until the tool Draw can be used."""
    page.wait_for_selector("#pad .sc-stage canvas")
    page.wait_for_selector("#results .dd-sample svg", state="attached")
    page.wait_for_selector("#status [data-state=wait]", state="detached")


def pad(page, call: str):
    """Evaluate code on the handle of Draw's canvas."""
    return page.evaluate(f"{PAD}.{call}")


def draw(page, *points: tuple[float, float], where: str = "#pad") -> None:
    """One stroke of the mouse through points given as shares of a canvas."""
    box = page.locator(f"{where} .sc-stage").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()


def strokes(page) -> int:
    """How many strokes are on Draw's paper."""
    return pad(page, "stats().strokes")


def endings(page) -> None:
    """Press Complete and wait for what it gives."""
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function(
        "document.body.dataset.draw === 'idle' &&"
        " document.querySelectorAll('#results .dd-grid .dd-picture').length"
    )
