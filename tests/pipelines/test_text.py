"""The text encoder: what is understood of a text, how sure it is, and what is said about it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from doodle.models.clip import ClipText, ClipTextConfig
from doodle.models.words import UnknownWord, WordTable, WordTableConfig
from doodle.pipelines.text import ALIAS_SURE, LONGEST, TextEncoder

NAMES = ("cat", "teapot", "hat", "glasses", "fire truck", "pizza", "ice cream", "dog", "elephant",
         "octagon", "sleepy", "red", "dance", "house")  # fmt: skip
CONFIG = WordTableConfig(
    names=NAMES,
    exact=9,
    aliases=(("eyeglasses", "glasses"),),
    text_size=512,
    categories=("cat", "eyeglasses", "octagon"),
    placed_sure=0.7,
    composed_sure=0.6,
)


@pytest.fixture(scope="module")
def words() -> WordTable:
    table = WordTable(CONFIG)
    random = torch.Generator().manual_seed(3)
    rows = 1.4 * torch.randn(512, generator=random)
    rows = rows + torch.randn(len(NAMES), 512, generator=random)
    rows = torch.nn.functional.normalize(rows, dim=1)
    table.vectors.copy_(rows)
    table.mean.copy_(rows.mean(dim=0))
    return table.eval()


@pytest.fixture(scope="module")
def encoder(words) -> TextEncoder:
    return TextEncoder(words)


@pytest.fixture(scope="module")
def clip() -> ClipText:
    torch.manual_seed(0)
    return ClipText(ClipTextConfig.tiny()).eval()


@pytest.mark.parametrize(
    ("text", "name", "kind", "sure"),
    [
        ("cat", "cat", "exact", 1),
        ("  The CATS ", "cat", "exact", 1),
        ("eyeglasses", "eyeglasses", "alias", ALIAS_SURE),
        ("octagon", "octagon", "placed", 0.7),
        ("fire truck", "fire truck", "exact", 1),
        ("firetrucks", "fire truck", "exact", 1),
        ("a sleepy teapot", "sleepy teapot", "composed", 0.6),
        ("🐱", "cat", "exact", 1),
        ("🐘", "elephant", "exact", 1),
        ("a 🐱!", "cat", "exact", 1),
        ("draw me a pair of glasses", "glasses", "exact", 1),
        ("dancing", "dance", "placed", 0.7),
        ("3 cats", "cat", "exact", 1),
    ],
)
def test_what_is_known_needs_no_notice(encoder, text, name, kind, sure):
    answer = encoder(text)
    assert (answer.name, answer.kind, answer.notice) == (name, kind, "")
    assert answer.sure == pytest.approx(sure) and answer.encoder == "words"
    assert answer.text == " ".join(text.split())


def test_parts_say_how_each_word_is_known(encoder):
    assert encoder("a sleepy teapot").parts == (
        ("sleepy", "placed by meaning"),
        ("teapot", "known exactly"),
    )
    assert encoder("eyeglasses").parts == (("eyeglasses", "known by another name"),)
    assert [word for word, _ in encoder("red fire truck").parts] == ["red", "fire truck"]


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("sleepy teapot", "teapot"),
        ("cat in a red hat", "cat"),
        ("cat hat", "hat"),
        ("red cat with a dog on the house", "cat"),
        ("a house with a red fire truck", "house"),
    ],
)
def test_the_main_word_weighs_most(encoder, words, text, main):
    assert words.similar(encoder(text).vector, k=1)[0][0] == main


def test_many_modifiers_do_not_drown_the_main_word(encoder, words):
    answer = encoder("red sleepy pizza hat glasses dog cat")
    assert words.similar(answer.vector, k=1)[0][0] == "cat"


def test_a_slip_is_corrected_and_said(encoder):
    answer = encoder("elefant")
    assert answer.name == "elephant" and answer.notice == "I read “elefant” as elephant."
    assert answer.sure < 1
    answer = encoder("red elefant")
    assert answer.name == "red elephant" and "“elefant” as elephant" in answer.notice


def test_what_is_left_out_is_said_and_lowers_the_certainty(encoder):
    answer = encoder("zxqv cat")
    assert answer.name == "cat" and answer.kind == "nearest" and answer.sure == pytest.approx(0.5)
    assert answer.notice == "I left out “zxqv”, which I do not know."
    assert encoder("sleepy zxqv teapot").sure < encoder("sleepy teapot").sure


@pytest.mark.parametrize("text", ["qwrtzxy", "Katze", "a", "the", "i", "with of"])
def test_unknown_text_gets_the_nearest_word_and_a_notice(encoder, text):
    answer = encoder(text)
    assert answer.kind == "nearest" and answer.sure < 0.5
    assert answer.notice.startswith("I do not know “") and answer.name in answer.notice
    assert len(answer.notice) < 160


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "type a word"),
        (" \n", "type a word"),
        (None, "type a word"),
        ("x" * (LONGEST + 1), "characters"),
        ("кошка", "English"),
        ("猫", "English"),
        ("12", "no word"),
        ("?!", "no word"),
        ("\u200d", "no word"),
    ],
)
def test_no_word_at_all_is_an_error_for_the_visitor(encoder, text, says):
    with pytest.raises(UnknownWord, match=says):
        encoder(text)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=LONGEST + 5)
    | st.lists(
        st.sampled_from([*NAMES, "a", "of", "with", "pair", "🐱", "❤️", "xqz", "-", "es"]),
        max_size=20,
    ).map(" ".join)
)
def test_any_text_gives_a_unit_vector_or_a_sentence(encoder, text):
    try:
        answer = encoder(text)
    except UnknownWord as error:
        assert str(error).endswith((".", "?")) and len(str(error)) < 200
    else:
        assert answer.vector.dtype == torch.float32 and answer.vector.shape == (512,)
        assert float(answer.vector.norm()) == pytest.approx(1, abs=1e-4)
        assert 0 <= answer.sure <= 1 and answer.name and answer.parts


def test_many_are_each_alone(encoder):
    texts = ["cat", "a sleepy teapot"]
    for one, text in zip(encoder.encode_many(texts), texts, strict=True):
        assert torch.equal(one.vector, encoder(text).vector)


def test_with_clip_it_answers_and_says_so(words, clip):
    encoder = TextEncoder(words, clip)
    answer = encoder("a sleepy teapot")
    assert (answer.encoder, answer.kind, answer.sure) == ("open_clip", "exact", 1)
    assert torch.allclose(answer.vector, clip(["sleepy teapot"])[0], atol=1e-6)
    assert encoder("cat").encoder == "open_clip"
    assert encoder("🐱").name == "cat"


def test_with_clip_networks_still_get_the_vectors_that_they_learned(words, clip):
    answer = TextEncoder(words, clip)("octagon")
    assert answer.encoder == "words"
    assert torch.allclose(answer.vector, words.lookup("octagon").vector)


def test_with_clip_other_scripts_are_read_with_a_warning(words, clip):
    answer = TextEncoder(words, clip)("кошка")
    assert answer.encoder == "open_clip" and answer.sure < 0.5 and "English" in answer.notice
    with pytest.raises(UnknownWord):
        TextEncoder(words, clip)("12")
