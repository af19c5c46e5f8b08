"""Recipe of the unconditional DCGAN: one category, binary cross-entropy or WGAN-GP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from doodle.data.rasters import load_bitmaps
from doodle.data.sketches import load_sketches
from doodle.device import choose, seed_for_step
from doodle.models.dcgan import Dcgan, DcganConfig, Discriminator
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap
from doodle.training.gan_losses import LOSSES, gradient_penalty
from doodle.training.loop import Ema, Schedule, fit
from doodle.training.plots import contact_sheet, plot_losses
from doodle.training.settings import Run, shared
from doodle.training.shipping import SPLIT, newest, ship

LEAST = 8  # drawings that training and evaluation each need
ACROSS = 8  # pictures in a row of the sheets, and rows
FRAMES, FRAME_MS = 120, 120  # of the GIF: at most so many, each so long
SHIFT = 2  # pixels at 28 that augmentation moves a picture at most


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        batch=64,
        evaluate_every=250,
        help={
            "data": "folder with bitmaps/, real/ and traced/",
            "out": "run folder; rerun to resume (runs/dcgan-CATEGORY-SIZE-LOSS)",
            "seed": "of weights, batches and noise",
            "batch": "pictures an update",
            "evaluate_every": "steps between sheets",
        },
    )
    category: str = field(default="rabbit", metadata={"help": "what to draw"})
    size: Literal[28, 64] = field(
        default=28, metadata={"help": "28: official bitmaps; 64: strokes, rendered in finer pixels"}
    )
    loss: Literal["bce", "wgan-gp"] = field(default="bce", metadata={"help": "adversarial loss"})
    width: int = field(default=64, metadata={"help": "channels of the largest feature map"})
    z_size: int = field(default=100, metadata={"help": "size of the noise vector"})
    learning_rate: float = field(default=2e-4, metadata={"help": "of Adam, both networks"})
    critic_steps: int = field(default=5, metadata={"help": "updates of D to one of G, for wgan-gp"})
    penalty: float = field(default=10.0, metadata={"help": "weight of wgan-gp's penalty"})
    augment: bool = field(
        default=True,
        metadata={"help": "show D real and drawn pictures moved a little and mirrored"},
    )
    ema: float = field(default=0.998, metadata={"help": "decay of the averaged weights"})

    def __post_init__(self) -> None:
        if self.run.batch < 2 or self.critic_steps < 1:
            raise ValueError("a batch has at least 2 pictures, and critic_steps is at least 1")

    @property
    def folder(self) -> Path:
        """Of the run."""
        return Path(self.run.out or f"runs/dcgan-{self.category}-{self.size}-{self.loss}")


# what each preset reached stands in docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"minutes": 20.0, "width": 48},
    "gpu": {"minutes": 10.0, "width": 128, "batch": 128, "ema": 0.999, "steps": 60_000},
}


def load_pictures(root: Path, category: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """All pictures of a category.

    At 28: the official bitmaps, and recorded drawings rendered by the same rule, since some
    categories have few bitmaps or none.  At 64: recorded and traced strokes, rendered.

    Returns:
        (N, size, size) uint8, ink 255 on 0; and (N,) which split each belongs to.

    Raises:
        FileNotFoundError: the folder has no drawings of this category.
    """
    pictures: list[np.ndarray] = []
    splits: list[np.ndarray] = []
    if any((root / kind / f"{category}.npz").exists() for kind in ("real", "traced")):
        sketches = load_sketches(root, names=[category])
        chosen = np.flatnonzero(sketches.recorded | (size != 28))
        drawings = [from_stroke3(sketches.drawing(i)) for i in chosen]
        pictures += [quickdraw_bitmap(lines, size=size)[None] for lines in drawings]
        splits.append(sketches.split[chosen])
    if size == 28 and (root / "bitmaps" / f"{category}.npz").exists():
        bitmaps = load_bitmaps(root, [category])
        pictures.append(bitmaps.pixels.reshape(-1, 28, 28))
        splits.append(bitmaps.split)
    if not pictures:
        raise FileNotFoundError(
            f"{root} holds no drawings of {category!r} for {size} pixels; categories are named as "
            "its files are, such as rabbit"
        )
    return np.concatenate(pictures), np.concatenate(splits)


class DcganRecipe:
    """Adam on both networks; averaged weights draw the sheets and are what is exported."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.placement = choose(config.run.device)
        self.device = self.placement.device
        torch.manual_seed(config.run.seed)
        pixels, split = load_pictures(Path(config.run.data), config.category, config.size)
        self.train_pixels, self.held_pixels = pixels[split == 0], pixels[split > 0]
        if min(len(self.train_pixels), len(self.held_pixels)) < LEAST:
            raise ValueError(
                f"too few drawings of {config.category!r}: {len(self.train_pixels)} to train on and"
                f" {len(self.held_pixels)} held out, {LEAST} of each are needed"
            )
        model_config = DcganConfig(config.z_size, config.width, config.size)
        norm: Literal["batch", "layer"] = "batch" if config.loss == "bce" else "layer"
        self.network = Dcgan(model_config).to(self.device).to(memory_format=torch.channels_last)
        self.discriminator = (
            Discriminator(model_config, norm).to(self.device).to(memory_format=torch.channels_last)
        )
        shadow = Dcgan(model_config).to(self.device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.network, shadow, config.ema)
        self.modules: dict[str, nn.Module] = {
            "network": self.network,
            "discriminator": self.discriminator,
            "ema": shadow,
        }
        # beta1: 0.5 in Radford 2016, 0 in Gulrajani 2017 (algorithm 1)
        betas = (0.5, 0.999) if config.loss == "bce" else (0.0, 0.9)
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "g": torch.optim.Adam(self.network.parameters(), config.learning_rate, betas),
            "d": torch.optim.Adam(self.discriminator.parameters(), config.learning_rate, betas),
        }
        generator = torch.Generator().manual_seed(config.run.seed)
        self.fixed = torch.randn(1024, config.z_size, generator=generator).to(self.device)

    def real(self, rng: np.random.Generator) -> Tensor:
        """A batch of training pictures, (B, 1, size, size) in [-1, 1], the range of tanh."""
        pixels = self.train_pixels[rng.integers(len(self.train_pixels), size=self.config.run.batch)]
        return to_range(pixels).to(self.device)

    def step(self, step: int, progress: float) -> dict[str, float]:
        """One update of G after one of D, or after ``critic_steps`` of them with wgan-gp."""
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        self.network.train()
        for _ in range(1 if c.loss == "bce" else c.critic_steps):
            figures = self._discriminate(self.real(rng))
        for parameter in self.discriminator.parameters():
            parameter.requires_grad_(False)
        scores = self.discriminator(self._augmented(self.network(self._noise())))
        loss = LOSSES[c.loss].generator(scores)
        self._update("g", loss)
        for parameter in self.discriminator.parameters():
            parameter.requires_grad_(True)
        self.ema.update(step)
        return figures | {"g": float(loss.detach())}

    def _discriminate(self, real: Tensor) -> dict[str, float]:
        with torch.no_grad():
            fake = self.network(self._noise())
        real, fake = self._augmented(real), self._augmented(fake)
        # real and drawn pictures go through batch normalisation apart, as in the paper
        on_real, on_fake = self.discriminator(real), self.discriminator(fake)
        kind = LOSSES[self.config.loss]
        loss = kind.discriminator(on_real, on_fake)
        if kind.penalised:
            share = torch.rand(len(real), 1, 1, 1, device=self.device)
            penalty = gradient_penalty(self.discriminator, real, fake, share)
            figures = {"distance": -loss, "penalty": penalty}
            loss = loss + self.config.penalty * penalty
        else:
            figures = {"D(real)": on_real.sigmoid().mean(), "D(drawn)": on_fake.sigmoid().mean()}
        self._update("d", loss)
        return {"d": float(loss.detach())} | {k: float(v.detach()) for k, v in figures.items()}

    def _update(self, name: str, loss: Tensor) -> None:
        optimiser = self.optimisers[name]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    def _noise(self) -> Tensor:
        return torch.randn(self.config.run.batch, self.config.z_size).to(self.device)

    def _augmented(self, pictures: Tensor) -> Tensor:
        """D's input: with augmentation, each picture moved a little, half of them mirrored.

        Real and drawn ones alike, so that G need not draw them so (Zhao et al. 2020, DiffAugment,
        arXiv 2006.10738).
        """
        if not self.config.augment:
            return pictures
        return moved(pictures, round(SHIFT * self.config.size / 28))

    @torch.no_grad()
    def draw(self, count: int) -> np.ndarray:
        """The averaged generator's pictures of the fixed noise, (count, size, size) uint8."""
        shadow = self.ema.shadow
        shadow.set_standing_statistics(self.fixed)
        parts = [shadow(part) for part in self.fixed[:count].split(256)]
        return to_pixels(torch.cat(parts))

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Drawings beside held-out ones; 1 is the best of both ratios.

        ink: mean amount of ink.  variety: mean distance of two drawings, pixel by pixel.  It falls
        when the generator draws one thing over and over.
        """
        count = min(256, len(self.held_pixels))
        held, drawn = self.held_pixels[:count], self.draw(count)
        figures = {
            "ink": float(drawn.mean()) / float(held.mean()),
            "variety": _variety(drawn) / _variety(held),
        }
        self.discriminator.eval()
        for name, pixels in (("held-out", held), ("drawn", drawn)):
            scores = self.discriminator(to_range(pixels).to(self.device))
            scores = scores.sigmoid() if self.config.loss == "bce" else scores
            figures[f"D({name})"] = float(scores.mean())
        self.discriminator.train()
        return figures

    def sheet(self, path: Path) -> None:
        """Drawings of the same noise every time; under them two rows of real drawings."""
        drawn = enlarged(self.draw(ACROSS * ACROSS))
        real = enlarged(self.train_pixels[: 2 * ACROSS])
        rows = [list(part) for part in (*_rows(drawn), *_rows(real))]
        labels = [f"step {int(path.stem):,}"] + [""] * (ACROSS - 1) + ["real", ""]
        contact_sheet(rows, labels[: len(rows)]).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        c = self.config
        pictures = enlarged(self.draw(ACROSS * ACROSS))
        ship(
            folder,
            self.ema.shadow,
            model="dcgan",
            recipe="dcgan",
            presets=PRESETS,
            config=c,
            log=log,
            data={"categories": [c.category], "split": SPLIT},
            pixels={"size": c.size, "range": [-1, 1], "ink": 1},
            metrics=[
                {"name": k, "value": v, "split": "valid and test", "n": len(self.held_pixels)}
                for k, v in newest(log, "valid", {}).items()
            ],
        )
        contact_sheet(_rows(pictures), [""] * ACROSS).save(folder / "drawings.png")


def to_range(pixels: np.ndarray) -> Tensor:
    """(N, S, S) uint8, ink 255 on 0, to (N, 1, S, S) float32 in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).unsqueeze(1).float() / 127.5 - 1


def to_pixels(pictures: Tensor) -> np.ndarray:
    """(N, 1, S, S) in [-1, 1] to (N, S, S) uint8, ink 255 on 0."""
    return ((pictures[:, 0] + 1) * 127.5).round().clamp(0, 255).byte().cpu().numpy()


def moved(pictures: Tensor, most: int) -> Tensor:
    """Each picture moved by up to ``most`` pixels either way over paper, and maybe mirrored.

    Args:
        pictures: (B, 1, S, S) in [-1, 1].
    """
    count, size = len(pictures), pictures.shape[-1]
    by = torch.randint(2 * most + 1, (2, count)).to(pictures.device)
    mirror = (torch.rand(count) < 0.5).to(pictures.device)
    padded = torch.nn.functional.pad(pictures, (most,) * 4, value=-1.0)
    steps = torch.arange(size, device=pictures.device)
    y = steps + by[0, :, None]  # (B, S)
    x = torch.where(mirror[:, None], size - 1 - steps, steps) + by[1, :, None]
    which = torch.arange(count, device=pictures.device)[:, None, None]
    return padded[which, 0, y[:, :, None], x[:, None, :]].unsqueeze(1)


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """Small pictures twice as large, pixel by pixel."""
    return pixels.repeat(2, axis=1).repeat(2, axis=2) if pixels.shape[1] < 64 else pixels


def training_film(folder: Path) -> Path | None:
    """Put the sheets of a run together as training.gif; None where there are no sheets.

    Args:
        folder: of the run; its samples/ hold one sheet for each evaluation.
    """
    sheets = sorted((folder / "samples").glob("*.png"))
    if not sheets:
        return None
    chosen = np.unique(np.linspace(0, len(sheets) - 1, FRAMES).round().astype(int))
    frames = [Image.open(sheets[k]).convert("L").quantize(16) for k in chosen]
    lengths = [FRAME_MS] * (len(frames) - 1) + [15 * FRAME_MS]  # the last one stays for a while
    path = folder / "training.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=lengths, loop=0)
    return path


def _rows(pixels: np.ndarray) -> Sequence[np.ndarray]:
    return [pixels[k : k + ACROSS] for k in range(0, len(pixels), ACROSS)]


def _variety(pixels: np.ndarray) -> float:
    """Mean distance of two different pictures."""
    return float(torch.pdist(torch.from_numpy(pixels.reshape(len(pixels), -1)).float()).mean())


def main(config: Config) -> None:
    """Train, resume or finish a run; plot its figures; make its film; export when asked."""
    recipe = DcganRecipe(config)
    schedule = Schedule(
        config.run.steps, config.run.minutes, evaluate_every=config.run.evaluate_every
    )
    log = fit(recipe, schedule, config.folder, config)
    figures = ("d", "g", "D(real)", "D(drawn)") if config.loss == "bce" else ("d", "g", "distance")
    plot_losses(log, (*figures, "variety", "ink")).save(config.folder / "losses.png")
    training_film(config.folder)
    if config.run.export:
        recipe.export(Path(config.run.export), log)
