"""What can be asked of a kept face is checked, and each mistake is one sentence."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from doodle.requests import (
    ChangeFace,
    FaceCode,
    FaceStrip,
    FullFace,
    InvertFace,
    MadeUpFace,
    MixFaces,
    RefineFace,
)

CODE = FaceCode(np.zeros((4, 8), np.float32), np.zeros((16, 16, 3), np.float16))
PICTURE = np.zeros((40, 60, 3), np.uint8)
POINTS = [[20, 15], [32, 15], [26, 21], [22, 27], [30, 27]]
SMILE = (("smiling", 1.0),)


def test_a_code_survives_the_way_to_another_process():
    square, kept = np.full((16, 16, 3), 7, np.uint8), np.full((16, 16), 9, np.uint8)
    code = pickle.loads(pickle.dumps(FaceCode(CODE.codes, CODE.drawn, square, kept)))
    assert code.square is not None and code.square[0, 0, 0] == 7
    assert code.nbytes == CODE.nbytes + 16 * 16 * 4
    assert CODE.nbytes == 4 * 8 * 4 + 16 * 16 * 3 * 2


@pytest.mark.parametrize(
    "changed",
    [
        {"codes": np.zeros((4, 8))},
        {"codes": np.full((4, 8), np.nan, np.float32)},
        {"codes": np.zeros((0, 8), np.float32)},
        {"drawn": np.zeros((16, 16, 3), np.uint8)},
        {"drawn": np.zeros((16, 15, 3), np.float16)},
        {"square": np.zeros((16, 16, 3), np.uint8)},
        {"square": np.zeros((16, 16, 3), np.uint8), "kept": np.zeros((8, 8), np.uint8)},
    ],
)
def test_a_code_whose_parts_do_not_fit_is_refused(changed):
    with pytest.raises(ValueError, match="no code of a face"):
        FaceCode(**{**vars(CODE), **changed})


@pytest.mark.parametrize(
    ("kind", "asked", "says"),
    [
        (MadeUpFace, {"number": 64}, "number of the face"),
        (MadeUpFace, {"psi": 2}, "truncation"),
        (MixFaces, {"first": CODE, "second": CODE, "share": 1.5}, "share"),
        (MixFaces, {"first": CODE, "second": PICTURE}, "no code"),
        (InvertFace, {"picture": PICTURE[..., 0]}, "uint8 RGB"),
        (InvertFace, {"picture": PICTURE[:0]}, "uint8 RGB"),
        (InvertFace, {"picture": PICTURE, "face": -1}, "Which face"),
        (InvertFace, {"picture": PICTURE, "points": POINTS[:4]}, "five points"),
        (InvertFace, {"picture": PICTURE, "points": "here"}, "five points"),
        (InvertFace, {"picture": PICTURE, "points": [[5, 5]] * 5}, "in one place"),
        (InvertFace, {"picture": PICTURE, "points": [[9999, 1], *POINTS[1:]]}, "far outside"),
        (RefineFace, {"code": CODE, "steps": 301}, "steps"),
        (ChangeFace, {"code": CODE, "edits": (("smiling", 4.0),)}, "strength"),
        (ChangeFace, {"code": CODE, "edits": SMILE * 9}, "0 to 8 edits"),
        (ChangeFace, {"code": CODE, "patch": PICTURE}, "go together"),
        (ChangeFace, {"code": CODE, "patch": PICTURE, "frame": (1, 2, 0, 0)}, "its side"),
        (FullFace, {"code": None, "edits": SMILE}, "no code"),
        (FaceStrip, {"code": CODE}, "Say first"),
        (FaceStrip, {"code": CODE, "edits": SMILE, "which": 1}, "Which edit"),
        (FaceStrip, {"code": CODE, "edits": SMILE, "strengths": ()}, "1 to 32"),
        (FaceStrip, {"code": CODE, "edits": SMILE, "strengths": (9,)}, "strength"),
    ],
)
def test_a_request_out_of_range_is_said_in_a_sentence(kind, asked, says):
    with pytest.raises(ValueError, match=says):
        kind(**asked)


def test_requests_within_bounds_are_kept_tidy():
    assert ChangeFace(CODE).edits == ()
    assert ChangeFace(CODE, [["  gray   hair ", 2]]).edits == (("gray hair", 2.0),)
    points = InvertFace(PICTURE, points=POINTS).points
    assert points.shape == (5, 2) and points.dtype == np.float32
