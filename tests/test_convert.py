"""Magenta's decoders: parity with an independent evaluation of the same file, in float64 numpy."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import torch

from doodle import checkpoint
from doodle.convert.magenta import convert_magenta, read_magenta
from doodle.device import generators

ROWS = 40


def reference(path, rows):
    """Evaluate a .gen.json with nothing of ours: rows (T, 5) in network units to seven arrays."""
    _, shapes, texts = json.loads(path.read_text())
    w_out, b_out, w_xh, w_hh, b = (
        np.frombuffer(base64.b64decode(text), "<i2").astype(np.float64).reshape(shape) * 10 / 32767
        for shape, text in zip(shapes, texts, strict=True)
    )
    size = w_hh.shape[0]
    h, c = np.zeros(size), np.zeros(size)

    def logistic(x):
        return 1 / (1 + np.exp(-x))

    outputs = []
    for row in rows:
        gates = np.concatenate([row, h]) @ np.concatenate([w_xh, w_hh]) + b
        i, j, f, o = (gates[k * size : (k + 1) * size] for k in range(4))
        c = c * logistic(f + 1.0) + logistic(i) * np.tanh(j)
        h = np.tanh(c) * logistic(o)
        outputs.append(h @ w_out + b_out)
    out = np.array(outputs)
    pen, rest = out[:, :3], out[:, 3:].reshape(len(rows), 6, -1)

    def softmax(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    return {
        "pi": softmax(rest[:, 0]),
        "mu_x": rest[:, 1],
        "mu_y": rest[:, 2],
        "sigma_x": np.exp(rest[:, 3]),
        "sigma_y": np.exp(rest[:, 4]),
        "rho": np.tanh(rest[:, 5]),
        "pen": softmax(pen),
    }


def ours(module, rows):
    with torch.inference_mode():
        m = module(torch.tensor(rows[None], dtype=module.b.dtype))
    parts = {
        "pi": m.pi_logits.softmax(-1),
        "mu_x": m.mu_x,
        "mu_y": m.mu_y,
        "sigma_x": m.log_sigma_x.exp(),
        "sigma_y": m.log_sigma_y.exp(),
        "rho": m.rho,
        "pen": m.pen_logits.softmax(-1),
    }
    return {name: part[0].double().numpy() for name, part in parts.items()}


def some_rows(seed=0):
    """A pen that wanders, lifts now and then, and starts with the documented token."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((ROWS, 5))
    rows[1:, :2] = rng.normal(0, 0.5, (ROWS - 1, 2))
    rows[np.arange(ROWS), 2 + (rng.random(ROWS) < 0.2)] = 1
    rows[0] = (0, 0, 1, 0, 0)
    return rows


@pytest.mark.parametrize("category", ["bird", "bicycle", "palm_tree"])
def test_mixture_parameters_equal_an_independent_evaluation(outside_data, category, tmp_path):
    path = outside_data / "magenta" / f"{category}.gen.json"
    rows = some_rows()
    target = tmp_path / "model.safetensors"
    convert_magenta(path, target)
    module, header = checkpoint.load(target)
    wanted, as_used = reference(path, rows), ours(module, rows)
    exact = ours(module.double(), rows)
    for name, values in wanted.items():
        np.testing.assert_allclose(exact[name], values, rtol=0, atol=1e-5, err_msg=name)
        # in float32 a mean or a spread of ten pixels and more has no more digits than this
        deviation = np.abs(as_used[name] - values) / np.maximum(1, np.abs(values))
        assert deviation.max() < 1e-5, name
    assert header["config"]["category"] == category
    assert "sha256" in header["training"]["source"]


def write_gen_json(path, hidden=6, mixtures=2, seed=0, largest=3000):
    rng = np.random.default_rng(seed)
    outputs = 6 * mixtures + 3
    shapes = [[hidden, outputs], [outputs], [5, 4 * hidden], [hidden, 4 * hidden], [4 * hidden]]
    texts = [
        base64.b64encode(rng.integers(-largest, largest, shape).astype("<i2").tobytes()).decode()
        for shape in shapes
    ]
    facts = {"mode": 2, "version": 6, "max_seq_len": 30, "name": "blob", "scale_factor": 2.5}
    path.write_text(json.dumps([facts, shapes, texts]))
    return path


def test_parity_needs_no_outside_data(tmp_path):
    path = write_gen_json(tmp_path / "blob.gen.json")
    convert_magenta(path, tmp_path / "blob.safetensors")
    rows = some_rows(1)
    module, _ = checkpoint.load(tmp_path / "blob.safetensors")
    wanted, got = reference(path, rows), ours(module, rows)
    for name in wanted:
        np.testing.assert_allclose(got[name], wanted[name], rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1, 2, 3]", '[{"name": "x"}, [[1]], ["AAA="]]', "[{}, [], []]"]
)
def test_other_files_are_refused_in_one_line(tmp_path, text):
    path = tmp_path / "x.gen.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="no SketchRNN decoder") as caught:
        read_magenta(path)
    assert "\n" not in str(caught.value)


def test_truncated_weights_are_refused(tmp_path):
    path = write_gen_json(tmp_path / "blob.gen.json")
    facts, shapes, texts = json.loads(path.read_text())
    texts[3] = texts[3][:-8]
    path.write_text(json.dumps([facts, shapes, texts]))
    with pytest.raises(ValueError, match="no SketchRNN decoder"):
        read_magenta(path)


def test_sample_k_of_n_is_sample_k_alone_and_ends_stay_ended(tmp_path):
    module = read_magenta(write_gen_json(tmp_path / "blob.gen.json"))
    together = module.sample(generators(5, 6), 0.5)
    assert together.shape[2] == 5 and together.shape[1] <= 30
    assert torch.isfinite(together).all()
    ends = [int((drawing[:, 4] == 0).sum()) for drawing in together]  # rows before the end
    assert len(set(ends)) > 1  # else there would be nothing after an end to look at
    for k, end in enumerate(ends):
        assert (together[k, end:] == torch.tensor([0.0, 0, 0, 0, 1])).all()
        alone = module.sample(generators(5, 6)[k : k + 1], 0.5)[0]
        assert len(alone) == min(end + 1, 30)  # it stops when all have ended
        torch.testing.assert_close(together[k, : end + 1], alone)


def test_temperature_scales_sigma_by_its_root(tmp_path):
    """With one component and no ending, the spread of the first offset is sigma * sqrt(tau)."""
    path = write_gen_json(tmp_path / "blob.gen.json", mixtures=1)
    module = read_magenta(path)
    sigma = reference(path, some_rows()[:1])["sigma_x"][0, 0] * 2.5  # pixels per network unit
    for tau in (0.25, 1.0):
        first = module.sample(generators(0, 4000), tau, rows=1)[:, 0]
        first = first[first[:, 4] == 0, 0]  # the others ended at once
        assert first.std().item() == pytest.approx(sigma * tau**0.5, rel=0.05)


def test_the_start_token_is_a_pen_that_is_down(tmp_path):
    """Magenta's training token, not the zeros of its JavaScript demo: it decides the first row."""
    path = write_gen_json(tmp_path / "blob.gen.json", mixtures=1, largest=15000)
    module = read_magenta(path)
    wanted = reference(path, np.array([[0.0, 0, 1, 0, 0]]))["mu_x"][0, 0] * 2.5
    other = reference(path, np.zeros((1, 5)))["mu_x"][0, 0] * 2.5
    first = module.sample(generators(0, 2), 1e-6, rows=1)[:, 0, 0]
    assert first.tolist() == pytest.approx([wanted] * 2, abs=0.1)
    assert abs(wanted - other) > 0.5
