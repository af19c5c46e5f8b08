"""How the page looks: Gradio's theme pointed at our colours, the style sheet, the tab icon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from doodle.services.executor import Executor
from doodle.ui.front import Front
from doodle.ui.health import Health
from doodle.ui.scripts import read
from doodle.ui.sessions import CAPACITY

_HERE = Path(__file__).parent
_SANS = ("Inter", "Helvetica Neue", "Arial", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")
# what all tools build on; a class of a tool's own sheets is its own (tests/ui/test_tools.py)
_FIRST_SHEETS = ("shell/variables.css", "shell/page.css", "shell/parts.css")


def _sheets() -> list[str]:
    """Style sheets in order: what others build on, then each tool's."""
    found = sorted(path.relative_to(_HERE).as_posix() for path in _HERE.glob("tools/*/*.css"))
    return [*_FIRST_SHEETS, *(name for name in found if name not in _FIRST_SHEETS)]


def _theme() -> gr.themes.Base:
    """Every colour is a variable of page.css, which alone knows light from dark."""
    theme = gr.themes.Base(font=_SANS, font_mono=_MONO, radius_size="lg")
    colours = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--soft)",
        "background_fill_primary": "var(--card)",
        "background_fill_secondary": "var(--well)",
        "block_background_fill": "transparent",
        "block_border_color": "var(--line)",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "color_accent_soft": "var(--blush)",
        "input_background_fill": "transparent",
        "button_primary_background_fill": "var(--button)",
        "button_primary_background_fill_hover": "var(--button-hover)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "var(--card)",
        "button_secondary_background_fill_hover": "var(--well)",
        "button_secondary_text_color": "var(--ink)",
        "slider_color": "var(--ink)",
        "link_text_color": "var(--accent2)",
    }
    dark = {f"{name}_dark": value for name, value in colours.items()}
    return theme.set(**colours, **dark, block_border_width="0px", block_shadow="none")


def launch_options(executor: Executor | None = None, *, tools: bool = False) -> dict[str, Any]:
    """What `Blocks.launch` needs to show the page as it is meant; Gradio 6 takes looks only there.

    No server-side rendering and no run history: nothing drawn is to be stored by Gradio.

    Args:
        executor: whose health `/healthz` tells; None: no such address.
        tools: whether the endpoints are tools over MCP.
    """
    around = [Middleware(Front)]
    if executor is not None:
        around.insert(0, Middleware(Health, executor=executor))
    return {
        "theme": _theme(),
        "css": read(*_sheets()),
        "favicon_path": _HERE / "shell" / "icon.svg",
        "footer_links": ["api"],
        "app_kwargs": {"middleware": around},
        "mcp_server": tools,
        "ssr_mode": False,
        "run_history": False,
        "state_session_capacity": CAPACITY,
        "enable_monitoring": False,
    }
