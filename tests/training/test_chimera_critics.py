"""The chimera's discriminators: the view that all share, and which side each loss reaches."""

from __future__ import annotations

import pytest
import torch
from generated import write_image_features

from doodle.models.image_features import load
from doodle.training.chimera_critics import Critics, species_loss

SIZE = 64


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    return load(write_image_features(tmp_path_factory.mktemp("features") / "lite0.pth"))


def critics(features=None, classes=3, loss="lsgan", scales=1):
    torch.manual_seed(0)
    return Critics(4, scales, loss, classes, features)


def placed(count=2):
    """Edges, photo, fake and maps whose values say which row and column they come from."""
    rows = torch.arange(SIZE).view(1, 1, -1, 1).expand(count, 1, SIZE, SIZE)
    columns = rows.transpose(2, 3)
    both = torch.cat([rows, columns], 1)
    scaled = both / SIZE * 2 - 1
    photo = torch.cat([scaled, scaled[:, :1]], 1)
    return scaled, photo, photo.clone(), both


def test_the_whole_picture_is_seen_when_nothing_is_asked():
    given, photo, fake, maps = placed()
    view = critics().view(given, photo, -fake, maps)
    assert view.inputs.shape == (4, 5, SIZE, SIZE) and view.real == view.fake == []
    torch.testing.assert_close(view.inputs[:2], torch.cat([given, photo], 1))
    torch.testing.assert_close(view.inputs[2:], torch.cat([given, -photo], 1))
    torch.testing.assert_close(view.photos, photo)
    assert torch.equal(view.maps, maps) and view.maps.dtype == torch.long
    larger = critics().view(given, photo, -fake, maps, side=2 * SIZE)
    assert torch.equal(larger.inputs, view.inputs)


@pytest.mark.parametrize("augment", [False, True])
def test_a_square_is_cut_from_all_alike(augment):
    (given, photo, fake, maps), both = placed(), critics()
    seen_places, largest = set(), 0
    for seed in range(12):
        torch.manual_seed(seed)
        view = both.view(given, photo, fake, maps, side=32, augment=augment)
        assert view.inputs.shape == (4, 5, 32, 32) and view.maps.shape == (2, 2, 32, 32)
        # both copies of an example, whatever was done to it
        torch.testing.assert_close(view.inputs[:2], view.inputs[2:])
        assert view.maps.dtype == torch.long and 0 <= view.maps.min() <= view.maps.max() < SIZE
        place = (view.inputs[:2, :2] + 1) / 2 * SIZE  # edges and scene say where they come from
        kept = view.inputs[:2, 0] != 0  # neither cut out nor moved in
        assert ((place - view.maps).abs().amax(1)[kept] <= 1.5).all()
        if not augment:
            spans = view.maps.amax((2, 3)) - view.maps.amin((2, 3))
            assert (spans[0] == spans[1]).all() and 31 <= spans.min() <= spans.max() < SIZE
            assert (place.diff(dim=2)[:, 0] > 0).all()  # upright
            torch.testing.assert_close(view.inputs[:2, 2:4], view.inputs[:2, :2])
            seen_places.add(tuple(view.maps[0, :, 0, 0].tolist()))
            largest = max(largest, int(spans.max()))
    assert augment or (len(seen_places) > 8 and largest > 45)


def test_classes_stay_whole_numbers_when_a_square_is_reduced():
    (given, photo, fake, _), both = placed(1), critics()
    maps = torch.zeros(1, 2, SIZE, SIZE, dtype=torch.long)
    maps[..., SIZE // 2 :] = 9  # nothing between the two
    for seed in range(8):
        torch.manual_seed(seed)
        view = both.view(given, photo, fake, maps, side=40, augment=seed % 2 == 1)
        assert set(view.maps.unique().tolist()) <= {0, 9}


def test_features_are_those_of_the_view(features):
    given, photo, fake, maps = placed()
    view = critics(features).view(given, photo, (fake / 2).requires_grad_(), maps, side=32)
    for found, wanted in ((view.real, view.inputs[:2, 2:]), (view.fake, view.inputs[2:, 2:])):
        for one, other in zip(found, features(wanted), strict=True):
            torch.testing.assert_close(one, other)
    assert all(not m.requires_grad for m in view.real) and view.fake[0].requires_grad
    fixed = view.fixed()
    assert not fixed.inputs.requires_grad and not any(m.requires_grad for m in fixed.fake)


@pytest.mark.parametrize("loss", ["bce", "lsgan", "wgan-gp"])
def test_each_side_gets_its_own_losses(features, loss):
    given, photo, _, _ = placed()
    maps = torch.randint(0, 4, (2, 2, SIZE, SIZE))
    fake = (torch.rand_like(photo) * 2 - 1).requires_grad_()
    both = critics(features, loss=loss)
    view = both.view(given, photo, fake, maps)
    losses = both.discriminator_losses(view.fixed())
    assert set(losses) == {"critic", "named"}
    sum(losses.values()).backward()
    assert fake.grad is None
    for name, parameter in both.named_parameters():
        if loss == "wgan-gp" and "real." in name and "bias" in name:
            continue  # cancels in a difference of scores
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    pleased = both.generator_losses(view, matching=True)
    assert set(pleased) == {"gan", "features", "species", "perceptual"}
    for name, value in pleased.items():
        (gradient,) = torch.autograd.grad(value, fake, retain_graph=True)
        assert gradient.abs().sum() > 0, name


def test_the_generator_is_asked_for_what_it_was_given():
    """A critic that calls everything the first class is content with one given the first only."""
    given, photo, fake, _ = placed()
    both = critics()
    head = both.patches[0].name
    head.weight.data.zero_()
    head.bias.data = torch.tensor([9.0, 0.0, 0.0])
    one, other = torch.ones(2, SIZE, SIZE).long(), torch.full((2, SIZE, SIZE), 2)
    view = both.view(given, -photo.abs(), fake, torch.stack([one, other], 1))
    assert (
        both.discriminator_losses(view)["named"] < 0.01
        and both.generator_losses(view, matching=False)["species"] > 8
    )
    unknown = both.view(given, -photo.abs(), fake, torch.stack([one, one * 0], 1))
    assert both.generator_losses(unknown, matching=False)["species"] == 0


def test_what_is_not_asked_for_is_not_there(features):
    given, photo, fake, maps = placed()
    plain = critics(classes=0)
    view = plain.view(given, photo, fake, maps)
    assert set(plain.discriminator_losses(view)) == {"critic"}
    assert set(plain.generator_losses(view, matching=False)) == {"gan"}
    with_features = critics(features)
    keys = set(with_features.state_dict())
    assert not any("layers" in key for key in keys)  # the frozen network is not saved
    assert any(key.startswith("on_features.") for key in keys)


def test_both_scales_count():
    given, photo, fake, maps = placed()
    both = critics(scales=2)
    both.discriminator_losses(both.view(given, photo, fake, maps % 4))["critic"].backward()
    assert all(p.real.weight.grad.abs().sum() > 0 for p in both.patches)
    assert len(both.patches) == 2


def test_species_count_only_where_they_are_told_and_seen():
    logits = torch.zeros(1, 2, 4, 4)
    logits[:, 0] = 5.0  # the first class everywhere
    classes = torch.ones(1, 8, 8, dtype=torch.long)
    dark = torch.full((1, 3, 8, 8), -1.0)
    right = species_loss(logits, classes, dark)
    assert right < 0.01 and species_loss(logits, classes * 2, dark) > 4.9
    half = classes.clone()
    half[..., :4] = 2
    hidden = dark.clone()
    hidden[..., :4] = 1.0  # white where it is wrong
    torch.testing.assert_close(species_loss(logits, half, hidden), right)
    half[..., :4] = 0  # unknown where it would be wrong
    torch.testing.assert_close(species_loss(logits, half, dark), right)
    assert species_loss(logits, classes * 0, dark) == 0
    # the middle of a patch counts, not its corner
    corners = classes.clone()
    corners[:, ::2], corners[..., ::2] = 2, 2
    torch.testing.assert_close(species_loss(logits, corners, dark), right)
