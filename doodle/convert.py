"""Third-party weights to our checkpoints, and back where others read them.

Magenta's `.gen.json`: a list of [facts, shapes, weights], each weight base64 of little-endian
int16, to be read as value / 32767 * 10. Order: head weight, head bias, input-to-gates,
hidden-to-gates, gates' bias.

pytorch-CycleGAN-and-pix2pix (junyanz): `latest_net_G.pth`, the state dict of a U-Net whose levels
are nested in each other, the outermost first. The Sequential of a level holds

    outermost   0 conv, 1 level, 2 ReLU, 3 transposed conv, 4 tanh
    between     0 LeakyReLU, 1 conv, 2 norm, 3 level, 4 ReLU, 5 transposed conv, 6 norm, 7 dropout
    innermost   0 LeakyReLU, 1 conv, 2 ReLU, 3 transposed conv, 4 norm

and `latest_net_D.pth`, one Sequential: 0 conv, then conv, norm, LeakyReLU in turn, last a conv.

CLIP ViT-B/32: open_clip's `.safetensors` or `.bin`, or OpenAI's `.pt`, a TorchScript archive. The
text tower is what is not below `visual.`; open_clip's newer layouts put `text.` before its names.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from doodle import checkpoint
from doodle.models.clip import PROMPT, ClipText, ClipTextConfig
from doodle.models.magenta_decoder import MagentaDecoder, MagentaDecoderConfig
from doodle.models.pix2pix import PatchDiscriminator, Pix2Pix, Pix2PixConfig

_LARGEST_WEIGHT = 10.0
_FORGET_BIAS = 1.0  # added to the forget gate by Magenta's cell at run time
_ORDER = ("w_out", "b_out", "w_xh", "w_hh", "b")


def read_magenta(path: str | os.PathLike[str]) -> MagentaDecoder:
    """Read a `.gen.json` file.

    Returns:
        The network in eval mode, without gradients, float32.

    Raises:
        ValueError: the file is not such a decoder.
        OSError: it cannot be read.
    """
    try:
        facts, shapes, texts = json.loads(Path(path).read_bytes())
        weights = {
            name: _weight(text, shape)
            for name, shape, text in zip(_ORDER, shapes, texts, strict=True)
        }
        hidden, outputs = weights["w_out"].shape
        config = MagentaDecoderConfig(
            hidden=hidden,
            mixtures=(outputs - 3) // 6,
            scale_factor=float(facts["scale_factor"]),
            max_length=int(facts["max_seq_len"]),
            category=str(facts["name"]),
        )
        weights["b"][2 * hidden : 3 * hidden] += _FORGET_BIAS  # gates: input, gate, forget, output
        module = MagentaDecoder(config)
        module.load_state_dict(weights, strict=True)
    except (ValueError, KeyError, TypeError, RuntimeError, binascii.Error) as error:
        why = " ".join(str(error).split())
        message = f"{path} is no SketchRNN decoder of Magenta's (.gen.json): {why}"
        raise ValueError(message) from error
    return module.eval().requires_grad_(False)


def _weight(text: str, shape: list[int]) -> torch.Tensor:
    raw = torch.frombuffer(bytearray(base64.b64decode(text, validate=True)), dtype=torch.int16)
    return (raw.double() / 32767 * _LARGEST_WEIGHT).float().reshape(shape)


def convert_magenta(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write a `.gen.json` decoder as a checkpoint of the model `magenta_decoder`.

    Stored as float32: half precision would cost the parity of 1e-5 with the original.

    Raises:
        ValueError: the file is not such a decoder.
        OSError: a file cannot be read or written.
    """
    module = read_magenta(source)
    checkpoint.save(
        target,
        module,
        model="magenta_decoder",
        config=module.config,
        data={"categories": [module.config.category], "scale_factor": module.config.scale_factor},
        training={"source": f"{Path(source).name}, sha256 {checkpoint.sha256_of(source)}"},
        licence="not stated by the source",
        attribution="Trained by Magenta (Google) on the Quick, Draw! data set, CC BY 4.0.",
        dtype=torch.float32,
    )


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


def critic_from_pix2pix(state: dict[str, Tensor], *, norm: str = "batch") -> PatchDiscriminator:
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
    state = _read_pickle(source)
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


def _read_pickle(source: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The state dict in a file of PyTorch's."""
    try:
        # weights_only unpickles tensors and plain values, nothing else
        state = torch.load(source, map_location="cpu", weights_only=True)  # noqa: TID251
    except OSError:
        raise
    except Exception as error:  # what a broken pickle makes torch raise has no common kind
        raise ValueError(f"{source} holds no state dict of PyTorch's") from error
    if not isinstance(state, dict):
        raise ValueError(f"{source} holds no state dict of PyTorch's")
    return state


def read_clip_text(path: str | os.PathLike[str], heads: int | None = None) -> ClipText:
    """Read the text tower out of CLIP's weights.

    Args:
        path: `.safetensors`, a pickled state dict, or a TorchScript archive.
        heads: of each attention; one for 64 numbers, as in all of OpenAI's models, unless told.

    Raises:
        ValueError: the file holds no such tower.
        OSError: it cannot be read.
    """
    if Path(path).suffix == ".safetensors":
        state = checkpoint.read_tensors(path)
    elif _is_script(path):
        state = torch.jit.load(path, map_location="cpu").state_dict()
    else:
        state = _read_pickle(path)
        state = state.get("state_dict", state)
    state = {
        key.removeprefix("module.").removeprefix("text."): value
        for key, value in state.items()
        if "visual." not in key
    }
    try:
        vocabulary, width = state["token_embedding.weight"].shape
        layers = {key.split(".")[2] for key in state if key.startswith("transformer.resblocks.")}
        config = ClipTextConfig(
            width=width,
            heads=heads or width // 64,
            layers=len(layers),
            context=len(state["positional_embedding"]),
            vocabulary=vocabulary,
            text_size=state["text_projection"].shape[1],
        )
        module = ClipText(config)
        wanted = module.tower.state_dict()
        module.tower.load_state_dict({key: state[key].float() for key in wanted}, strict=True)
    except (KeyError, ValueError, AttributeError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise ValueError(f"{path} holds no text tower of CLIP's ({why})") from error
    return module.eval().requires_grad_(False)


def _is_script(path: str | os.PathLike[str]) -> bool:
    """Whether a file is an archive of TorchScript, which is a zip file with code in it."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in name for name in archive.namelist())


def convert_clip(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write the text tower of CLIP ViT-B/32 as a checkpoint, in half precision.

    Raises:
        ValueError: the file holds no such tower, or its vectors have not 512 numbers.
        OSError: a file cannot be read or written.
    """
    module = read_clip_text(source)
    if module.config.text_size != ClipTextConfig().text_size:
        raise ValueError(f"{source} is another CLIP than ViT-B/32: see `models get --help`")
    checkpoint.save(
        target,
        module,
        model="clip_text",
        config=module.config,
        data={"prompt": PROMPT, "local": True},
        training={"source": f"{Path(source).name}, sha256 {checkpoint.sha256_of(source)}"},
        licence="MIT",
        attribution="CLIP ViT-B/32 by OpenAI, as open_clip publishes it.",
    )
