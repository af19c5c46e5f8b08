"""Which parts of a text the networks can draw: they learned from drawings of certain things."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from doodle.models.words import WordTable

NEAREST = 2  # categories that are named beside an unseen word
SAME = 0.97  # cosine, centred, from which a vector is a category's own
ALIKE = 0.45  # below it nothing that was learned is much like a word


class Drawable(NamedTuple):
    """What can be drawn of a text.

    Attributes:
        seen: whether the networks learned from drawings of its subject.
        near: the categories nearest to an unseen subject, the nearest first; of a seen one its own.
        caveat: a sentence for the visitor on what will not be as asked; empty if nothing.
    """

    seen: bool
    near: tuple[str, ...]
    caveat: str


class Drawables:
    """Compares words with the categories that the networks were trained on.

    Args:
        words: the table with the vectors of both.
    """

    def __init__(self, words: WordTable) -> None:
        self.words = words

    def nearest(self, vector: Tensor) -> list[tuple[str, float]]:
        """The NEAREST categories to a vector (text_size,), with their centred cosines."""
        away = F.normalize(vector.float().cpu() - self.words.mean.float().cpu(), dim=0)
        cosine = self._categories @ away
        best = cosine.topk(min(NEAREST, len(cosine)))
        names = [self.words.categories[k] for k in best.indices.tolist()]
        return list(zip(names, best.values.tolist(), strict=True))

    def is_seen(self, vector: Tensor) -> bool:
        """Whether a vector is that of a category."""
        return bool(self.words.categories) and self.nearest(vector)[0][1] >= SAME

    def judged(
        self,
        subject: str,
        vector: Tensor,
        others: Sequence[tuple[str, Tensor]] = (),
        negated: Sequence[str] = (),
    ) -> Drawable:
        """What can be drawn of a text.

        Args:
            subject: the thing that the text is about, as the visitor reads it; vector: its own.
            others: the remaining words that are listened to, with their vectors.
            negated: words that the text wants left out; the subject itself may be among them.
        """
        if not self.words.categories:
            return Drawable(True, (), "")
        near = self.nearest(vector)
        seen = near[0][1] >= SAME
        said = [] if seen else [_unseen(subject, near)]
        if subject in negated:
            said.append(f"I cannot draw what something is not, so this is “{subject}” itself.")
        elif negated:
            said.append(f"I cannot leave things out of a drawing, so I ignored {_quoted(negated)}.")
        things = [word for word, own in others if self.is_seen(own)]
        looks = [word for word, own in others if word not in things]
        if things:
            said.append(
                f"I draw one thing at a time: “{subject}”, with a touch of {_quoted(things)}."
            )
        if looks:
            said.append(f"{_quoted(looks)} may hardly show: I learned from the names of things.")
        names = tuple(name for name, _ in near)
        return Drawable(seen, names[:1] if seen else names, " ".join(said))

    @cached_property
    def _categories(self) -> Tensor:
        """(categories, text_size) of unit length, centred."""
        vectors, mean = self.words.category_vectors().cpu(), self.words.mean.float().cpu()
        return F.normalize(vectors - mean, dim=1)


def _unseen(subject: str, near: Sequence[tuple[str, float]]) -> str:
    beside = "" if near[0][1] >= ALIKE else ", nor anything much like it"
    nearest = " or ".join(name for name, _ in near)
    return f"I have never seen “{subject}” drawn{beside}; nearest: {nearest}."


def _quoted(words: Sequence[str], most: int = 3) -> str:
    """“a”; “a” and “b”; “a”, “b” and others."""
    quoted = [f"“{word}”" for word in words[:most]]
    if len(words) > most:
        return ", ".join(quoted) + " and others"
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
