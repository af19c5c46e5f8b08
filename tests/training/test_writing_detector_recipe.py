"""Written words and the recipe of their detector, for two steps on generated drawings."""

import numpy as np
from generated import write_set

from doodle import checkpoint
from doodle.data.quickdraw import categories
from doodle.data.written_words import LONGEST, _lines, written_words
from doodle.training.settings import build
from doodle.training.writing_detector import Config, main


def test_words_are_legible_in_size_and_made_by_the_seed():
    words = written_words(categories(), 60, np.random.default_rng(3))
    assert words.shape == (60, 28, 28) and words.dtype == np.uint8
    assert (words.max(axis=(1, 2)) > 100).all(), "every picture has ink"
    assert 0.03 < (words > 127).mean() < 0.4
    assert np.array_equal(words, written_words(categories(), 60, np.random.default_rng(3)))
    assert len({word.tobytes() for word in words}) == 60
    rng = np.random.default_rng(0)
    for name in categories() * 3:
        assert all(0 < len(line) <= LONGEST for line in _lines(name, rng))


def test_two_steps_make_a_checkpoint(tmp_path):
    write_set(tmp_path / "data", count=80)
    main(
        build(
            Config,
            dict(
                data=str(tmp_path / "data"),
                out=str(tmp_path / "run"),
                device="cpu",
                steps=2,
                export=str(tmp_path / "out" / "writing_detector"),
                batch=8,
                word_count=10,
                evaluate_every=2,
            ),
        )
    )
    network, header = checkpoint.load(tmp_path / "out" / "writing_detector" / checkpoint.FILE)
    assert header["training"]["steps"] == 2
    assert header["metrics"][0]["name"].startswith("written words found")
    assert (tmp_path / "run" / "samples" / "0000002.png").exists()
