"""`faces`: its files, the same faces for a seed, what is wrong in a sentence; a tiny network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from doodle import checkpoint
from doodle.cli import main
from doodle.commands.faces import sheet
from doodle.errors import ModelUnavailable
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config
from doodle.registry import Registry
from doodle.requests import Faces
from doodle.services.asking import asking
from doodle.services.readiness import making_faces


@pytest.fixture(scope="module")
def networks(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("faces") / "checkpoints"
    torch.manual_seed(0)
    network = Stylegan2(Stylegan2Config.tiny()).eval()
    checkpoint.save(
        root / "faces" / checkpoint.FILE,
        network,
        model="stylegan2",
        config=network.config,
        licence="MIT",
        attribution="nobody",
    )
    checkpoint.update_index(root)
    return root


def read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        assert "A face of nobody" in picture.info["Description"]
        return np.asarray(picture)


def test_faces_are_written_with_a_sheet_and_a_result(networks, tmp_path):
    told = f"faces --n 5 --seed 3 --psi 0.5 --out {tmp_path / 'a'} --checkpoints {networks}"
    assert main(told.split()) == 0
    names = [f"{k:02d}.png" for k in range(5)]
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        *names,
        "result.json",
        "sheet.png",
    ]
    result = json.loads((tmp_path / "a" / "result.json").read_text())
    assert result == {"n": 5, "seed": 3, "psi": 0.5, "files": names, "sheet": "sheet.png"}
    faces = [read(tmp_path / "a" / name) for name in names]
    assert all(face.shape == (16, 16, 3) for face in faces)
    whole = read(tmp_path / "a" / "sheet.png")
    assert np.array_equal(whole[4:20, 24:40], faces[1])  # the second of the first row
    assert np.array_equal(whole[24:40, 4:20], faces[3])  # three in a row
    fewer = f"faces --n 2 --seed 3 --psi 0.5 --out {tmp_path / 'b'} --checkpoints {networks}"
    assert main(fewer.split()) == 0
    assert np.array_equal(read(tmp_path / "b" / "01.png"), faces[1])
    other = f"faces --n 2 --seed 4 --psi 0.5 --out {tmp_path / 'c'} --checkpoints {networks}"
    assert main(other.split()) == 0
    assert not np.array_equal(read(tmp_path / "c" / "01.png"), faces[1])


def test_without_the_network_the_command_says_how_to_get_it(tmp_path, capsys):
    told = f"faces --out {tmp_path / 'a'} --checkpoints {tmp_path / 'none'}"
    assert main(told.split()) == 3
    assert "faces" in capsys.readouterr().err and not (tmp_path / "a").exists()


@pytest.mark.parametrize("options", ["--n 0", "--n 65", "--psi 2", "--seed -1"])
def test_what_is_out_of_range_is_refused(options, tmp_path, networks):
    with pytest.raises(SystemExit) as stop:
        main(f"faces {options} --out {tmp_path} --checkpoints {networks}".split())
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("asked", "says"),
    [({"n": 0}, "How many"), ({"psi": 3}, "truncation"), ({"seed": 1.5}, "seed")],
)
def test_a_request_out_of_range_is_said_in_a_sentence(asked, says):
    with pytest.raises(ValueError, match=says):
        Faces(**asked)


def test_the_service_answers_and_readiness_says_what_is_missing(networks, tmp_path):
    registry = Registry(networks)
    assert making_faces(registry) == ""
    with asking(registry) as executor:
        made = executor.submit(Faces(3, seed=1)).result().pictures
    assert made.shape == (3, 16, 16, 3) and made.dtype == np.uint8
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "INDEX.json").write_text("{}")
    missing = Registry(tmp_path / "empty")
    assert "The checkpoint faces is missing" in making_faces(missing)
    with asking(missing) as executor, pytest.raises(ModelUnavailable):
        executor.submit(Faces(1)).result()


def test_a_sheet_is_about_square():
    pictures = np.zeros((7, 10, 10, 3), np.uint8)
    assert sheet(pictures).shape == (3 * 14 + 4, 3 * 14 + 4, 3)
    assert (sheet(pictures)[-10:, -10:] == 255).all()  # the last two places are empty
