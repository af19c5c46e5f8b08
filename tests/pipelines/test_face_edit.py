"""Faces changed by words: inversion, directions of texts, stacking, blending; tiny networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_faces import tiny_editor

from doodle.models.words import UnknownWord
from doodle.pipelines.face_blend import backdrop, blended
from doodle.pipelines.face_edit import FaceEditor, read_negation
from doodle.pipelines.steps import alone, last


@pytest.fixture(scope="module")
def editor() -> FaceEditor:
    return tiny_editor()


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)


def test_a_face_of_a_seed_does_not_depend_on_how_many_are_asked_for(editor):
    many, one = editor.made_up(5, seed=3), editor.made_up(1, seed=3)
    assert torch.allclose(many.pictures[:1], one.pictures, atol=2e-2)  # bfloat16, another batch
    assert torch.allclose(editor.made_up(5, 3, first=4).codes, many.codes[4:], atol=1e-5)
    assert not torch.allclose(many.codes[0], editor.made_up(1, seed=4).codes[0])
    average = editor.made_up(2, seed=3, psi=0.0).codes
    assert torch.allclose(average, editor.generator.w_avg.expand_as(average))
    made = last(alone(editor.faces(5, seed=3)))
    assert made.shape == (5, 32, 32, 3) and made.dtype == np.uint8


def test_mixing_takes_coarse_layers_of_one_and_fine_ones_of_the_other(editor):
    first, second = editor.made_up(2, seed=1), editor.made_up(2, seed=2)
    mixed = editor.mixed(first, second, 0.25)
    assert torch.equal(mixed.codes[:, :2], first.codes[:, :2])
    assert torch.equal(mixed.codes[:, 2:], second.codes[:, 2:])


def test_strength_nought_leaves_the_photograph(editor, pictures):
    latent = editor.invert(pictures)
    edited = editor.edit(latent, "glasses", strength=0.0)
    assert np.array_equal(edited.pictures, pictures) and not edited.change.any()


def test_strength_has_two_sides_and_directions_have_their_length(editor, pictures):
    latent = editor.invert(pictures)
    direction = editor.direction("glasses")
    assert direction.known and direction.nearest.phrase == "glasses"
    moved = direction.change / editor.directions.deviation
    assert moved.norm() == pytest.approx(3.0, rel=1e-3)
    wanted = editor.draw(latent.styles - 2 * direction.change)
    edited = editor.stacked(latent, [(direction, -2.0)])
    expected = ((wanted + 1) * 127.5).round().permute(0, 2, 3, 1).byte().numpy()
    assert np.array_equal(edited.generated, expected)


def test_without_turns_a_direction_round(editor):
    there, back = editor.direction("glasses"), editor.direction("without glasses")
    assert torch.equal(back.change, -there.change) and there.change.any()
    assert read_negation("no grey hair") == ("gray hair", True)
    with pytest.raises(UnknownWord):
        editor.direction("without")


def test_a_neutral_text_that_is_known_is_taken_away(editor):
    plain, less = editor.direction("glasses"), editor.direction("glasses", neutral="cat")
    along = editor.directions.along.float()
    wanted = along[0] + 2 * along[1]  # "cat" means -2 of the second
    moved = less.change / editor.directions.deviation
    assert torch.allclose(moved, 3 * wanted / wanted.norm(), atol=1e-4)
    assert not torch.allclose(moved, plain.change / editor.directions.deviation)


def test_edits_stack(editor, pictures):
    latent = editor.invert(pictures[:1])
    pair = [(editor.direction("glasses"), 0.5), (editor.direction("cat"), -1.0)]
    both = editor.stacked(latent, pair).generated
    styles = latent.styles + 0.5 * pair[0][0].change - pair[1][0].change
    assert np.array_equal(both, editor.stacked(editor_latent(latent, styles, editor), []).generated)


def editor_latent(latent, styles, editor):
    """The same face with other styles."""
    drawn = editor.draw(styles)
    return type(latent)(latent.pictures, latent.codes, styles, drawn, latent.kept)


def test_layers_limit_what_changes(editor):
    sizes = list(editor.directions.config.styles)
    coarse = editor.direction("glasses", layers="coarse").change
    fine = editor.direction("glasses", layers="fine").change
    kept = sum(sizes[: round(0.34 * len(sizes))])
    assert coarse[:kept].any() and not coarse[kept:].any() and not fine[:kept].any()
    with pytest.raises(ValueError, match="layers are"):
        editor.direction("glasses", layers="rough")


def test_the_other_method_moves_predicted_embeddings_along_the_text(editor):
    found = editor.direction("glasses", method="response")
    scorer, directions = editor.scorer, editor.directions
    read = [editor.texts(text).vector for text in ("glasses", "face")]
    target = directions.target(*scorer.encode_text(torch.stack(read)))
    moved = (found.change / directions.deviation) @ directions.response.float() @ target
    assert float(moved) == pytest.approx(directions.gap(target), rel=1e-3)
    with pytest.raises(ValueError, match="methods are"):
        editor.direction("glasses", method="magic")


def test_what_is_not_known_is_said_and_changes_nothing(editor, pictures):
    far = editor.direction("moon")  # a word, but none of faces
    assert not far.known and not far.change.any()
    assert "I learned nothing of faces called “moon”; the nearest is" in far.notice
    strange = editor.direction("mohawk")  # no word at all
    assert strange.nearest is None and "I do not know the word “mohawk”" in strange.notice
    assert np.array_equal(editor.edit(editor.invert(pictures), "moon").pictures, pictures)
    with pytest.raises(ValueError, match="no method"):
        editor.edit(editor.invert(pictures), "glasses", method="mapper")


def test_refinement_draws_the_picture_more_truly_and_can_be_stopped(editor):
    latent = editor.invert(np.full((1, 32, 32, 3), 90, np.uint8))
    steps = list(editor.refine(latent, 12))
    assert [step for step, _, _ in steps] == list(range(1, 13))
    error = [(one.drawn - one.pictures).abs().mean() for one in (latent, steps[-1][2])]
    assert error[1] < error[0]
    some = editor.refine(latent, 100)
    next(some)
    some.close()


def test_pictures_of_another_shape_are_refused(editor):
    with pytest.raises(ValueError, match="faces are"):
        editor.invert(np.zeros((1, 16, 16, 3), np.uint8))
    with pytest.raises(ValueError, match="no encoder"):
        FaceEditor(editor.generator).invert(np.zeros((1, 32, 32, 3), np.uint8))


def test_blending_keeps_what_acts_and_drops_what_trembles():
    before = torch.zeros(1, 3, 64, 64)
    after = before + 0.01
    after[:, :, 20:40, 20:40] = 0.8
    change = blended(before, after)
    assert torch.allclose(change[:, :, 25:35, 25:35], torch.full((1, 3, 10, 10), 0.8), atol=1e-3)
    assert not change[:, :, :10].any() and not change[:, :, :, 54:].any()


def test_where_lines_move_the_photographs_own_do_not_shine_through():
    """A mouth at row 40, drawn at row 40, moves to row 50; the photograph has stripes besides."""
    before = torch.zeros(1, 3, 64, 64)
    after, photograph = before.clone(), before.clone()
    before[:, :, 40:42, 10:54] = after[:, :, 50:52, 10:54] = -0.8
    photograph += 0.1  # another skin
    photograph[:, :, 38:40, 10:54] = -0.8  # its mouth is not where the generator has it
    photograph[:, :, 4:8] = 0.7  # far from what moves
    plain, cleared = blended(before, after), blended(before, after, photograph)
    ghost = (slice(None), slice(None), slice(38, 40), slice(20, 44))
    assert (photograph + plain)[ghost].mean() < -0.7
    assert (photograph + cleared)[ghost].mean() > -0.5
    assert torch.allclose(cleared[:, :, :16], plain[:, :, :16], atol=1e-4)
    assert torch.equal(blended(before, before, photograph), torch.zeros_like(before))


def test_a_neutral_text_that_is_only_near_a_phrase_takes_nothing_away(editor, monkeypatch):
    """“Face” lies near “smiling face”, and says nothing of a smile."""
    plain = editor.direction("glasses", neutral="moon").change
    real = editor.scorer.knows

    def near(vectors):
        wanted, before = real(vectors)
        return [wanted, before._replace(phrase="cat", cosine=0.97, known=True)]

    monkeypatch.setattr(editor.scorer, "knows", near)
    assert torch.equal(editor.direction("glasses", neutral="apple").change, plain)


def a_head(hair: int) -> np.ndarray:
    """A disc on a plain backdrop, which grows darker downwards by two grey levels."""
    rows, columns = np.mgrid[:64, :64] / 64
    picture = np.full((64, 64, 3), 180, np.uint8)
    picture[32:] = 178
    picture[((columns - 0.5) / 0.32) ** 2 + ((rows - 0.5) / 0.46) ** 2 < 1] = hair
    return picture


def test_a_plain_backdrop_is_kept_and_a_head_is_not(editor):
    found = backdrop(a_head(60))
    assert found[5, 5] > 0.99 and found[40, 2] > 0.99 and found[32, 32] == 0
    assert found[4, 32] < 0.6 and found.min() >= 0 and found.max() <= 1
    # of one colour all over nothing is sure
    assert not backdrop(np.full((64, 64, 3), 90, np.uint8)).any()
    latent = editor.invert(a_head(60)[None, ::2, ::2])
    direction = editor.direction("glasses")
    change = editor.stacked(latent, [(direction, 8.0)]).change[0]
    assert np.abs(change[1, 1]).max() < 1 < np.abs(change[16, 16]).max()
