"""The chimera's batches: pairs of each step from (seed, step) alone, prepared ahead by workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from doodle.data.pairs import Pair, Pairs
from doodle.device import seed_for_step


@dataclass(frozen=True)
class Batch:
    """B pairs on the device."""

    edges: Tensor  # (B, 1, S, S) in [0, 1]
    photo: Tensor  # (B, 3, S, S) in [-1, 1]
    classes: Tensor  # (B, S, S) long, what is there
    given: Tensor  # (B, S, S) long, what the generator is given, 0 unknown
    scene: Tensor  # (B,) in {0, 1}
    inside: Tensor  # (B, S, S) in [0, 1], what the edges enclose


class Steps(torch.utils.data.Dataset[list[Tensor]]):
    """The pairs of each step, from (seed, step) alone."""

    def __init__(self, pairs: Pairs, seed: int, batch: int) -> None:
        self.pairs, self.seed, self.batch = pairs, seed, batch

    def __getitem__(self, step: int) -> list[Tensor]:
        rng = np.random.default_rng(seed_for_step(self.seed, step))
        return stacked([self.pairs.draw(rng) for _ in range(self.batch)])


def stacked(pairs: list[Pair]) -> list[Tensor]:
    """Edges, photos, classes, given, scene and inside of some pairs, uint8."""
    names = ("edges", "photo", "classes", "given", "scene", "inside")
    return [
        torch.from_numpy(np.stack([getattr(p, n) for p in pairs]).astype(np.uint8)) for n in names
    ]


class Batches:
    """The batch of any step, on the device.

    Args:
        pairs: training pairs.
        seed: of the run.
        size: pairs a batch.
        workers: processes that prepare the next batches; 0: none.
        device: where the batches go.
    """

    def __init__(
        self, pairs: Pairs, seed: int, size: int, workers: int, device: torch.device
    ) -> None:
        self.steps, self.workers, self.device = Steps(pairs, seed, size), workers, device
        self._ahead: tuple[int, Iterator[list[Tensor]]] | None = None  # next step, and the loader

    def __call__(self, step: int) -> Batch:
        """The pairs of a step, prepared ahead where there are workers for it."""
        if not self.workers:
            return on_device(self.steps[step], self.device)
        if self._ahead is None or self._ahead[0] != step:
            loader = torch.utils.data.DataLoader(
                self.steps,
                batch_size=None,
                sampler=range(step, 2**31),
                num_workers=self.workers,
                prefetch_factor=3,
                worker_init_fn=one_thread,
                pin_memory=self.device.type == "cuda",
            )
            self._ahead = (step, iter(loader))
        arrays = next(self._ahead[1])
        self._ahead = (step + 1, self._ahead[1])
        return on_device(arrays, self.device)


def on_device(arrays: list[Tensor], device: torch.device) -> Batch:
    """A batch of what `stacked` made."""
    arrays = [a.to(device, non_blocking=True) for a in arrays]
    edges, photo, classes, given, scene, inside = arrays
    photo = photo.permute(0, 3, 1, 2).float() / 127.5 - 1  # NHWC in memory: channels last
    return Batch(
        edges.unsqueeze(1).float() / 255,
        photo,
        classes.long(),
        given.long(),
        scene.float(),
        inside.float() / 255,
    )


def one_thread(worker: int) -> None:
    """Processes that prepare batches share the cores among them."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
