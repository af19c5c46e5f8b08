"""Recipe of the scorer of faces: pictures and phrases, which of them belong together.

Every picture of a batch is compared with every phrase whose truth its labels tell (sigmoid loss).
Half of the pictures are photographs, half the same faces drawn again by the generator, since that
is what edits are scored on; they come mirrored, moved, blurred and lit differently. Rare phrases
weigh as much as common ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data import face_labels
from doodle.data.faces import load_faces
from doodle.device import choose, product_dtype, seed_for_step
from doodle.models.face_encoder import FaceEncoder, w_plus
from doodle.models.face_scorer import FaceScorer, FaceScorerConfig, sigmoid_loss
from doodle.models.stylegan2 import Stylegan2
from doodle.models.words import WordTable
from doodle.training.face_texts import phrase_vectors
from doodle.training.faces_figures import ATTRIBUTION, as_pictures
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.settings import VOCABULARY, Run, shared
from doodle.training.shipping import newest, ship, train

MOST_WEIGHT = 30.0  # of a face that has a rare attribute, beside one that has it not
MOVED = 3  # pixels
STRANGERS = 4000  # other words of the table: what is not known must not look known
REFUSED = 0.95  # share of strangers that the measured cosine refuses
_AT_ONCE = 16


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/face_scorer",
        steps=2500,
        batch=64,
        evaluate_every=500,
        help={"data": "folder with index.csv and pictures of aligned faces", "batch": "pictures"},
    )
    vocabulary: str = field(
        default=VOCABULARY,
        metadata={"help": "word table that gives phrases their vectors", "path": "checkpoint"},
    )
    generator: str = field(
        default="checkpoints/faces",
        metadata={"help": "draws the faces again; empty: photographs only", "path": "checkpoint"},
    )
    encoder: str = field(
        default="checkpoints/faces_encoder",
        metadata={"help": "the generator's", "path": "checkpoint"},
    )
    widths: tuple[int, ...] = field(
        default=(32, 64, 128, 192),
        metadata={"help": "channels at 1/2, 1/4, ... of the side, down to 4 px"},
    )
    embedding: int = field(default=128, metadata={"help": "numbers in which the two towers meet"})
    hidden: int = field(default=192, metadata={"help": "units of the tower of texts"})
    learning_rate: float = field(default=1.5e-3, metadata={"help": "of AdamW at its peak"})
    weight_decay: float = field(default=0.05, metadata={"help": "of AdamW"})
    text_noise: float = field(
        default=0.5, metadata={"help": "length of the noise added to phrases, beside theirs"}
    )
    ema: float = field(default=0.995, metadata={"help": "decay of the averaged weights"})


# what each preset reached stands in docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    # ten minutes of a core
    "cpu": {"steps": 2500},
    "gpu": {"steps": 20_000, "batch": 256, "widths": (64, 128, 256, 256), "evaluate_every": 2000},
}


class FaceScorerRecipe:
    """AdamW, cosine; the average is what is shipped."""

    def __init__(self, config: Config) -> None:
        self.config = c = config
        self.device = choose(c.run.device).device
        torch.manual_seed(c.run.seed)
        model = FaceScorerConfig(c.widths, hidden=c.hidden, embedding=c.embedding)
        self._read(model.size)
        self._know(model)
        model = FaceScorerConfig(
            c.widths,
            text_size=self.words.config.text_size,
            hidden=c.hidden,
            embedding=c.embedding,
            phrases=tuple(self.phrases),
        )
        self.network, shadow = (FaceScorer(model).to(self.device) for _ in range(2))
        self.network.mean.copy_(self.words.mean)
        self.vectors = self.network.centred(phrase_vectors(self.words, self.phrases)).detach()
        self.network.learned.copy_(self.vectors)
        self.average = Ema(self.network, shadow, c.ema)
        self.modules: dict[str, nn.Module] = {"network": self.network, "ema": shadow}
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=c.learning_rate, weight_decay=c.weight_decay
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adamw": self.optimiser}

    # -- data ------------------------------------------------------------------------------------

    def _read(self, side: int) -> None:
        """Pictures at the scorer's side, photographs and drawn again, and the labels."""
        c = self.config
        generator = checkpoint.load_as(Stylegan2, c.generator)[0] if c.generator else None
        faces = load_faces(c.run.data, generator.config.size if generator else side)
        self.train_rows, self.valid_rows = faces.of("train"), faces.of("val")
        kinds = [faces.pictures]
        if generator is not None:
            kinds.append(self._redrawn(generator, faces.pictures))
        self.pictures = np.stack([smaller(pictures, side) for pictures in kinds])
        self.labels = face_labels.labels(faces.rows)

    @torch.no_grad()
    def _redrawn(self, generator: Stylegan2, pictures: np.ndarray) -> np.ndarray:
        """The same faces as the generator draws them; kept in the run's folder."""
        kept = Path(self.config.run.out) / "redrawn.npy"
        if kept.is_file():
            found = np.load(kept, allow_pickle=False)
            if found.shape == pictures.shape:
                return found
        encoder = checkpoint.load_as(FaceEncoder, self.config.encoder)[0].to(self.device)
        generator = generator.to(self.device)
        made = []
        for start in range(0, len(pictures), _AT_ONCE):
            given = as_input(pictures[start : start + _AT_ONCE]).to(self.device)
            codes = w_plus(generator, *encoder(given))
            with self._autocast():
                made.append(as_pictures(generator.synthesize(generator.styles(codes))))
        found = np.concatenate(made)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, found)
        return found

    def _know(self, model: FaceScorerConfig) -> None:
        """Phrases, their truth for every face and its mirror image, and their weights."""
        self.words = checkpoint.load_as(WordTable, self.config.vocabulary)[0]
        self.phrases, truth = face_labels.phrase_labels(self.labels)
        _, other = face_labels.phrase_labels(face_labels.mirrored(self.labels))
        self.truth = torch.from_numpy(np.stack([truth, other]))
        seen = truth[self.train_rows]
        share = np.clip((seen == 1).sum(0) / np.maximum(np.isfinite(seen).sum(0), 1), 1e-3, 0.999)
        # both sides weigh the same, as far as that does not repeat a handful of faces
        yes = np.minimum(0.5 / share, MOST_WEIGHT)
        self.weights = torch.from_numpy(np.stack([0.5 / (1 - share), yes])).float().to(self.device)

    def batch(self, seed: int) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, S, S) in about [-1, 1] and the truth of the phrases (B, P)."""
        rng = np.random.default_rng(seed)
        count = self.config.run.batch
        rows = rng.choice(self.train_rows, count, replace=count > len(self.train_rows))
        kind = rng.integers(len(self.pictures), size=count)
        mirror = rng.random(count) < 0.5
        pictures = self.pictures[kind, rows]
        pictures[mirror] = pictures[mirror, :, ::-1]
        truth = self.truth[torch.from_numpy(mirror.astype(np.int64)), torch.from_numpy(rows)]
        return augmented(as_input(pictures), seed).to(self.device), truth.to(self.device)

    # -- one update ------------------------------------------------------------------------------

    def _autocast(self) -> torch.autocast:
        short = self.device.type == "cuda" or product_dtype(self.device) == torch.bfloat16
        return torch.autocast(self.device.type, torch.bfloat16, enabled=short)

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        pictures, truth = self.batch(seed)
        rate = c.learning_rate * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = max(float(rate), 1e-6)
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(self.vectors.shape, generator=generator).to(self.device)
        noise *= c.text_noise / noise.shape[1] ** 0.5
        with self._autocast():
            texts = self.network.encode_centred(F.normalize(self.vectors + noise, dim=1))
            found = self.network.encode_image(pictures)
        logits = self.network.logits(found, texts)
        loss = sigmoid_loss(logits, truth, self.weights)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.average.update(step)
        right = ((logits > 0) == (truth > 0.5))[torch.isfinite(truth)].float().mean()
        return {"loss": float(loss.detach()), "right": float(right)}

    # -- what it is worth ------------------------------------------------------------------------

    @torch.no_grad()
    def embedded(self, kind: int, rows: np.ndarray) -> Tensor:
        """Embeddings (N, embedding) of pictures: kind 0 photographs, 1 drawn again."""
        network = self.average.shadow
        parts = [rows[k : k + 64] for k in range(0, len(rows), 64)]
        found = [
            network.encode_image(as_input(self.pictures[kind, p]).to(self.device)) for p in parts
        ]
        return torch.cat(found)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Areas under the curve on held-out faces: learned phrases, other words for the same."""
        network, truth = self.average.shadow, self.labels[self.valid_rows]
        names = list(face_labels.ATTRIBUTES)
        found = {"photographs": self.embedded(0, self.valid_rows)}
        if len(self.pictures) > 1:
            found["drawn again"] = self.embedded(1, self.valid_rows)
        figures: dict[str, float] = {}
        for said, phrases in (("", face_labels.PHRASES), ("held-out phrases, ", _held_out())):
            for kind, pictures in found.items():
                scores = []
                for name, given in phrases.items():
                    texts = network.encode_text(phrase_vectors(self.words, given).to(self.device))
                    each = (pictures @ texts.t()).cpu().numpy()
                    area = [face_labels.auc(one, truth[:, names.index(name)]) for one in each.T]
                    scores.append(float(np.nanmean(area)) if np.isfinite(area).any() else np.nan)
                    if not said and np.isfinite(scores[-1]):
                        figures[f"{name}, {kind}"] = scores[-1]
                figures[f"{said}area under the curve, {kind}"] = float(np.nanmean(scores))
        return figures

    def near(self) -> tuple[float, dict[str, float]]:
        """The cosine from which a text is known, and how many texts it takes rightly.

        Returns:
            the cosine that refuses REFUSED of other words, and the share of held-out phrases that
            it takes.
        """
        network = self.average.shadow
        names = [n for n in self.words.config.names if n not in self.phrases]
        step = max(1, len(names) // STRANGERS)
        strangers = torch.stack([self.words.lookup(n).vector.float() for n in names[::step]])
        held_out = {p: name for name, given in _held_out().items() for p in given}
        far = network.knows(strangers.to(self.device))
        edge = float(np.quantile([one.cosine for one in far], REFUSED))
        near = network.knows(phrase_vectors(self.words, list(held_out)).to(self.device))
        taken = [one.cosine >= edge for one in near]
        right = [
            one.cosine >= edge and one.phrase in face_labels.PHRASES[name]
            for one, name in zip(near, held_out.values(), strict=True)
        ]
        return edge, {
            "other words refused": REFUSED,
            "held-out phrases taken": float(np.mean(taken)),
            "held-out phrases taken for the right attribute": float(np.mean(right)),
        }

    def sheet(self, path: Path) -> None:
        """For some phrases the held-out faces that they fit best."""
        network, rows = self.average.shadow, self.valid_rows
        found, chosen = self.embedded(0, rows), list(face_labels.PHRASES)[:20]
        texts = phrase_vectors(self.words, [face_labels.PHRASES[name][0] for name in chosen])
        with torch.no_grad():
            scores = (found @ network.encode_text(texts.to(self.device)).t()).cpu().numpy()
        best = [rows[np.argsort(-column)[:12]] for column in scores.T]
        contact_sheet([self.pictures[0, one] for one in best], chosen).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        """The average, with the cosine from which it knows a text."""
        edge, shares = self.near()
        network, weights = self.average.shadow, self.average.shadow.state_dict()
        values = {**vars(network.config), "near": round(edge, 4)}
        shipped = FaceScorer(FaceScorerConfig(**values))
        shipped.load_state_dict(weights)
        figures = {**newest(log, "valid", {}), **shares}
        ship(
            folder,
            shipped.eval(),
            model="face_scorer",
            recipe="face_scorer",
            config=self.config,
            presets=PRESETS,
            log=log,
            data={"faces": len(self.train_rows), "split": "as the index has it"},
            pixels={"size": shipped.config.size, "range": [-1, 1]},
            metrics=[
                {"name": name, "value": round(value, 4), "split": "valid"}
                for name, value in figures.items()
            ],
            attribution=ATTRIBUTION,
        )


def _held_out() -> dict[str, tuple[str, ...]]:
    return face_labels.HELD_OUT


def smaller(pictures: np.ndarray, side: int) -> np.ndarray:
    """(N, S, S, 3) uint8 to (N, side, side, 3)."""
    if pictures.shape[1] == side:
        return pictures
    area = cv2.INTER_AREA
    return np.stack([cv2.resize(one, (side, side), interpolation=area) for one in pictures])


def as_input(pictures: np.ndarray) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, S, S) float32 in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def augmented(pictures: Tensor, seed: int) -> Tensor:
    """The same, each a little moved, lit and coloured differently, some of them blurred."""
    generator = torch.Generator().manual_seed(seed)
    count, _, side, _ = pictures.shape
    moves = torch.randint(0, 2 * MOVED + 1, (count, 2), generator=generator).tolist()
    padded = F.pad(pictures, (MOVED,) * 4, mode="replicate")
    moved = [p[:, y : y + side, x : x + side] for p, (y, x) in zip(padded, moves, strict=True)]
    pictures = torch.stack(moved)
    light = 1 + 0.12 * torch.randn(count, 1, 1, 1, generator=generator)
    gain = light * (1 + 0.04 * torch.randn(count, 3, 1, 1, generator=generator))
    pictures = pictures * gain + 0.1 * torch.randn(count, 1, 1, 1, generator=generator)
    blurred = F.avg_pool2d(F.pad(pictures, (1,) * 4, mode="replicate"), 3, stride=1)
    share = torch.rand(count, 1, 1, 1, generator=generator) - 0.3
    return torch.lerp(pictures, blurred, share.clamp_min(0))


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    train(FaceScorerRecipe(config), config, ("loss", "right"))
