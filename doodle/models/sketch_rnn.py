"""SketchRNN (Ha & Eck 2017, arXiv 1704.03477): one network for every word that has a vector.

What the paper has stays: bidirectional encoder, latent z, an LSTM decoder that writes stroke-5 rows
and a mixture of M bivariate normals over each next offset (equations 1-9).  What differs:

* The word enters as its 512-number CLIP text vector, so one decoder serves all words.
* Each step also reads where the pen is.  Offsets alone add up to a position the network would have
  to integrate by itself; without it strokes come out plausible and land in the wrong place.
* z is optional: rows trained without it make the same decoder serve as the decoder-only model of
  section 3.3, used to draw from nothing; rows with it serve reconstruction and morphing.
* ``order`` tells strokes in canonical order (0) from strokes in the order a hand drew them (1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.rnn import pack_padded_sequence

from doodle.models.about import About

POSE_FEATURES = 8  # pen x, y; box x0, y0, x1, y1; way back to the start of this stroke x, y


@dataclass(frozen=True)
class SketchRNNConfig:
    """Sizes; lengths are in units of the simplified 256 space."""

    text_size: int = 512
    hidden: int = 768
    encoder_hidden: int = 256
    z_size: int = 128
    mixtures: int = 20
    condition_size: int = 96
    recurrent_dropout: float = 0.0
    scale_factor: float = 30.0  # the network sees offsets divided by this (their std in training)
    position_scale: float = 128.0

    def __post_init__(self) -> None:
        if min(self.hidden, self.z_size, self.mixtures, self.condition_size) < 1:
            raise ValueError("every size of SketchRNN is at least 1")
        if not 0 <= self.recurrent_dropout < 1:
            raise ValueError("recurrent_dropout lies in [0, 1)")

    @classmethod
    def tiny(cls) -> SketchRNNConfig:
        return cls(
            text_size=512, hidden=32, encoder_hidden=12, z_size=6, mixtures=3, condition_size=10
        )


class Mixture(NamedTuple):
    """Distribution of the next stroke-5 row; equations (3)-(6).

    Shapes (..., M) for the mixture and (..., 3) for ``pen_logits``; offsets in network units.
    """

    pi_logits: Tensor
    mu_x: Tensor
    mu_y: Tensor
    log_sigma_x: Tensor
    log_sigma_y: Tensor
    rho: Tensor
    pen_logits: Tensor


class DecoderState(NamedTuple):
    """LSTM state of B candidates and where their pens are (network units of position)."""

    h: Tensor  # (B, hidden)
    c: Tensor  # (B, hidden)
    pose: Tensor  # (B, POSE_FEATURES)


class SketchRNN(nn.Module):
    """Encoder, latent and decoder in one module."""

    text_mean: Tensor

    def __init__(self, config: SketchRNNConfig) -> None:
        super().__init__()
        self.config = config
        c = config
        self.register_buffer("text_mean", torch.zeros(c.text_size))
        moving = 5 + POSE_FEATURES
        self.encoder = nn.LSTM(moving, c.encoder_hidden, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * c.encoder_hidden, 2 * c.z_size)
        self.text_in = nn.Sequential(
            nn.Linear(c.text_size, c.condition_size),
            nn.Tanh(),
            nn.Linear(c.condition_size, c.condition_size),
            nn.Tanh(),
        )
        # what stays the same for a whole drawing: word, z, is there a z, order
        self.static_size = c.condition_size + c.z_size + 2
        self.initial = nn.Linear(self.static_size, 2 * c.hidden)
        self.decoder = nn.LSTM(moving + self.static_size, c.hidden, batch_first=True)
        self.head = nn.Linear(c.hidden, 6 * c.mixtures + 3)

    def encode(self, rows: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """q(z | drawing), equation (1)-(2).

        Args:
            rows: (B, T, 5) stroke-5 in network units, padded; the start token is not part of it.
            lengths: (B,) rows that count, on the CPU.

        Returns:
            mu, logvar: each (B, z_size).
        """
        features = torch.cat([rows, self.poses(rows)], dim=2)
        counts = lengths.clamp(min=1).cpu()
        packed = pack_padded_sequence(features, counts, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.encoder(packed)
        mu, logvar = self.to_latent(torch.cat([h[0], h[1]], dim=1)).chunk(2, dim=1)
        return mu, logvar

    def static(self, text: Tensor, z: Tensor | None, has_z: Tensor, order: Tensor) -> Tensor:
        """(B, static_size) from text (B, 512) unit length, z (B, z_size), flags (B,) in {0, 1}."""
        # the text space is a narrow cone (mean cosine 0.74): centre it before reading differences
        word = self.text_in((text - self.text_mean) * math.sqrt(self.config.text_size) / 2)
        if z is None:
            z = word.new_zeros(len(word), self.config.z_size)
        flags = torch.stack([has_z, order], dim=1).to(word.dtype)
        return torch.cat([word, z.to(word.dtype) * flags[:, :1], flags], dim=1)

    def initial_state(self, static: Tensor) -> DecoderState:
        h, c = torch.tanh(self.initial(static)).chunk(2, dim=1)
        return DecoderState(h, c, h.new_zeros(len(h), POSE_FEATURES))

    def poses(self, rows: Tensor) -> Tensor:
        """Where the pen is after each row.

        The origin is the first point of the drawing: a half-drawn sketch has the same coordinates
        as the whole one would have.

        Args:
            rows: (B, T, 5), network units; row 0 is the first point (its offset is the origin's).

        Returns: (B, T, POSE_FEATURES) in units of ``position_scale``.
        """
        unit = self.config.scale_factor / self.config.position_scale
        xy = rows[..., :2].cumsum(dim=1) * unit
        low = torch.cummin(xy, dim=1).values.clamp(max=0)
        high = torch.cummax(xy, dim=1).values.clamp(min=0)
        lifted = rows[..., 3] > 0.5
        # a stroke starts at the row after a lift: remember the newest such row for every row
        steps = torch.arange(rows.shape[1], device=rows.device).expand(rows.shape[:2])
        begins = F.pad(lifted[:, :-1], (1, 0), value=True)
        newest = torch.where(begins, steps, torch.zeros_like(steps)).cummax(dim=1).values
        start = xy.gather(1, newest.unsqueeze(2).expand(-1, -1, 2))
        return torch.cat([xy, low, high, start - xy], dim=2)

    def forward(
        self, rows: Tensor, text: Tensor, z: Tensor | None, has_z: Tensor, order: Tensor
    ) -> Mixture:
        """Teacher forcing: the distribution of row t + 1 from rows 0..t, leading shape (B, T).

        Args:
            rows: (B, T, 5) decoder inputs, the start token first, network units.
            text: (B, 512) unit length; z: (B, z_size) or None; has_z, order: (B,).
        """
        static = self.static(text, z, has_z, order)
        state = self.initial_state(static)
        pose = F.pad(self.poses(rows[:, 1:]), (0, 0, 1, 0))  # nothing drawn at the start token
        inputs = torch.cat(
            [rows, pose, static.unsqueeze(1).expand(-1, rows.shape[1], -1).to(rows.dtype)], dim=2
        )
        first = (state.h.unsqueeze(0), state.c.unsqueeze(0))
        hidden, _ = functional_call(self.decoder, self._dropped(), (inputs, first))
        return self.split(self.head(hidden))

    def _dropped(self) -> dict[str, Tensor]:
        """Recurrent dropout on the hidden-to-hidden weights (DropConnect, arXiv 1708.02182)."""
        p = self.config.recurrent_dropout
        if not (self.training and p):
            return {}
        _, weight_hh, _, _ = self.decoder.all_weights[0]
        return {"weight_hh_l0": F.dropout(weight_hh, p)}

    def split(self, out: Tensor) -> Mixture:
        """(..., 6M + 3) raw outputs to a Mixture in float32."""
        m = self.config.mixtures
        pi, mu_x, mu_y, sx, sy, rho, pen = out.float().split([m] * 6 + [3], dim=-1)
        # the floor keeps a density from collapsing onto the integer grid of the data
        return Mixture(
            pi, mu_x, mu_y, sx.clamp(min=-6), sy.clamp(min=-6), torch.tanh(rho) * 0.999, pen
        )

    @torch.no_grad()
    def step(
        self, row: Tensor, state: DecoderState, static_gates: Tensor
    ) -> tuple[Mixture, DecoderState]:
        """One step for B candidates; ``row`` (B, 5) is what was drawn last, network units.

        ``static_gates`` comes from :meth:`static_gates`: the share of the gates that never changes.
        """
        moving = 5 + POSE_FEATURES
        weight_ih, weight_hh, _, _ = self.decoder.all_weights[0]
        gates = static_gates + torch.cat([row, state.pose], 1) @ weight_ih[:, :moving].t()
        gates = torch.addmm(gates, state.h, weight_hh.t())
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * state.c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return self.split(self.head(h)), DecoderState(h, c, state.pose)

    def static_gates(self, static: Tensor) -> Tensor:
        """(B, static_size) to its share of the LSTM's gates, (B, 4 * hidden)."""
        weight_ih, _, bias_ih, bias_hh = self.decoder.all_weights[0]
        return F.linear(static, weight_ih[:, 5 + POSE_FEATURES :], bias_ih + bias_hh)

    def move(self, pose: Tensor, row: Tensor, lifted_before: Tensor) -> Tensor:
        """The pose after ``row`` (B, 5), as :meth:`poses` would give it.

        ``lifted_before`` (B,) says whether this row starts a stroke.
        """
        unit = self.config.scale_factor / self.config.position_scale
        xy = pose[:, :2] + row[:, :2] * unit
        start = torch.where(lifted_before.unsqueeze(1), xy, pose[:, :2] + pose[:, 6:8])
        return torch.cat(
            [xy, torch.minimum(pose[:, 2:4], xy), torch.maximum(pose[:, 4:6], xy), start - xy],
            dim=1,
        )

    def probe(self, seed: int = 0) -> Tensor:
        """(12,) outputs for seeded input: the golden numbers of a checkpoint."""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.zeros(2, 7, 5)
        rows[:, :, :2] = torch.randn(2, 7, 2, generator=generator) * 0.5
        rows[:, :, 2] = 1
        rows[:, 0, :2] = 0
        rows[:, 3, 2:4] = torch.tensor([0.0, 1.0])
        text = F.normalize(torch.randn(2, self.config.text_size, generator=generator), dim=1)
        with torch.no_grad():
            mu, _ = self.encode(rows, torch.tensor([7, 5]))
            mix = self(rows, text, mu, torch.ones(2), torch.tensor([0.0, 1.0]))
        return torch.cat(
            [
                mu[:, :2].flatten(),
                mix.mu_x[:, -1, :2].flatten(),
                mix.pen_logits[:, -1, :2].flatten(),
            ]
        )


# -- loss ----------------------------------------------------------------------------------------


def mixture_log_density(mix: Mixture, dx: Tensor, dy: Tensor) -> Tensor:
    """log p(dx, dy), equations (3) and (Graves 2013, 24-25); by logsumexp, no probability floor."""
    zx = (dx.unsqueeze(-1) - mix.mu_x) * torch.exp(-mix.log_sigma_x)
    zy = (dy.unsqueeze(-1) - mix.mu_y) * torch.exp(-mix.log_sigma_y)
    one = 1 - mix.rho.square()
    quad = (zx.square() + zy.square() - 2 * mix.rho * zx * zy) / (2 * one)
    log_normal = -quad - math.log(2 * math.pi) - mix.log_sigma_x - mix.log_sigma_y
    log_normal = log_normal - 0.5 * torch.log(one)
    return torch.logsumexp(F.log_softmax(mix.pi_logits, dim=-1) + log_normal, dim=-1)


def reconstruction_loss(mix: Mixture, target: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Offset and pen losses, equation (9), each per point that counts.

    The paper divides by the fixed N_max; here the number of real points divides, so the figure does
    not depend on padding.  Row 0 is the origin, the end token moves nothing: neither has an offset
    loss.  The pen loss counts up to and including the end token, nothing after it.

    Args:
        target: (B, T, 5) stroke-5 rows, the end token included; lengths: (B,) rows before the end.

    Returns: offset loss, pen loss: scalars, nats per point.
    """
    steps = torch.arange(target.shape[1], device=target.device)
    moves = (steps < lengths.unsqueeze(1)) & (steps > 0)
    counts = steps <= lengths.unsqueeze(1)
    density = mixture_log_density(mix, target[..., 0], target[..., 1])
    pen = -(F.log_softmax(mix.pen_logits, dim=-1) * target[..., 2:]).sum(dim=-1)
    return -(density * moves).sum() / moves.sum(), (pen * counts).sum() / counts.sum()


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(q(z|x) || N(0, 1)) per drawing and latent number, equation (10). Scalar, nats."""
    return -0.5 * (1 + logvar - mu.square() - logvar.exp()).mean()


def kl_weight(step: int, *, start: float = 0.01, rate: float = 0.9995) -> float:
    """eta_step of equation (11): rises from ``start`` to 1 with the number of steps."""
    return 1 - (1 - start) * rate**step


ABOUT = {
    "sketch_rnn": About(
        title="SketchRNN for every word",
        does=(
            "Finishes a drawing, draws a word from nothing, draws a drawing again, and walks "
            "from one drawing to another. The word enters as a CLIP text vector."
        ),
        run="python -m doodle draw cat --n 16 --seed 0 --out drawings",
        fails=(
            "Words far from the Quick, Draw! categories come out as their nearest neighbours. "
            "Writing, fine detail and more than one object at a time are beyond it."
        ),
        cite=(
            "David Ha, Douglas Eck: A Neural Representation of Sketch Drawings, 2017, arXiv "
            "1704.03477."
        ),
    ),
}
