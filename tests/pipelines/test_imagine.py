"""Imagining: seeds, ranking, batches, ways between words; tiny networks and a stub of the text."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from doodle.device import generators, seed_for_step
from doodle.models import resolve
from doodle.models.recogniser import Recogniser, RecogniserConfig
from doodle.pipelines import doodles, generator, imagine
from doodle.pipelines.imagine import OVERSAMPLE, Imaginer
from doodle.pipelines.ranker import SAME, Ranker
from doodle.pipelines.targets import Target, blends
from doodle.pipelines.text import TextVector
from doodle.strokes.curves import curve_points

CATEGORIES = ("apple", "cat", "moon", "sun", "tree")
VECTORS = F.normalize(torch.randn(7, 512, generator=torch.Generator().manual_seed(1)), dim=1)
KNOWN = dict(zip((*CATEGORIES, "wolf", "red moon"), VECTORS, strict=True))


class Encoder:
    """The interface of `TextEncoder` over seeded vectors."""

    words = SimpleNamespace(categories=CATEGORIES)

    def __call__(self, text: str) -> TextVector:
        if text not in KNOWN:
            raise ValueError(f"I have no picture of {text!r}.")
        return TextVector(text, KNOWN[text], "words", text, "exact", 1.0)

    def encode_many(self, texts: list[str]) -> list[TextVector]:
        return [self(text) for text in texts]


@pytest.fixture(scope="module")
def imaginer() -> Imaginer:
    torch.manual_seed(0)
    config, module = resolve("dccgan")
    network = module(config.tiny()).eval()
    network.ink.weight.data *= 4  # from grey to ink and paper
    network.ink.bias.data -= 0.3
    recogniser = Recogniser(replace(RecogniserConfig.tiny(), categories=len(CATEGORIES))).eval()
    recogniser.set_text(VECTORS[: len(CATEGORIES)])
    recogniser.temperature.fill_(0.2)
    return Imaginer(network, Encoder(), recogniser)


def same(one, other):
    assert np.abs(one.picture.astype(int) - other.picture.astype(int)).max() <= 1
    assert one.score == pytest.approx(other.score, abs=1e-4)
    assert one.drawn_like == pytest.approx(other.drawn_like, abs=1e-4)
    assert (one.seed, one.candidate) == (other.seed, other.candidate)


def test_few_numbers_of_pictures_reach_the_generator(imaginer):
    """Each costs memory for good: see `models.shapes`."""
    seen = set()
    hook = imaginer.network.register_forward_pre_hook(lambda _, x: seen.add(len(x[0])))
    for n in range(1, 22):
        imaginer("cat", n=n, trace=False)
    hook.remove()
    assert seen <= {16, 32, 48, 64}


def test_doodles_are_pictures_and_strokes_best_first(imaginer):
    found = imaginer("cat", n=5, seed=3)
    size = imaginer.network.config.size
    assert found.text.name == "cat" and found.second is None and len(found.doodles) == 5
    scores = [doodle.score for doodle in found.doodles]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) > 1
    assert len({doodle.candidate for doodle in found.doodles}) == 5
    for doodle in found.doodles:
        assert doodle.picture.shape == (size, size) and doodle.picture.dtype == np.uint8
        assert 0 <= doodle.score <= 1 and 0 <= doodle.drawn_like <= 1
        assert len(doodle.curves) == len(doodle.drawing.strokes)
        assert (doodle.drawing.width, doodle.drawing.height) == (256, 256)
    assert any(doodle.curves for doodle in found.doodles)


def test_strokes_lie_on_the_dark_of_the_picture(imaginer):
    doodle = max(imaginer("cat", n=8).doodles, key=lambda doodle: len(doodle.curves))
    size = len(doodle.picture)
    points = np.concatenate(curve_points(doodle.curves, 4)) * size / 256
    cells = np.clip(points, 0, size - 1).astype(int)
    assert doodle.picture[cells[:, 1], cells[:, 0]].mean() < doodle.picture.mean()
    drawn = np.concatenate(doodle.drawing.polylines()) * size / 256
    np.testing.assert_allclose(drawn, points, atol=1e-3)


def test_candidate_k_is_itself_however_many_are_asked_for(imaginer):
    many = imaginer("cat", n=9, seed=7, rank=False).doodles
    assert [doodle.candidate for doodle in many] == list(range(9))
    for one, other in zip(imaginer("cat", n=2, seed=7, rank=False).doodles, many, strict=False):
        same(one, other)
    other = imaginer("cat", n=2, seed=8, rank=False).doodles
    assert (other[0].picture != many[0].picture).any()
    ranked = imaginer("cat", n=3, seed=7).doodles
    for doodle in ranked:
        assert doodle.candidate < 3 * OVERSAMPLE
        if doodle.candidate < 9:
            same(doodle, many[doodle.candidate])


def test_ranking_keeps_the_best(imaginer, monkeypatch):
    monkeypatch.setattr(doodles, "TWINS", 2.0)  # no picture is dropped as another's twin
    every = imaginer("moon", n=4 * OVERSAMPLE, rank=False, trace=False).doodles
    best = sorted((doodle.score for doodle in every), reverse=True)[:4]
    kept = imaginer("moon", n=4, trace=False).doodles
    assert [doodle.score for doodle in kept] == pytest.approx(best, abs=1e-5)
    assert not any(doodle.curves or doodle.drawing for doodle in kept)


def test_twins_go_while_others_last():
    ink = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0)).round()
    ink = F.interpolate(F.avg_pool2d(ink, 14), 28)  # four flat fields each, far from each other
    ink[1] = ink[0] * 0.99
    ink[2, :, :14], ink[3, :, 14:] = 0, 0
    scores = torch.tensor([0.8, 0.9, 0.5, 0.7])
    assert doodles.best(ink, scores, 3) == [1, 3, 2]
    assert doodles.best(ink, scores, 4) == [1, 0, 3, 2]  # there is no other left
    assert doodles.best(ink * 0, scores, 2) == [1, 0]


def test_several_texts_are_each_as_alone(imaginer, monkeypatch):
    monkeypatch.setattr(generator, "AT_ONCE", 2 * 2 * OVERSAMPLE)  # two texts go together
    texts = ["cat", "wolf", "moon", "cat", "sun"]
    together = imaginer.many(texts, n=2, seed=5)
    assert [found.text.text for found in together] == texts
    for text, found in zip(texts, together, strict=True):
        for one, other in zip(found.doodles, imaginer(text, n=2, seed=5).doodles, strict=True):
            same(one, other)
    assert imaginer.many([]) == []


def test_a_category_is_scored_as_recognition_says_it(imaginer):
    for doodle in imaginer("tree", n=3).doodles:
        ink = torch.from_numpy(1 - doodle.picture / 255.0).float()[None, None]
        chance = imaginer.generator.ranker.recogniser.probabilities(ink)[
            0, CATEGORIES.index("tree")
        ]
        assert doodle.score == pytest.approx(float(chance), abs=0.02)  # the picture is rounded


def test_other_texts_compete_with_what_means_something_else(imaginer):
    recogniser = imaginer.generator.ranker.recogniser
    ranker = Ranker(recogniser, CATEGORIES)
    logits = torch.zeros(1, len(CATEGORIES))  # not read
    embedding = recogniser.text[2:3]  # a picture that looks just like a moon
    near = F.normalize(
        F.normalize(VECTORS[2] - recogniser.text_mean, dim=0) * 0.8
        + F.normalize(VECTORS[6] - recogniser.text_mean, dim=0) * 0.3,
        dim=0,
    )
    vector = near + recogniser.text_mean
    assert recogniser.similarity(recogniser.text, vector[None])[2] > SAME
    with torch.no_grad():
        chance = float(ranker.chance(logits, embedding, "red moon", vector)[0])
    scale = float(recogniser.log_scale.detach().exp())
    cosines = torch.cat([recogniser.text[[0, 1, 3, 4]], F.normalize(near, dim=0)[None]])
    expected = torch.softmax(cosines @ embedding[0] * scale, dim=0)[-1]
    assert chance == pytest.approx(float(expected), abs=1e-4)


def test_truncation_scales_the_noise(imaginer):
    def noise(truncation):
        return np.stack(
            [
                d.z
                for d in imaginer(
                    "cat", n=3, rank=False, trace=False, truncation=truncation
                ).doodles
            ]
        )

    np.testing.assert_allclose(noise(0.5), noise(1.0) / 2, rtol=1e-5)
    near = imaginer("cat", n=2, rank=False, trace=False, truncation=1e-6).doodles
    same(near[0], replace(near[1], candidate=0, score=near[0].score))


def test_a_mix_begins_at_one_text_and_ends_at_the_other(imaginer):
    for share, text in ((0, "cat"), (1, "sun")):
        mixed = imaginer.mix("cat", "sun", share, n=2, seed=4)
        assert (mixed.text.name, mixed.second.name, mixed.share) == ("cat", "sun", share)
        for one, other in zip(mixed.doodles, imaginer(text, n=2, seed=4).doodles, strict=True):
            same(one, other)
    middle = imaginer.mix("cat", "sun", 0.5, n=2, seed=4, rank=False).doodles[0]
    ends = [imaginer(text, n=1, seed=4, rank=False).doodles[0] for text in ("cat", "sun")]
    assert all((middle.picture != end.picture).any() for end in ends)
    with pytest.raises(ValueError, match="share"):
        imaginer.mix("cat", "sun", 1.5)


def test_a_mix_is_ranked_by_how_well_both_are_seen(imaginer):
    made = imaginer.mix("cat", "sun", 0.5, n=4, seed=4).doodles
    scores = [one.score for one in made]
    assert scores == sorted(scores, reverse=True)
    for one in made:
        assert one.score == pytest.approx(min(1, 2 * min(one.seen)), abs=1e-4)
    assert len({one.candidate for one in made}) == 4  # of each noise one way only
    assert all(not one.seen for one in imaginer("cat", n=1).doodles)


def test_a_mix_beside_another_task_is_the_mix_alone(imaginer):
    """Texts and blends that wait together are drawn and read together."""
    engine, z = imaginer.generator, torch.randn(3, imaginer.generator.z_size)
    ends = [Target(name, KNOWN[name]) for name in ("cat", "sun")]
    ways = blends(*ends, 0.5)

    def drawn(*groups):
        steps = [step for group in groups for step in engine.steps(group, z)]
        engine.run(steps)
        return [step.result for step in steps]

    (alone,) = drawn(ways)
    mixed, plain = drawn(ways, ends)
    torch.testing.assert_close(mixed.ink, alone.ink)
    torch.testing.assert_close(mixed.chances, alone.chances)
    assert plain.chances is None and plain.scores.shape == (2, 3)


def test_a_walk_keeps_its_noise_and_reaches_both_texts(imaginer):
    walk = imaginer.walk("cat", "sun", steps=9, seed=2, candidate=3)
    assert len(walk) == 9 and {doodle.candidate for doodle in walk} == {3}
    for doodle, text in ((walk[0], "cat"), (walk[-1], "sun")):
        end = imaginer(text, n=4, seed=2, rank=False).doodles[3]
        same(doodle, end)
    for doodle in walk:
        np.testing.assert_array_equal(doodle.z, walk[0].z)
    changes = [
        np.abs(a.picture.astype(int) - b.picture).mean()
        for a, b in zip(walk, walk[1:], strict=False)
    ]
    whole = np.abs(walk[0].picture.astype(int) - walk[-1].picture).mean()
    assert max(changes) < whole  # no leap
    assert [doodle.share for doodle in walk] == sorted(doodle.share for doodle in walk)
    assert (walk[0].share, walk[-1].share) == (0, 1)


def test_the_steps_of_a_walk_change_the_picture_alike(imaginer, monkeypatch):
    def late(z, text):  # nothing changes on the first nine tenths of the way
        middle = torch.linspace(0, 1, imagine.FINE)[: len(text)]
        return ((middle - 0.9).clamp(min=0) * 20 - 1)[:, None, None, None].expand(-1, 1, 28, 28)

    monkeypatch.setattr(imaginer.network, "forward", late)
    ends = imaginer.encoder.encode_many(["cat", "sun"])
    shares = imaginer._even_shares(ends, torch.zeros(1, imaginer.network.config.z_size), 9)
    assert shares[0] == 0 and shares[-1] == 1 and sorted(shares) == shares
    assert sum(share > 0.88 for share in shares) >= 7


def test_a_walk_starts_where_both_ends_look_right(imaginer):
    chosen = imaginer.walk("cat", "sun", steps=2, seed=2)[0].candidate
    ends = [
        imaginer(t, n=imagine.WALK_FROM, seed=2, rank=False, trace=False) for t in ("cat", "sun")
    ]
    worse = [min(a.score, b.score) for a, b in zip(*(e.doodles for e in ends), strict=True)]
    assert chosen == int(np.argmax(worse))


def test_more_like_this_is_nearer_the_less_it_spreads(imaginer):
    start = imaginer("cat", n=3, seed=9, rank=False).doodles[2]
    near, far = (imaginer.like("cat", start, n=4, spread=s).doodles for s in (0.01, 1.0))

    def away(doodles):
        return np.mean([np.abs(d.z - start.z).mean() for d in doodles])

    assert away(near) < 0.3 * away(far)
    for one, other in zip(
        near, imaginer.like("cat", (9, 2), n=4, spread=0.01).doodles, strict=True
    ):
        same(one, other)
    # at a spread of 1 nothing of the old noise is left, and each doodle has a stream of its own
    for doodle in far:
        stream = generators(seed_for_step(9, 2), doodle.candidate + 1)[-1]
        np.testing.assert_allclose(doodle.z, torch.randn(len(doodle.z), generator=stream))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("How many", {"n": 0}),
        ("How many", {"n": 65}),
        ("How many", {"n": True}),
        ("How many", {"n": 2.5}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 0.5}),
        ("seed", {"seed": None}),
        ("truncation", {"truncation": 0}),
        ("truncation", {"truncation": float("nan")}),
        ("truncation", {"truncation": 1.6}),
        ("truncation", {"truncation": "much"}),
    ],
)
def test_what_is_out_of_range_is_named(imaginer, said, wrong):
    with pytest.raises(ValueError, match=said):
        imaginer("cat", **wrong)


def test_walks_and_neighbours_check_what_they_are_given(imaginer):
    with pytest.raises(ValueError, match="steps"):
        imaginer.walk("cat", "sun", steps=1)
    with pytest.raises(ValueError, match="spread"):
        imaginer.like("cat", (0, 0), spread=0)
    with pytest.raises(ValueError, match="candidate"):
        imaginer.like("cat", (0, -1))
    with pytest.raises(ValueError, match="no picture"):
        imaginer("qqq")
