"""The generator as an engine: pictures that several tasks wait for, drawn and scored at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.device import product_dtype
from doodle.models.dccgan import Dccgan
from doodle.models.shapes import filled, multiple
from doodle.pipelines.ranker import Ranker
from doodle.pipelines.steps import WORK, Step, fitting

AT_ONCE = 64  # pictures that go through the networks together, about 90 ms
LOT = 16  # batches are multiples of it: kernels for one number of pictures take 9 MB


@dataclass(frozen=True)
class Target:
    """What is drawn: name as the categories have it ("" for a mix), vector (512,)."""

    name: str
    vector: Tensor


class Candidates(NamedTuple):
    """Pictures of W targets from each of `count` noises."""

    targets: Sequence[Target]
    ink: Tensor  # (W * count, 1, size, size) in [0, 1]
    scores: Tensor  # (W, count)
    levels: list[Tensor]  # the recogniser's maps of them, which the discriminator reads too


class Pictures(Step):
    """A picture of each target from each noise z (count, z_size); its result: the Candidates.

    Where they are not scored, those have no scores and no levels.
    """

    def __init__(
        self, engine: Generator, targets: Sequence[Target], z: Tensor, scored: bool
    ) -> None:
        super().__init__(engine, len(targets) * len(z))
        self.targets, self.z, self.scored = targets, z, scored


class Generator:
    """Draws the pictures of every task that waits, and has the recogniser read them.

    Args:
        network: in eval mode.  Its convolutions are computed in `product_dtype`.
        ranker: gives the scores.
    """

    urgency = WORK
    parallel = True

    def __init__(self, network: Dccgan, ranker: Ranker) -> None:
        self.network = network.to(memory_format=torch.channels_last)  # a quarter quicker
        self.ranker = ranker
        self._device = network.text_mean.device
        self._half = product_dtype(self._device) == torch.bfloat16

    @property
    def z_size(self) -> int:
        """Numbers of a noise."""
        return self.network.config.z_size

    def steps(self, targets: Sequence[Target], z: Tensor, *, scored: bool = True) -> list[Pictures]:
        """Steps that draw and score a picture of each target from each noise z (count, z_size)."""
        size = max(1, AT_ONCE // len(z))
        parts = [targets[k : k + size] for k in range(0, len(targets), size)]
        return [Pictures(self, part, z, scored) for part in parts]

    def take(self, steps: Sequence[Pictures]) -> list[Pictures]:
        return fitting(steps, AT_ONCE)

    @torch.inference_mode()
    def run(self, steps: Sequence[Pictures]) -> None:
        """Draw the pictures of all steps, and read those that are scored."""
        z = torch.cat([step.z.repeat(len(step.targets), 1) for step in steps])
        vectors = [self.vectors(step.targets).repeat_interleave(len(step.z), 0) for step in steps]
        ink = self._drawn(z, torch.cat(vectors))
        ends = np.cumsum([step.size for step in steps]).tolist()
        parts = {step: slice(end - step.size, end) for step, end in zip(steps, ends, strict=True)}
        for step in steps:
            if not step.scored:
                step.finish(Candidates(step.targets, ink[parts[step]], ink.new_zeros(0), []))
        steps = [step for step in steps if step.scored]
        if not steps:
            return
        recogniser = self.ranker.recogniser
        side = recogniser.config.side
        small = ink if ink.shape[-1] == side else F.interpolate(ink, (side, side), mode="area")
        levels = recogniser.levels(small)
        logits, embedding = recogniser.answer(levels[-1].float().mean(dim=(2, 3)))
        for step in steps:
            own = parts[step]
            maps = [level[own] for level in levels]
            step.finish(self._scored(step, ink[own], logits[own], embedding[own], maps))

    @torch.inference_mode()
    def __call__(self, z: Tensor, text: Tensor) -> Tensor:
        """Pictures (B, 1, size, size), ink 1 on 0, from z (B, z_size) and text (B, 512)."""
        return self._drawn(z, text)[: len(z)]

    def _drawn(self, z: Tensor, text: Tensor) -> Tensor:
        """The same, and after them what fills up the batch: no picture depends on the others.

        Kernels of a few pictures, and those of an odd number, round differently.
        """
        count = multiple(len(z), LOT)
        z, text = filled(z, count), torch.cat([text, text[:1].expand(count - len(z), -1)])
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            return (self.network(z, text) + 1) / 2

    def _scored(
        self, step: Pictures, ink: Tensor, logits: Tensor, embedding: Tensor, levels: list[Tensor]
    ) -> Candidates:
        count = len(step.z)
        parts = zip(step.targets, logits.split(count), embedding.split(count), strict=True)
        scores = [self.ranker.chance(a, b, one.name, one.vector) for one, a, b in parts]
        return Candidates(step.targets, ink, torch.stack(scores), levels)

    def vectors(self, targets: Sequence[Target]) -> Tensor:
        """The text vectors of targets, (W, 512)."""
        return torch.stack([target.vector for target in targets]).to(self._device)
