"""Recognition: vocabularies, batches, explanations, "I don't know"."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from doodle import checkpoint
from doodle.models.words import UnknownWord
from doodle.pipelines.ranker import Ranker
from doodle.pipelines.recognise import NETWORKS, Recognition, read_strokes, stroke_rows
from doodle.strokes.drawing import Drawing

ROUND = np.array([[50 + 40 * math.cos(a), 50 + 40 * math.sin(a)] for a in np.linspace(0, 6.3, 30)])
BAR = np.array([[10.0, 80.0], [90.0, 85.0]])
DRAWING = Drawing.from_polylines([ROUND, BAR], 100, 100)
NOTHING = Drawing.from_polylines([], 100, 100)


@pytest.fixture
def recognition(tiny_checkpoints):
    paths = [tiny_checkpoints / name / checkpoint.FILE for name in NETWORKS]
    return Recognition(*(checkpoint.load(path)[0] for path in paths))


def test_guesses_are_probabilities_likeliest_first(recognition):
    guesses = recognition([DRAWING], top=4)[0]
    chances = [p for _, p in guesses.guesses]
    assert chances == sorted(chances, reverse=True) and sum(chances) == pytest.approx(1)
    assert {word for word, _ in guesses.guesses} == {"apple", "cat", "eyeglasses", "moon"}
    assert np.linalg.norm(guesses.embedding) == pytest.approx(1, abs=1e-4)


def test_a_batch_is_its_members(recognition):
    together = recognition([DRAWING, NOTHING, DRAWING], top=2)
    alone = recognition([DRAWING], top=2)[0]
    for found in (together[0], together[2]):
        assert [w for w, _ in found.guesses] == [w for w, _ in alone.guesses]
        np.testing.assert_allclose(found.embedding, alone.embedding, atol=1e-5)
    assert together[1].guesses == [] and together[1].unknown


def test_few_shapes_reach_the_networks(recognition):
    """Each costs memory for good: see `models.shapes`."""
    ink, rows = set(), set()
    recognition.recogniser.body.register_forward_pre_hook(lambda _, x: ink.add(x[0].shape))
    recognition.strokes.register_forward_pre_hook(lambda _, x: rows.add(x[0].shape[:2]))
    zigzag = np.stack([np.arange(40) * 6.0, np.arange(40) % 2 * 200.0], axis=1)
    for points in range(2, 41):
        recognition([Drawing.from_polylines([zigzag[:points]], 256, 256)])
    for count in range(1, 33):
        recognition([DRAWING] * count)
    assert len(rows) <= 5 + 16 and {length % 8 for _, length in rows} == {0}
    assert len(ink) <= 16


def test_a_longer_drawing_beside_it_changes_no_guess(recognition):
    """Rows and drawings that fill a batch up are not read."""
    rows, lengths, flags = (torch.from_numpy(part) for part in stroke_rows([[ROUND, BAR], [BAR]]))
    with torch.inference_mode():
        plain = recognition.strokes(rows, lengths, flags)
        torch.testing.assert_close(read_strokes(recognition.strokes, rows, lengths, flags), plain)
        alone = read_strokes(recognition.strokes, rows[1:], lengths[1:], flags[1:])
    torch.testing.assert_close(alone, plain[1:])


def test_size_and_place_do_not_matter(recognition):
    big = Drawing.from_polylines([line * 7 + 300 for line in DRAWING.polylines()], 1000, 1000)
    small, large = recognition([DRAWING, big], top=4)
    for (a, p), (b, q) in zip(small.guesses, large.guesses, strict=True):
        assert a == b and p == pytest.approx(q, abs=1e-3)


def test_a_vocabulary_restricts(recognition):
    within = recognition([DRAWING], words=["moon", "cat"])[0].guesses
    every = dict(recognition([DRAWING], top=4)[0].guesses)
    total = every["moon"] + every["cat"]
    for word, chance in within:
        assert chance == pytest.approx(every[word] / total, abs=1e-5)


def test_words_outside_the_categories_go_by_the_text_space(recognition):
    found = recognition([DRAWING], words=["swim wear", "moon"])[0].guesses
    assert {word for word, _ in found} == {"swim wear", "moon"}
    assert sum(p for _, p in found) == pytest.approx(1)
    with pytest.raises(UnknownWord):
        recognition([DRAWING], words=["cat", "qqqzzzxxx"])
    with pytest.raises(ValueError, match="at least one word"):
        recognition([DRAWING], words=[])
    with pytest.raises(ValueError, match="top"):
        recognition([DRAWING], top=0)


def test_unknown_is_a_threshold_on_the_first_guess(recognition):
    chance = recognition([DRAWING], top=1)[0].guesses[0][1]
    recognition.strokes.unknown_below.fill_(chance - 0.01)
    assert not recognition([DRAWING])[0].unknown
    recognition.strokes.unknown_below.fill_(chance + 0.01)
    assert recognition([DRAWING])[0].unknown


def test_an_explanation_is_what_leaving_a_stroke_out_loses(recognition):
    word, drops = recognition.explain(DRAWING)
    assert len(drops) == 2 and word == recognition([DRAWING], top=1)[0].guesses[0][0]

    def odds(drawing):
        chance = dict(recognition([drawing], top=4)[0].guesses)[word]
        return math.log(chance / (1 - chance))

    without = Drawing.from_polylines([BAR], 100, 100)
    assert drops[0] == pytest.approx(odds(DRAWING) - odds(without), abs=1e-3)
    with pytest.raises(ValueError, match="nothing drawn"):
        recognition.explain(NOTHING)
    with pytest.raises(ValueError, match="categories"):
        recognition.explain(DRAWING, "swim wear")


def test_the_recogniser_scores_the_word_and_words_outside(recognition):
    ranker = Ranker(recognition.recogniser, recognition.categories)
    vector = recognition.words.lookup("cat").vector
    drawings = [DRAWING.polylines(), [BAR]]
    scores = ranker.score(drawings, "cat", vector)
    raster = Recognition(recognition.recogniser, recognition.words)
    every = raster([DRAWING, Drawing.from_polylines([BAR], 100, 100)], top=4)
    for score, guesses in zip(scores, every, strict=True):
        assert score == pytest.approx(dict(guesses.guesses)["cat"], abs=1e-5)
    outside = ranker.score(drawings, "swim wear", recognition.words.lookup("swim wear").vector)
    assert all(0 < score < 1 for score in outside) and ranker.score([], "cat", vector) == []
    assert torch.is_grad_enabled()


def test_two_opinions_are_joined(recognition):
    words, raster, strokes = recognition.words, recognition.recogniser, recognition.strokes
    alone = dict(Recognition(raster, words)([DRAWING], top=4)[0].guesses)
    strokes.pool.copy_(torch.tensor([0.0, 1.0]))  # nothing but the picture counts
    assert dict(recognition([DRAWING], top=4)[0].guesses) == pytest.approx(alone, abs=1e-6)
    strokes.pool.copy_(torch.tensor([1.0, 0.0]))  # nothing but the pen's way counts
    backwards = Drawing.from_polylines([BAR[::-1], ROUND[::-1]], 100, 100)
    one, other = recognition([DRAWING, backwards], top=4)
    assert dict(one.guesses) != pytest.approx(dict(other.guesses), abs=1e-3)


def test_rows_of_the_stroke_classifier():
    rows, lengths, order = stroke_rows([DRAWING.polylines(), [], [BAR]], most=6)
    assert rows.shape == (3, 6, 5) and order.tolist() == [1, 1, 1]
    assert lengths.tolist() == [6, 1, 2]  # the first is cut; a blank one is a pen put down
    assert (rows[:, 0, :2] == 0).all() and (rows[2, 1, :2] == [255, 16]).all()
    assert rows[2, :2, 2:].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_published_drawings_are_read_as_they_are():
    published = [np.array([[0, 0], [100, 1], [255, 3]], np.float32)]  # simplified, two rows remain
    assert stroke_rows([published])[1].tolist() == [3]
    assert stroke_rows([[published[0] * 2]])[1].tolist() == [2]


def test_long_and_short_drawings_come_back_in_their_order(recognition):
    many = [Drawing.from_polylines([ROUND[: 2 + k % 28], BAR], 100, 100) for k in range(70)]
    together = recognition(many, top=4)
    for k in (0, 27, 28, 69):
        alone = dict(recognition([many[k]], top=4)[0].guesses)
        assert dict(together[k].guesses) == pytest.approx(alone, abs=1e-5)
