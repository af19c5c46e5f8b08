"""The description of the API, opened from the foot of the page."""

from __future__ import annotations

from collections.abc import Callable

from doodle.ui.tools import table


def test_the_foot_of_the_page_opens_the_description_of_every_endpoint(enter_studio: Callable):
    from playwright.sync_api import expect

    asked: list[str] = []
    page = enter_studio()
    button = page.locator("footer .show-api")
    expect(button).to_be_visible()
    assert page.locator("footer").inner_text().strip() == button.inner_text().strip()
    # Gradio asks for these two whether they are served or not, and the browser complains
    page.route("**/monitoring/summary", lambda route: route.fulfill(json={"functions": {}}))
    page.route("**/mcp/schema", lambda route: route.fulfill(json=[]))
    page.on("request", lambda request: asked.append(request.url))
    button.click()
    shown = page.locator(".api-docs")
    for tool in table.TOOLS:
        for endpoint in tool.endpoints(None):
            expect(shown).to_contain_text(endpoint.__name__)
    page.keyboard.press("Escape")
    page.mouse.click(40, 500)  # beside the description, which lies over the right of the page
    expect(shown).to_have_count(0)
    assert all("//127.0.0.1:" in url or url.startswith("data:") for url in asked), asked
