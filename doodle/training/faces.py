"""Recipe of faces: a StyleGAN2 generator and its encoder together, on one processor core.

Half of every batch is real pictures that the encoder's codes must draw again (VAE/GAN, Larsen et
al. 2016, arXiv 1512.09300; offsets after e4e), the other half comes from noise.  Codes of pictures
and of noise are drawn together in W.  Critics see pictures through a frozen classifier (Projected
GAN).  The first part of a run makes pictures of half the side: they are the sum of what each size
adds, so the network stays the same and its last size begins by adding nothing.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.faces import load_faces
from doodle.device import choose, product_dtype, seed_for_step
from doodle.models.face_encoder import FaceEncoder, FaceEncoderConfig, on_sphere
from doodle.models.image_features import load as load_features
from doodle.models.image_features import perceptual
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config, grow, quiet
from doodle.training.faces_codes import CodeMemory, energy_distance
from doodle.training.faces_config import PRESETS, Config
from doodle.training.faces_critics import FaceCritics, View
from doodle.training.faces_figures import FaceFigures, encoder_folder
from doodle.training.loop import Ema
from doodle.training.shipping import train

__all__ = ["PRESETS", "Config", "FacesRecipe", "main"]

REMEMBERED = 2048  # codes of real pictures
COMPARED = 256  # codes of each kind a step
TRACKING = 0.005  # how fast the mean code follows
WARM_UP = 200  # steps of rising rates

M = TypeVar("M", bound=nn.Module)


class FacesRecipe(FaceFigures):
    """Adam on both sides in turn; the averages of generator and encoder are what is shipped."""

    def __init__(self, config: Config) -> None:
        self.config = c = config
        self.device = choose(c.run.device).device
        torch.backends.cudnn.benchmark = True  # there are two shapes of batches
        torch.manual_seed(c.run.seed)
        self.faces = load_faces(c.run.data, c.size)
        model = Stylegan2Config(c.style_size, c.z_size, c.channels, c.mapping_layers)
        self.network, shadow = (Stylegan2(model).to(self.device) for _ in range(2))
        quiet(self.network, c.size // 2)
        reads = FaceEncoderConfig(c.style_size, c.z_size, model.layers, c.encoder_widths)
        self.encoder, reading = (self._place(FaceEncoder(reads)) for _ in range(2))
        with torch.no_grad():
            z = torch.randn(4096, c.z_size).to(self.device)
            self.network.w_avg.copy_(self.network.mapping(z).mean(dim=0))
        if c.start:
            self._begin_with(c.start)
        self.features = self._place(load_features(c.backbone))
        self.critics = self._place(
            FaceCritics(
                self.features, c.critic_width, c.pixel_width, c.loss, c.sight, c.diff_augment
            )
        )
        self.memory = CodeMemory(REMEMBERED, c.z_size).to(self.device)
        self.averages: list[Ema] = [
            Ema(self.network, shadow, c.ema),
            Ema(self.encoder, reading, c.ema),
        ]
        self.modules = {
            "network": self.network,
            "ema": shadow,
            "encoder": self.encoder,
            "encoder ema": reading,
            "critics": self.critics,
            "memory": self.memory,
        }
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "generator": self._adam(self.network, c.learning_rate),
            "encoder": self._adam(self.encoder, c.encoder_rate),
            "critic": self._adam(self.critics, c.critic_rate),
        }
        self.seen = 0

    def _place(self, module: M) -> M:
        return module.to(self.device).to(memory_format=torch.channels_last)

    def _adam(self, module: nn.Module, rate: float) -> torch.optim.Adam:
        trained = [p for p in module.parameters() if p.requires_grad]
        return torch.optim.Adam(trained, lr=rate, betas=(0.0, 0.99), fused=True)

    def _begin_with(self, start: str) -> None:
        """Take over a generator, and the encoder whose folder lies beside its own."""
        smaller, _ = checkpoint.load_as(Stylegan2, start)
        grow(self.network, smaller)
        beside = encoder_folder(checkpoint.file_of(start).parent) / checkpoint.FILE
        if beside.exists():
            own, given = self.encoder.state_dict(), checkpoint.load(beside)[0].state_dict()
            for key, value in given.items():
                if key in own and own[key].shape == value.shape:
                    own[key].copy_(value)

    # -- one update ------------------------------------------------------------------------------

    def side(self, progress: float) -> int:
        """Of the pictures that are made: half of the last one's until it is time to grow."""
        c = self.config
        *_, (_, _, last) = self.network.levels
        grown = bool(last.conv.weight.any())  # by then, or from the start
        return c.size if grown or progress >= c.grow_at else c.size // 2

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        self._set_rates(step, progress)
        pictures = torch.from_numpy(self.faces.batch(c.run.batch, np.random.default_rng(seed)))
        real = as_input(pictures.to(self.device))
        side, half = self.side(progress), c.run.batch // 2
        self.seen = (step + 1) * c.run.batch
        with self._autocast():
            mu, logvar, offsets = self.encoder.distribution(real[:half])
            codes = on_sphere(mu + (0.5 * logvar).exp() * torch.randn(mu.shape).to(mu.device))
            fake, apart = self._fakes(on_sphere(mu), codes, offsets, side)
            real = F.avg_pool2d(real, c.size // side) if side < c.size else real
            real_view, fake_view = self.critics.views(real, fake)
            figures = self._critic_step(real_view, fake_view)
            losses = self._generator_losses(real_view, fake_view)
        losses |= {
            "l1": (fake[:half] - real[:half]).abs().mean(),
            "codes": apart,
            "kl": 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(dim=1).mean(),
            "offsets": offsets.square().mean(),
        }
        weights = {
            "gan": c.gan_weight,
            "perceptual": c.perceptual_weight,
            "l1": c.l1_weight,
            "codes": c.codes_weight,
            "kl": c.kl_weight,
            "offsets": c.offsets_weight,
        }
        total = sum(weights[name] * loss for name, loss in losses.items())
        assert isinstance(total, Tensor)
        self._update(total, "generator", "encoder")
        self.memory.add(codes)
        for average in self.averages:
            average.update(step)
        figures |= {name: float(loss.detach()) for name, loss in losses.items()}
        return figures | {"side": float(side)}

    def _set_rates(self, step: int, progress: float) -> None:
        c = self.config
        left = (1 - progress) / c.falling if c.falling else 1.0
        rate = min(1.0, (step + 1) / WARM_UP) * min(1.0, max(0.02, left))
        peaks = (c.learning_rate, c.encoder_rate, c.critic_rate)
        for optimiser, peak in zip(self.optimisers.values(), peaks, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = peak * rate

    def _autocast(self) -> torch.autocast:
        short = self.device.type == "cuda" or product_dtype(self.device) == torch.bfloat16
        return torch.autocast(self.device.type, torch.bfloat16, enabled=short)

    def _fakes(
        self, likeliest: Tensor, codes: Tensor, offsets: Tensor, side: int
    ) -> tuple[Tensor, Tensor]:
        """Pictures of the codes and as many of noise, and how far codes and noise lie apart.

        Args:
            likeliest: (B, z_size) of real pictures; offsets belong to these.
            codes: (B, z_size), samples of where they may lie: drawn without offsets.
            offsets: (B, layers, style_size) of the same.

        Returns:
            (2 B, 3, side, side) float32, and a scalar.
        """
        c, network, half = self.config, self.network, len(codes)
        noise = torch.randn(COMPARED, c.z_size).to(self.device)
        with torch.autocast(self.device.type, enabled=False):
            others = torch.cat([codes.detach(), self.memory.some(COMPARED - half)])
            apart = energy_distance(codes, others, network.style[0](noise))
        # half of the codes have to do without offsets: the noise itself holds what faces differ in
        keep = (torch.rand(half, 1) < c.offsets).to(self.device)
        w = network.mapping(torch.cat([torch.where(keep, likeliest, codes), noise])).float()
        redrawn, w = w[:half].unsqueeze(1) + keep.unsqueeze(2) * offsets, w[half:]
        network.w_avg.lerp_(w.detach().mean(dim=0), TRACKING)
        # style mixing (Karras et al. 2019, arXiv 1812.04948, section 3.1)
        layers = torch.arange(offsets.shape[1], device=self.device)[None, :, None]
        crossing = torch.randint(1, offsets.shape[1], (half, 1, 1))
        crossing[torch.rand(half) >= c.mixing] = offsets.shape[1]
        first, second = w[:half].unsqueeze(1), w[half : 2 * half].unsqueeze(1)
        mixed = torch.where(layers < crossing.to(self.device), first, second)
        s = network.styles(torch.cat([redrawn, mixed]))
        return network.synthesize(s, network.random_noise(2 * half), side), apart

    def _critic_step(self, real: View, fake: View) -> dict[str, float]:
        loss = self.critics.discriminator_loss(real.fixed(), fake.fixed())
        self._update(loss, "critic")
        return {"critic": float(loss.detach())}

    def _generator_losses(self, real: View, fake: View) -> dict[str, Tensor]:
        trained = [p for p in self.critics.parameters() if p.requires_grad]
        for parameter in trained:
            parameter.requires_grad_(False)
        losses = {"gan": self.critics.generator_loss(fake)}
        for parameter in trained:
            parameter.requires_grad_(True)
        half = len(fake.pictures) // 2
        with torch.autocast(self.device.type, enabled=False):
            pairs = [m[:half] for m in real.maps], [m[:half] for m in fake.maps]
            losses["perceptual"] = perceptual(*pairs)
        return losses

    def _update(self, loss: Tensor, *names: str) -> None:
        for name in names:
            self.optimisers[name].zero_grad(set_to_none=True)
        loss.backward()
        for name in names:
            self.optimisers[name].step()


def as_input(pictures: Tensor) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, S, S) float32 in [-1, 1], channels last in memory."""
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    plotted = ("l1", "perceptual", "gan", "critic", "codes")
    every = min(250, config.run.evaluate_every)
    train(FacesRecipe(config), config, plotted, save_every=every)
