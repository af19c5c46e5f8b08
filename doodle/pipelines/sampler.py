"""SketchRNN's running batch as an engine: candidates of all who wait, drawn side by side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from doodle.device import product_dtype
from doodle.models.sketch_rnn import SketchRNN
from doodle.models.sketch_sampling import Cell, Prefix, Primed, Row, Sampling, read
from doodle.pipelines.steps import WORK, Step, fitting

MOST = 288  # candidates that draw at the same time; a step of so many takes about 15 ms
MOST_READ = 32  # candidates whose drawings are read together
FIRST_INK, INK_EVERY = 2, 6  # rows after which a task hears of its candidates


class Drawn(Step):
    """Candidates of one drawing.  Yielded again and again until `done`.

    Attributes:
        news: rows drawn since it was yielded last.
        done: whether all candidates have ended.
    """

    def __init__(
        self,
        engine: Sampler,
        static: Tensor,
        noise: Tensor,
        tau: float,
        primed: Primed | None = None,
    ) -> None:
        super().__init__(engine, len(static))
        self.given = (static, noise, tau, primed)
        self.key = 0  # of the running batch; 0 before it joined
        self.news: list[Row] = []
        self.steps = 0
        self.done = False

    def heard(self) -> list[Row]:
        """Take the news, and wait for more."""
        news, self.news, self.ready = self.news, [], False
        return news


class Read(Step):
    """A part of what is already drawn, to be read; its result is the Primed."""

    def __init__(self, engine: Reader, prefix: Prefix) -> None:
        super().__init__(engine, len(prefix.static))
        self.prefix = prefix


class Reader:
    """Reads what the visitors drew, of all who wait side by side.

    Args:
        cell: of the network that reads.
    """

    urgency = WORK
    parallel = True

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    def take(self, steps: Sequence[Read]) -> list[Read]:
        return fitting(steps, MOST_READ)

    def run(self, steps: Sequence[Read]) -> None:
        for step, primed in zip(steps, read(self.cell, [s.prefix for s in steps]), strict=True):
            step.finish(primed)


class Sampler:
    """Draws the candidates of every task that waits, one row of each at a time.

    Args:
        network: in eval mode.
    """

    urgency = WORK
    parallel = False

    def __init__(self, network: SketchRNN) -> None:
        self.cell = Cell(network, product_dtype(network.text_mean.device))
        self._sampling = Sampling(self.cell)
        self._joined: dict[int, Drawn] = {}

    def take(self, steps: Sequence[Drawn]) -> list[Drawn]:
        """All that joined before, and as many others as there is room for."""
        joined = [step for step in steps if step.key]
        room = MOST - len(self._sampling)
        for step in steps:
            if step.key:
                continue
            if step.size > room and len(self._sampling):
                break
            joined.append(step)
            room -= step.size
        return joined

    @torch.inference_mode()
    def run(self, steps: Sequence[Drawn]) -> None:
        for step in steps:
            if not step.key:
                step.key = self._sampling.add(*step.given)
                self._joined[step.key] = step
                step.given = ()
        for row in self._sampling.step():
            step = self._joined[row.key]
            step.news.append(row)
            step.steps += 1
            step.done = len(row.candidates) == int(row.ended.sum())
            shown = step.steps == FIRST_INK or step.steps % INK_EVERY == 0
            step.ready = step.ready or step.done or shown
            if step.done:
                del self._joined[row.key]

    def drop(self, step: Drawn) -> None:
        """Forget the candidates of a task that ends early; nothing where they are done."""
        if step.key and not step.done:
            self._sampling.drop(step.key)
            self._joined.pop(step.key, None)
            step.done = True
