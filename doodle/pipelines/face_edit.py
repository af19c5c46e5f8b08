"""Faces changed by words: an aligned picture to a latent, texts to directions, and back.

What the generator cannot draw stays: a change is the difference of two generated pictures, added
to the photograph where the two differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.device import generators, product_dtype
from doodle.models.face_directions import METHODS, FaceDirections
from doodle.models.face_encoder import FaceEncoder, w_plus
from doodle.models.face_scorer import FaceScorer, Known
from doodle.models.spelling import fold
from doodle.models.stylegan2 import Stylegan2
from doodle.models.words import UnknownWord
from doodle.pipelines.face_blend import as_pictures, backdrop, blended
from doodle.pipelines.steps import Call, Task
from doodle.pipelines.text import TextEncoder

NEUTRAL = "face"
SAME = 0.999  # cosine of the same text
_AT_ONCE = 2  # faces a step
STEPS = 100  # of refinement
GROUPS = {"all": (0.0, 1.0), "coarse": (0.0, 0.34), "medium": (0.34, 0.67), "fine": (0.67, 1.0)}
_NEGATIONS = {"no", "not", "without", "never", "less"}
_BEYOND = set("long hat cap turned looking facing raised lowered gazing woman man".split())
_SPELLED = {"grey": "gray", "greyish": "gray", "eyeglass": "eyeglasses", "specs": "spectacles"}
_RATE, _KEEP = 0.02, 0.3  # of refinement: Adam's, and of the pull back to the encoder's codes


@dataclass(frozen=True, eq=False)
class Latent:
    """Faces and where the generator has them.

    Attributes:
        pictures: (N, 3, S, S) in [-1, 1], the visitor's; of made-up faces the generator's own.
        codes: (N, layers, style_size), W+.
        styles: (N, channels), style space, what `codes` give.
        drawn: (N, 3, S, S), what the generator draws of them.
        kept: (N, 1, S, S), 1 where nothing is changed: the backdrop of a photograph.
    """

    pictures: Tensor
    codes: Tensor
    styles: Tensor
    drawn: Tensor
    kept: Tensor


@dataclass(frozen=True, eq=False)
class Direction:
    """What a text does to styles.

    Attributes:
        text, neutral: as asked.
        change: (channels,), added at strength 1; zeros where nothing can be done.
        channels: how many of them change.
        nearest: the learned phrase that the text comes nearest to; None where it has no vector.
        notice: a sentence for the visitor; empty when there is nothing to say.
    """

    text: str
    neutral: str
    change: Tensor
    channels: int
    nearest: Known | None
    notice: str = ""

    @property
    def grows(self) -> bool:
        """Whether it may reach beyond the head: long hair, hats, a turned head."""
        words = (self.nearest.phrase if self.nearest else "").split()
        return not _BEYOND.isdisjoint(words)

    @property
    def known(self) -> bool:
        """Whether the scorer learned what the text means."""
        return self.nearest is not None and self.nearest.known


@dataclass(frozen=True, eq=False)
class Edited:
    """Changed faces.

    Attributes:
        pictures: (N, S, S, 3) uint8, the photographs with what changed.
        change: (N, S, S, 3) float32, what was added to them, of 255.
        generated: (N, S, S, 3) uint8, the generator's own changed faces.
    """

    pictures: np.ndarray
    change: np.ndarray
    generated: np.ndarray


class FaceEditor:
    """Inverts, edits, makes up and mixes faces.

    Args:
        generator: makes faces up by itself.
        encoder: of the same training; inverts photographs.
        scorer: of texts and pictures.
        directions: measured with those three.
        texts: gives texts their vectors.
    """

    def __init__(
        self,
        generator: Stylegan2,
        encoder: FaceEncoder | None = None,
        scorer: FaceScorer | None = None,
        directions: FaceDirections | None = None,
        texts: TextEncoder | None = None,
    ) -> None:
        self.generator, self.encoder = generator, encoder
        self.scorer, self.directions, self.texts = scorer, directions, texts
        self._known: dict[tuple[str, str, str, str], Direction] = {}

    @property
    def device(self) -> torch.device:
        return self.generator.w_avg.device

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.generator.config.size

    # -- where faces come from -------------------------------------------------------------------

    @torch.no_grad()
    def invert(self, pictures: np.ndarray) -> Latent:
        """Aligned faces to latents.

        Args:
            pictures: (N, S, S, 3) uint8.

        Raises:
            ValueError: they have another shape.
        """
        side = self.size
        if pictures.ndim != 4 or pictures.shape[1:] != (side, side, 3):
            raise ValueError(f"faces are (N, {side}, {side}, 3), not {pictures.shape}")
        kept = torch.from_numpy(np.stack([backdrop(picture) for picture in pictures]))
        given = torch.from_numpy(np.ascontiguousarray(pictures)).to(self.device)
        given = given.permute(0, 3, 1, 2).float() / 127.5 - 1
        if self.encoder is None:
            raise ValueError("this editor has no encoder to invert photographs with")
        return self._latent(given, w_plus(self.generator, *self.encoder(given)), kept)

    @torch.no_grad()
    def made_up(self, count: int, seed: int = 0, psi: float = 0.7, first: int = 0) -> Latent:
        """Faces of nobody; the k-th of a seed is the same however many are asked for.

        Args:
            first: those before it are left out.
        """
        size = self.generator.config.z_size
        z = [torch.randn(size, generator=one) for one in generators(seed, count)[first:]]
        w = self.generator.mapping(self.generator.points(torch.stack(z).to(self.device)))
        w = self.generator.truncated(w, psi)
        return self.of_codes(w.unsqueeze(1).expand(-1, self.generator.config.layers, -1))

    def faces(self, count: int, seed: int = 0, psi: float = 0.7) -> Task:
        """As `made_up`, in steps.  Event: pictures (count, S, S, 3) uint8."""
        made = []
        for start in range(0, count, _AT_ONCE):
            part = partial(self._some, start, min(count, start + _AT_ONCE), seed, psi)
            made.append((yield Call(part)))
        yield np.concatenate(made)

    def _some(self, first: int, end: int, seed: int, psi: float) -> np.ndarray:
        return as_pictures(self.made_up(end, seed, psi, first).pictures)

    @torch.no_grad()
    def mixed(self, first: Latent, second: Latent, share: float = 0.5) -> Latent:
        """The coarse layers of one, the fine ones of the other (Karras et al. 2019, section 3.1).

        Args:
            share: of the layers, those that come from the first; 0 to 1.
        """
        layers = self.generator.config.layers
        crossing = round(share * layers)
        codes = torch.cat([first.codes[:, :crossing], second.codes[:, crossing:]], dim=1)
        return self.of_codes(codes)

    @torch.no_grad()
    def of_codes(self, codes: Tensor) -> Latent:
        """Faces of codes in W+ (N, layers, style_size), their pictures the generator's own."""
        nowhere = np.zeros((len(codes), self.size, self.size), np.float32)
        latent = self._latent(torch.zeros(0), codes, torch.from_numpy(nowhere))
        return replace(latent, pictures=latent.drawn)

    def _latent(self, pictures: Tensor, codes: Tensor, kept: Tensor) -> Latent:
        """Args: kept: (N, S, S)."""
        styles = self.generator.styles(codes)
        kept = kept.unsqueeze(1).to(self.device)
        return Latent(pictures, codes, styles, self.draw(styles), kept)

    @torch.no_grad()
    def draw(self, styles: Tensor) -> Tensor:
        """Pictures (N, 3, S, S) in [-1, 1] of styles (N, channels): all that a slider asks for."""
        return self._synthesized(styles).clamp(-1, 1)

    def _synthesized(self, styles: Tensor) -> Tensor:
        short = product_dtype(self.device)
        enabled = short == torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=enabled):
            return self.generator.synthesize(styles).float()

    def refine(self, latent: Latent, steps: int = STEPS) -> Iterator[tuple[int, float, Latent]]:
        """Codes that draw the pictures more truly, found by steps; stop it at any.

        Adam on W+ (after Abdal et al. 2019, arXiv 1904.03189): pixels at three sizes, the scorer's
        embedding where there is one, and a pull back to where the encoder found them.

        Yields:
            the step from 1, the loss, and the latent so far.
        """
        first = latent.codes.detach().clone()
        with torch.enable_grad():
            codes = first.clone().requires_grad_()
            adam = torch.optim.Adam([codes], lr=_RATE, betas=(0.9, 0.99))
            wanted = self.scorer.encode_image(latent.pictures) if self.scorer else None
        for step in range(1, steps + 1):
            with torch.enable_grad():
                made = self._synthesized(self.generator.styles(codes))
                loss = _pixels(made, latent.pictures) + _KEEP * (codes - first).square().mean()
                if self.scorer is not None and wanted is not None:
                    found = self.scorer.encode_image(made)
                    loss = loss + 0.1 * (1 - (found * wanted).sum(dim=1)).mean()
                adam.zero_grad()
                loss.backward()
                adam.step()
            yield (
                step,
                float(loss.detach()),
                self._latent(latent.pictures, codes.detach(), latent.kept[:, 0]),
            )

    # -- what texts do ---------------------------------------------------------------------------

    def direction(
        self, text: str, neutral: str = NEUTRAL, method: str = "", layers: str = "all"
    ) -> Direction:
        """The direction of a text; kept, since sliders ask for the same one often.

        Args:
            text: what the face shall be; "without", "no" and "not" turn it round.
            neutral: what it is thought to be now.
            method: "attributes", or "response" for StyleCLIP's; empty: the former, which measured
                better.
            layers: a name of GROUPS.

        Raises:
            UnknownWord: a text is empty or no English.
            ValueError: there is no such method or group of layers.
        """
        if method and method not in METHODS:
            raise ValueError(f"methods are {', '.join(METHODS)}, not {method!r}")
        if layers not in GROUPS:
            raise ValueError(f"layers are {', '.join(GROUPS)}, not {layers!r}")
        key = (text, neutral, method, layers)
        if key not in self._known:
            self._known[key] = self._direction(*key)
        return self._known[key]

    @torch.no_grad()
    def _direction(self, text: str, neutral: str, method: str, layers: str) -> Direction:
        scorer, directions, texts = self._with_texts
        plain, negated = read_negation(text)
        reading = texts(plain)
        nothing = torch.zeros_like(directions.deviation)
        if reading.kind == "nearest":  # by letters: another word than was meant
            return Direction(text, neutral, nothing, 0, None, self._unknown(plain))
        vectors = torch.stack([reading.vector, texts(neutral).vector]).to(self.device)
        near, before = scorer.knows(vectors)
        first, last = GROUPS[layers]
        count = len(directions.config.styles)
        inside = (round(first * count), round(last * count))
        if method == "response":
            wanted, usual = scorer.encode_text(vectors)
            moved = directions.of_response(directions.target(wanted, usual), layers=inside)
        elif near.known:
            amounts = directions.meaning(near.phrase)
            if before.cosine >= SAME:  # “face” says nothing, near as “smiling face” is
                amounts = amounts - directions.meaning(before.phrase)
            moved = directions.of_attributes(amounts, layers=inside)
        else:
            moved = nothing
        notice = "" if near.known else self._unknown(plain, near)
        if not notice and not moved.any():
            notice = f"I found no way from “{neutral}” to “{plain}”."
        if not notice and near.cosine < SAME:
            notice = f"I read “{plain}” as “{near.phrase}”."
        change = (-1 if negated else 1) * moved * directions.deviation
        return Direction(text, neutral, change, int((moved != 0).sum()), near, notice)

    @cached_property
    def _with_texts(self) -> tuple[FaceScorer, FaceDirections, TextEncoder]:
        if self.scorer is None or self.directions is None or self.texts is None:
            raise ValueError("this editor has no scorer, directions and words to read texts with")
        return self.scorer, self.directions, self.texts

    def _unknown(self, text: str, near: Known | None = None) -> str:
        scorer, _, _ = self._with_texts
        if near is not None:
            return f"I learned nothing of faces called “{text}”; the nearest is “{near.phrase}”."
        some = ", ".join(scorer.config.phrases[:: max(1, len(scorer.config.phrases) // 6)][:6])
        return f"I do not know the word “{text}”. Of faces I know: {some}."

    # -- changing --------------------------------------------------------------------------------

    def edit(
        self,
        latent: Latent,
        text: str,
        neutral: str = NEUTRAL,
        strength: float = 1.0,
        method: str = "direction",
        layers: str = "all",
    ) -> Edited:
        """Faces changed by one text.

        Args:
            strength: 0 leaves the picture, below 0 the opposite; sensible from -3 to 3.
            method: "direction".
            neutral, layers: as `direction`.

        Raises:
            ValueError: there is no such method; or as `direction`.
        """
        if method != "direction":
            raise ValueError(f"there is no method {method!r}: direction")
        return self.stacked(latent, [(self.direction(text, neutral, layers=layers), strength)])

    @torch.no_grad()
    def stacked(self, latent: Latent, edits: Sequence[tuple[Direction, float]]) -> Edited:
        """Faces changed by several directions, each with its strength, one after the other."""
        styles = latent.styles
        for direction, strength in edits:
            styles = styles + strength * direction.change
        made = self.draw(styles)
        change = blended(latent.drawn, made, latent.pictures)
        if not any(direction.grows for direction, _ in edits):
            change = change * (1 - latent.kept)
        pictures = (latent.pictures + change).clamp(-1, 1)
        return Edited(
            as_pictures(pictures),
            (change * 127.5).permute(0, 2, 3, 1).cpu().numpy(),
            as_pictures(made),
        )


def read_negation(text: str) -> tuple[str, bool]:
    """A text without its "no" or "without", and whether it had one; some spellings made usual.

    Raises:
        UnknownWord: no word is left.
    """
    tokens = fold(str(text or "")).split()
    kept = [_SPELLED.get(token, token) for token in tokens if token not in _NEGATIONS]
    if not kept:
        raise UnknownWord("Say what the face shall be: type a word, such as smiling.")
    return " ".join(kept), len(kept) < len(tokens)


def _pixels(made: Tensor, wanted: Tensor) -> Tensor:
    total = (made - wanted).abs().mean()
    for factor in (2, 4):
        total = total + (F.avg_pool2d(made, factor) - F.avg_pool2d(wanted, factor)).abs().mean()
    return total
