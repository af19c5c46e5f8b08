"""Vectors of the phrases that the scorer of faces learns by, as a visitor's text gets its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from doodle.models.spelling import fold, stems
from doodle.models.words import MODIFIER, Lookup, WordTable

_LINKS = {"with", "of", "in", "wearing"}
_PASSED_OVER = _LINKS | {"a", "an", "the"}


def phrase_vectors(words: WordTable, phrases: Sequence[str]) -> Tensor:
    """(P, text_size) float32 of unit length.

    Raises:
        ValueError: the table does not know a word of a phrase.
    """
    return torch.stack([_vector(words, phrase) for phrase in phrases])


def _vector(words: WordTable, phrase: str) -> Tensor:
    whole = words.find(phrase)
    if whole is not None:
        return whole.vector.float()
    tokens = fold(phrase).split()
    found = [(k, _word(words, t)) for k, t in enumerate(tokens) if t not in _PASSED_OVER]
    if len(found) == 1:
        return found[0][1].vector.float()
    links = [k for k, token in enumerate(tokens) if token in _LINKS and k > found[0][0]]
    main = [k for k, _ in found if not links or k < links[0]][-1]
    others = (len(found) - 1) ** 0.5
    weights = [1.0 if k == main else MODIFIER / others for k, _ in found]
    return words.compose(torch.stack([one.vector.float() for _, one in found]), weights)


def _word(words: WordTable, token: str) -> Lookup:
    forms = (token, *stems(token))
    found = next(filter(None, map(words.find, forms)), None)
    if found is None:
        raise ValueError(f"the word table does not know {token!r}")
    return found
