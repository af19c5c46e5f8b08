"""The recipe of the critic of endings, on cases in which a person's endings are plain to see."""

import numpy as np
import pytest
import torch

from doodle import checkpoint
from doodle.data.endings import Case, packed
from doodle.training.ending_critic import Config, EndingCriticRecipe, main
from doodle.training.settings import build


@pytest.fixture
def data(tmp_path):
    """People close a square; networks scribble."""
    rng = np.random.default_rng(0)
    cases = []
    for _ in range(24):
        side = rng.uniform(80, 250)
        begun = [np.array([[0, 0], [side, 0], [side, side]])]
        person = [np.array([[side, side], [0, side], [0, 0]])]
        sampled = [[rng.uniform(0, side, (5, 2))] for _ in range(4)]
        cases.append(Case(begun, person, sampled, 1))
    packed(cases, ("apple", "cat")).save(tmp_path / "endings.npz")
    return str(tmp_path / "endings.npz")


def settings(data, tmp_path, tiny_checkpoints, **more):
    return build(
        Config,
        dict(
            data=data,
            out=str(tmp_path / "run"),
            words=str(tiny_checkpoints / "words"),
            device="cpu",
            batch=4,
            **more,
        ),
    )


def test_it_learns_what_people_do(data, tmp_path, tiny_checkpoints):
    recipe = EndingCriticRecipe(settings(data, tmp_path, tiny_checkpoints, steps=30))
    losses = [recipe.step(k, 0.0)["loss"] for k in range(30)]
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    figures = recipe.evaluate()
    assert figures["a person's ending found"] > 0.8
    assert figures["distance of the nearest"] <= figures["distance of any"]


def test_a_run_resumes_and_ships(data, tmp_path, tiny_checkpoints):
    folder = tmp_path / "out" / "ending_critic"
    main(settings(data, tmp_path, tiny_checkpoints, steps=2, evaluate_every=2))
    main(settings(data, tmp_path, tiny_checkpoints, steps=4, evaluate_every=2, export=str(folder)))
    network, header = checkpoint.load(folder / checkpoint.FILE)
    assert header["training"]["steps"] == 4 and header["data"]["drawings"] == 24
    assert [m["name"] for m in header["metrics"]][0] == "a person's ending found"
    assert torch.isfinite(network.probe()).all()
