"""Recipe of the critic of endings: a person's ending is to be found among sampled ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.endings import Case, Lines, load_endings
from doodle.device import choose, seed_for_step
from doodle.models.ending_critic import EndingCritic, EndingCriticConfig
from doodle.models.words import WordTable
from doodle.strokes.geometry import distance, extent, points_along
from doodle.strokes.raster import two_planes
from doodle.training.plots import contact_sheet
from doodle.training.settings import Run, shared
from doodle.training.shipping import ship, train

POINTS = 48  # of an ending, by which its distance from another is measured


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/ending_critic",
        batch=32,
        evaluate_every=200,
        help={"data": "of `data endings`, the training split", "batch": "drawings an update"},
    )
    held_out: str = field(
        default="", metadata={"help": "the same of the validation split", "path": "input"}
    )
    words: str = field(
        default="checkpoints/words",
        metadata={"help": "checkpoint of the word vectors", "path": "checkpoint"},
    )
    against: int = field(default=8, metadata={"help": "sampled endings beside a person's"})
    learning_rate: float = field(default=2e-3, metadata={"help": "of AdamW at its peak"})
    weight_decay: float = field(default=0.05, metadata={"help": "of AdamW"})


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"minutes": 20.0},
    "gpu": {"minutes": 5.0, "batch": 128},
}


class EndingCriticRecipe:
    """AdamW, one cycle; cross-entropy over the endings of each drawing."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.device = choose(config.run.device).device
        torch.manual_seed(config.run.seed)
        self.cases = load_endings(Path(config.run.data))
        held = Path(config.held_out or config.run.data)
        held_out = load_endings(held)
        self.held_out = [held_out.case(k) for k in range(len(held_out))]
        words, _ = checkpoint.load_as(WordTable, config.words)
        self.text = torch.stack([words.lookup(n).vector.float() for n in self.cases.names])
        self.network = EndingCritic(EndingCriticConfig()).to(self.device)
        self.network.text_mean.copy_(self.text.mean(dim=0))
        self.text = self.text.to(self.device)
        self.modules: dict[str, nn.Module] = {"network": self.network}
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adamw": self.optimiser}

    # -- one update ------------------------------------------------------------------------------

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        rate = c.learning_rate * min(1.0, (step + 1) / 50) * (0.5 + 0.5 * np.cos(np.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = max(float(rate), 1e-6)
        chosen = [self.cases.case(int(k)) for k in rng.integers(len(self.cases), size=c.run.batch)]
        endings = [self._some(case, rng) for case in chosen]
        self.network.train()
        scores = self._scores([_moved(*pair, rng) for pair in zip(chosen, endings, strict=True)])
        # a person's is the first
        loss = torch.stack([-F.log_softmax(score, dim=0)[0] for score in scores]).mean()
        right = sum(int(score.argmax() == 0) for score in scores)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return {"loss": float(loss.detach()), "right": right / len(scores)}

    def _some(self, case: Case, rng: np.random.Generator) -> list[Lines]:
        """A person's ending and some sampled ones."""
        picked = rng.permutation(len(case.sampled))[: self.config.against]
        return [case.person, *(case.sampled[k] for k in picked)]

    def _scores(self, groups: Sequence[tuple[Lines, list[Lines], int]]) -> list[Tensor]:
        """The scores of the endings of each drawing (what was there, endings, category)."""
        config = self.network.config
        planes = [
            two_planes(begun, ending, config.side, config.line)
            for begun, endings, _ in groups
            for ending in endings
        ]
        ink = torch.from_numpy(np.stack(planes)).to(self.device).float() / 255
        sizes = [len(endings) for _, endings, _ in groups]
        rows = torch.tensor([category for _, _, category in groups]).repeat_interleave(
            torch.tensor(sizes)
        )
        with torch.autocast(self.device.type, torch.bfloat16):
            scores = self.network(ink, self.text[rows.to(self.device)])
        return list(scores.float().split(sizes))

    # -- figures ---------------------------------------------------------------------------------

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """On held-out drawings: how often a person's ending is found, and how far the ending that
        is put first lies from it, in shares of the drawing's longer side.
        """
        self.network.eval()
        found, ours, recogniser, every, best = 0, [], [], [], []
        for k in range(0, len(self.held_out), 16):
            part = self.held_out[k : k + 16]
            groups = [(one.begun, [one.person, *one.sampled], one.category) for one in part]
            for case, score in zip(part, self._scores(groups), strict=True):
                found += int(score.argmax() == 0)
                side = max(extent([*case.begun, *case.person]), 1.0)
                person = points_along(case.person, POINTS)
                apart = [distance(points_along(one, POINTS), person) / side for one in case.sampled]
                ours.append(apart[int(score[1:].argmax())])
                recogniser.append(apart[0])
                every.append(float(np.mean(apart)))
                best.append(min(apart))
        return {
            "a person's ending found": found / len(self.held_out),
            "distance of the critic's first": float(np.mean(ours)),
            "distance of the recogniser's first": float(np.mean(recogniser)),
            "distance of any": float(np.mean(every)),
            "distance of the nearest": float(np.mean(best)),
        }

    @torch.no_grad()
    def sheet(self, path: Path) -> None:
        """Held-out drawings: a person's ending, the critic's first three, the recogniser's."""
        self.network.eval()
        rows, labels = [], []
        for case in self.held_out[:24]:
            (score,) = self._scores([(case.begun, case.sampled, case.category)])
            order = score.argsort(descending=True).tolist()[:4]
            shown = [case.person, *(case.sampled[k] for k in order), *case.sampled[:4]]
            planes = [two_planes(case.begun, one, 96, 2.0) for one in shown]
            rows.append(np.stack([np.maximum(a // 3, b) for a, b in planes]))
            labels.append(self.cases.names[case.category][:14])
        contact_sheet(rows, labels).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        ship(
            folder,
            self.network.eval(),
            model="ending_critic",
            recipe="ending_critic",
            presets=PRESETS,
            config=self.config,
            log=log,
            data={"categories": list(self.cases.names), "drawings": len(self.cases)},
            pixels={"size": self.network.config.side, "range": [0, 1], "ink": 1},
            metrics=[
                {"name": k, "value": round(v, 4), "split": "valid", "n": len(self.held_out)}
                for k, v in self.evaluate().items()
            ],
        )


def _moved(
    case: Case, endings: list[Lines], rng: np.random.Generator
) -> tuple[Lines, list[Lines], int]:
    """A case mirrored half of the time, turned by up to 9 degrees, with an unsteady hand."""
    angle, axes = np.deg2rad(rng.uniform(-9, 9)), rng.uniform(0.88, 1.12, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turn = turn * axes * ((-1, 1) if rng.random() < 0.5 else (1, 1))
    unsteady = rng.uniform(0.3, 1.2)

    def moved(lines: Lines) -> Lines:
        return [line @ turn + rng.uniform(-unsteady, unsteady, line.shape) for line in lines]

    return moved(case.begun), [moved(one) for one in endings], case.category


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    train(EndingCriticRecipe(config), config, ("loss", "right"))
