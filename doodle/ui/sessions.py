"""Bounds what Gradio keeps of sessions: a state for each open page, one for all other callers.

A session's copy of the page's state takes 0.3 MB and 30 ms.  Gradio makes one for every call of the
API that names no session of its own, and would keep 10,000 of them.
"""

from __future__ import annotations

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

CAPACITY = 300  # sessions; the least recently used one goes first


class PageSessions(StateHolder):
    """States of the pages that are open, and one that all other callers share.

    The endpoints of the API read and write no state, so it does not matter whose it is.

    Args:
        holder: Gradio's own; what it holds is taken over.
        pages: session hashes of open pages, kept by `Sessions`.
    """

    def __init__(self, holder: StateHolder, pages: set[str]) -> None:
        super().__init__()
        self.blocks, self.capacity = holder.blocks, holder.capacity
        self.session_data, self.time_last_used = holder.session_data, holder.time_last_used
        self._pages = pages
        self._shared = SessionState(self.blocks)

    def forget_messages(self, session_id: str) -> None:
        """Drop the newest value of every part, which Gradio keeps: pictures may be in it."""
        state = self.session_data.get(session_id)
        for config in state.config_values.values() if state is not None else ():
            config.get("props", {}).pop("value", None)

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id in self._pages or session_id in self.session_data:
            return super().__getitem__(session_id)
        return self._shared


class Sessions:
    """Tells sessions of open pages from those of other callers."""

    def __init__(self) -> None:
        self._pages: set[str] = set()
        self._holder: PageSessions | None = None

    def opened(self, request: gr.Request) -> None:
        """A page was opened."""
        self.take_over(request)
        if request.session_hash:
            self._pages.add(request.session_hash)

    def closed(self, request: gr.Request) -> None:
        """A page was closed; Gradio keeps its state, in case it comes back, without messages."""
        self._pages.discard(request.session_hash or "")
        if self._holder is not None:
            self._holder.forget_messages(request.session_hash or "")

    def take_over(self, request: gr.Request | None) -> None:
        """Put `PageSessions` in the place of Gradio's holder; the first caller does it."""
        app = getattr(getattr(request, "request", None), "app", None)
        holder = getattr(app, "state_holder", None)
        if app and isinstance(holder, StateHolder) and not isinstance(holder, PageSessions):
            self._holder = PageSessions(holder, self._pages)
            app.state_holder = holder.blocks.state_holder = self._holder


def has_left(request: gr.Request | None) -> bool:
    """Whether the caller of an endpoint has closed the stream that its answer would come by.

    Gradio marks the caller's events and lets their functions run on.
    """
    app = getattr(getattr(request, "request", None), "app", None)
    blocks = getattr(app, "get_blocks", lambda: None)()
    queue = getattr(blocks, "_queue", None)
    session = getattr(request, "session_hash", None)
    events = [event for some in getattr(queue, "active_jobs", ()) for event in some or ()]
    own = [event for event in events if event.session_hash == session]
    return session is not None and bool(own) and not any(event.alive for event in own)
