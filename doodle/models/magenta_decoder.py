"""Magenta's decoder-only SketchRNN (Ha & Eck 2017, section 3.3), one category a network.

The network of the official `.gen.json` files, for comparison and for those who own such files: an
LSTM that reads the last stroke-5 row and gives a mixture of M bivariate normals over the next
offset and three pen logits. No latent z, no word; drawing starts from the zero state.
Conventions of those files: stroke-5 pen states are (down, lifted after this point, end), offsets
are divided by `scale_factor` inside, and the start token is (0, 0, 1, 0, 0), as in training; the
JavaScript demo feeds (0, 0, 0, 0, 0) instead, which changes the first pen state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from doodle.models.about import About

START_TOKEN = (0.0, 0.0, 1.0, 0.0, 0.0)
END_TOKEN = (0.0, 0.0, 0.0, 0.0, 1.0)
ENDED = 4  # column of the pen state that ends a drawing


@dataclass(frozen=True)
class MagentaDecoderConfig:
    """Sizes, and the facts of the file the weights came from."""

    hidden: int = 512
    mixtures: int = 20
    scale_factor: float = 1.0  # pixels per network unit
    max_length: int = 250  # rows of the longest drawing that was trained on
    category: str = ""

    def __post_init__(self) -> None:
        if min(self.hidden, self.mixtures, self.max_length) < 1:
            raise ValueError("hidden, mixtures and max_length are at least 1")
        if not (self.scale_factor > 0 and math.isfinite(self.scale_factor)):
            raise ValueError("scale_factor is a positive number")

    @classmethod
    def tiny(cls) -> MagentaDecoderConfig:
        """A network for tests."""
        return cls(hidden=8, mixtures=3, scale_factor=2.0, max_length=12, category="test")


class MagentaMixture(NamedTuple):
    """Distribution of the next row, equations (3)-(6); (..., M) each, `pen_logits` (..., 3)."""

    pi_logits: Tensor
    mu_x: Tensor
    mu_y: Tensor
    log_sigma_x: Tensor
    log_sigma_y: Tensor
    rho: Tensor
    pen_logits: Tensor


class MagentaDecoder(nn.Module):
    """LSTM and mixture head with weights laid out as in the files: input, gate, forget, output.

    The constant 1 that Magenta adds to the forget gate at run time is part of `b` here.
    """

    w_xh: Tensor
    w_hh: Tensor
    b: Tensor
    w_out: Tensor
    b_out: Tensor

    def __init__(self, config: MagentaDecoderConfig) -> None:
        super().__init__()
        self.config = config
        outputs = 6 * config.mixtures + 3
        bound = 1 / math.sqrt(config.hidden)
        shapes = {
            "w_xh": (5, 4 * config.hidden),
            "w_hh": (config.hidden, 4 * config.hidden),
            "b": (4 * config.hidden,),
            "w_out": (config.hidden, outputs),
            "b_out": (outputs,),
        }
        for name, shape in shapes.items():
            weight = torch.empty(shape).uniform_(-bound, bound)
            self.register_parameter(name, nn.Parameter(weight))

    def initial_state(self, batch: int) -> tuple[Tensor, Tensor]:
        """Zero (h, c), each (B, hidden)."""
        zero = self.b.new_zeros(batch, self.config.hidden)
        return zero, zero

    def step(
        self, row: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[MagentaMixture, tuple[Tensor, Tensor]]:
        """One step.

        Args:
            row: (B, 5) the last stroke-5 row, offsets in network units (pixels / scale_factor).
            state: (h, c), each (B, hidden).

        Returns:
            The mixture of the next row, leading shape (B,), and the new state.
        """
        h, c = state
        gates = torch.addmm(self.b, row, self.w_xh) + h @ self.w_hh  # (B, 4 * hidden)
        i, g, f, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return self._split(torch.addmm(self.b_out, h, self.w_out)), (h, c)

    def forward(self, rows: Tensor) -> MagentaMixture:
        """Teacher forcing: rows (B, T, 5), the start token first, to mixtures (B, T, ...)."""
        state = self.initial_state(len(rows))
        mixtures = []
        for t in range(rows.shape[1]):
            mixture, state = self.step(rows[:, t], state)
            mixtures.append(mixture)
        return MagentaMixture(*(torch.stack(part, dim=1) for part in zip(*mixtures, strict=True)))

    def _split(self, out: Tensor) -> MagentaMixture:
        """(B, 6M + 3) raw outputs: pen first, then pi, mu_x, mu_y, sigma_x, sigma_y, rho."""
        m = self.config.mixtures
        pen, pi, mu_x, mu_y, sigma_x, sigma_y, rho = out.split([3] + [m] * 6, dim=1)
        return MagentaMixture(pi, mu_x, mu_y, sigma_x, sigma_y, torch.tanh(rho), pen)

    @torch.inference_mode()
    def sample(
        self, generators: list[torch.Generator], temperature: float, *, rows: int | None = None
    ) -> Tensor:
        """Draw from nothing, all samples in one batch, each from its own generator.

        Temperature follows the paper (equation 8): the logits of pi and of the pen are divided by
        tau, sigma is scaled by sqrt(tau). Magenta's JavaScript divides the logits by
        0.5 + 0.5 tau instead, and its TensorFlow code scales sigma by tau.

        Args:
            generators: one CPU generator a sample.
            temperature: tau, above 0.
            rows: the most rows to draw; the config's max_length by default.

        Returns:
            (B, T, 5) stroke-5 rows with offsets in pixels; from its end on a drawing holds end
            tokens. T is at most `rows`.

        Raises:
            ValueError: the temperature is not above 0.
        """
        if not temperature > 0:
            raise ValueError("temperature lies above 0")
        longest = rows or self.config.max_length
        device = self.b.device
        # uniform for the component, two normals, uniform for the pen: (B, T, 4), from the CPU
        uniform = torch.stack([torch.rand(longest, 2, generator=g) for g in generators]).to(device)
        normal = torch.stack([torch.randn(longest, 2, generator=g) for g in generators]).to(device)
        row = self.b.new_tensor(START_TOKEN).expand(len(generators), 5)
        end = self.b.new_tensor(END_TOKEN)
        ended = torch.zeros(len(generators), dtype=torch.bool, device=device)
        state = self.initial_state(len(generators))
        drawn = []
        for t in range(longest):
            mixture, state = self.step(row, state)
            row = _draw_row(mixture, uniform[:, t], normal[:, t], temperature)
            ended = ended | (row[:, ENDED] > 0.5)
            row = torch.where(ended.unsqueeze(1), end, row)
            drawn.append(row)
            if ended.all():
                break
        scale = row.new_tensor([self.config.scale_factor] * 2 + [1.0] * 3)
        return torch.stack(drawn, dim=1) * scale

    def probe(self, seed: int = 0) -> Tensor:
        """Golden numbers: every part of the mixture, averaged, after six seeded rows; (14,)."""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.zeros(2, 6, 5)
        rows[:, :, :2] = torch.randn(2, 6, 2, generator=generator) * 0.5
        rows[:, :, 2] = 1
        rows[1, 3, 2:] = torch.tensor([0.0, 1.0, 0.0])
        return torch.cat([part[:, -1].mean(dim=1) for part in self(rows)])


def _pick(logits: Tensor, uniform: Tensor) -> Tensor:
    """Index (B,) drawn from softmax(logits) (B, K) by inverting its CDF at uniform (B,)."""
    cdf = torch.softmax(logits, dim=1).cumsum(dim=1)
    # the last entry may round below the uniform number: never beyond the last index
    return (cdf < uniform.unsqueeze(1)).sum(dim=1).clamp(max=logits.shape[1] - 1)


def _draw_row(m: MagentaMixture, uniform: Tensor, normal: Tensor, tau: float) -> Tensor:
    """One stroke-5 row (B, 5) in network units from uniform (B, 2) and normal (B, 2) noise."""
    k = _pick(m.pi_logits / tau, uniform[:, :1].squeeze(1)).unsqueeze(1)
    mu_x, mu_y, log_x, log_y, rho = (part.gather(1, k).squeeze(1) for part in m[1:6])
    a, b = normal.unbind(dim=1)
    spread = math.sqrt(tau)
    dx = mu_x + log_x.exp() * spread * a
    dy = mu_y + log_y.exp() * spread * (rho * a + torch.sqrt(1 - rho.square()) * b)
    pen = torch.nn.functional.one_hot(_pick(m.pen_logits / tau, uniform[:, 1]), 3)
    return torch.cat([dx.unsqueeze(1), dy.unsqueeze(1), pen.to(dx.dtype)], dim=1)


ABOUT = {
    "magenta_decoder": About(
        title="One of Magenta's decoders",
        does="Draws its one category from nothing; here for comparison.",
        run="python -m doodle convert magenta bird.gen.json",
        fails="It knows one category, and neither a word nor a latent vector.",
        cite=(
            "David Ha, Douglas Eck: A Neural Representation of Sketch Drawings, 2017, arXiv "
            "1704.03477."
        ),
    ),
}
