"""What Gradio keeps of sessions: pages have their own state, other callers share one."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.state_holder import StateHolder
from gradio_client import Client
from stepping import answered
from stubs import StubCompleter, StubRegistry, use_stubs

from doodle.requests import Complete
from doodle.services.executor import LocalExecutor
from doodle.strokes.drawing import Drawing
from doodle.ui import api
from doodle.ui.sessions import PageSessions, Sessions, has_left
from doodle.ui.tools import table
from doodle.ui.tools.draw import examples

LINE = {"strokes": [[100, 300, 0, 0.5, 800, 310, 9, 0.5]]}


@pytest.fixture
def app() -> SimpleNamespace:
    with gr.Blocks() as blocks:
        gr.State(3)
    blocks.state_session_capacity = 5
    holder = StateHolder()
    holder.set_blocks(blocks)
    return SimpleNamespace(state_holder=holder, get_blocks=lambda: blocks)


def visitor(app: SimpleNamespace, session: str) -> SimpleNamespace:
    return SimpleNamespace(session_hash=session, request=SimpleNamespace(app=app))


def test_pages_have_a_state_each_and_callers_share_one(app: SimpleNamespace):
    sessions = Sessions()
    _ = app.state_holder["early"]
    sessions.opened(visitor(app, "page"))
    holder = app.state_holder
    assert isinstance(holder, PageSessions) and app.get_blocks().state_holder is holder
    sessions.take_over(visitor(app, "again"))
    assert app.state_holder is holder
    assert holder["a"] is holder["b"] is not holder["page"]
    assert holder["page"] is holder["page"]
    assert set(holder.session_data) == {"early", "page"}  # callers leave nothing
    for k in range(20):
        sessions.opened(visitor(app, f"page{k}"))
        _ = holder[f"page{k}"]
    assert len(holder.session_data) <= 6
    sessions.closed(visitor(app, "page7"))
    assert "page7" not in sessions._pages


def test_what_parts_were_sent_is_forgotten_with_the_page(app: SimpleNamespace):
    with app.get_blocks() as blocks:
        part = gr.HTML()
    app.state_holder.set_blocks(blocks)
    sessions = Sessions()
    states = {}
    for name in "ab":
        sessions.opened(visitor(app, name))
        states[name] = app.state_holder[name]
        states[name]._update_value_in_config(part._id, "a picture of somebody")
    sessions.closed(visitor(app, "a"))
    kept = {name: str(state.config_values) for name, state in states.items()}
    assert "somebody" in kept["b"] and "somebody" not in kept["a"]
    assert states["a"][part._id] is part  # the page may come back
    sessions.closed(visitor(app, "never opened"))


def test_calls_of_the_api_leave_no_session_behind(serve: Callable[..., str]):
    url = serve(StubRegistry())
    holders = []
    take_over = Sessions.take_over

    def seen(self, request):
        take_over(self, request)
        holders.append(request.request.app.state_holder)

    patch = pytest.MonkeyPatch()
    patch.setattr(Sessions, "take_over", seen)
    client = Client(url, verbose=False)
    for _ in range(5):
        client.reset_session()
        client.predict(LINE, api_name="/recognise")
    patch.undo()
    assert isinstance(holders[-1], PageSessions)
    assert len(holders[-1].session_data) <= 2  # of the client itself and the very first call


def test_a_caller_who_left_is_known(app: SimpleNamespace):
    def event(session: str, alive: bool) -> SimpleNamespace:
        return SimpleNamespace(session_hash=session, alive=alive)

    queue = SimpleNamespace(active_jobs=[None, [event("a", False)], [event("b", True)]])
    app.get_blocks = lambda: SimpleNamespace(_queue=queue)
    assert has_left(visitor(app, "a"))
    assert not has_left(visitor(app, "b")) and not has_left(visitor(app, "c"))
    assert not has_left(None)


def test_work_for_a_caller_who_left_is_given_up(monkeypatch: pytest.MonkeyPatch):

    use_stubs(monkeypatch)
    monkeypatch.setattr(StubCompleter, "pause", 0.2)
    monkeypatch.setattr(api, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(api, "has_left", lambda caller: True)
    executor, published = LocalExecutor(StubRegistry()), {}
    monkeypatch.setattr(gr, "api", lambda fn, api_name, **_: published.update({api_name: fn}))
    jobs = []
    submit = executor.submit
    monkeypatch.setattr(executor, "submit", lambda *a: jobs.append(submit(*a)) or jobs[-1])
    api.publish(executor, Sessions(), table.TOOLS)
    drawing = json.loads(examples.pick("3")[0])
    with pytest.raises(gr.Error, match="Nobody waits"):
        answered(published["complete"](drawing, "fish"))
    assert jobs[0].cancelled and isinstance(jobs[0].request, Complete)
    assert jobs[0].request.drawing == Drawing.parse(drawing)
    executor.close()
