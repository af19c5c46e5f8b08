"""Our networks, one a file, and the table that names them.

A checkpoint names an entry of this table, never an import path. The entries are text, so listing
them imports nothing; `resolve` imports the one that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from doodle.models.about import About

T = TypeVar("T")

# name -> "module:config dataclass:nn.Module", the module being a file of this folder
MODELS: dict[str, str] = {
    "sketch_rnn": "sketch_rnn:SketchRNNConfig:SketchRNN",
    "recogniser": "recogniser:RecogniserConfig:Recogniser",
    "stroke_classifier": "stroke_classifier:StrokeClassifierConfig:StrokeClassifier",
    "dcgan": "dcgan:DcganConfig:Dcgan",
    "text_dcgan": "dcgan:TextDcganConfig:TextDcgan",
    "clip_text": "clip:ClipTextConfig:ClipText",
    "word_table": "words:WordTableConfig:WordTable",
    "writing_detector": "writing_detector:WritingDetectorConfig:WritingDetector",
    "dccgan": "dccgan:DccganConfig:Dccgan",
    "completion_gan": "completion_gan:CompletionGanConfig:CompletionGan",
    "pix2pix": "pix2pix:Pix2PixConfig:Pix2Pix",
    "stylegan2": "stylegan2:Stylegan2Config:Stylegan2",
    "face_encoder": "face_encoder:FaceEncoderConfig:FaceEncoder",
    "face_finder": "face_finder:FaceFinderConfig:FaceFinder",
    "face_scorer": "face_scorer:FaceScorerConfig:FaceScorer",
    "face_directions": "face_directions:FaceDirectionsConfig:FaceDirections",
    "magenta_decoder": "magenta_decoder:MagentaDecoderConfig:MagentaDecoder",
}

# a name in the header of a checkpoint that was written before the model was renamed -> its entry
FORMER_NAMES: dict[str, str] = {"letters": "writing_detector"}

# the same for renamed weights: the first part of the former name -> of the name now
FORMER_PARTS: dict[str, str] = {"judge_text": "text_projection"}


def current_name(name: str) -> str:
    """The entry of MODELS that a header's name stands for; an unknown name stays as it is."""
    return FORMER_NAMES.get(name, name)


def current_weights(state: Mapping[str, T]) -> dict[str, T]:
    """A state dict by the names that its weights have now."""
    parts = {name: name.partition(".") for name in state}
    return {
        FORMER_PARTS.get(first, first) + dot + rest: state[name]
        for name, (first, dot, rest) in parts.items()
    }


def resolve(name: str) -> tuple[type[Any], type[Any]]:
    """Return (config dataclass, module class) of an entry of MODELS, or of its former name.

    Raises:
        KeyError: the table has no such entry.
    """
    _, config, module = MODELS[current_name(name)].split(":")
    home = _home(name)
    return getattr(home, config), getattr(home, module)


def about_model(name: str) -> About:
    """What the card says of an entry of MODELS, or of its former name.

    Raises:
        KeyError: the table has no such entry.
    """
    return _home(name).ABOUT[current_name(name)]


def _home(name: str) -> ModuleType:
    return import_module(f"{__name__}.{MODELS[current_name(name)].partition(':')[0]}")
