"""Finding faces of any size in photographs of any size, by a stand-in that knows painted faces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from doodle.models.face_finder import FaceFinder, FaceFinderConfig, Found
from doodle.pipelines.face_finder import (
    COARSEST,
    OVERLAP,
    TILE,
    Face,
    FaceFinding,
    box_of,
    distinct,
    parts,
    pyramid,
)
from doodle.pipelines.face_frame import Frame
from doodle.pipelines.steps import returned

ALIGNED = np.array([[0.375, 0.474], [0.625, 0.474], [0.5, 0.63], [0.39, 0.733], [0.61, 0.733]])
COLOURS = ([255, 0, 0], [0, 255, 0], [0, 0, 255])  # eyes, nose, mouth


def paint(picture, frame):
    """A painted face: spots of three colours, as large as the square is."""
    for (x, y), kind in zip(frame.outside(ALIGNED), (0, 0, 1, 2, 2), strict=True):
        at = round(x * 16 - 8), round(y * 16 - 8)
        cv2.circle(picture, at, round(0.05 * frame.side * 16), COLOURS[kind], -1, cv2.LINE_AA, 4)
    return frame.outside(ALIGNED)


class Painted(FaceFinder):
    """Finds one painted face where its square has 18 to 150 pixels."""

    def __init__(self):
        super().__init__(FaceFinderConfig.tiny())
        self.eval()
        self.seen = []

    def find(self, pictures, *, least, most=200):
        self.seen.append(tuple(pictures.shape))
        return [self._one(((p.permute(1, 2, 0) + 1) * 127.5).numpy()) for p in pictures]

    @staticmethod
    def _one(picture):
        points = []
        for kind, count in ((0, 2), (1, 1), (2, 2)):
            others = picture[..., [k for k in range(3) if k != kind]].max(axis=2)
            share = ((picture[..., kind] - others) / 255).clip(0.15) - 0.15
            _, labels = cv2.connectedComponents((share > 0.1).astype(np.uint8))
            spots = [share * (labels == k) for k in range(1, labels.max() + 1)]
            spots = sorted(spots, key=lambda s: -s.sum())[:count]
            if len(spots) < count:
                return Found(torch.zeros(0, 5, 2), torch.zeros(0), torch.zeros(0))
            rows, columns = np.mgrid[: share.shape[0], : share.shape[1]] + 0.5
            middles = [((columns * s).sum() / s.sum(), (rows * s).sum() / s.sum()) for s in spots]
            points += sorted(middles)
        found = torch.tensor(points).float().unsqueeze(0)
        side = 4 * (found[0, 1] - found[0, 0]).norm().reshape(1)
        known = int(18 <= side <= 150)
        return Found(found[:known], side[:known], torch.full((known,), 0.9))


@pytest.fixture
def finding():
    return FaceFinding(Painted())


@pytest.mark.parametrize("angle", [-40, 0, 25])
@pytest.mark.parametrize("side", [32.0, 90.0, 333.0, 700.0])
def test_faces_of_any_size_are_found_where_they_are(finding, side, angle):
    picture = np.full((800, 1100, 3), 127, np.uint8)
    points = paint(picture, Frame((610.0, 420.0), side, angle))
    (face,) = finding.find(picture)
    assert np.linalg.norm(face.points - points, axis=1).max() < 0.012 * side + 0.4
    assert face.score == pytest.approx(0.9)
    assert face.frame.angle == pytest.approx(angle, abs=2)
    assert face.frame.side == pytest.approx(side, rel=0.06)


@pytest.mark.parametrize("place", [(60, 60), (1024, 700), (832, 1000), (2300, 1300)])
def test_parts_of_a_large_photograph_lose_no_face(finding, place):
    picture = np.full((1400, 2400, 3), 127, np.uint8)
    points = paint(picture, Frame(place, 60.0, 10))
    (face,) = finding.find(picture, smallest=24)
    assert np.linalg.norm(face.points - points, axis=1).max() < 1
    assert max(max(shape[2:]) for shape in finding.network.seen) <= TILE


def test_a_tiny_face_in_a_huge_photograph_is_found_when_there_is_none_larger(finding):
    picture = np.full((2000, 4400, 3), 127, np.uint8)
    points = paint(picture, Frame((3000.0, 900.0), 32.0, 0))
    assert not finding.find(picture, smallest=60)
    (face,) = finding.find(picture)
    assert np.linalg.norm(face.points - points, axis=1).max() < 1


def test_nothing_is_found_where_nothing_is(finding):
    for shape in ((1, 1), (5, 900), (64, 64), (1100, 40)):
        assert finding.find(np.full((*shape, 3), 200, np.uint8)) == []


def test_what_the_second_look_does_not_see_is_no_face():
    network = Painted()
    finding = FaceFinding(network)
    picture = np.full((400, 400, 3), 127, np.uint8)
    paint(picture, Frame((200.0, 200.0), 100.0, 0))
    once = network.find
    network.find = lambda pictures, **options: (
        once(pictures, **options)
        if len(pictures) == 1
        else [Found(torch.zeros(0, 5, 2), torch.zeros(0), torch.zeros(0))] * len(pictures)
    )
    assert finding.find(picture) == []
    assert len(FaceFinding(network, again=False).find(picture)) == 1
    assert FaceFinding(network, again=False).find(picture, least=0.95) == []


def test_pictures_are_checked(finding):
    for wrong in (np.zeros((9, 9)), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3), np.float32)):
        with pytest.raises(ValueError):
            finding.find(wrong)


def test_an_untrained_network_gives_an_answer():
    torch.manual_seed(0)
    finding = FaceFinding(FaceFinder(FaceFinderConfig.tiny()).eval())
    picture = np.random.default_rng(0).integers(0, 255, (90, 130, 3)).astype(np.uint8)
    assert finding.find(picture, least=0.9) == []


def test_levels_halve_from_the_finest_that_is_needed():
    picture = np.zeros((1000, 1500, 3), np.uint8)
    widths = [level.shape[1] for level in pyramid(picture, 24)]
    assert widths == [1500, 750, 375, 188, 94] and widths[-1] <= COARSEST
    levels = pyramid(picture, 96)
    assert [level.shape[:2] for level in levels] == [(250, 375), (125, 188), (62, 94)]
    assert len(pyramid(picture[:20, :30], 24)) == 1


@pytest.mark.parametrize("length", [10, TILE, TILE + 1, 2000, 6000])
def test_parts_cover_a_side_and_overlap(length):
    found = parts(length)
    assert found[0][0] == 0 and found[-1][1] == length
    assert all(end - start == min(length, TILE) for start, end in found)
    ends_and_starts = zip(found, found[1:], strict=False)
    assert all(end - start >= OVERLAP for (_, end), (start, _) in ends_and_starts)


def test_the_surest_of_one_face_stays():
    near = [
        Face(Frame((x, 50.0), 40.0, 0).outside(ALIGNED).astype(np.float32), score)
        for x, score in ((50.0, 0.6), (53.0, 0.9), (100.0, 0.5), (105.0, 0.4))
    ]
    assert [face.score for face in distinct(near)] == [0.9, 0.5]
    inside = Face(Frame((53.0, 50.0), 10.0, 0).outside(ALIGNED).astype(np.float32), 0.3)
    assert len(distinct([*near, inside])) == 2
    assert distinct([]) == []


def test_the_box_is_around_the_oval():
    left, top, right, bottom = box_of(Frame((100.0, 100.0), 100.0, 0))
    assert (left, right) == pytest.approx((72, 128)) and (top, bottom) == pytest.approx((72, 142))
    wide = box_of(Frame((100.0, 100.0), 100.0, 90))
    assert wide[2] - wide[0] == pytest.approx(70) and wide[3] - wide[1] == pytest.approx(56)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_on_its_side_is_found_where_it_is(quarters):
    upright = np.full((500, 700, 3), 127, np.uint8)
    points = paint(upright, Frame((250.0, 220.0), 120.0, 0))
    picture = np.ascontiguousarray(np.rot90(upright, quarters))
    finding = FaceFinding(OnlyUpright())
    assert not finding.find(picture)
    (face,) = returned(finding.any_way_up(picture))
    x, y = points.T
    wanted = {1: (y, 700 - x), 2: (700 - x, 500 - y), 3: (500 - y, x)}[quarters]
    assert np.linalg.norm(face.points - np.column_stack(wanted), axis=1).max() < 2
    (same,) = returned(finding.any_way_up(upright))
    assert np.linalg.norm(same.points - points, axis=1).max() < 2


class OnlyUpright(Painted):
    """Sees no face whose mouth is not below its eyes."""

    def find(self, pictures, *, least, most=200):
        found = super().find(pictures, least=least, most=most)
        return [
            one if _stands(one) else Found(one.points[:0], one.sides[:0], one.scores[:0])
            for one in found
        ]


def _stands(found):
    return len(found.points) and bool(found.points[0, 3:, 1].min() > found.points[0, :2, 1].max())
