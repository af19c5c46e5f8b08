"""The scores of `data filter`, with tiny networks."""

import numpy as np
import pytest
import torch

from doodle.evaluation.fitness import ClipFitness, RecogniserFitness
from doodle.models.writing_detector import WritingDetector, WritingDetectorConfig
from doodle.registry import Registry


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)


@pytest.fixture
def letters():
    torch.manual_seed(0)
    return WritingDetector(WritingDetectorConfig.tiny()).eval()


def ink(pictures):
    return torch.from_numpy(pictures).unsqueeze(1).float() / 255


def test_a_category_gets_its_calibrated_chance(tiny_checkpoints, pictures, letters):
    with Registry(tiny_checkpoints, "cpu").use("recogniser", "words") as (recogniser, words):
        scorer = RecogniserFitness(recogniser, words, letters)
        for k, word in enumerate(words.categories):
            scores, written = scorer(pictures, word)
            assert np.allclose(scores, recogniser.probabilities(ink(pictures))[:, k], atol=1e-5)
        assert np.allclose(written, letters.probabilities(ink(pictures)), atol=1e-5)
        assert scores.dtype == written.dtype == np.float32
        alone = scorer(pictures[2:3], word)[0]
        assert np.allclose(alone, scores[2:3], atol=1e-5)
        assert [len(part) for part in scorer(pictures[:0], word)] == [0, 0]
        keeps_words = RecogniserFitness(recogniser, words, None)
        assert not keeps_words(pictures, word)[1].any()


def test_another_word_competes_with_the_categories(tiny_checkpoints, pictures):
    with Registry(tiny_checkpoints, "cpu").use("recogniser", "words") as (recogniser, words):

        class AnyWord:
            """Points where the first picture points."""

            categories = words.categories

            def lookup(self, word):
                own = recogniser(ink(pictures[:1]))[1][0].detach() + recogniser.text_mean
                return type("Entry", (), {"vector": own})

        scores, _ = RecogniserFitness(recogniser, AnyWord(), None)(pictures, "spaceship")
        embedding = recogniser(ink(pictures[:1]))[1].detach()
        cosines = torch.cat([torch.ones(1), (embedding @ recogniser.text.t())[0]])
        wanted = torch.softmax(cosines * recogniser.log_scale.exp().detach(), dim=0)[0]
        assert scores[0] == pytest.approx(float(wanted), abs=1e-4)
        assert scores[0] > 1 / (len(words.categories) + 1)


def test_clip_is_asked_once_for_a_word(pictures, letters):
    class Towers:
        asked = []

        def text(self, words):
            self.asked += words
            return torch.eye(3)[: len(words)]

        def similarity(self, ink, text):
            return ink.mean(dim=(2, 3)) * text.sum()

    scorer = ClipFitness(Towers(), letters)
    scores, written = scorer(pictures, "cat")
    scorer(pictures, "cat")
    assert Towers.asked == ["cat"]
    assert np.allclose(scores, pictures.mean(axis=(1, 2)) / 255, atol=1e-5)
    assert np.allclose(written, letters.probabilities(ink(pictures)), atol=1e-5)
