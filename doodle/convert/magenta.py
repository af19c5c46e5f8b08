"""Magenta's SketchRNN decoders, `.gen.json`.

The file is a list of [facts, shapes, weights], each weight base64 of little-endian int16, to be
read as value / 32767 * 10. Order: head weight, head bias, input-to-gates, hidden-to-gates, gates'
bias.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from pathlib import Path

import torch

from doodle import checkpoint
from doodle.models.magenta_decoder import MagentaDecoder, MagentaDecoderConfig

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
