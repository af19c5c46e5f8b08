"""Faces of nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doodle.registry import Registry
from doodle.requests import Faces
from doodle.services.networks import Networks
from doodle.services.readiness import FACES
from doodle.services.results import FacesMade
from doodle.services.tasks import Task, relayed


class FaceMaking:
    """The generator of faces."""

    def __init__(self, registry: Registry) -> None:
        self.networks = Networks(registry, FACES)

    def tasks(self) -> dict[type, Callable[[Any], Task]]:
        """The requests that it answers."""
        return {Faces: self.faces}

    def faces(self, request: Faces) -> Task:
        """Event: FacesMade."""
        with self.networks.pipeline(_editor) as editor:
            task = editor.faces(request.n, request.seed, request.psi)
            yield from relayed(task, FacesMade)


def _editor(generator: Any) -> Any:
    from doodle.pipelines.face_edit import FaceEditor  # with torch: not before it is needed

    return FaceEditor(generator)
