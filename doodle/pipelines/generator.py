"""The generator as an engine: pictures that several tasks wait for, drawn and scored at once."""

from __future__ import annotations

from collections.abc import Sequence
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
from doodle.pipelines.targets import Blend, Target, balance

AT_ONCE = 64  # pictures that go through the networks together, about 90 ms
LOT = 16  # batches are multiples of it: kernels for one number of pictures take 9 MB


class Candidates(NamedTuple):
    """Pictures of W targets from each of `count` noises."""

    targets: Sequence[Target | Blend]
    ink: Tensor  # (W * count, 1, size, size) in [0, 1]
    scores: Tensor  # (W, count)
    levels: list[Tensor]  # the recogniser's maps of them, which the discriminator reads too
    chances: Tensor | None = None  # of blends: (W, count, 2) of either text


class Pictures(Step):
    """A picture of each target from each noise z (count, z_size); its result: the Candidates.

    The targets are all texts or all blends.
    """

    def __init__(self, engine: Generator, targets: Sequence[Target | Blend], z: Tensor) -> None:
        super().__init__(engine, len(targets) * len(z))
        self.targets, self.z = targets, z
        self.texts = [one for one in targets if isinstance(one, Target)]
        self.blends = [one for one in targets if isinstance(one, Blend)]


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

    def steps(self, targets: Sequence[Target | Blend], z: Tensor) -> list[Pictures]:
        """Steps that draw and score a picture of each target from each noise z (count, z_size)."""
        size = max(1, AT_ONCE // len(z))
        parts = [targets[k : k + size] for k in range(0, len(targets), size)]
        return [Pictures(self, part, z) for part in parts]

    def take(self, steps: Sequence[Pictures]) -> list[Pictures]:
        return fitting(steps, AT_ONCE)

    @torch.inference_mode()
    def run(self, steps: Sequence[Pictures]) -> None:
        """Draw the pictures of all steps, and read them."""
        kinds = [[step for step in steps if step.texts], [step for step in steps if step.blends]]
        steps = [step for part in kinds for step in part]
        ink = torch.cat([self._drawn(*_inputs(self, part)) for part in kinds if part])
        ends = np.cumsum([step.size for step in steps]).tolist()
        parts = {step: slice(end - step.size, end) for step, end in zip(steps, ends, strict=True)}
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
        return self._drawn(z, text)

    def _drawn(self, z: Tensor, *texts: Tensor) -> Tensor:
        """The same of a text, or of two and of their places; no picture depends on the others.

        Kernels of a few pictures, and those of an odd number, round differently: a batch is filled
        up.
        """
        count = len(z)
        missing = multiple(count, LOT) - count
        given = [torch.cat([one, one[:1].expand(missing, *one.shape[1:])]) for one in texts]
        draw = self.network if len(texts) == 1 else self.network.blend
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            return (draw(filled(z, count + missing), *given)[:count] + 1) / 2

    def _scored(
        self, step: Pictures, ink: Tensor, logits: Tensor, embedding: Tensor, levels: list[Tensor]
    ) -> Candidates:
        count = len(step.z)
        parts = list(zip(logits.split(count), embedding.split(count), strict=True))
        if step.texts:
            chances = [self._chance(one, *p) for one, p in zip(step.texts, parts, strict=True)]
            return Candidates(step.targets, ink, torch.stack(chances), levels)
        both = [
            torch.stack([self._chance(text, *part) for text in (one.one, one.other)], dim=-1)
            for one, part in zip(step.blends, parts, strict=True)
        ]
        scores = [balance(p, one.share) for one, p in zip(step.blends, both, strict=True)]
        return Candidates(step.targets, ink, torch.stack(scores), levels, torch.stack(both))

    def _chance(self, text: Target, logits: Tensor, embedding: Tensor) -> Tensor:
        return self.ranker.chance(logits, embedding, text.name, text.vector)

    def vectors(self, targets: Sequence[Target | Blend]) -> Tensor:
        """The text vectors of targets, (W, 512)."""
        return torch.stack([target.vector for target in targets]).to(self._device)


def _inputs(engine: Generator, steps: Sequence[Pictures]) -> list[Tensor]:
    """Noise and text of every picture of some steps; of blends both texts, and their places."""

    def each(step: Pictures, values: Tensor) -> Tensor:
        return values.repeat_interleave(len(step.z), 0)

    z = torch.cat([step.z.repeat(len(step.targets), 1) for step in steps])
    if not steps[0].blends:
        return [z, torch.cat([each(step, engine.vectors(step.targets)) for step in steps])]
    parts = []
    for step in steps:
        pairs = [[blend.one for blend in step.blends], [blend.other for blend in step.blends]]
        places = torch.stack([blend.places for blend in step.blends]).to(z.device)
        parts.append([each(step, part) for part in (*map(engine.vectors, pairs), places)])
    return [z, *(torch.cat(part) for part in zip(*parts, strict=True))]
