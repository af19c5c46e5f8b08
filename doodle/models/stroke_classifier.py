"""The stroke classifier: names a drawing from the way the pen went, not from the picture.

Two bidirectional LSTM layers over stroke-5 with the pen's place on the paper, their outputs pooled
by mean and maximum.  The raster recogniser and this one make different mistakes, so the two of them
joined are right more often than either.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from doodle.models.about import About

FEATURES = 8  # stroke-5, the pen's place (x, y), and how the strokes are ordered


@dataclass(frozen=True)
class StrokeClassifierConfig:
    """Sizes.

    Attributes:
        hidden: cells of each direction of each layer.
        offset_scale: offsets are divided by this, units of the 256 space.
        place_scale: places are divided by this, the same units.
    """

    hidden: int = 320
    categories: int = 345
    dropout: float = 0.2
    offset_scale: float = 33.0
    place_scale: float = 128.0

    @classmethod
    def tiny(cls) -> StrokeClassifierConfig:
        return cls(hidden=6, categories=5)


class TwoWays(nn.Module):
    """A bidirectional LSTM layer whose backward half starts at each drawing's own last row.

    The same as a packed sequence gives, and twice as quick on a CPU.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.onward = nn.LSTM(inputs, hidden, batch_first=True)
        self.back = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor, turned: Tensor) -> Tensor:
        """(B, T, inputs) and the rows' places when turned (B, T) to (B, T, 2 * hidden)."""
        index = turned.unsqueeze(2)
        y = self.back(x.gather(1, index.expand_as(x)))[0]
        return torch.cat([self.onward(x)[0], y.gather(1, index.expand_as(y))], dim=2)


class StrokeClassifier(nn.Module):
    """(B, T, 5) stroke-5 to category logits."""

    temperature: Tensor
    pool: Tensor
    unknown_below: Tensor

    def __init__(self, config: StrokeClassifierConfig) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden
        self.first = TwoWays(FEATURES, hidden)
        self.second = TwoWays(2 * hidden, hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.classify = nn.Linear(4 * hidden, config.categories)
        # set on held-out drawings after training: calibration alone, calibration together with the
        # raster recogniser (see `join`), and the least chance worth saying then
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("pool", torch.full((2,), 0.5))
        self.register_buffer("unknown_below", torch.zeros(()))

    def forward(self, rows: Tensor, lengths: Tensor, order: Tensor) -> Tensor:
        """Logits.

        Args:
            rows: (B, T, 5) float32 stroke-5 in units of the 256 space, padded with any rows.
            lengths: (B,) rows that count, at least 1.
            order: (B,) 1 where strokes stand in the order a hand drew them, 0 where canonical.

        Returns: (B, categories).
        """
        mask = torch.arange(rows.shape[1], device=rows.device) < lengths.unsqueeze(1)
        weight = mask.unsqueeze(2).to(rows.dtype)  # (B, T, 1)
        x = torch.cat(
            [
                rows[..., :2] / self.config.offset_scale,
                rows[..., 2:],
                self._places(rows, mask),
                order[:, None, None].expand(-1, rows.shape[1], 1),
            ],
            dim=2,
        )
        turned = self._turned(lengths, rows.shape[1])
        x = self.second(self.first(x * weight, turned), turned).float()
        mean = (x * weight).sum(dim=1) / lengths.unsqueeze(1)
        most = x.masked_fill(~mask.unsqueeze(2), -1e4).amax(dim=1)
        return self.classify(self.dropout(torch.cat([mean, most], dim=1)))

    @staticmethod
    def _turned(lengths: Tensor, total: int) -> Tensor:
        """(B, T) where each row goes when a drawing is read from its end; the padding stays."""
        steps = torch.arange(total, device=lengths.device)
        return torch.where(steps < lengths.unsqueeze(1), lengths.unsqueeze(1) - 1 - steps, steps)

    def _places(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Where the pen is, from the middle of the drawing's bounds, (B, T, 2)."""
        xy = rows[..., :2].cumsum(dim=1)
        outside = ~mask.unsqueeze(2)
        low = xy.masked_fill(outside, float("inf")).amin(dim=1, keepdim=True)
        high = xy.masked_fill(outside, -float("inf")).amax(dim=1, keepdim=True)
        return (xy - (low + high) / 2) / self.config.place_scale

    @torch.no_grad()
    def probabilities(self, rows: Tensor, lengths: Tensor, order: Tensor) -> Tensor:
        """Calibrated probabilities over the categories, (B, categories)."""
        return torch.softmax(self(rows, lengths, order).float() / self.temperature, dim=1)

    def join(self, own: Tensor, raster: Tensor) -> Tensor:
        """The two networks' opinions as one: logarithmic pooling (Genest & Zidek 1986, eq. 3.7).

        Args:
            own: (B, categories) logits of this network.
            raster: (B, categories) the recogniser's, calibrated.

        Returns: (B, categories) calibrated logits.
        """
        return self.pool[0] * own + self.pool[1] * raster

    def probe(self, seed: int = 0) -> Tensor:
        """A few logits for seeded rows: the golden numbers of a checkpoint. (10,)"""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randn(2, 12, 5, generator=generator) * 20
        rows[..., 2:] = torch.eye(3)[torch.randint(2, (2, 12), generator=generator)]
        with torch.no_grad():
            logits = self(rows, torch.tensor([12, 9]), torch.tensor([1.0, 0.0]))
        return logits[:, :5].flatten()


ABOUT = {
    "stroke_classifier": About(
        title="Stroke classifier",
        does=(
            "Names a drawing from the way the pen went. Joined with the recogniser, which sees "
            "the picture, it gives the guesses of the page."
        ),
        run="python -m doodle recognise drawing.json --top 5 --json",
        fails=(
            "Strokes that were traced from a picture come in no hand's order: there it is right "
            "less often than the recogniser. Categories with few recorded drawings are its "
            "weakest."
        ),
        cite=(
            "Mike Schuster, Kuldip Paliwal: Bidirectional Recurrent Neural Networks, IEEE "
            "Transactions on Signal Processing 45, 1997; quickdraw-dataset as for the "
            "recogniser."
        ),
    ),
}
