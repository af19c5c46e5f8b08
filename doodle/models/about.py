"""What a model card says beside a checkpoint's header; each model's stands at its file's end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """The same for every checkpoint of a model.

    Attributes:
        title: of the card.
        does: what the model is for.
        run: a command that shows it.
        fails: known failures.
        cite: the paper, or where the data are from.
    """

    title: str
    does: str
    run: str
    fails: str
    cite: str
