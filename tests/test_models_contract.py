"""One contract that every entry of MODELS keeps, with its tiny config."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch
from safetensors.torch import save_file

from doodle import checkpoint
from doodle.models import MODELS, about_model, resolve


@pytest.fixture(params=list(MODELS))
def model(request):
    """(name, config, module) with seeded weights."""
    config_class, module_class = resolve(request.param)
    torch.manual_seed(0)
    config = config_class.tiny()
    return request.param, config, filled(module_class(config))


def filled(module):
    """Give the buffers that training would fill (tables, means) something to hold."""
    for buffer in module.buffers():
        if buffer.is_floating_point() and buffer.ndim and not buffer.any():
            buffer.copy_(torch.nn.functional.normalize(torch.randn(buffer.shape), dim=-1))
    return module


def test_the_table_names_frozen_dataclasses_and_modules():
    for name in MODELS:
        config_class, module_class = resolve(name)
        assert dataclasses.is_dataclass(config_class) and config_class.__dataclass_params__.frozen
        assert issubclass(module_class, torch.nn.Module), name
    for name in MODELS:
        about = about_model(name)
        assert all((about.title, about.does, about.run, about.fails, about.cite))
    with pytest.raises(KeyError):
        resolve("nothing")


def test_the_config_survives_json(model):
    name, config, _ = model
    fields = json.loads(json.dumps(dataclasses.asdict(config), allow_nan=False))
    rebuilt, _ = checkpoint._build(name, fields)
    assert rebuilt == config
    assert rebuilt != dataclasses.replace(config, **_other(config))


def _other(config):
    """One field changed in a way that stays valid, to see that equality means something."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, int) and not isinstance(value, bool):
            return {field.name: value + 1}
    raise AssertionError("no field to change")


def test_the_probe_is_a_few_finite_numbers_that_depend_on_seed_and_weights(model):
    name, config, module = model
    module.eval()
    numbers = module.probe(0)
    assert numbers.ndim == 1 and 2 <= len(numbers) <= 64
    assert numbers.dtype == torch.float32 and torch.isfinite(numbers).all()
    assert not torch.equal(numbers, module.probe(1))
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.mul_(torch.rand(tensor.shape) + 0.5)
    assert not torch.allclose(numbers, module.probe(0)), f"{name}: blind to its own weights"


def test_eval_is_deterministic_and_leaves_global_randomness_alone(model):
    _, _, module = model
    module.eval()
    before = torch.get_rng_state()
    assert torch.equal(module.probe(3), module.probe(3))
    assert torch.equal(torch.get_rng_state(), before)


def test_saved_loaded_equal(model, tmp_path):
    name, config, module = model
    path = tmp_path / "model.safetensors"
    checkpoint.save(
        path,
        module,
        model=name,
        config=config,
        licence="MIT",
        attribution="nobody",
        dtype=torch.float32,
    )
    loaded, _ = checkpoint.load(path)
    assert set(loaded.state_dict()) == set(module.state_dict())
    assert torch.equal(loaded.probe(0), module.eval().probe(0))
    assert checkpoint.verify(path) == 0


def test_half_storage_stays_close(model, tmp_path):
    name, config, module = model
    path = tmp_path / "model.safetensors"
    checkpoint.save(path, module, model=name, config=config, licence="MIT", attribution="nobody")
    loaded, _ = checkpoint.load(path)
    exact, stored = module.eval().probe(0), loaded.probe(0)
    assert torch.allclose(exact, stored, atol=2e-2, rtol=2e-2)
    assert checkpoint.verify(path) < 1e-5


def _sketch_rnn(module):
    generator = torch.Generator().manual_seed(0)
    rows = torch.zeros(3, 6, 5)
    rows[:, :, :2] = torch.randn(3, 6, 2, generator=generator)
    rows[..., 2] = 1
    text = torch.nn.functional.normalize(torch.randn(3, 512, generator=generator), dim=1)
    mu, logvar = module.encode(rows, torch.tensor([6, 4, 2]))
    z = mu + torch.exp(0.5 * logvar)
    return module(rows, text, z, torch.ones(3), torch.tensor([0.0, 1.0, 0.0])), (3, 6)


def _magenta_decoder(module):
    return module(torch.randn(3, 6, 5, generator=torch.Generator().manual_seed(0))), (3, 6)


def _recogniser(module):
    ink = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    logits, embedding = module(ink)
    return (logits, embedding, module.text_logits(embedding)), (3,)


def _dcgan(module):
    return module(torch.randn(3, 6, generator=torch.Generator().manual_seed(0))), (3, 1, 28, 28)


def _text_dcgan(module):
    generator = torch.Generator().manual_seed(0)
    text = torch.nn.functional.normalize(torch.randn(3, 512, generator=generator), dim=1)
    pictures = module(torch.randn(3, 6, generator=generator), text)
    return (pictures, module.discriminate(pictures, module.centred(text))), (3,)


def _pix2pix(module):
    generator = torch.Generator().manual_seed(0)
    edges = (torch.rand(3, 1, 16, 16, generator=generator) > 0.8).float()
    classes = torch.randint(0, 4, (3, 16, 16), generator=generator)
    noise = torch.randn(3, 2, generator=generator)
    return module(edges, classes, torch.tensor([0.0, 1.0, 1.0]), noise), (3, 3, 16, 16)


def _writing_detector(module):
    return module(torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))), (3,)


def _clip_text(module):
    return module(["cat", "a very long text of more words than fit", "dog"]), (3, 512)


def _stroke_classifier(module):
    rows = torch.randn(3, 6, 5, generator=torch.Generator().manual_seed(0))
    return module(rows, torch.tensor([6, 4, 1]), torch.tensor([1.0, 0.0, 1.0])), (3,)


def _dccgan(module):
    generator = torch.Generator().manual_seed(0)
    text = torch.nn.functional.normalize(torch.randn(3, 512, generator=generator), dim=1)
    pictures = module(torch.randn(3, module.config.z_size, generator=generator), text)
    sides = (8, 4)  # of the recogniser's maps, for each of its widths
    levels = [
        torch.randn(3, width, side, side, generator=generator)
        for width, side in zip(module.config.level_widths, sides, strict=True)
    ]
    logits = module.discriminate(pictures, levels, [module.centred(text)])[0]
    return (pictures, logits), (3,)


def _completion_gan(module):
    for parameter in module.parameters():  # some layers begin at nothing
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    generator = torch.Generator().manual_seed(0)
    text = torch.nn.functional.normalize(torch.randn(3, 512, generator=generator), dim=1)
    begun = (torch.rand(3, 1, 28, 28, generator=generator) > 0.9).float()
    added = module(torch.randn(3, module.config.z_size, generator=generator), text, begun)
    levels = [
        torch.randn(3, width, side, side, generator=generator)
        for width, side in zip(module.config.level_widths, (8, 4), strict=True)
    ]
    centred = module.centred(text)
    logits = module.discriminate_ending(begun, added, levels, [centred])[0]
    return (added, logits, module.places(begun, centred)), (3,)


def _stylegan2(module):
    z = torch.randn(3, module.config.z_size, generator=torch.Generator().manual_seed(0))
    return module(z), (3, 3, 16, 16)


def _face_encoder(module):
    side = module.config.size
    pictures = torch.rand(3, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return module(pictures), (3,)


def _face_finder(module):
    generator = torch.Generator().manual_seed(0)
    return module(torch.rand(3, 3, 64, 64, generator=generator) * 2 - 1), (3,)


def _face_scorer(module):
    generator = torch.Generator().manual_seed(0)
    side = module.config.size
    pictures = torch.rand(3, 3, side, side, generator=generator) * 2 - 1
    return module(pictures, torch.randn(4, module.config.text_size, generator=generator)), (3, 4)


FORWARD = {
    "face_finder": _face_finder,
    "face_scorer": _face_scorer,
    "stylegan2": _stylegan2,
    "face_encoder": _face_encoder,
    "dccgan": _dccgan,
    "completion_gan": _completion_gan,
    "stroke_classifier": _stroke_classifier,
    "writing_detector": _writing_detector,
    "clip_text": _clip_text,
    "pix2pix": _pix2pix,
    "dcgan": _dcgan,
    "text_dcgan": _text_dcgan,
    "sketch_rnn": _sketch_rnn,
    "magenta_decoder": _magenta_decoder,
    "recogniser": _recogniser,
}  # the word table and the directions of faces have nothing to train


@pytest.mark.parametrize("name", FORWARD)
def test_outputs_are_finite_and_every_parameter_gets_a_gradient(name):
    config_class, module_class = resolve(name)
    torch.manual_seed(0)
    module = filled(module_class(config_class.tiny())).train()
    outputs, leading = FORWARD[name](module)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for output in outputs:
        assert output.shape[: len(leading)] == leading
        assert torch.isfinite(output).all()
    # random weights, since the plain sum of a softmax or of a unit vector has no gradient
    sum((output * torch.randn_like(output)).sum() for output in outputs).backward()
    for key, parameter in module.named_parameters():
        assert parameter.grad is not None, f"{key} got no gradient"
        assert torch.isfinite(parameter.grad).all() and parameter.grad.abs().sum() > 0, key


def test_all_but_tables_are_trained():
    for name in MODELS:
        config_class, module_class = resolve(name)
        has_parameters = any(True for _ in module_class(config_class.tiny()).parameters())
        assert has_parameters == (name in FORWARD)


def test_a_header_may_state_the_former_name_of_a_model(tmp_path):
    config_class, module_class = resolve("writing_detector")
    assert resolve("letters") == (config_class, module_class)
    path, config = tmp_path / "model.safetensors", config_class.tiny()
    module = filled(module_class(config))
    given = {"config": config, "licence": "MIT", "attribution": "nobody"}
    checkpoint.save(path, module, model="letters", **given)
    assert isinstance(checkpoint.load(path)[0], module_class)


@pytest.mark.parametrize("name", ["dccgan", "text_dcgan"])
def test_weights_of_a_former_name_load_and_are_stored_by_their_own(name, tmp_path):
    config_class, module_class = resolve(name)
    path, config = tmp_path / "model.safetensors", config_class.tiny()
    given = {"config": config, "licence": "MIT", "attribution": "nobody"}
    checkpoint.save(path, filled(module_class(config)), model=name, **given)
    weights = checkpoint.read_tensors(path)
    header = {"doodle": json.dumps(checkpoint.read_header(path))}
    former = {k.replace("text_projection.", "judge_text."): v for k, v in weights.items()}
    assert former.keys() != weights.keys()
    save_file(former, path, metadata=header)
    assert checkpoint.verify(path) == 0
    checkpoint.update_header(path, metrics=[])
    stored = checkpoint.read_tensors(path)
    assert stored.keys() == weights.keys()
    assert all(torch.equal(stored[key], value) for key, value in weights.items())
