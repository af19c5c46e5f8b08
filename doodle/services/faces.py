"""Faces of nobody, and faces of photographs changed by words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doodle.registry import Registry
from doodle.requests import EditFace, Faces
from doodle.services.networks import Networks
from doodle.services.readiness import FACE_EDITING, FACES
from doodle.services.results import FaceEdited, FacesMade
from doodle.services.tasks import Task, relayed


class FaceMaking:
    """The generator of faces; the finder, the encoder and what reads texts to change them."""

    def __init__(self, registry: Registry) -> None:
        self.networks = Networks(registry, FACES)
        self.editing = Networks(registry, FACE_EDITING)

    def tasks(self) -> dict[type, Callable[[Any], Task]]:
        """The requests that it answers."""
        return {Faces: self.faces, EditFace: self.edit}

    def faces(self, request: Faces) -> Task:
        """Event: FacesMade."""
        with self.networks.pipeline(_editor) as editor:
            task = editor.faces(request.n, request.seed, request.psi)
            yield from relayed(task, FacesMade)

    def edit(self, request: EditFace) -> Task:
        """Event: FaceEdited."""
        with self.editing.pipeline(_retoucher) as retoucher:
            task = retoucher.edited(
                request.picture,
                request.edits,
                request.neutral,
                face=request.face,
                refine=request.refine,
                aligned=request.aligned,
            )
            yield from relayed(task, lambda found: FaceEdited(*found))


def _editor(generator: Any) -> Any:
    from doodle.pipelines.face_edit import FaceEditor  # with torch: not before it is needed

    return FaceEditor(generator)


def _retoucher(
    generator: Any, encoder: Any, scorer: Any, directions: Any, words: Any, finder: Any
) -> Any:
    from doodle.pipelines.face_edit import FaceEditor  # with torch: not before it is needed
    from doodle.pipelines.face_finder import FaceFinding
    from doodle.pipelines.face_retouch import Retoucher
    from doodle.pipelines.text import TextEncoder

    texts = TextEncoder(words)
    return Retoucher(FaceEditor(generator, encoder, scorer, directions, texts), FaceFinding(finder))
