"""A face that stays with the visitor: found and inverted once, then changed as often as wanted.

What is kept travels with every question, so that nothing of a visitor stays here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
import torch

from doodle.pipelines.face_blend import as_pictures
from doodle.pipelines.face_edit import NEUTRAL, Direction, FaceEditor, Latent
from doodle.pipelines.face_finder import FaceFinding
from doodle.pipelines.face_frame import Frame, add, crop, frame_of
from doodle.pipelines.face_retouch import check_found, whole_frame
from doodle.pipelines.steps import PREVIEW, WORK, Call, Task

TOLD_EVERY = 4  # steps of refinement between two events
_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


class Held(Protocol):
    """A face as it is kept.

    Attributes:
        codes: (layers, style_size) float32, W+.
        drawn: (S, S, 3) float16 in [-1, 1], what the generator draws of them.
        square: (S, S, 3) uint8, the photograph's; None of a face of nobody.
        kept: (S, S) uint8, 255 where nothing is changed; None of a face of nobody.
    """

    codes: np.ndarray
    drawn: np.ndarray
    square: np.ndarray | None
    kept: np.ndarray | None


class Code(NamedTuple):
    """A new `Held`."""

    codes: np.ndarray
    drawn: np.ndarray
    square: np.ndarray | None
    kept: np.ndarray | None


class Seen(NamedTuple):
    """Faces of a photograph: points (N, 5, 2) in its pixels, the surest first."""

    points: np.ndarray


class Refined(NamedTuple):
    """So far: `step` of `steps`, and what the generator draws now, (S, S, 3) uint8."""

    step: int
    steps: int
    drawn: np.ndarray


class Ready(NamedTuple):
    """A face that can be changed.

    Attributes:
        code: it.
        points: (5, 2) in pixels of the photograph; None where none were looked for.
        corners: (4, 2) of its square in pixels of the photograph, clockwise from the upper left as
            seen in the square; None of a face of nobody.
        frame: the same as x and y of its middle, side in pixels and degrees.
    """

    code: Code
    points: np.ndarray | None = None
    corners: np.ndarray | None = None
    frame: tuple[float, float, float, float] | None = None


class Changed(NamedTuple):
    """A changed face.

    Attributes:
        square: (S, S, 3) uint8.
        patch: (h, w, 3) uint8, the part of the photograph with the face in it; None without one.
        readings: text, notice and nearest learned phrase of each edit that there is something to
            say of.
    """

    square: np.ndarray
    patch: np.ndarray | None
    readings: tuple[tuple[str, str, str], ...]


class FaceKeeping:
    """Answers about faces that are kept by whoever asks.

    Args:
        editor: with all its networks, or with the generator alone for faces of nobody.
        finding: finds faces; None for faces of nobody.
    """

    def __init__(self, editor: FaceEditor, finding: FaceFinding | None = None) -> None:
        self.editor = editor
        self.finding = finding

    def made_up(self, seed: int, number: int, psi: float) -> Task:
        """A face of nobody, the `number`-th of a seed.  Event: Ready."""
        part = partial(self.editor.made_up, number + 1, seed, psi, number)
        latent = yield Call(part, PREVIEW)
        yield Ready(stored(latent))

    def mixed(self, first: Held, second: Held, share: float) -> Task:
        """A face of nobody with the coarse layers of one and the fine ones of another.

        Event: Ready.
        """

        def mix() -> Latent:
            pair = (self._latent(first), self._latent(second))
            return self.editor.mixed(*pair, share)

        latent = yield Call(mix, PREVIEW)
        yield Ready(stored(latent))

    def inverted(
        self,
        picture: np.ndarray,
        *,
        face: int = 0,
        points: np.ndarray | None = None,
        refine: int = 0,
        aligned: bool = False,
    ) -> Task:
        """A face of a photograph as a code.  Events: Seen where it searched, Refined, Ready.

        Args:
            picture: (H, W, 3) uint8.
            face: which of those found, the surest first.
            points: (5, 2) where the face is known already.
            refine: steps in which the code is improved.
            aligned: the picture is the square itself.

        Raises:
            BadDrawing: there is no face, or none of that number; or the picture is no square.
        """
        if aligned:
            frame = whole_frame(picture)
        elif points is not None:
            frame = frame_of(points)
        else:
            assert self.finding is not None, "a photograph is searched where there is a finder"
            found = yield from self.finding.any_way_up(picture)
            check_found(found, face)
            yield Seen(np.stack([one.points for one in found]))
            points, frame = found[face].points, found[face].frame
        square = yield Call(partial(crop, picture, frame, self.editor.size))
        latent = yield Call(partial(self.editor.invert, square[None]))
        latent = yield from self._refined(latent, refine)
        turned = (*frame.middle, frame.side, frame.angle)
        yield Ready(stored(latent, square), points, frame.outside(_CORNERS), turned)

    def refined(self, code: Held, steps: int) -> Task:
        """A code that draws its photograph more truly.  Events: Refined, Ready.

        Raises:
            ValueError: it is a face of nobody.
        """
        if code.square is None:
            raise ValueError("The generator drew this face itself: there is nothing to improve.")
        latent = yield Call(partial(self._latent, code))
        latent = yield from self._refined(latent, steps)
        yield Ready(stored(latent, code.square))

    def changed(
        self,
        code: Held,
        edits: Sequence[tuple[str, float]],
        neutral: str = NEUTRAL,
        *,
        patch: np.ndarray | None = None,
        frame: tuple[float, float, float, float] | None = None,
        quick: bool = True,
    ) -> Task:
        """A face changed by texts.  Event: Changed.

        Args:
            patch: (h, w, 3) uint8, the part of the photograph in which the change is to be seen.
            frame: of the face in it, as `Ready` has it.
            quick: a slider waits for it.
        """
        urgency = PREVIEW if quick else WORK
        square, change, directions = yield Call(
            partial(self._change, code, edits, neutral), urgency
        )
        if patch is not None and frame is not None:
            x, y, side, angle = frame
            patch = yield Call(partial(add, patch, Frame((x, y), side, angle), change), urgency)
        yield Changed(square, patch, _readings(directions))

    def strip(
        self,
        code: Held,
        edits: Sequence[tuple[str, float]],
        neutral: str,
        which: int,
        strengths: Sequence[float],
    ) -> Task:
        """One edit of several at several strengths.  Event: pictures (N, S, S, 3) uint8."""
        pictures = []
        for strength in strengths:
            row = [(t, strength if k == which else s) for k, (t, s) in enumerate(edits)]
            pictures.append((yield Call(partial(self._change, code, row, neutral)))[0])
        yield np.stack(pictures)

    def _refined(self, latent: Latent, count: int) -> Task:
        steps = self.editor.refine(latent, count)
        for step in range(1, count + 1):
            _, _, latent = yield Call(partial(next, steps))
            if step % TOLD_EVERY == 0 or step == count:
                yield Refined(step, count, as_pictures(latent.drawn)[0])
        return latent

    def _change(
        self, code: Held, edits: Sequence[tuple[str, float]], neutral: str
    ) -> tuple[np.ndarray, np.ndarray, list[Direction]]:
        """The changed square, what was added to it (S, S, 3), and how the texts were read."""
        directions = [self.editor.direction(text, neutral) for text, _ in edits]
        latent = self._latent(code)
        strengths = [strength for _, strength in edits]
        made = self.editor.stacked(latent, list(zip(directions, strengths, strict=True)))
        # of a face of nobody all is the generator's own, faint changes too
        square = made.generated if code.square is None else made.pictures
        return square[0], made.change[0], directions

    @torch.no_grad()
    def _latent(self, code: Held) -> Latent:
        config, side = self.editor.generator.config, self.editor.size
        shapes = (config.layers, config.style_size), (side, side, 3)
        if (code.codes.shape, code.drawn.shape) != shapes:
            raise ValueError("Another network kept this face: choose it, or open it, once more.")
        codes = torch.from_numpy(code.codes).unsqueeze(0).to(self.editor.device)
        drawn = torch.from_numpy(code.drawn).to(self.editor.device).float()
        drawn = drawn.permute(2, 0, 1).unsqueeze(0)
        kept = torch.zeros(1, 1, side, side, device=self.editor.device)
        latent = Latent(drawn, codes, self.editor.generator.styles(codes), drawn, kept)
        if code.square is None or code.kept is None:
            return latent
        given = torch.from_numpy(np.ascontiguousarray(code.square)).to(self.editor.device)
        given = given.permute(2, 0, 1).unsqueeze(0).float() / 127.5 - 1
        mask = torch.from_numpy(code.kept).to(self.editor.device).float() / 255
        return replace(latent, pictures=given, kept=mask[None, None])


def stored(latent: Latent, square: np.ndarray | None = None) -> Code:
    """The first face of a latent, to be kept.

    Args:
        square: (S, S, 3) uint8 of the photograph; None of a face of nobody.
    """
    codes = latent.codes[0].float().cpu().numpy()
    drawn = latent.drawn[0].permute(1, 2, 0).half().cpu().numpy()
    if square is None:
        return Code(codes, drawn, None, None)
    kept = (latent.kept[0, 0] * 255).round().byte().cpu().numpy()
    return Code(codes, drawn, square, kept)


def _readings(directions: Sequence[Direction]) -> tuple[tuple[str, str, str], ...]:
    """Text, notice and nearest phrase of those that there is something to say of."""
    said = [one for one in directions if one.notice]
    return tuple((d.text, d.notice, d.nearest.phrase if d.nearest else "") for d in said)
