"""StyleGAN2 generators in rosinality's layout, such as `stylegan2-ffhq-config-f.pt`.

The file is a pickle of `g_ema`, the averaged generator's state dict, and `latent_avg`, the mean
code; a bare state dict will do. Our names are theirs, and `w_avg` for the mean code.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from doodle import checkpoint
from doodle.convert.state_dicts import read_state_dict
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config

MAPPING_RATE = 0.01  # of all published ones; their weights do not tell it
_DRAWN = 4096  # codes whose mean stands in for one that is not given


def generator_from_rosinality(state: dict[str, Tensor], mean: Tensor | None = None) -> Stylegan2:
    """A generator from their state dict; sizes are found out.

    Args:
        mean: the mean code (style_size,); None: that of seeded noise.

    Returns:
        The network in eval mode.

    Raises:
        ValueError: it is not such a state dict.
    """
    state = {key.removeprefix("module."): value for key, value in state.items()}  # DataParallel
    try:
        sizes = 1 + sum(key.endswith(".conv.blur.kernel") for key in state)
        widths = [state["input.input"]] + [
            state[f"convs.{2 * k}.conv.weight"] for k in range(sizes - 1)
        ]
        config = Stylegan2Config(
            style_size=state["style.1.weight"].shape[0],
            z_size=state["style.1.weight"].shape[1],
            channels=tuple(weight.shape[1] for weight in widths),
            mapping_layers=sum(key.startswith("style.") for key in state) // 2,
            mapping_rate=MAPPING_RATE,
        )
        module = Stylegan2(config)
        module.load_state_dict({**state, "w_avg": module.w_avg}, strict=True)
        if mean is not None:
            module.w_avg.copy_(mean.reshape(-1))
    except (KeyError, AttributeError, IndexError, RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:300]
        raise ValueError(f"this is no StyleGAN2 generator of rosinality's: {why}") from error
    if mean is None:
        z = torch.randn(_DRAWN, config.z_size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            module.w_avg.copy_(module.mapping(z).mean(dim=0))
    return module.eval().requires_grad_(False)


def convert_stylegan2(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write a `.pt` of theirs as a checkpoint of the model `stylegan2`, in full precision.

    Raises:
        ValueError: the file holds no such generator.
        OSError: a file cannot be read or written.
    """
    given = read_state_dict(source)
    generator = given.get("g_ema", given)
    if not isinstance(generator, dict):
        raise ValueError(f"{source} holds no state dict under g_ema")
    module = generator_from_rosinality(generator, given.get("latent_avg"))
    checkpoint.save(
        target,
        module,
        model="stylegan2",
        config=module.config,
        pixels={"size": module.config.size, "range": [-1, 1]},
        training={"source": f"{Path(source).name}, sha256 {checkpoint.sha256_of(source)}"},
        licence="not stated by the source",
        attribution="Converted from a StyleGAN2 generator in rosinality's layout.",
        dtype=torch.float32,
    )
