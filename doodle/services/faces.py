"""Faces of nobody, and faces of photographs changed by words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doodle.registry import Registry
from doodle.requests import (
    ChangeFace,
    EditFace,
    FaceCode,
    Faces,
    FaceStrip,
    FullFace,
    InvertFace,
    MadeUpFace,
    MixFaces,
    RefineFace,
)
from doodle.services.networks import Networks
from doodle.services.readiness import FACE_EDITING, FACES
from doodle.services.results import (
    FaceChanged,
    FaceEdited,
    FaceReady,
    FaceRefined,
    FacesMade,
    FacesSeen,
)
from doodle.services.tasks import Task, relayed


class FaceMaking:
    """The generator of faces; the finder, the encoder and what reads texts to change them."""

    def __init__(self, registry: Registry) -> None:
        self.networks = Networks(registry, FACES)
        self.editing = Networks(registry, FACE_EDITING)

    def tasks(self) -> dict[type, Callable[[Any], Task]]:
        """The requests that it answers."""
        return {
            Faces: self.faces,
            EditFace: self.edit,
            MadeUpFace: self.made_up,
            MixFaces: self.mix,
            InvertFace: self.invert,
            RefineFace: self.refine,
            ChangeFace: self.change,
            FullFace: self.full,
            FaceStrip: self.strip,
        }

    def faces(self, request: Faces) -> Task:
        """Event: FacesMade."""
        with self.networks.pipeline(_inventor) as inventor:
            task = inventor.editor.faces(request.n, request.seed, request.psi)
            yield from relayed(task, FacesMade)

    def made_up(self, request: MadeUpFace) -> Task:
        """Event: FaceReady."""
        with self.networks.pipeline(_inventor) as inventor:
            task = inventor.made_up(request.seed, request.number, request.psi)
            yield from relayed(task, _result)

    def mix(self, request: MixFaces) -> Task:
        """Event: FaceReady."""
        with self.networks.pipeline(_inventor) as inventor:
            task = inventor.mixed(request.first, request.second, request.share)
            yield from relayed(task, _result)

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

    def invert(self, request: InvertFace) -> Task:
        """Events: FacesSeen where faces were looked for, FaceRefined, FaceReady."""
        with self.editing.pipeline(_keeper) as keeper:
            task = keeper.inverted(
                request.picture,
                face=request.face,
                points=request.points,
                refine=request.refine,
                aligned=request.aligned,
            )
            yield from relayed(task, _result)

    def refine(self, request: RefineFace) -> Task:
        """Events: FaceRefined, FaceReady."""
        with self.editing.pipeline(_keeper) as keeper:
            yield from relayed(keeper.refined(request.code, request.steps), _result)

    def change(self, request: ChangeFace, quick: bool = True) -> Task:
        """Event: FaceChanged."""
        with self.editing.pipeline(_keeper) as keeper:
            task = keeper.changed(
                request.code,
                request.edits,
                request.neutral,
                patch=request.patch,
                frame=request.frame,
                quick=quick,
            )
            yield from relayed(task, _result)

    def full(self, request: FullFace) -> Task:
        """Event: FaceChanged."""
        yield from self.change(request, quick=False)

    def strip(self, request: FaceStrip) -> Task:
        """Event: FacesMade."""
        with self.editing.pipeline(_keeper) as keeper:
            asked = (request.code, request.edits, request.neutral)
            yield from relayed(keeper.strip(*asked, request.which, request.strengths), FacesMade)


def _result(event: Any) -> Any:
    """A pipeline's event as a result."""
    from doodle.pipelines.face_codes import Changed, Ready, Refined, Seen

    if isinstance(event, Ready):
        return FaceReady(FaceCode(*event.code), event.points, event.corners, event.frame)
    kinds = {Changed: FaceChanged, Refined: FaceRefined, Seen: FacesSeen}
    return kinds[type(event)](*event)


def _inventor(generator: Any) -> Any:
    from doodle.pipelines.face_codes import FaceKeeping  # with torch: not before it is needed
    from doodle.pipelines.face_edit import FaceEditor

    return FaceKeeping(FaceEditor(generator))


def _editor(generator: Any, encoder: Any, scorer: Any, directions: Any, words: Any) -> Any:
    from doodle.pipelines.face_edit import FaceEditor  # with torch: not before it is needed
    from doodle.pipelines.text import TextEncoder

    return FaceEditor(generator, encoder, scorer, directions, TextEncoder(words))


def _retoucher(*networks: Any) -> Any:
    from doodle.pipelines.face_finder import FaceFinding  # with torch: not before it is needed
    from doodle.pipelines.face_retouch import Retoucher

    *others, finder = networks
    return Retoucher(_editor(*others), FaceFinding(finder))


def _keeper(*networks: Any) -> Any:
    from doodle.pipelines.face_codes import FaceKeeping  # with torch: not before it is needed
    from doodle.pipelines.face_finder import FaceFinding

    *others, finder = networks
    return FaceKeeping(_editor(*others), FaceFinding(finder))
