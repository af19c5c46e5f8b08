"""pytorch-CycleGAN-and-pix2pix (junyanz), both ways.

`latest_net_G.pth` is the state dict of a U-Net whose levels are nested in each other, the outermost
first. The Sequential of a level holds

    outermost   0 conv, 1 level, 2 ReLU, 3 transposed conv, 4 tanh
    between     0 LeakyReLU, 1 conv, 2 norm, 3 level, 4 ReLU, 5 transposed conv, 6 norm, 7 dropout
    innermost   0 LeakyReLU, 1 conv, 2 ReLU, 3 transposed conv, 4 norm

and `latest_net_D.pth` one Sequential: 0 conv, then conv, norm, LeakyReLU in turn, last a conv.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from doodle import checkpoint
from doodle.convert.state_dicts import read_state_dict
from doodle.models.pix2pix import PatchDiscriminator, Pix2Pix, Pix2PixConfig


def pix2pix_names(levels: int) -> dict[str, str]:
    """Our name of each part of a U-Net of so many levels to junyanz's."""
    names = {"down.0.conv": "model.model.0", "head.conv": "model.model.3"}
    prefix = "model.model.1"
    for k in range(1, levels):
        innermost = k == levels - 1
        up, norm = (3, 4) if innermost else (5, 6)
        names |= {
            f"down.{k}.conv": f"{prefix}.model.1",
            f"up.{k - 1}.conv": f"{prefix}.model.{up}",
            f"up.{k - 1}.norm": f"{prefix}.model.{norm}",
        }
        if not innermost:
            names[f"down.{k}.norm"] = f"{prefix}.model.2"
        prefix += ".model.3"
    return names


def critic_names(layers: int = 3) -> dict[str, str]:
    """Our name of each part of a PatchGAN of so many layers to junyanz's."""
    names = {"convs.0": "model.0", "real": f"model.{3 * layers + 2}"}
    for k in range(1, layers + 1):
        names |= {f"convs.{k}": f"model.{3 * k - 1}", f"norms.{k}": f"model.{3 * k}"}
    return names


def renamed(state: dict[str, Tensor], names: dict[str, str]) -> dict[str, Tensor]:
    """The state dict with the part of each key before the last dot renamed.

    Raises:
        ValueError: a key is none of `names`.
    """
    unknown = [key for key in state if key.rpartition(".")[0] not in names]
    if unknown:
        raise ValueError(f"no place for {unknown[0]}")
    split = [(key.rpartition("."), value) for key, value in state.items()]
    return {f"{names[part]}.{leaf}": value for (part, _, leaf), value in split}


def generator_from_pix2pix(state: dict[str, Tensor]) -> Pix2Pix:
    """A U-Net from junyanz's state dict; width, depth, norm and channels are found out.

    Returns:
        The network in eval mode; what it reads is edges only, as many channels as theirs.

    Raises:
        ValueError: it is not such a state dict.
    """
    state = {key.removeprefix("module."): value for key, value in state.items()}  # DataParallel
    levels = 1 + sum(key.endswith(".model.1.weight") for key in state)
    names = pix2pix_names(levels)
    try:
        first = state["model.model.0.weight"]
        widest = max(state[f"{names[f'down.{k}.conv']}.weight"].shape[0] for k in range(levels))
        biased = "model.model.0.bias" in state
        batch = any(key.endswith("running_mean") for key in state)
        config = Pix2PixConfig(
            width=first.shape[0],
            most=widest // first.shape[0],
            size=2**levels,
            edges=first.shape[1],
            classes=0,
            scene=False,
            norm="batch" if batch else "instance" if biased else "none",
        )
        module = Pix2Pix(config)
        module.load_state_dict(renamed(state, {theirs: ours for ours, theirs in names.items()}))
    except (KeyError, AttributeError, RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:300]
        raise ValueError(f"this is no U-Net of pytorch-CycleGAN-and-pix2pix: {why}") from error
    return module.eval()


def generator_to_pix2pix(module: Pix2Pix) -> dict[str, Tensor]:
    """A U-Net's state dict in junyanz's layout: `--input_nc` is ``config.inputs`` there.

    The planes beside the edges are input channels there: edges * 2 - 1, classes one-hot, scene,
    noise.

    Raises:
        ValueError: the network enlarges in another way than theirs.
    """
    if module.config.up != "transposed":
        raise ValueError("only a network with up=transposed has the layout of theirs")
    return renamed(module.state_dict(), pix2pix_names(len(module.config.channels)))


def critic_from_pix2pix(
    state: dict[str, Tensor], *, norm: Literal["batch", "instance", "none"] = "batch"
) -> PatchDiscriminator:
    """A 70 px PatchGAN from junyanz's state dict.

    Raises:
        ValueError: it is not such a state dict.
    """
    state = {key.removeprefix("module."): value for key, value in state.items()}
    names = {theirs: ours for ours, theirs in critic_names().items()}
    try:
        first = state["model.0.weight"]
        module = PatchDiscriminator(first.shape[1], first.shape[0], norm=norm)
        module.load_state_dict(renamed(state, names))
    except (KeyError, RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:300]
        raise ValueError(f"this is no PatchGAN of pytorch-CycleGAN-and-pix2pix: {why}") from error
    return module.eval()


def critic_to_pix2pix(module: PatchDiscriminator) -> dict[str, Tensor]:
    """A PatchGAN's state dict in junyanz's layout, without the head that names classes."""
    state = {k: v for k, v in module.state_dict().items() if not k.startswith("name.")}
    return renamed(state, critic_names(len(module.convs) - 1))


def convert_pix2pix(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write junyanz's `latest_net_G.pth` as a checkpoint of the model `pix2pix`.

    Raises:
        ValueError: the file is not such a generator.
        OSError: a file cannot be read or written.
    """
    state = read_state_dict(source)
    module = generator_from_pix2pix(state)
    checkpoint.save(
        target,
        module,
        model="pix2pix",
        config=module.config,
        pixels={"size": module.config.size, "range": [-1, 1], "edges": "lines 1 on 0"},
        training={"source": f"{Path(source).name}, sha256 {checkpoint.sha256_of(source)}"},
        licence="not stated by the source",
        attribution="Converted from pytorch-CycleGAN-and-pix2pix.",
    )


def export_pix2pix(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write one of our `pix2pix` checkpoints as a `.pth` in junyanz's layout.

    Raises:
        ValueError: the checkpoint is of another model, or enlarges in another way.
        ModelUnavailable: it is missing or broken.
    """
    module, _ = checkpoint.load(source)
    if not isinstance(module, Pix2Pix):
        raise ValueError(f"{source} is no pix2pix checkpoint")
    state = generator_to_pix2pix(module)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, target)
