"""Folders of faces: which picture is read, fixed splits, mirrored batches, mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from generated import write_faces

from doodle.data.faces import load_faces


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_faces(tmp_path_factory.mktemp("faces"))


def test_the_index_fixes_order_and_split(folder):
    faces = load_faces(folder, 32)
    assert faces.pictures.shape == (24, 32, 32, 3) and faces.pictures.dtype == np.uint8
    assert faces.size == 32 and faces.rows[3]["caption"] == "a face, number 3"
    assert faces.of("val").tolist() == list(range(8)) and len(faces.of("train")) == 16
    assert len(faces.valid()) == 8
    assert np.array_equal(faces.valid(3), faces.pictures[[0, 4, 7]])


def test_a_smaller_size_is_averaged(folder):
    large, small = load_faces(folder, 32).pictures, load_faces(folder, 16).pictures
    means = large.reshape(24, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    assert np.abs(small - means).max() < 1


def test_batches_depend_on_their_seed_and_mirror_half(folder):
    faces = load_faces(folder, 32)
    one, same = (faces.batch(8, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, faces.batch(8, np.random.default_rng(6)))
    pool = faces.pictures[faces.of("train")]
    kept = mirrored = 0
    for seed in range(10):
        for picture in faces.batch(8, np.random.default_rng(seed)):
            kept += any(np.array_equal(picture, p) for p in pool)
            mirrored += any(np.array_equal(picture, p[:, ::-1]) for p in pool)
    assert kept + mirrored >= 80 and min(kept, mirrored) > 20
    assert len(faces.batch(40, np.random.default_rng(0))) == 40  # more than there are


def test_mistakes_are_said(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="index.csv"):
        load_faces(tmp_path, 32)
    with pytest.raises(ValueError, match="smaller than 64"):
        load_faces(folder, 64)  # half of them only
    (tmp_path / "index.csv").write_text("id,name\n1,a\n")
    with pytest.raises(ValueError, match="split"):
        load_faces(tmp_path, 32)
    (tmp_path / "index.csv").write_text("id,split\n1,train\n2,test\n")
    with pytest.raises(ValueError, match="test"):
        load_faces(tmp_path, 32)
    (tmp_path / "index.csv").write_text("id,split\n1,train\n2,val\n")
    with pytest.raises(FileNotFoundError, match="face 1"):
        load_faces(tmp_path, 32)


def test_the_collection_beside_the_repository(outside_data):
    root = outside_data / "faces"
    if not root.is_dir():
        pytest.skip(f"no faces in {outside_data}")
    import csv

    with (root / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["split"] for row in rows} == {"train", "val"}
    assert all((root / "128" / f"{row['id']}.jpg").is_file() for row in rows[::97])
