"""Recipe of the chimera: edges and a class map to a photograph, pix2pix with a map of species."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.animals import load_animals
from doodle.data.pairs import Mixing, Pairs
from doodle.device import choose, seed_for_step
from doodle.models.image_features import INSTALLED, PACKAGE, ImageFeatures, installed
from doodle.models.image_features import load as load_features
from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig, grow
from doodle.strokes.edges import agreement, canny
from doodle.training.chimera_batches import Batch, Batches, on_device, stacked
from doodle.training.chimera_config import PRESETS, Config
from doodle.training.chimera_critics import Critics, View
from doodle.training.gan_losses import mode_seeking
from doodle.training.loop import Ema, N
from doodle.training.plots import contact_sheet
from doodle.training.shipping import newest, ship, train

__all__ = ["PRESETS", "ChimeraRecipe", "Config", "main"]

ATTRIBUTION = (
    "Trained on photographs of animals from public research sets, whose licences are mixed; "
    "no photograph is shipped"
)
HELD_OUT = 48  # pairs to evaluate on
SHOWN = 10  # of them on a sheet


class ChimeraRecipe:
    """Adam on both sides, in turn; the generator's average is what is shipped."""

    def __init__(self, config: Config) -> None:
        self.config = c = config
        self.placement = choose(c.run.device)
        self.device = self.placement.device
        torch.backends.cudnn.benchmark = True  # all batches have one shape
        torch.manual_seed(c.run.seed)
        self.animals = load_animals(c.run.data, c.size)
        mixing = Mixing(c.background, c.white, c.composite, c.hand)
        self.train = Pairs(self.animals, 0, mixing)
        self.valid = Pairs(self.animals, 1, mixing).held_out(HELD_OUT)
        model_config = Pix2PixConfig(
            width=c.width,
            most=c.most,
            size=c.size,
            classes=len(self.animals.classes),
            inside=c.inside,
            noise=c.noise,
            norm=c.norm,
            dropout=c.dropout,
            up=c.up,
        )
        self.network = self._place(Pix2Pix(model_config))
        shadow = self._place(Pix2Pix(model_config))
        if c.start:
            smaller, _ = checkpoint.load_as(Pix2Pix, c.start)
            grow(self.network, smaller)
        self.ema = Ema(self.network, shadow, c.ema)
        features = self._features()
        classes = len(self.animals.classes) if c.species_weight else 0
        self.critics = Critics(c.critic_width, c.scales, c.loss, classes, features)
        self._place(self.critics)
        self.modules: dict[str, nn.Module] = {
            "network": self.network,
            "ema": shadow,
            "critics": self.critics,
        }
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(module.parameters(), lr=c.learning_rate, betas=(0.5, 0.999))
            for name, module in (("generator", self.network), ("critic", self.critics))
        }
        self.batch = Batches(self.train, c.run.seed, c.run.batch, c.workers, self.device)

    def _features(self) -> ImageFeatures | None:
        backbone = self.config.backbone
        if backbone == INSTALLED and installed() is None:
            print(
                f"without {PACKAGE} (pip install brings it) the loss compares pixels only, "
                "and pictures become far worse",
                file=sys.stderr,
            )
            return None
        return self._place(load_features(backbone)) if backbone else None

    def _place(self, module: N) -> N:
        return module.to(self.device).to(memory_format=torch.channels_last)

    # -- one update ------------------------------------------------------------------------------

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        torch.manual_seed(seed_for_step(c.run.seed, step))
        batch = self.batch(step)
        rate = c.learning_rate * min(1.0, 2 * (1 - progress))  # constant, then falling to zero
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = max(rate, 1e-7)
        self.network.train()
        z = torch.randn(c.run.batch, c.noise).to(self.device)
        with self._autocast():
            fake = self.network(batch.edges, batch.given, batch.scene, z, batch.inside)
            condition = batch.edges * 2 - 1, batch.scene.view(-1, 1, 1, 1).expand_as(batch.edges)
            view = self.critics.view(
                torch.cat(condition, 1),
                batch.photo,
                fake.float(),
                torch.stack([batch.classes, batch.given], 1),
                side=c.view,
                augment=c.diff_augment,
            )
        figures = self._critic_step(view)
        figures |= self._generator_step(batch, fake.float(), view, z)
        self.ema.update(step)
        return {name: float(value) for name, value in figures.items()}

    def _autocast(self) -> torch.autocast:
        # bfloat16 pays where there are tensor cores
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _critic_step(self, view: View) -> dict[str, Tensor]:
        with self._autocast():
            losses = self.critics.discriminator_losses(view.fixed())
        total = losses["critic"] + self.config.species_weight * losses.get("named", 0.0)
        self._update("critic", total)
        return {name: value.detach() for name, value in losses.items()}

    def _generator_step(
        self, batch: Batch, fake: Tensor, view: View, z: Tensor
    ) -> dict[str, Tensor]:
        c = self.config
        self.critics.requires_grad_(False)
        with self._autocast():
            losses = self.critics.generator_losses(view, matching=c.feature_weight > 0)
        losses["l1"] = (fake - batch.photo).abs().mean()
        weights = {
            "gan": c.gan_weight,
            "l1": c.lambda_l1,
            "features": c.feature_weight,
            "species": c.species_weight,
            "perceptual": c.perceptual_weight,
        }
        if c.mode_seeking:
            other_z = torch.randn(c.run.batch, c.noise).to(self.device)
            with self._autocast():
                other = self.network(batch.edges, batch.given, batch.scene, other_z, batch.inside)
            losses["modes"] = mode_seeking(fake, other.float(), z, other_z)
            weights["modes"] = c.mode_seeking
        self._update("generator", sum(weights[name] * loss for name, loss in losses.items()))
        self.critics.requires_grad_(True)
        return {name: value.detach() for name, value in losses.items()}

    def _update(self, name: str, loss: Tensor) -> None:
        optimiser = self.optimisers[name]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    # -- figures, pictures, checkpoint -----------------------------------------------------------

    @torch.no_grad()
    def pictures(self, batch: Batch, given: Tensor) -> np.ndarray:
        """What the averaged generator makes of pairs: (B, S, S, 3) uint8."""
        network = self.ema.shadow
        parts = zip(
            *(x.split(8) for x in (batch.edges, given, batch.scene, batch.inside)), strict=True
        )
        made = [
            network(edges, classes, scene, inside=within) for edges, classes, scene, within in parts
        ]
        picture = torch.cat(made).permute(0, 2, 3, 1)
        return np.round((picture.float().cpu().numpy() + 1) * 127.5).clip(0, 255).astype(np.uint8)

    def evaluate(self) -> dict[str, float]:
        """L1 in [0, 1], and whether auto-canny finds the given edges again, 2 px off at most."""
        batch = on_device(stacked(self.valid), self.device)
        made = self.pictures(batch, batch.classes)
        photos = np.stack([pair.photo for pair in self.valid])
        l1 = np.abs(made.astype(np.float32) - photos).mean() / 255
        found = [
            agreement(canny(picture), pair.edges)
            for picture, pair in zip(made, self.valid, strict=True)
        ]
        precision, recall = np.mean(found, axis=0).tolist()
        return {"l1": float(l1), "edge precision": precision, "edge recall": recall}

    def sheet(self, path: Path) -> None:
        """Edges, photograph, what is made of them: true species, unknown, others, halves."""
        keep = np.linspace(0, len(self.valid) - 1, min(SHOWN, len(self.valid))).astype(int)
        pairs = [self.valid[k] for k in keep]
        batch = on_device(stacked(pairs), self.device)
        names = self.animals.classes
        others = [names.index(n) + 1 for n in ("lion", "fish") if n in names] or [1]
        maps = [batch.classes, batch.classes * 0]
        maps += [torch.full_like(batch.classes, k) for k in others]
        halves = batch.classes.clone()  # the left half one, the right half the other
        halves[..., : halves.shape[-1] // 2], halves[..., halves.shape[-1] // 2 :] = (
            others[0],
            others[-1],
        )
        made = [self.pictures(batch, given) for given in [*maps, halves]]
        rows = [
            [cv2.cvtColor(pair.edges, cv2.COLOR_GRAY2RGB), pair.photo, *(m[k] for m in made)]
            for k, pair in enumerate(pairs)
        ]
        contact_sheet(rows, [names[pair.classes[0, 0] - 1] for pair in pairs]).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        ship(
            folder,
            self.ema.shadow,
            model="pix2pix",
            config=self.config,
            log=log,
            recipe="chimera",
            presets=PRESETS,
            start=self.config.start,
            data={
                "categories": list(self.animals.classes),
                "photographs": int((self.animals.split == 0).sum()),
                "split": "by SHA-1 of the file, 5 % test, 2.5 % valid",
            },
            pixels={"size": self.config.size, "range": [-1, 1], "edges": "lines 1 on 0"},
            metrics=[
                {"name": f"{k}, valid", "value": v, "split": "valid", "n": len(self.valid)}
                for k, v in newest(log, "valid", {}).items()
            ],
            attribution=ATTRIBUTION,
        )


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    plotted = ("l1", "gan", "critic", "features", "species")
    train(ChimeraRecipe(config), config, plotted, save_every=min(500, config.run.evaluate_every))
