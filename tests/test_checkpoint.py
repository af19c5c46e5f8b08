"""Checkpoints: what is saved comes back, and what is broken is named with its cure."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
import torch

from doodle import checkpoint
from doodle.errors import ModelUnavailable
from doodle.models.magenta_decoder import MagentaDecoder, MagentaDecoderConfig


def make(seed=0):
    torch.manual_seed(seed)
    config = MagentaDecoderConfig.tiny()
    return MagentaDecoder(config), config


def save(path, module, config, **more):
    fields = dict(model="magenta_decoder", config=config, licence="MIT", attribution="nobody")
    checkpoint.save(path, module, **(fields | more))


@pytest.fixture
def path(tmp_path):
    module, config = make()
    target = tmp_path / "tiny" / checkpoint.FILE
    save(target, module, config, training={"command": "python -m doodle train tiny"})
    return target


def edit_header(path, change):
    """Rewrite the JSON of a file in place of the old one; the tensors stay as they are."""
    blob = path.read_bytes()
    length = int.from_bytes(blob[:8], "little")
    raw = json.loads(blob[8 : 8 + length])
    header = json.loads(raw["__metadata__"]["doodle"])
    change(header)
    raw["__metadata__"]["doodle"] = json.dumps(header)
    text = json.dumps(raw).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + blob[8 + length :])


def test_what_is_loaded_is_what_was_saved(path):
    module, config = make()
    loaded, header = checkpoint.load(path)
    assert loaded.config == config
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    for name, tensor in module.state_dict().items():
        assert loaded.state_dict()[name].dtype == torch.float32
        assert torch.equal(loaded.state_dict()[name], tensor.half().float()), name
    assert header["licence"] == "MIT" and header["attribution"] == "nobody"


def test_float32_storage_is_exact(tmp_path):
    module, config = make()
    save(tmp_path / "exact.safetensors", module, config, dtype=torch.float32)
    loaded, _ = checkpoint.load(tmp_path / "exact.safetensors")
    for name, tensor in module.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_matrices_of_eight_bits_come_back_nearly_as_they_were(tmp_path):
    module, config = make()
    name = next(k for k, v in module.state_dict().items() if v.ndim == 2 and v.numel() > 64)
    full, small = (tmp_path / kind / checkpoint.FILE for kind in ("full", "small"))
    save(full, module, config)
    save(small, module, config, packed=(name,))
    loaded, _ = checkpoint.load(small)
    before, after = module.state_dict()[name], loaded.state_dict()[name]
    largest = before.abs().amax(dim=1, keepdim=True)
    assert ((after - before).abs() <= largest / 254 + 1e-3 * largest).all()
    assert checkpoint.read_tensors(small)[name].dtype == torch.int8
    assert small.stat().st_size < full.stat().st_size
    assert checkpoint.verify(small) == 0  # the golden numbers are those of the rounded weights
    checkpoint.set_metrics(small, [])
    assert checkpoint.verify(small) == 0


def test_the_header_is_read_without_torch(path):
    code = (
        "import sys; from doodle import checkpoint; "
        f"h = checkpoint.read_header({str(path)!r}); print(h['model']); "
        "assert not {'torch', 'numpy', 'safetensors'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "magenta_decoder\n"), done.stderr


def test_sizes_are_those_of_the_network(path):
    module, _ = make()
    numbers = sum(tensor.numel() for tensor in module.state_dict().values())
    assert checkpoint.tensor_sizes(path) == (numbers, 4 * numbers)


def test_golden_numbers_hold_and_notice_another_weight(path):
    assert checkpoint.verify(path) <= 1e-6
    module, _ = make()
    module.w_out.data[0, 3] += 0.1  # one weight of one mean
    header = checkpoint.read_header(path)
    save(path, module, module.config)
    edit_header(path, lambda new: new.update(golden=header["golden"]))
    with pytest.raises(ModelUnavailable, match="golden numbers are off"):
        checkpoint.verify(path)


def test_golden_numbers_are_those_of_the_stored_weights(path):
    golden = checkpoint.read_header(path)["golden"]
    loaded, _ = checkpoint.load(path)
    assert torch.allclose(loaded.probe(0), torch.tensor(golden["numbers"]), atol=1e-7)
    other = MagentaDecoder(MagentaDecoderConfig.tiny())
    assert not torch.allclose(other.probe(0), torch.tensor(golden["numbers"]), atol=1e-3)


def test_a_wrong_digest_stops_before_building(path, monkeypatch):
    good = checkpoint.sha256_of(path)
    checkpoint.load(path, sha256=good)
    monkeypatch.setattr(checkpoint, "_build", lambda *_: pytest.fail("built"))
    with pytest.raises(ModelUnavailable, match="not the file that INDEX.json states"):
        checkpoint.load(path, sha256="0" * 64)


@pytest.mark.parametrize("kept", [0, 5, 40, -1])
def test_a_truncated_file_is_named_with_its_cure(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    for read in (checkpoint.read_header, checkpoint.load):
        with pytest.raises(ModelUnavailable, match=r"is broken: .* Run `git checkout -- "):
            read(path)


@pytest.mark.parametrize("blob", [b"\x02\0\0\0\0\0\0\0[]", b"\x02\0\0\0\0\0\0\0{}", b"x" * 100])
def test_other_files_are_refused(tmp_path, blob):
    (tmp_path / "x").write_bytes(blob)
    with pytest.raises(ModelUnavailable, match="Run `git checkout"):
        checkpoint.read_header(tmp_path / "x")


def test_a_missing_file_is_named_relative_to_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelUnavailable, match="git checkout -- checkpoints/cat/model.safetensors"):
        checkpoint.read_header(tmp_path / "checkpoints" / "cat" / "model.safetensors")


def _set(key, value):
    return lambda header: header.update({key: value})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("format", 2), "format 2, this program reads 1. Run `git pull`"),
        (_set("model", "os:system"), "no model 'os:system'"),
        (lambda h: h["config"].update(colour="red"), "unexpected keyword argument 'colour'"),
        (lambda h: h["config"].update(hidden=9), "size mismatch"),
        (lambda h: h["config"].update(hidden=0), "at least 1"),
    ],
)
def test_a_header_that_does_not_fit_is_an_error_never_a_guess(path, change, says):
    edit_header(path, change)
    with pytest.raises(ModelUnavailable) as caught:
        checkpoint.load(path)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_and_a_surplus_tensor_are_errors(path):
    blob = path.read_bytes()
    length = int.from_bytes(blob[:8], "little")
    text = blob[8 : 8 + length].replace(b'"w_hh"', b'"w_hx"')
    path.write_bytes(blob[:8] + text + blob[8 + length :])
    with pytest.raises(ModelUnavailable, match=r'Missing key.*"w_hh".*Unexpected key.*"w_hx"'):
        checkpoint.load(path)


def test_shared_and_overflowing_tensors_are_refused(tmp_path):
    module, config = make()
    module.w_hh = torch.nn.Parameter(torch.full_like(module.w_hh, 1e6))
    with pytest.raises(ValueError, match="w_hh is not finite"):
        save(tmp_path / "x", module, config)
    module, config = make()
    module.again = module.b
    with pytest.raises(ValueError, match="share memory"):
        save(tmp_path / "x", module, config)
    assert not list(tmp_path.iterdir())


def test_a_config_that_builds_another_network_cannot_be_saved(tmp_path):
    module, config = make()
    with pytest.raises(RuntimeError, match="size mismatch"):
        save(tmp_path / "x", module, dataclasses.replace(config, hidden=9))
    with pytest.raises(ValueError, match="does not survive JSON"):
        save(tmp_path / "x", module, dataclasses.replace(config, category=["a"]))
    assert not list(tmp_path.iterdir())


def test_the_index_states_what_is_there(path):
    root = path.parents[1]
    index = checkpoint.update_index(root)
    assert index == json.loads((root / checkpoint.INDEX).read_text())
    assert index == {
        "tiny": {
            "file": "tiny/model.safetensors",
            "bytes": path.stat().st_size,
            "sha256": checkpoint.sha256_of(path),
            "licence": "MIT",
            "source": "python -m doodle train tiny",
        }
    }


def test_a_broken_file_leaves_the_index_as_it_was(path):
    root = path.parents[1]
    checkpoint.update_index(root)
    before = (root / checkpoint.INDEX).read_bytes()
    path.write_bytes(b"")
    with pytest.raises(ModelUnavailable):
        checkpoint.update_index(root)
    assert (root / checkpoint.INDEX).read_bytes() == before
