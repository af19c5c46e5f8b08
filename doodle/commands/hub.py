"""`models push` and `models pull`: checkpoints to and from the Hugging Face hub."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle import checkpoint
from doodle.errors import ModelUnavailable
from doodle.registry import CHECKPOINTS, Card, Registry

if TYPE_CHECKING:
    import argparse

_PICTURES = ("*.png", "*.svg")
# what is ever fetched: no code, and no weights but safetensors
_FETCHED = (checkpoint.INDEX, f"*/{checkpoint.FILE}", "*/README.md", *(f"*/{p}" for p in _PICTURES))
_FILE = re.compile(rf"([\w-]+)/{re.escape(checkpoint.FILE)}")


def register(actions: Any) -> None:
    """Add `push` and `pull` to the actions of `models`."""
    push_line = "send checkpoints and their cards to a repository of the Hugging Face hub"
    pull_line = "fetch checkpoints from such a repository, by the digests of its index"
    for name, run, line in (("push", push, push_line), ("pull", pull, pull_line)):
        action = actions.add_parser(name, help=line, description=line)
        action.add_argument("names", nargs="*", help="all unless named")
        action.add_argument("--repo", required=True, metavar="OWNER/NAME")
        if name == "push":
            action.add_argument("--private", action="store_true", help="where it is made anew")
        else:
            action.add_argument("--revision", help="branch, tag or commit; the newest if not given")
            action.add_argument(
                "--replace", action="store_true", help="checkpoints that are other ones here, too"
            )
        action.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER")
        action.set_defaults(run=run)


def push(args: argparse.Namespace) -> None:
    """Send checkpoints, their cards and pictures, an index of them and a card of them all.

    Raises:
        ModelUnavailable: one is broken, or not what the index says; nothing is sent.
        OSError: the hub does not take them.
        ValueError: there is none of a name.
    """
    from doodle.card import card_text, collection_text
    from doodle.data.hub import upload

    root: Path = args.checkpoints
    known = {card.name: card for card in Registry(root).cards()}
    # what was fetched from others is not ours to pass on
    cards = {
        name: known[name]
        for name in _chosen(args.names, known, str(root))
        if args.names or not known[name].header.get("data", {}).get("local")
    }
    if not cards:
        raise ValueError(f"no checkpoint to send in {root}")
    files: dict[str, Path | bytes] = {}
    for name, card in cards.items():
        _check(card)
        files[f"{name}/{checkpoint.FILE}"] = card.path
        files[f"{name}/README.md"] = card_text(name, card.path).encode()
        for pattern in _PICTURES:
            files |= {f"{name}/{one.name}": one for one in card.path.parent.glob(pattern)}
    entries = {name: _entry(card) for name, card in cards.items()}
    files[checkpoint.INDEX] = (json.dumps(entries, indent=2) + "\n").encode()
    files["README.md"] = collection_text({n: c.path for n, c in cards.items()}, args.repo).encode()
    message = f"{len(cards)} checkpoints: {', '.join(cards)}"
    print(upload(args.repo, files, private=args.private, message=message))


def _entry(card: Card) -> dict[str, Any]:
    training = card.header["training"]
    return {
        "file": f"{card.name}/{checkpoint.FILE}",
        "bytes": card.file_bytes,
        "sha256": card.sha256,
        "licence": card.header["licence"],
        "source": training.get("source") or training.get("command", ""),
    }


def _check(card: Card) -> None:
    """Raise ModelUnavailable where a checkpoint is not what its index says."""
    if card.problem:
        raise ModelUnavailable(f"Nothing was sent. {card.problem}")
    if checkpoint.sha256_of(card.path) != card.sha256:
        raise ModelUnavailable(
            f"Nothing was sent: {card.name} has another digest than {checkpoint.INDEX} says. "
            "`python -m doodle models check` says more."
        )


def pull(args: argparse.Namespace) -> None:
    """Fetch checkpoints; those here stay as they were until all that is fetched is found whole.

    Raises:
        ModelUnavailable: what came is not what its index says, or no checkpoint.
        OSError: the hub does not give them.
        ValueError: there is none of a name, or another one of that name here.
    """
    from doodle.data.hub import download

    root: Path = args.checkpoints
    root.mkdir(parents=True, exist_ok=True)
    # beside the others, so that a file moves there whole
    with tempfile.TemporaryDirectory(prefix=".pull-", dir=root) as name:
        fetched = Path(name)
        named = {f"{n}{p[1:]}" for n in args.names for p in _FETCHED if p.startswith("*/")}
        wanted = (checkpoint.INDEX, *sorted(named)) if args.names else _FETCHED
        download(args.repo, fetched, wanted, args.revision)
        index = _index(fetched, args.repo)
        chosen = _chosen(args.names, index, args.repo)
        for one in chosen:
            _whole(fetched, one, index[one], args.repo)
        differ = [one for one in chosen if _differs(root / one / checkpoint.FILE, index[one])]
        if differ and not args.replace:
            raise ValueError(
                f"other checkpoints of these names are in {root}: {', '.join(differ)}. "
                "--replace takes those of the hub; nothing was changed"
            )
        for one in chosen:
            _move(fetched / one, root / one)
    checkpoint.update_index(root)
    for one in chosen:
        print(f"{one:<16} {index[one]['sha256'][:16]}  {index[one]['bytes'] / 1e6:.1f} MB")


def _chosen(names: list[str], there: dict[str, Any], where: str) -> list[str]:
    unknown = [name for name in names if name not in there]
    if unknown:
        known = ", ".join(there) or "none"
        raise ValueError(f"no checkpoint {', '.join(unknown)} in {where} ({known})")
    return names or list(there)


def _index(folder: Path, repo: str) -> dict[str, Any]:
    """The index of what was fetched; its files lie where a checkpoint's name says."""
    try:
        index: dict[str, Any] = json.loads((folder / checkpoint.INDEX).read_text(encoding="utf-8"))
        for name, entry in index.items():
            found = _FILE.fullmatch(entry["file"])
            if not found or found[1] != name:
                raise ValueError(f"{entry['file']} is no place of a checkpoint")
            entry["sha256"], entry["bytes"] = str(entry["sha256"]), int(entry["bytes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{repo} has no {checkpoint.INDEX} that names checkpoints"
        raise ModelUnavailable(f"{what} ({error}); nothing was changed") from error
    return index


def _whole(folder: Path, name: str, entry: dict[str, Any], repo: str) -> None:
    """Raise ModelUnavailable where a fetched checkpoint is not what the index says."""
    path = folder / name / checkpoint.FILE
    if not path.is_file() or path.stat().st_size != entry["bytes"]:
        why = "is missing or cut short"
    elif checkpoint.sha256_of(path) != entry["sha256"]:
        why = f"has another digest than its {checkpoint.INDEX} says"
    else:
        checkpoint.read_header(path)
        return
    raise ModelUnavailable(f"{name} of {repo} {why}; nothing was changed")


def _differs(path: Path, entry: dict[str, Any]) -> bool:
    return path.exists() and checkpoint.sha256_of(path) != entry["sha256"]


def _move(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in source.iterdir():
        os.replace(file, target / file.name)
