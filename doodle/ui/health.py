"""`/healthz`: whether the server can work, and which models are ready.

For whoever watches it, a container's health check or a load balancer: 200 where it takes work, 503
where it does not, and JSON that says why.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from doodle.errors import Busy, ModelUnavailable, Stopping
from doodle.registry import Registry
from doodle.requests import Status
from doodle.services import readiness
from doodle.services.executor import Executor
from doodle.ui.front import address_of

PATH = "/healthz"
PATIENCE = 5.0  # seconds that the models may take to answer; a step of theirs takes below one
_METHODS = ("GET", "HEAD")
# what the tools do, and what says whether it can be done
_TASKS = {
    "complete": readiness.sketching,
    "recognise": readiness.recognising,
    "imagine": readiness.imagining,
    "chimera": lambda registry: readiness.chimerical(registry)[0],
    "faces": readiness.making_faces,
    "edit_face": readiness.editing_faces,
}


class Health:
    """ASGI middleware: answers at PATH, passes everything else on.

    Args:
        app: that is asked for all else.
        executor: whose health it is.
        patience: seconds that it may take to answer.
    """

    def __init__(self, app: ASGIApp, executor: Executor, patience: float = PATIENCE) -> None:
        self._app, self._executor, self._patience = app, executor, patience
        self._answered = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            if address_of(scope) == PATH:
                status, told = await self._report()
                code = 200 if status == "ready" else 503
                kept = {"Cache-Control": "no-store"}
                answer = JSONResponse({"status": status, **told}, code, kept)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _report(self) -> tuple[str, dict[str, Any]]:
        """One word, and what there is to say."""
        told = await asyncio.to_thread(ready, self._executor.registry)
        try:
            job = self._executor.submit(Status())
            found = await asyncio.wait_for(job.answer(), self._patience)
        except Stopping as error:
            return "stopping", {"why": str(error), **told}
        except (Busy, ModelUnavailable) as error:
            return "busy", {"why": str(error), **told}
        except asyncio.TimeoutError:  # another class before Python 3.11
            status = "busy" if self._answered else "starting"
            why = f"The models have not answered within {self._patience:g} seconds."
            return status, {"why": why, **told}
        self._answered = True
        told["device"] = found.where
        if told["tasks"]["complete"] != "ready":
            return "unfit", {"why": told["tasks"]["complete"], **told}
        return "ready", told


def ready(registry: Registry) -> dict[str, Any]:
    """What can be done, from the headers of the checkpoints.

    Returns:
        {"models": {name: "ready" or what is wrong, ...}, "tasks": {task: "ready" or what is missing
        and how to mend it, ...}}.
    """
    try:
        models = {card.name: card.problem or "ready" for card in registry.cards()}
    except ModelUnavailable:  # no index: each task says so
        models = {}
    return {
        "models": models,
        "tasks": {name: ask(registry) or "ready" for name, ask in _TASKS.items()},
    }
