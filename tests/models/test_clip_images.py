"""CLIP's image tower through open_clip, with tiny random weights."""

import json

import pytest
import torch

from doodle.models import clip_images
from doodle.models.clip_images import load_clip_images

open_clip = pytest.importorskip("open_clip")
TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 64, "layers": 1, "width": 64, "head_width": 32, "patch_size": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of weights of the architecture clip-images-tiny."""
    folder = tmp_path_factory.mktemp("clip")
    other = TINY | {"text_cfg": TINY["text_cfg"] | {"width": 8}}
    for name, config in (("clip-images-tiny", TINY), ("clip-images-other", other)):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(config))
        open_clip.add_model_config(path)
    torch.manual_seed(0)
    model = open_clip.create_model("clip-images-tiny")
    torch.save(model.state_dict(), folder / "weights.pt")
    return folder / "weights.pt"


def test_the_cosine_is_open_clips_own(weights):
    """Black ink on white paper, through open_clip's own preprocessing, gives the same number."""
    from PIL import Image

    clip = load_clip_images(weights, "clip-images-tiny")
    ink = torch.zeros(2, 1, 28, 28)
    ink[0, 0, 5:9, 3:20] = 1
    ink[1, 0, ::3] = 1
    got = clip.similarity(ink, clip.text(["cat", "ice cream"]))
    model, _, preprocess = open_clip.create_model_and_transforms(
        "clip-images-tiny", pretrained=str(weights)
    )
    paper = [Image.fromarray(((1 - x[0]) * 255).byte().numpy()).convert("RGB") for x in ink]
    tokens = open_clip.get_tokenizer("clip-images-tiny")(["a cat", "a ice cream"])
    with torch.no_grad():
        image = model.eval().encode_image(torch.stack([preprocess(p) for p in paper]), True)
        text = model.encode_text(tokens, True)
    assert got.shape == (2, 2)
    assert torch.allclose(got, image @ text.T, atol=2e-2)
    assert (got[0] - got[1]).abs().min() > 1e-3, "the picture matters"


def test_wrong_files_are_value_errors(weights, tmp_path):
    with pytest.raises(ValueError, match="no file"):
        load_clip_images(tmp_path / "none.pt")
    with pytest.raises(ValueError, match="holds no weights of clip-images-other"):
        load_clip_images(weights, "clip-images-other")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ValueError, match="holds no weights"):
        load_clip_images(tmp_path / "text.pt", "clip-images-tiny")


def test_weights_are_found_in_the_hub_cache_only_when_there(tmp_path, monkeypatch):
    import huggingface_hub

    asked = []

    def cached(repository, name):
        asked.append(repository)
        return str(tmp_path / name) if name.endswith(".bin") else None

    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", cached)
    assert clip_images.cached_weights() == tmp_path / "open_clip_pytorch_model.bin"
    assert asked[0] == "timm/vit_base_patch32_clip_224.openai"
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: object())
    assert clip_images.cached_weights() is None
