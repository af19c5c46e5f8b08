"""What of a text can be drawn, and how that is said."""

import pytest
import torch

from doodle.models.words import WordTable, WordTableConfig
from doodle.pipelines.text import TextEncoder

NAMES = ("cat", "hat", "tail", "tree", "robot", "kitten", "sleepy", "glasses")


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    """Four categories; a kitten is much like a cat, a robot like nothing."""
    config = WordTableConfig(
        names=NAMES,
        exact=len(NAMES),
        aliases=(("eyeglasses", "glasses"),),
        categories=("cat", "hat", "tree", "eyeglasses"),
    )
    table = WordTable(config)
    rows = torch.eye(len(NAMES), 512)
    rows[NAMES.index("kitten"), NAMES.index("cat")] = 1.0
    rows = torch.nn.functional.normalize(rows + 0.2, dim=1)
    table.vectors.copy_(rows)
    table.mean.copy_(rows.mean(dim=0))
    return TextEncoder(table.eval())


@pytest.mark.parametrize("text", ["cat", "two cats", "hat", "glasses", "eyeglasses", "🐱"])
def test_of_what_was_learned_nothing_is_to_be_said(encoder, text):
    read = encoder(text)
    assert read.seen and read.caveat == "" and len(read.near) == 1


def test_its_category_is_named(encoder):
    assert encoder("glasses").near == ("eyeglasses",)


def test_what_was_never_seen_is_said_with_what_is_nearest(encoder):
    read = encoder("kitten")
    assert not read.seen and read.near[0] == "cat"
    assert read.caveat.startswith("I have never seen “kitten” drawn; nearest: cat or ")
    assert "nor anything much like it" in encoder("robot").caveat


@pytest.mark.parametrize(
    ("text", "says", "name"),
    [
        ("not a cat", "I cannot draw what something is not, so this is “cat” itself.", "cat"),
        ("no trees", "I cannot draw what something is not, so this is “tree” itself.", "tree"),
        ("cat without a tail", "so I ignored “tail”.", "cat"),
        ("a tree, not a cat", "so I ignored “cat”.", "tree"),
        ("a cat in a hat", "one thing at a time: “cat”, with a touch of “hat”.", "cat hat"),
        ("a cat and a tree", "one thing at a time: “cat”, with a touch of “tree”.", "cat tree"),
        ("sleepy cat", "“sleepy” may hardly show", "sleepy cat"),
        ("robot in a hat", "never seen “robot”", "robot hat"),
    ],
)
def test_what_will_not_be_as_asked_is_said(encoder, text, says, name):
    read = encoder(text)
    assert says in read.caveat and read.name == name


def test_what_is_to_be_left_out_does_not_steer_the_drawing(encoder):
    assert torch.equal(encoder("cat without a tail").vector, encoder("cat").vector)


def test_sentences_stay_short_however_many_words_there_are(encoder):
    read = encoder("cat with a hat and a tree and a hat and glasses, sleepy, robot, kitten, tail")
    assert len(read.caveat) < 300 and "and others" in read.caveat


def test_without_categories_nothing_is_said():
    table = WordTable(WordTableConfig(names=("cat",), exact=1)).eval()
    read = TextEncoder(table)("cat")
    assert read.seen and not read.near and not read.caveat
