"""What Gradio keeps of each session: bounded, and nothing of callers that are no page.

A session's copy of the page's state takes 0.3 MB.  Gradio makes one for every call of the API that
names no session, and would keep 10,000 of them.
"""

from __future__ import annotations

import asyncio

import gradio as gr

CAPACITY = 300  # sessions; the least recently used one goes first
_AFTER = 2.0  # seconds after a call, when its answer was put together long ago


class Sessions:
    """Tells sessions of open pages from those of other callers."""

    def __init__(self) -> None:
        self._pages: set[str] = set()

    def opened(self, request: gr.Request) -> None:
        """A page was opened."""
        if request.session_hash:
            self._pages.add(request.session_hash)

    def closed(self, request: gr.Request) -> None:
        """A page was closed."""
        self._pages.discard(request.session_hash or "")

    def forget(self, request: gr.Request | None) -> None:
        """Let a call's session go soon, unless a page has it."""
        session = getattr(request, "session_hash", None)
        if session is None or session in self._pages:
            return
        holder = request.request.app.state_holder

        def drop() -> None:
            if session not in self._pages:
                holder.session_data.pop(session, None)
                holder.time_last_used.pop(session, None)

        asyncio.get_running_loop().call_later(_AFTER, drop)
