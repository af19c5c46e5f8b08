"""The critic of endings within the pipeline: what it is shown, and what its word counts for."""

import numpy as np
import pytest
import torch

from doodle.models.ending_critic import EndingCritic, EndingCriticConfig
from doodle.pipelines.critic import Critic
from doodle.pipelines.selection import combined
from doodle.strokes.raster import two_planes

BEGUN = [np.array([[0.0, 0], [100, 0], [100, 100]])]
ENDINGS = [[np.array([[0.0, 0], [0, 100], [100, 100]])], [], [np.array([[40.0, 40], [60, 60]])]]


@pytest.fixture(scope="module")
def critic() -> Critic:
    torch.manual_seed(0)
    return Critic(EndingCritic(EndingCriticConfig.tiny()).eval())


def test_it_scores_every_ending_and_what_adds_nothing_comes_last(critic):
    vector = torch.randn(512)
    scores = critic.scores(BEGUN, ENDINGS, vector)
    assert len(scores) == 3 and scores[1] == -np.inf and np.isfinite([scores[0], scores[2]]).all()
    assert critic.scores(BEGUN, [[]], vector) == [-np.inf]


def test_neither_units_nor_place_matter(critic):
    vector = torch.randn(512)

    def moved(lines):
        return [line * 3.5 + (700, -40) for line in lines]

    scores = critic.scores(BEGUN, ENDINGS, vector)
    again = critic.scores(moved(BEGUN), [moved(ending) for ending in ENDINGS], vector)
    assert again == pytest.approx(scores, abs=0.05)


def test_planes_share_one_frame():
    before, after = two_planes(BEGUN, ENDINGS[0], 32, 1.6)
    assert before.shape == after.shape == (32, 32) and before.max() == after.max() == 255
    both = np.argwhere(np.maximum(before, after) > 100)
    assert both.min() <= 2 and both.max() >= 29  # the whole fills it
    assert before[1:3, 4:28].max(axis=0).min() > 100 and after[4:28, 1:3].max(axis=1).min() > 100


def test_among_sure_ones_the_critic_decides_and_doubtful_ones_stay_behind():
    order = np.argsort(combined([0.99, 0.985, 0.3], [0.0, 1.0, 1.0]))[::-1]
    assert order.tolist() == [1, 0, 2]
