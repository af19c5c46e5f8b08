"""CLIP's text tower with random weights: the same as open_clip's, whichever file it comes from."""

import json

import pytest
import torch

from doodle import checkpoint
from doodle.cli import main
from doodle.convert.clip import read_clip_text
from doodle.data import clip_weights
from doodle.models.clip import PROMPT, ClipText, ClipTextConfig
from doodle.registry import Registry

TEXTS = ["cat", "a sleepy teapot", "é 猫 🐱", "", "word " * 99]


@pytest.fixture(scope="module")
def whole():
    """All of a small CLIP, as open_clip builds it."""
    from open_clip import CLIP

    torch.manual_seed(0)
    vision = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16}
    text = {"context_length": 12, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 2}
    model = CLIP(embed_dim=512, vision_cfg=vision, text_cfg=text, quick_gelu=True).eval()
    for parameter in model.parameters():  # fit for half precision, and no two alike
        parameter.data.add_(0.02 * torch.randn(parameter.shape)).copy_(parameter.data.half())
    return model.requires_grad_(False)


def written(model, path):
    from safetensors.torch import save_file

    if path.suffix == ".safetensors":
        save_file(model.state_dict(), path)
    elif path.name == "script.pt":
        with torch.inference_mode():
            torch.jit.save(torch.jit.trace(Holder(model), torch.zeros(1)), path)
    else:
        torch.save({"state_dict": {f"module.{k}": v for k, v in model.state_dict().items()}}, path)
    return path


class Holder(torch.nn.Module):
    """Something to trace that carries CLIP's weights by their names."""

    def __init__(self, model):
        super().__init__()
        for name, child in model.named_children():
            setattr(self, name, child)
        self.positional_embedding, self.text_projection = (
            model.positional_embedding,
            model.text_projection,
        )

    def forward(self, x):
        return x + self.text_projection.sum()


@pytest.mark.parametrize("name", ["open_clip_model.safetensors", "weights.pt", "script.pt"])
def test_every_kind_of_file_gives_open_clips_vectors(whole, tmp_path, name):
    from open_clip.tokenizer import SimpleTokenizer

    tower = read_clip_text(written(whole, tmp_path / name))
    tokens = SimpleTokenizer(context_length=12)([PROMPT.format(text) for text in TEXTS])
    wanted = whole.encode_text(tokens, normalize=True)
    vectors = tower(TEXTS)
    assert vectors.shape == (len(TEXTS), 512) and vectors.dtype == torch.float32
    assert torch.allclose(vectors, wanted, atol=1e-5)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(len(TEXTS)), atol=1e-5)


def test_get_writes_a_checkpoint_that_the_registry_lists_apart(whole, tmp_path, capsys):
    cache = tmp_path / "hub" / "models--timm" / "snapshots" / "abc"
    cache.mkdir(parents=True)
    written(whole, cache / "open_clip_model.safetensors")
    root = tmp_path / "checkpoints"
    (root).mkdir()
    command = ["models", "get", "clip", "--from", str(tmp_path / "hub"), "--checkpoints", str(root)]
    assert main(command) == 0
    assert json.loads((root / checkpoint.INDEX).read_text()) == {}
    registry = Registry(root, device="cpu")
    assert [card.name for card in registry.cards()] == ["clip"]
    with registry.use("clip") as (clip,):
        wanted = read_clip_text(cache / "open_clip_model.safetensors")(TEXTS)
        assert torch.allclose(clip(TEXTS), wanted, atol=1e-4)
    assert main(["models", "check", "--checkpoints", str(root)]) == 0
    assert main(["models", "card", "--checkpoints", str(root)]) == 0


def test_without_a_network_it_says_what_to_do(tmp_path, monkeypatch, capsys):
    import open_clip.pretrained

    def refuse(*_, **__):
        raise RuntimeError("Cannot reach https://huggingface.co")

    monkeypatch.setattr(open_clip.pretrained, "download_pretrained", refuse)
    assert main(["models", "get", "clip", "--checkpoints", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "Cannot reach" in error and "models get clip --from FILE" in error
    assert not list(tmp_path.iterdir())


def test_get_downloads_through_open_clip_the_named_weights(whole, tmp_path, monkeypatch):
    import open_clip.pretrained

    asked = []
    path = written(whole, tmp_path / "open_clip_model.safetensors")
    monkeypatch.setattr(
        open_clip.pretrained, "download_pretrained", lambda cfg: asked.append(cfg) or str(path)
    )
    assert main(["models", "get", "clip", "--checkpoints", str(tmp_path / "c")]) == 0
    assert "vit_base_patch32_clip_224.openai" in asked[0]["hf_hub"]


@pytest.mark.parametrize("name", ["empty.pt", "empty.safetensors", "other.pt"])
def test_what_is_no_clip_is_refused(tmp_path, name, capsys):
    path = tmp_path / name
    path.write_bytes(b"not weights at all")
    if name == "other.pt":
        torch.save({"fc.weight": torch.zeros(2)}, path)
    command = ["models", "get", "clip", "--from", str(path), "--checkpoints", str(tmp_path)]
    assert main(command) == 2
    assert str(path) in capsys.readouterr().err
    (tmp_path / "void").mkdir()
    with pytest.raises(FileNotFoundError, match="open_clip_model.safetensors"):
        clip_weights.find(tmp_path / "void")


def test_a_long_text_is_cut_not_refused():
    torch.manual_seed(0)
    tower = ClipText(ClipTextConfig.tiny()).eval()
    a, b = tower(["cat " * 50, "cat " * 80])
    assert torch.equal(a, b)
