"""Filtering and counting whole folders with a scorer whose scores are known beforehand."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from quickdraw_files import line, polylines, shifted

from doodle.data import filtering, streams
from doodle.data.checking import check_folder
from doodle.data.filtering import Choice, Rules, filter_categories, find, shard
from doodle.data.readers import pack, read_bitmaps, read_packed, write_arrays
from doodle.data.splits import split_of_bitmap

COUNT = 40
RULES = Rules("fixed", 0.5)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(streams, "CHUNK", 7)


class FixedScorer:
    """The score is the first pixel's grey, and the second pixel makes it written."""

    def __init__(self):
        self.words, self.largest = [], 0

    def __call__(self, pictures, word):
        self.words.append(word)
        self.largest = max(self.largest, len(pictures))
        flat = pictures.reshape(len(pictures), -1).astype(np.float32) / 255
        return flat[:, 0], flat[:, 1]


@pytest.fixture
def source(tmp_path):
    """Every set; traced drawing i belongs to bitmap i + 1, except each fifth, which has none."""
    rng = np.random.default_rng(0)
    root = tmp_path / "all"
    for name in ("cat", "dog"):
        bitmaps = rng.integers(0, 256, (COUNT, 784), np.uint8)
        bitmaps[:, 1] = np.where(np.arange(COUNT) % 8 == 3, 255, 0)
        write_arrays(root / "bitmaps" / f"{name}.npz", bitmaps=bitmaps)
        rows, offsets = pack([polylines(shifted(-k)) for k in range(COUNT - 1)])
        links = np.arange(1, COUNT)
        links[::5] = -1
        write_arrays(
            root / "traced" / f"{name}.npz",
            strokes=rows,
            offsets=offsets,
            bitmap=links,
            err=np.arange(COUNT - 1),
        )
        write_arrays(
            root / "real" / f"{name}.npz",
            strokes=rows,
            offsets=offsets,
            key_id=np.arange(COUNT - 1),
        )
        (root / "numpy_bitmap").mkdir(exist_ok=True)
        np.save(root / "numpy_bitmap" / f"{name}.npy", bitmaps[::-1])
        (root / "simplified").mkdir(exist_ok=True)
        text = "".join(line(shifted(-k)) + "\n" for k in range(5))
        (root / "simplified" / f"{name}.ndjson").write_text(text)
    return root


def run(source, output, rules=RULES, scorer=None, names=("cat", "dog"), **more):
    return list(filter_categories(source, output, names, rules, scorer or FixedScorer(), **more))


def good_rows(bitmaps, threshold=0.5):
    return np.flatnonzero((bitmaps[:, 0] / 255 >= threshold) & (bitmaps[:, 1] < 200))


def test_what_fits_and_is_no_word_stays(source, tmp_path):
    out = tmp_path / "out"
    reports = run(source, out)
    assert not any(report.problem for report in reports)
    assert {(r.kind, r.name) for r in reports} == {
        (k, n) for k in filtering.SETS for n in ("cat", "dog")
    }
    bitmaps = read_bitmaps(source / "bitmaps" / "cat.npz")
    good = good_rows(bitmaps)
    kept = read_bitmaps(out / "bitmaps" / "cat.npz")
    assert 5 < len(good) < COUNT - 10
    assert np.array_equal(kept, bitmaps[good])
    assert np.array_equal(
        read_bitmaps(out / "numpy_bitmap" / "cat.npy"), bitmaps[::-1][good_rows(bitmaps[::-1])]
    )
    report = next(r for r in reports if (r.kind, r.name) == ("bitmaps", "cat"))
    assert (report.seen, report.kept, report.written) == (COUNT, len(good), 5)
    assert report.seen == report.kept + report.written + report.poor
    assert (out / "simplified" / "cat.ndjson").read_text() == ""  # a blank corner: score 0


def test_traced_drawings_go_with_their_bitmaps_and_keep_their_side(source, tmp_path):
    out = tmp_path / "out"
    run(source, out)
    bitmaps = read_bitmaps(source / "bitmaps" / "cat.npz")
    kept = read_bitmaps(out / "bitmaps" / "cat.npz")
    good = set(good_rows(bitmaps).tolist())
    with np.load(source / "traced" / "cat.npz") as z:
        links = z["bitmap"]
    wanted = [i for i, row in enumerate(links) if row in good]
    with np.load(out / "traced" / "cat.npz") as z:
        assert z["err"].tolist() == wanted
        for old, row in zip(z["err"], z["bitmap"], strict=True):
            assert np.array_equal(kept[row], bitmaps[links[old]])
            assert split_of_bitmap(kept[row]) == split_of_bitmap(bitmaps[links[old]])
    before = read_packed(source / "traced" / "cat.npz")
    after = read_packed(out / "traced" / "cat.npz")
    assert np.array_equal(after.polylines(1)[0], before.polylines(wanted[1])[0])


def test_the_best_of_a_category_in_the_files_order(source, tmp_path):
    run(source, tmp_path / "out", Rules("fixed", 0.0, most=6))
    bitmaps = read_bitmaps(source / "bitmaps" / "cat.npz")
    good = good_rows(bitmaps, 0.0)
    best = np.sort(good[np.argsort(-bitmaps[good, 0].astype(int), kind="stable")[:6]])
    assert np.array_equal(read_bitmaps(tmp_path / "out" / "bitmaps" / "cat.npz"), bitmaps[best])
    record = np.load(tmp_path / "out" / "kept" / "bitmaps" / "cat.npz")
    assert record["rows"].tolist() == best.tolist()
    assert np.allclose(record["score"], bitmaps[best, 0] / 255)


def test_a_rerun_goes_on_where_it_stopped(source, tmp_path):
    out = tmp_path / "out"

    class Stops(FixedScorer):
        def __call__(self, pictures, word):
            if word == "dog" and len(self.words) > 20:
                raise KeyboardInterrupt
            return super().__call__(pictures, word)

    with pytest.raises(KeyboardInterrupt):
        run(source, out, scorer=Stops())
    assert not list(out.rglob("*.part"))
    done = {p.relative_to(out): p.stat().st_mtime_ns for p in out.rglob("*/cat.npz")}
    assert done
    scorer = FixedScorer()
    reports = run(source, out, scorer=scorer)
    assert "cat" not in scorer.words and "dog" in scorer.words
    assert [r.skipped for r in reports if r.name == "cat"] == [True] * 5
    assert done == {p: (out / p).stat().st_mtime_ns for p in done}
    fresh = tmp_path / "fresh"
    run(source, fresh)
    for path in fresh.rglob("*.*"):
        if path.suffix in (".npy", ".ndjson"):
            assert path.read_bytes() == (out / path.relative_to(fresh)).read_bytes()
        elif path.suffix == ".npz":
            with np.load(path) as a, np.load(out / path.relative_to(fresh)) as b:
                assert all(np.array_equal(a[k], b[k]) for k in a.files if k != "report")
    assert all(report.skipped for report in run(source, out))
    assert not any(r.skipped for r in run(source, out, Rules("fixed", 0.6))), "other rules"


def test_a_bad_file_is_named_and_the_rest_is_done(source, tmp_path):
    (source / "bitmaps" / "cat.npz").write_bytes(b"PK")
    reports = run(source, tmp_path / "out")
    bad = {(r.kind, r.name): r.problem for r in reports if r.problem}
    assert set(bad) == {("bitmaps", "cat"), ("traced", "cat")}
    assert "cat.npz" in bad["bitmaps", "cat"] and "could not be filtered" in bad["traced", "cat"]
    assert sum(not r.problem for r in reports) == 8
    assert not (tmp_path / "out" / "bitmaps" / "cat.npz").exists()


def test_a_folder_is_never_filtered_onto_itself(source):
    with pytest.raises(ValueError, match="folder of their own"):
        run(source, source / ".." / "all")


def test_shares_are_whole_and_apart(tmp_path):
    root = tmp_path / "bitmaps"
    root.mkdir()
    for k in range(23):
        (root / f"c{k:02}.npz").write_bytes(bytes(k * k + 1))
    found = find(tmp_path)
    shares = [shard(found, i, 4) for i in (1, 2, 3, 4)]
    assert sorted(sum(shares, [])) == sorted(found)
    loads = [sum(found[n]["bitmaps"].stat().st_size for n in names) for names in shares]
    assert max(loads) < 1.1 * min(loads)
    for index in (0, 5):
        with pytest.raises(ValueError, match="shares of 4"):
            shard(found, index, 4)


def test_sheets_show_kept_and_dropped(source, tmp_path):
    run(source, tmp_path / "out", sheets=True)
    with Image.open(tmp_path / "out" / "sheets" / "bitmaps" / "cat.png") as sheet:
        assert sheet.height > 4 * 84


def test_scores_that_are_no_numbers_stay_out():
    choice = Choice(Rules("fixed", 0.1))
    pictures = np.zeros((4, 28, 28), np.uint8)
    choice.see(pictures, np.array([np.nan, 0.5, -np.inf, 0.05]), np.zeros(4))
    assert choice.rows.tolist() == [1] and choice.poor == 3


def test_counting(source):
    np.save(source / "numpy_bitmap" / "sun.npy", np.zeros((0, 784), np.uint8))
    (source / "simplified" / "dog.ndjson").write_text('{"drawing": 1}\n')
    census = check_folder(source, list(find(source)), full=40)
    summary = census.summary()
    assert summary["sets"]["bitmaps"]["counts"] == {"cat": COUNT, "dog": COUNT}
    assert summary["sets"]["bitmaps"]["full"] == 2 and summary["sets"]["traced"]["full"] == 0
    assert summary["sets"]["numpy_bitmap"]["empty"] == ["sun"]
    assert summary["sets"]["simplified"]["counts"] == {"cat": 5}
    assert len(summary["sets"]["bitmaps"]["missing"]) == 343
    assert [p["file"].endswith("dog.ndjson") for p in summary["problems"]] == [True]
    assert json.loads(json.dumps(summary)) == summary
    assert "1 empty (sun)" in "\n".join(census.lines())


MEMORY = """
import resource, sys
from pathlib import Path
import numpy as np
from doodle.data.filtering import Rules, filter_categories
def scorer(pictures, word):
    return pictures.reshape(len(pictures), -1)[:, 0] / 255, np.zeros(len(pictures))
source, output = Path(sys.argv[1]), Path(sys.argv[2])
warm = list(filter_categories(source, output, ["small"], Rules("r", 0.1, most=1000), scorer))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reports = list(filter_categories(source, output, ["large"], Rules("r", 0.1, most=1000), scorer))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, sum(r.seen for r in reports))
"""


def test_memory_does_not_grow_with_the_file(tmp_path, repository):
    """47 MB of bitmaps, loose and packed, cost a few megabytes more than 3 MB of them."""
    rng = np.random.default_rng(0)
    block = rng.integers(0, 256, (4000, 784), np.uint8)
    for name, times in (("small", 1), ("large", 15)):
        for folder in ("numpy_bitmap", "bitmaps"):
            (tmp_path / folder).mkdir(exist_ok=True)
        bitmaps = np.tile(block, (times, 1))
        np.save(tmp_path / "numpy_bitmap" / f"{name}.npy", bitmaps)
        np.savez(tmp_path / "bitmaps" / f"{name}.npz", bitmaps=bitmaps)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path, tmp_path / "out"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    grown, seen = map(int, done.stdout.split())
    assert seen == 2 * 60_000
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    assert grown * unit < 12e6, f"{grown * unit / 1e6:.0f} MB more"
