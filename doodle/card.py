"""Model cards: one screen of markdown, made from a checkpoint's header; never edited by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doodle import checkpoint
from doodle.models import current_name


@dataclass(frozen=True)
class _About:
    """What no header says: the same for every checkpoint of a model."""

    title: str
    does: str
    run: str
    fails: str
    cite: str


_SKETCH_RNN_PAPER = (
    "David Ha, Douglas Eck: A Neural Representation of Sketch Drawings, 2017, arXiv 1704.03477."
)
# keys as in doodle.models.MODELS
ABOUT: dict[str, _About] = {
    "sketch_rnn": _About(
        "SketchRNN for every word",
        "Finishes a drawing, draws a word from nothing, draws a drawing again, and walks from one "
        "drawing to another. The word enters as a CLIP text vector.",
        "python -m doodle draw cat --n 16 --seed 0 --out drawings",
        "Words far from the Quick, Draw! categories come out as their nearest neighbours. "
        "Writing, fine detail and more than one object at a time are beyond it.",
        _SKETCH_RNN_PAPER,
    ),
    "recogniser": _About(
        "Recogniser",
        "Says what a drawing shows and how sure it is; ranks the endings that SketchRNN proposes.",
        "python -m doodle complete drawing.json --word cat --json",
        "Drawings that miss their main part, and categories that people draw alike "
        "(cup and mug, truck and van), are confused.",
        "Quick, Draw! bitmaps: https://github.com/googlecreativelab/quickdraw-dataset",
    ),
    "word_table": _About(
        "Words and their vectors",
        "Gives the CLIP ViT-B/32 text vector of a word without CLIP: exact for the words that "
        "were encoded, placed by a fitted map for the others.",
        "python -m doodle draw 'palm tree' --json",
        "Placed words lie near where CLIP has them, not there; which word a phrase is about is "
        "guessed from the order. Other languages are read by their letters only.",
        "Alec Radford et al.: Learning Transferable Visual Models From Natural Language "
        "Supervision, 2021, arXiv 2103.00020.",
    ),
    "clip_text": _About(
        "CLIP's text encoder",
        "Gives the vector of any English text; fetched by `python -m doodle models get clip`, not "
        "shipped. Where it is missing, the word table answers.",
        "python -m doodle models get clip",
        "It reads little but English, and takes a phrase as a whole: which word it is about is "
        "nowhere marked.",
        "Alec Radford et al.: Learning Transferable Visual Models From Natural Language "
        "Supervision, 2021, arXiv 2103.00020.",
    ),
    "stroke_classifier": _About(
        "Stroke classifier",
        "Names a drawing from the way the pen went. Joined with the recogniser, which sees the "
        "picture, it gives the guesses of the page.",
        "python -m doodle recognise drawing.json --top 5 --json",
        "Strokes that were traced from a picture come in no hand's order: there it is right less "
        "often than the recogniser. Categories with few recorded drawings are its weakest.",
        "Mike Schuster, Kuldip Paliwal: Bidirectional Recurrent Neural Networks, IEEE Transactions "
        "on Signal Processing 45, 1997; quickdraw-dataset as for the recogniser.",
    ),
    "dccgan": _About(
        "Doodles for any word",
        "Draws a word from noise and its CLIP text vector; says how drawn-like a picture is.",
        "python -m doodle imagine telescope --n 16 --seed 0 --out doodles",
        "Words far from its training words come out as their neighbours, or as shapes that remind "
        "of them. Adjectives seldom change the drawing. Dense drawings run together at 28 pixels.",
        "Axel Sauer et al.: Projected GANs Converge Faster, 2021, arXiv 2111.01007; Anders Larsen "
        "et al.: Autoencoding beyond pixels using a learned similarity metric, 2016, arXiv "
        "1512.09300.",
    ),
    "writing_detector": _About(
        "Written words",
        "Tells bitmaps in which somebody wrote the word from those in which it was drawn, for "
        "`data filter`.",
        "python -m doodle data filter --input data --output data/clean --sheets",
        "Judged by eye on 1,440 bitmaps, of those it calls words (chance above 0.5) about three in "
        "four are; about two in five written words get past it. Herds, stripes, grids and long "
        "thin things raise false alarms.",
        "Trained on words written by the recipe itself; no paper.",
    ),
    "dcgan": _About(
        "DCGAN of one category",
        "Draws its one category from noise alone.",
        "python -m doodle train dcgan --category rabbit --preset cpu --data data",
        "It knows one category. Lines break off, and trained on few drawings it repeats itself.",
        "Alec Radford, Luke Metz, Soumith Chintala: Unsupervised Representation Learning with Deep "
        "Convolutional Generative Adversarial Networks, 2016, arXiv 1511.06434.",
    ),
    "text_dcgan": _About(
        "Plain conditional DCGAN",
        "Draws a word from noise and its CLIP text vector as earlier work did; for comparison.",
        "python -m doodle imagine cat --checkpoints FOLDER --out doodles",
        "Most words come out as unfinished shapes, and the doodles of a word resemble each other.",
        "Scott Reed et al.: Generative Adversarial Text to Image Synthesis, 2016, arXiv "
        "1605.05396; the networks as in arXiv 1511.06434.",
    ),
    "pix2pix": _About(
        "Edges to animal",
        "Turns edges into a picture like a photograph. A map says for every pixel which animal it "
        "belongs to, or that the network may choose; a flag says whether it stands on white.",
        "python -m doodle chimera drawing.png --out animal.png --species lion",
        "Edges denser or sparser than those of photographs, closed shapes without detail, and "
        "poses that no photograph shows come out as texture. Faces are the weakest part.",
        "Phillip Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, "
        "2017, arXiv 1611.07004.",
    ),
    "magenta_decoder": _About(
        "One of Magenta's decoders",
        "Draws its one category from nothing; here for comparison.",
        "python -m doodle convert magenta bird.gen.json",
        "It knows one category, and neither a word nor a latent vector.",
        _SKETCH_RNN_PAPER,
    ),
}


def card_text(name: str, path: Path) -> str:
    """The card of a checkpoint as markdown.

    Args:
        name: its folder's name.
        path: the checkpoint; pictures beside it are shown.

    Raises:
        ModelUnavailable: the checkpoint is missing or broken.
    """
    header = checkpoint.read_header(path)
    numbers, _ = checkpoint.tensor_sizes(path)
    about = ABOUT[current_name(header["model"])]
    pictures = sorted(p.name for p in path.parent.iterdir() if p.suffix in (".png", ".svg"))
    parts = [
        f"# {about.title}\n\n{about.does}",
        "\n\n".join(f"![{Path(p).stem.replace('_', ' ')}]({p})" for p in pictures),
        f"## Run it\n\n```\n{about.run}\n```",
        _table(
            [
                ("checkpoint", f"`{name}`, model `{header['model']}`"),
                (
                    "size",
                    f"{numbers / 1e6:.2f} million numbers, {path.stat().st_size / 1e6:.1f} MB",
                ),
                ("licence", header["licence"]),
                ("data", header["attribution"]),
                *((key, _short(value)) for key, value in header["data"].items()),
            ]
        ),
        "## Measured\n\n" + _metrics(header["metrics"]) if header["metrics"] else "",
        "## Trained\n\n" + _table([(k, _short(v)) for k, v in header["training"].items()])
        if header["training"]
        else "",
        f"## Known failures\n\n{about.fails}",
        f"## Cite\n\n{about.cite}",
        "This card is made by `python -m doodle models card` from the header of the checkpoint; "
        "`python -m doodle models check` proves that a machine has this very model.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _metrics(metrics: list[dict[str, Any]]) -> str:
    """A table of the numbers; figures that are lists of rows follow it, a line each."""
    numbers = [m for m in metrics if not isinstance(m["value"], list)]
    rows = [
        f"| {m['name']} | {m['value']:.4g} | {m.get('n', '')} | {m.get('split', '')} |"
        for m in numbers
    ]
    table = "\n".join(["| figure | value | n | split |", "| --- | --- | --- | --- |", *rows])
    lists = [
        f"{m['name']}: " + "; ".join(" ".join(map(str, row)) for row in m["value"]) + "."
        for m in metrics
        if isinstance(m["value"], list)
    ]
    return "\n\n".join([table, *lists])


def _table(rows: list[tuple[str, str]]) -> str:
    lines = [f"| {key.replace('_', ' ')} | {value} |" for key, value in rows]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def _short(value: Any) -> str:
    """A value in one table cell; a long list becomes its length and its first words."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, list) and len(value) > 8:
        return f"{len(value)}: {', '.join(map(str, value[:6]))}, ..."
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).replace("|", "\\|")
