"""Faces and their five landmarks as peaks of a heatmap (CenterNet, Zhou et al. 2019, 1904.07850).

A small residual network reads a picture down to 1/32 of its side and a feature pyramid (Lin et al.
2017, arXiv 1612.03144) brings that back to a quarter. There each cell says whether a face has its
middle in it, how large the face's aligned square is, and where its five points lie (as CenterFace,
Xu et al. 2019, arXiv 1911.03599).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from doodle.models.about import About

STRIDE = 4  # pixels of the picture a cell
MULTIPLE = 32  # sides of pictures are multiples of it
POINTS = 5  # left eye, right eye, nose, left and right corner of the mouth, as seen
USUAL = 48.0  # side of an aligned square in pixels where the network says 0
RARE = -4.6  # logit of a face before training: one cell in a hundred (RetinaNet, 1708.02002)


@dataclass(frozen=True)
class FaceFinderConfig:
    """Sizes.

    Attributes:
        stem: channels at half the side.
        widths: channels at 1/4, 1/8, 1/16 and 1/32.
        pyramid: channels of the way back.
    """

    stem: int = 16
    widths: tuple[int, ...] = (24, 48, 80, 128)
    pyramid: int = 48

    def __post_init__(self) -> None:
        if len(self.widths) != 4 or min(self.stem, self.pyramid, *self.widths) < 1:
            raise ValueError("widths are four, and all channels positive")

    @classmethod
    def tiny(cls) -> FaceFinderConfig:
        return cls(stem=4, widths=(4, 4, 6, 6), pyramid=4)


class Found(NamedTuple):
    """Faces of one picture, the surest first.

    Attributes:
        points: (N, 5, 2) x and y in pixels of the picture; 0.5 is the middle of the first.
        sides: (N,) of the aligned squares (FFHQ), in pixels.
        scores: (N,) in [0, 1].
    """

    points: Tensor
    sides: Tensor
    scores: Tensor


def convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    """3 x 3, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


class Block(nn.Module):
    """Two convolutions beside the identity (He et al. 2016, arXiv 1512.03385)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *convolution(width, width),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class FaceFinder(nn.Module):
    """Pictures to a heatmap of faces, and what each cell says of its face."""

    def __init__(self, config: FaceFinderConfig) -> None:
        super().__init__()
        self.config = config
        widths, pyramid = config.widths, config.pyramid
        self.stem = convolution(3, config.stem, 2)
        self.levels = nn.ModuleList(
            nn.Sequential(*convolution(before, after, 2), Block(after))
            for before, after in zip((config.stem, *widths), widths, strict=False)
        )
        self.lateral = nn.ModuleList(nn.Conv2d(width, pyramid, 1) for width in widths)
        self.smooth = nn.ModuleList(convolution(pyramid, pyramid) for _ in widths[1:])
        self.head = convolution(pyramid, pyramid)
        self.out = nn.Conv2d(pyramid, 2 + 2 * POINTS, 1)
        nn.init.normal_(self.out.weight, std=0.01)
        assert self.out.bias is not None
        nn.init.zeros_(self.out.bias)
        nn.init.constant_(self.out.bias[:1], RARE)

    def fuse(self, dtype: torch.dtype = torch.float32) -> FaceFinder:
        """Fold batch normalisation into the convolutions, for inference alone; returns itself.

        Args:
            dtype: of the convolutions from then on but the last; answers stay float32.
        """
        if self.training:
            raise ValueError("only a network in eval mode can be fused")
        for one in [m for m in self.modules() if isinstance(m, nn.Sequential)]:
            for k in range(len(one) - 1):
                conv, norm = one[k], one[k + 1]
                if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    one[k], one[k + 1] = fuse_conv_bn_eval(conv, norm), nn.Identity()
        for part in (self.stem, self.levels, self.lateral, self.smooth, self.head):
            part.to(dtype)
        return self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Read pictures.

        Args:
            pictures: (B, 3, H, W) RGB in [-1, 1], H and W multiples of 32.

        Returns:
            heat: (B, H / 4, W / 4) logits of a face whose middle lies in the cell.
            faces: (B, 11, H / 4, W / 4): the logarithm of the aligned square's side over 48 px,
                then x and y of the five points from the middle of the cell, over that side.
        """
        if pictures.shape[-1] % MULTIPLE or pictures.shape[-2] % MULTIPLE:
            raise ValueError(f"the sides of a picture have to be multiples of {MULTIPLE}")
        x = self.stem(pictures.to(next(self.stem.parameters()).dtype))
        maps = []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        x = self.lateral[-1](maps[-1])
        for k in reversed(range(len(maps) - 1)):
            x = self.smooth[k](F.interpolate(x, scale_factor=2.0) + self.lateral[k](maps[k]))
        answer = self.out(self.head(x).to(self.out.weight.dtype)).float()
        return answer[:, 0], answer[:, 1:]

    @torch.no_grad()
    def find(self, pictures: Tensor, *, least: float, most: int = 200) -> list[Found]:
        """The peaks of the heatmap: cells that no neighbour exceeds, as in CenterNet.

        Args:
            pictures: (B, 3, H, W) as for `forward`.
            least: score of a face.
            most: faces of a picture.
        """
        logits, faces = self(pictures)
        heat = torch.sigmoid(logits)
        top = F.max_pool2d(heat.unsqueeze(1), 3, 1, 1).squeeze(1)
        found = []
        for own, best, said in zip(heat, top, faces, strict=True):
            rows, columns = torch.where((own == best) & (own >= least))
            order = own[rows, columns].argsort(descending=True, stable=True)[:most]
            rows, columns = rows[order], columns[order]
            points, sides = placed(said[:, rows, columns].t(), rows, columns)
            found.append(Found(points, sides, own[rows, columns]))
        return found

    def probe(self, seed: int = 0) -> Tensor:
        """A few outputs for seeded noise: the golden numbers of a checkpoint. (24,)"""
        generator = torch.Generator().manual_seed(seed)
        pictures = torch.rand(1, 3, 64, 64, generator=generator) * 2 - 1
        with torch.no_grad():
            heat, faces = self(pictures)
        return torch.cat([heat.unsqueeze(1), faces], dim=1)[0, :, 3:12:8, 8].flatten()


def placed(said: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """What cells say, in pixels.

    Args:
        said: (N, 11) of `FaceFinder.forward`.
        rows, columns: (N,) of the cells.

    Returns:
        points (N, 5, 2) and sides (N,).
    """
    # a wild guess must not become infinite
    sides = USUAL * said[:, 0].clamp(-4, 4).exp()
    middles = (torch.stack([columns, rows], dim=1) + 0.5) * STRIDE
    points = middles.unsqueeze(1) + sides[:, None, None] * said[:, 1:].unflatten(1, (POINTS, 2))
    return points, sides


ABOUT = {
    "face_finder": About(
        title="Faces and landmarks",
        does="Finds faces and their five landmarks in photographs, so that they can be aligned.",
        run="python -m doodle evaluate face_finder --data FACES --backgrounds PICTURES",
        fails=(
            "Trained on synthetic adult faces seen from the front (turned aside by 32 degrees at "
            "most) that were pasted into other pictures, and measured on such: profiles, children, "
            "faces half covered or upside down were not in either. A quarter of the faces whose "
            "aligned square has less than 32 px are missed; spotted dogs and goats, and the eye of "
            "a cat, were taken for faces."
        ),
        cite=(
            "Xingyi Zhou, Dequan Wang, Philipp Krähenbühl: Objects as Points, 2019, arXiv "
            "1904.07850."
        ),
    ),
}
