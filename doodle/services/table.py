"""Which service answers which request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doodle.pipelines.steps import Call
from doodle.registry import Registry
from doodle.requests import Status, Warm
from doodle.services.chimera import Chimeras
from doodle.services.doodles import Doodling
from doodle.services.faces import FaceMaking
from doodle.services.recognition import Recogniser
from doodle.services.results import ModelStatus
from doodle.services.sketches import Sketches
from doodle.services.tasks import Task


def all_tasks(registry: Registry) -> dict[type, Callable[[Any], Task]]:
    """For every kind of request what makes its task."""
    recogniser = Recogniser(registry)
    sketches = Sketches(registry, recogniser)
    table: dict[type, Callable[[Any], Task]] = {}
    others = (Doodling(registry), Chimeras(registry), FaceMaking(registry))
    for service in (recogniser, sketches, *others):
        table |= service.tasks()

    def warm(request: Warm) -> Task:
        yield Call(sketches.warm)
        yield None

    def status(request: Status) -> Task:
        where = "GPU" if registry.placement.device.type != "cpu" else "CPU"
        yield ModelStatus(where, registry.status())

    return {**table, Warm: warm, Status: status}
