"""The word table: what is found, how it is named, and what is said of what is not."""

import json
from dataclasses import asdict, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from doodle.models.words import MAX_LENGTH, N_SUGGESTIONS, UnknownWord, WordTable, WordTableConfig

NAMES = (
    "apple", "baseball bat", "bat", "bat (animal)", "bow tie", "bow-tie", "cat", "chair",
    "elephant", "glass (drink container)", "glasses", "horse", "hot dog", "knife", "lizard",
    "motorcycle", "mouse", "scissors", "snowman", "teddy bear", "watch", "bowl/basin",
    "aircraft carrier", "The Eiffel Tower", "moon", "t-shirt",
)  # fmt: skip
CONFIG = WordTableConfig(
    names=NAMES,
    exact=22,
    aliases=(
        ("eyeglasses", "glasses"),
        ("teddy-bear", "teddy bear"),
        ("motorbike", "motorcycle"),
        ("bike", "motorcycle"),
        ("specs", "glasses"),
    ),
    categories=(
        "The Eiffel Tower",
        "aircraft carrier",
        "apple",
        "baseball bat",
        "bat",
        "cat",
        "eyeglasses",
        "motorbike",
        "t-shirt",
        "teddy-bear",
    ),
)


def filled(config: WordTableConfig) -> WordTable:
    """A table whose rows lie in a narrow cone, as CLIP's do; lengths are not quite 1."""
    table = WordTable(config)
    random = torch.Generator().manual_seed(7)
    cone = torch.randn(config.text_size, generator=random)
    rows = cone + 0.6 * torch.randn(len(config.names), config.text_size, generator=random)
    rows = torch.nn.functional.normalize(rows, dim=1)
    table.vectors.copy_(rows[: len(table.vectors)] * 1.001)
    if config.packed:
        # at the ends of their steps and square to the mean, so that they are of unit length too
        mean = rows[: config.exact].mean(dim=0)
        square = torch.randn(config.text_size, config.rank, generator=random)
        directions, _ = torch.linalg.qr(torch.cat([mean.unsqueeze(1), square], dim=1))
        length = float(1 - mean @ mean) ** 0.5
        table.basis.copy_(length / (7.5 * config.rank**0.5) * directions[:, 1:].T)
        ends = torch.tensor([0x00, 0x0F, 0xF0, 0xFF], dtype=torch.uint8)
        table.codes.copy_(ends[torch.randint(4, table.codes.shape, generator=random)])
    table.mean.copy_(rows[: config.exact].mean(dim=0))
    return table.eval()


def filled_small(config: WordTableConfig) -> WordTable:
    table = WordTable(config)
    table.vectors.copy_(torch.eye(len(config.names), config.text_size))
    return table.eval()


@pytest.fixture(scope="module")
def table() -> WordTable:
    return filled(CONFIG)


# -- what is found -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cat", "cat"),
        ("  CAT \n", "cat"),
        ("a cat", "cat"),
        ("The  Cat", "cat"),
        ("cats", "cat"),
        ("apples", "apple"),
        ("watches", "watch"),
        ("mice", "mouse"),
        ("knives", "knife"),
        ("snowmen", "snowman"),
        ("scissor", "scissors"),
        ("baseball bats", "baseball bat"),
        ("Baseball-Bat", "baseball bat"),
        ("t shirt", "t-shirt"),
        ("tshirt", "t-shirt"),
        ("hotdog", "hot dog"),
        ("teddybear", "teddy-bear"),
        ("eiffel tower", "The Eiffel Tower"),
        ("glass", "glass (drink container)"),
        ("Éléphant", "elephant"),
        ("cat 🐱", "cat"),
        ("🐱🐱", "cat"),
        ("bike", "motorbike"),
        ("specs", "eyeglasses"),
        # each name is found as it stands, though another folds to the same
        ("bow-tie", "bow-tie"),
        ("bow tie", "bow tie"),
        ("bat (animal)", "bat (animal)"),
    ],
)
def test_forgives_how_it_is_typed(table, typed, name):
    found = table.lookup(typed)
    assert (found.name, found.corrected) == (name, False)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("elefant", "elephant"),
        ("appel", "apple"),
        ("hosre", "horse"),
        ("hors", "horse"),
        ("scisors", "scissors"),
        ("baseball abt", "baseball bat"),
        ("elefants", "elephant"),
    ],
)
def test_corrects_a_slip_and_says_so(table, typed, name):
    found = table.lookup(typed)
    assert (found.name, found.corrected) == (name, True)


@pytest.mark.parametrize("typed", ["wizard", "hair", "witch", "house", "cta", "cart", "biker"])
def test_another_word_is_no_slip(table, typed):
    with pytest.raises(UnknownWord):
        table.lookup(typed)


def test_two_equally_near_words_are_not_chosen_between():
    config = WordTableConfig(names=("planter", "planner"), exact=2, text_size=8)
    with pytest.raises(UnknownWord, match="planter|planner"):
        filled(config).lookup("planser")


PACKED = replace(CONFIG, names=(*NAMES, "wizard", "sleepy"), packed=2, rank=6)


def test_a_packed_word_is_the_mean_plus_steps_along_the_basis():
    table = filled(PACKED)
    table.codes[1] = torch.tensor([0x0F, 0x80, 0x87], dtype=torch.uint8)  # low half first
    steps = torch.tensor([15, 0, 0, 8, 7, 8]) - 7.5
    wanted = table.mean + steps @ table.basis.float()
    found = table.lookup("sleepy")
    assert found.kind == "placed" and torch.allclose(found.vector, wanted / wanted.norm())


def test_similar_ranks_packed_words_among_the_others():
    table = filled(PACKED)
    for word in ("wizard", "cat"):
        vector = table.lookup(word).vector
        best = dict(table.similar(vector, k=len(PACKED.names)))
        assert max(best, key=best.get) == word and best[word] > 0.99
        for name in ("sleepy", "chair", "moon"):
            other = table.lookup(name).vector
            a, b = vector - table.mean, other - table.mean
            assert best[name] == pytest.approx(float(a @ b / a.norm() / b.norm()), abs=0.05)


def test_a_trained_word_is_likelier_meant_than_another():
    config = WordTableConfig(
        names=("elephant", "elegant"), exact=1, categories=("elephant",), text_size=8
    )
    assert filled_small(config).lookup("elefant").name == "elephant"


def test_words_spelled_well_are_no_slip_of_another_name():
    config = WordTableConfig(names=("hot sauce", "house", "cat"), exact=3, text_size=8)
    with pytest.raises(UnknownWord, match="cat or house"):
        filled_small(config).lookup("house cat")


def test_nearest_finds_what_shares_letters(table):
    for text in ("kat", "zebra crossing", "wardrobe"):
        found = table.nearest(text, k=2)
        assert 1 <= len(found) <= 2 and all(0 < share <= 1 for _, share in found)
    assert table.nearest("qhair")[0][0].name == "chair"


def test_composing_keeps_near_the_main_word(table):
    cat, chair = table.lookup("cat").vector, table.lookup("chair").vector
    vector = table.compose(torch.stack([chair, cat]), (0.5, 1.0))
    assert float(vector.norm()) == pytest.approx(1, abs=1e-5)
    best = [name for name, _ in table.similar(vector, k=2)]
    assert best == ["cat", "chair"]


def test_every_name_alias_and_category_is_found(table):
    for word in (*CONFIG.names, *CONFIG.categories):
        assert table.lookup(word).name == word
    for word, name in CONFIG.aliases:
        assert torch.equal(table.lookup(word).vector, table.lookup(name).vector)


def test_kind_says_where_the_vector_comes_from(table):
    kinds = [table.lookup(word).kind for word in ("cat", "glasses", "eyeglasses", "moon", "bike")]
    assert kinds == ["exact", "exact", "alias", "placed", "alias"]


def test_vectors_are_unit_float32_and_belong_to_their_word(table):
    for row, name in enumerate(CONFIG.names):
        vector = table.lookup(name).vector
        assert vector.dtype == torch.float32 and vector.shape == (512,)
        assert float(vector.norm()) == pytest.approx(1, abs=1e-5)
        assert float(vector @ table.vectors[row].float()) == pytest.approx(1.001, abs=2e-3)


def test_category_vectors_follow_the_categories(table):
    vectors = table.category_vectors()
    for row, category in enumerate(CONFIG.categories):
        assert torch.allclose(vectors[row], table.lookup(category).vector, atol=1e-6)


# -- what is not found ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "type a word"),
        (" \t ", "type a word"),
        (None, "type a word"),
        (7, "type a word"),
        ("x" * 10_000, "10,000 characters"),
        ("кошка", "English"),
        ("猫", "English"),
        ("12", "English"),
        ("¿?!", "English"),
    ],
)
def test_no_word_at_all(table, text, says):
    with pytest.raises(UnknownWord, match=says) as caught:
        table.lookup(text)
    assert caught.value.suggestions == () and len(str(caught.value)) < 120


def test_unknown_word_names_the_nearest(table):
    with pytest.raises(UnknownWord, match="“wizard” .* Did you mean lizard") as caught:
        table.lookup("wizard")
    assert caught.value.suggestions[0] == "lizard"
    with pytest.raises(UnknownWord) as caught:
        table.lookup("red apple")
    assert caught.value.suggestions[0] == "apple"
    assert len(caught.value.suggestions) <= N_SUGGESTIONS
    with pytest.raises(UnknownWord) as caught:
        table.lookup("spegs")  # near "specs", but what is shown would be "eyeglasses"
    assert "eyeglasses" not in caught.value.suggestions


def test_without_anything_near_it_still_says_what_to_do(table):
    with pytest.raises(UnknownWord, match="Try a plainer word"):
        table.lookup("zzzqqq xyzzy")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=MAX_LENGTH + 5) | st.sampled_from(["a", "the", "es", "s", "ss", "-", "("]))
def test_any_text_gives_a_vector_or_unknown_word(text):
    table = filled(WordTableConfig.tiny())
    try:
        found = table.lookup(text)
    except UnknownWord as error:
        assert str(error).endswith((".", "?"))
    else:
        assert torch.isfinite(found.vector).all()


# -- while typing --------------------------------------------------------------------------------


def test_suggest_puts_trained_words_first_then_beginnings(table):
    assert table.suggest("ba") == ["bat", "baseball bat", "bat (animal)"]
    assert table.suggest("c")[:3] == ["cat", "aircraft carrier", "chair"]
    assert table.suggest("tow") == ["The Eiffel Tower"]
    assert table.suggest("the ei") == ["The Eiffel Tower"]
    assert table.suggest("BIK") == ["motorbike"]
    assert table.suggest("T-S") == ["t-shirt"]
    assert table.suggest("bowl") == []  # a name with a stroke is two words, not one to offer


def test_suggest_is_bounded_and_answers_everything(table):
    assert table.suggest("", 3) == list(CONFIG.categories[:3])
    assert table.suggest("b", 2) == ["bat", "baseball bat"]
    assert table.suggest("x" * 10_000) == table.suggest("🐱") == []


# -- neighbours ----------------------------------------------------------------------------------


def test_similar_finds_the_word_itself_by_its_trained_name(table):
    best = table.similar(3 * table.lookup("glasses").vector, k=4)
    assert best[0][0] == "eyeglasses" and best[0][1] == pytest.approx(1, abs=1e-3)
    scores = [score for _, score in best]
    assert scores == sorted(scores, reverse=True) and len(best) == 4


def test_similar_takes_the_mean_away(table):
    # uncentred, any two words of the cone are alike; centred, unrelated ones are not
    a, b = table.lookup("cat").vector, table.lookup("chair").vector
    assert float(a @ b) > 0.6
    assert abs(dict(table.similar(a, k=len(NAMES)))["chair"]) < 0.4


@pytest.mark.parametrize("vector", [torch.zeros(512), torch.full((512,), torch.nan), torch.ones(3)])
def test_similar_refuses_what_has_no_direction(table, vector):
    with pytest.raises(ValueError):
        table.similar(vector)


# -- as a model ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ()},
        {"names": ("cat", "cat")},
        {"exact": 99},
        {"categories": ("unicorn",)},
        {"aliases": (("kitty", "unicorn"),)},
        {"aliases": (("apple", "cat"),)},
    ],
)
def test_config_refuses_what_does_not_fit(wrong):
    with pytest.raises(ValueError):
        replace(WordTableConfig.tiny(), **wrong)


def test_probe_depends_on_vectors_and_seed(table):
    other = filled(replace(CONFIG, exact=3))  # another mean
    assert torch.equal(table.probe(0), table.probe(0))
    assert not torch.allclose(table.probe(0), table.probe(1))
    assert not torch.allclose(table.probe(0), other.probe(0))


def test_checkpoint_round_trip_is_exact(table, tmp_path):
    checkpoint = pytest.importorskip("doodle.checkpoint")
    path = tmp_path / "words" / "model.safetensors"
    checkpoint.save(path, table, model="word_table", config=CONFIG, licence="x", attribution="y")
    loaded, header = checkpoint.load(path)
    assert loaded.config == CONFIG
    assert json.loads(json.dumps(asdict(CONFIG))) == header["config"]
    assert torch.equal(loaded.vectors, table.vectors)
    assert torch.equal(loaded.lookup("teddybear").vector, table.lookup("teddybear").vector)
    assert checkpoint.verify(path) < 1e-3


# -- the one we ship -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> WordTable:
    registry = pytest.importorskip("doodle.registry")
    checkpoint = pytest.importorskip("doodle.checkpoint")
    path = registry.CHECKPOINTS / "words" / checkpoint.FILE
    if not path.exists():
        pytest.skip("checkpoints/words is not there")
    return checkpoint.load(path)[0]


def test_shipped_table_holds_every_category(shipped):
    assert len(shipped.categories) == len(set(shipped.categories)) == 345
    vectors = shipped.category_vectors()
    cosines = vectors @ vectors.T - 2 * torch.eye(345)
    assert float(cosines.max()) < 0.999, "two categories share a vector"
    for category in shipped.categories:
        assert shipped.lookup(category).name == category


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("cat", "kitten"),
        ("octagon", "hexagon"),
        ("violin", "cello"),
        ("campfire", "fireplace"),
        ("lion", "tiger"),
    ],
)
def test_shipped_neighbours_make_sense(shipped, word, near):
    exact = set(shipped.config.names[: shipped.config.exact]) | set(shipped.categories)
    best = [name for name, _ in shipped.similar(shipped.lookup(word).vector, k=100)]
    assert near in [name for name in best if name in exact][:8]


def test_shipped_vocabulary_is_large_small_and_decent(shipped):
    registry = pytest.importorskip("doodle.registry")
    assert (registry.CHECKPOINTS / "words" / "model.safetensors").stat().st_size <= 6_000_000
    assert len(shipped.config.names) >= 20_000
    for word in ("wizard", "sleepy", "angry", "astronaut"):
        assert shipped.lookup(word).kind == "placed"
    for slur in ("slut", "faggot", "wetback", "wog"):
        assert shipped.find(slur) is None
    assert shipped.lookup("telescop").name == "telescope"
