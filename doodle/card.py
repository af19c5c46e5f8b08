"""Model cards: one screen of markdown, made from a checkpoint's header; never edited by hand.

What no header says stands beside the model, see doodle.models.about.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from doodle import checkpoint
from doodle.models import about_model, current_name

LIBRARY = "doodle"
# model -> its task by the hub's names (https://huggingface.co/tasks), and tags of its own
HUB: dict[str, tuple[str, tuple[str, ...]]] = {
    "sketch_rnn": ("text-to-image", ("sketch-rnn", "sketch", "vector-graphics")),
    "magenta_decoder": ("text-to-image", ("sketch-rnn", "sketch", "vector-graphics")),
    "recogniser": ("image-classification", ("sketch", "resnet")),
    "stroke_classifier": ("image-classification", ("sketch", "lstm", "strokes")),
    "writing_detector": ("image-classification", ("sketch", "handwriting")),
    "dcgan": ("unconditional-image-generation", ("gan", "sketch")),
    "text_dcgan": ("text-to-image", ("gan", "sketch", "clip")),
    "dccgan": ("text-to-image", ("gan", "sketch", "clip")),
    "completion_gan": ("image-to-image", ("gan", "sketch")),
    "pix2pix": ("image-to-image", ("gan", "pix2pix", "edges", "animals")),
    "stylegan2": ("unconditional-image-generation", ("gan", "stylegan2", "faces")),
    "face_encoder": ("image-feature-extraction", ("gan-inversion", "stylegan2", "faces")),
    "face_finder": ("object-detection", ("face-detection", "landmarks", "faces")),
    "face_scorer": ("zero-shot-image-classification", ("clip", "faces")),
    "face_directions": ("feature-extraction", ("clip", "stylegan2", "faces")),
    "clip_text": ("feature-extraction", ("clip",)),
    "word_table": ("feature-extraction", ("clip", "word-vectors")),
}
_FIGURES = 8  # at the head of a card, the main ones; all of them stand in its table
_QUICKDRAW = ("google/quickdraw", "Quick, Draw!")  # on the hub, and by its own name


def card_text(name: str, path: Path) -> str:
    """The card of a checkpoint as markdown, headed by what the hub indexes.

    Args:
        name: its folder's name.
        path: the checkpoint; pictures beside it are shown.

    Raises:
        ModelUnavailable: the checkpoint is missing or broken.
    """
    header = checkpoint.read_header(path)
    parameters, _ = checkpoint.tensor_sizes(path)
    about = about_model(header["model"])
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
                    f"{parameters / 1e6:.2f} million parameters, "
                    f"{path.stat().st_size / 1e6:.1f} MB",
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
    text = "\n\n".join(part for part in parts if part) + "\n"
    return f"---\n{front_matter(name, header)}\n---\n\n{text}"


def front_matter(name: str, header: dict[str, Any]) -> str:
    """The YAML that the Hugging Face hub reads from the top of a card: licence, task, figures.

    Args:
        name: of the checkpoint.
        header: of its file.
    """
    from huggingface_hub import EvalResult, ModelCardData

    task, tags = HUB[current_name(header["model"])]
    drawn = _QUICKDRAW[1] in header["attribution"]
    dataset, title = _QUICKDRAW if drawn else ("other", header["attribution"] or "unnamed")
    results = [
        EvalResult(
            task_type=task,
            dataset_type=dataset,
            dataset_name=title,
            dataset_split=one.get("split"),
            metric_type=_slug(one["name"]),
            metric_name=one["name"],
            metric_value=one["value"],
            metric_args={"n": one["n"]} if "n" in one else None,
        )
        for one in [m for m in header["metrics"] if not isinstance(m["value"], list)][:_FIGURES]
    ]
    data = ModelCardData(
        license=header["licence"].lower(),
        library_name=LIBRARY,
        pipeline_tag=task,
        tags=[LIBRARY, *tags],
        datasets=[dataset] if drawn else None,
        model_name=name if results else None,
        eval_results=results or None,
    )
    return data.to_yaml().strip()


def collection_text(paths: dict[str, Path], repo: str) -> str:
    """The card of a repository that holds several checkpoints.

    Args:
        paths: name -> checkpoint.
        repo: OWNER/NAME on the hub.
    """
    from huggingface_hub import ModelCardData

    headers = {name: checkpoint.read_header(path) for name, path in paths.items()}
    licences = sorted({header["licence"].lower() for header in headers.values()})
    tags = {tag for one in headers.values() for tag in HUB[current_name(one["model"])][1]}
    drawn = any(_QUICKDRAW[1] in header["attribution"] for header in headers.values())
    mixed = len(licences) > 1
    data = ModelCardData(
        license="other" if mixed else licences[0],
        license_name=f"{'-and-'.join(licences)}-see-each-model" if mixed else None,
        library_name=LIBRARY,
        tags=[LIBRARY, *sorted(tags)],
        datasets=[_QUICKDRAW[0]] if drawn else None,
    )
    rows = []
    for name, header in headers.items():
        title = about_model(header["model"]).title
        rows.append(f"| [{name}]({name}/README.md) | {title} | {header['licence']} |")
    table = "\n".join(["| checkpoint | what it is | licence |", "| --- | --- | --- |", *rows])
    return (
        f"---\n{data.to_yaml().strip()}\n---\n\n# Doodle's networks\n\n{table}\n\n"
        f"`python -m doodle models pull --repo {repo}` fetches them, by the digests of "
        f"`{checkpoint.INDEX}`.\n"
    )


def _slug(name: str) -> str:
    """The name of a figure as a kind of it: the part before the comma, which says of what."""
    return re.sub(r"[^\w]+", "-", name.split(",")[0].lower()).strip("-")


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
