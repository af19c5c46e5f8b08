"""The table of words: a unit vector of 512 components for each, in CLIP ViT-B/32's text space.

A word's vector is CLIP's own for the prompt "a {word}", or was placed in that space by a regression
from a sentence encoder.  The table answers offline and at once; what it does not know it says, with
the nearest words that it does know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About
from doodle.models.phrases import compose
from doodle.models.spelling import Spellings, fold, singulars, typed

MAX_LENGTH = 60  # characters of a text that is looked up
N_SUGGESTIONS = 3
MODIFIER = 0.8  # weight of what stands beside the main word of a phrase, found by measuring

Kind = Literal["exact", "alias", "placed"]


class UnknownWord(ValueError):
    """The table has no vector for a text; the message is a sentence for the visitor.

    Attributes:
        suggestions: up to N_SUGGESTIONS words that it has, the likeliest first.
    """

    def __init__(self, message: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.suggestions = suggestions


class Lookup(NamedTuple):
    """What the table knows of a text.

    Attributes:
        vector: (text_size,) float32 of unit length.
        name: the word as the table spells it.
        kind: "exact" is CLIP's vector of this word, "alias" CLIP's of another word for the same
            thing, "placed" comes from the regression.
        corrected: the text was taken for a misspelling of ``name``.
    """

    vector: Tensor
    name: str
    kind: Kind
    corrected: bool = False


@dataclass(frozen=True)
class WordTableConfig:
    """The words; their vectors are the module's buffers.

    Attributes:
        names: N words, one to a row of the vectors.
        exact: the first so many of ``names`` have CLIP's own vectors, the others placed ones.
        aliases: (word, name) pairs: other words for the thing that ``name`` names.
        categories: the words that networks were trained on; each is a name or an alias.
        text_size: size of a vector.
        packed: the last so many of ``names`` have packed vectors.
        rank: components, of four bits each, of a packed vector; even.
        placed_sure: share of placed words that lie nearest to where CLIP has them, as measured.
        composed_sure: the same of phrases that were composed from their words.
    """

    names: tuple[str, ...]
    exact: int
    aliases: tuple[tuple[str, str], ...] = ()
    categories: tuple[str, ...] = ()
    text_size: int = 512
    packed: int = 0
    rank: int = 0
    placed_sure: float = 0.0
    composed_sure: float = 0.0

    def __post_init__(self) -> None:
        known = set(self.names)
        if not known or len(known) != len(self.names):
            raise ValueError("a word table needs names, each of them once")
        if not 0 <= self.exact <= len(self.names):
            raise ValueError(f"exact must lie in 0..{len(self.names)}, not {self.exact}")
        if not 0 <= self.packed <= len(self.names) - self.exact or self.rank % 2:
            raise ValueError("packed words are placed ones, and their rank is even")
        if bad := [word for word, name in self.aliases if name not in known or word in known]:
            raise ValueError(f"aliases of no name, or names themselves: {', '.join(bad)}")
        if lost := set(self.categories) - known - {word for word, _ in self.aliases}:
            raise ValueError(f"categories without a vector: {', '.join(sorted(lost))}")

    @classmethod
    def tiny(cls) -> WordTableConfig:
        return cls(
            names=("apple", "cat", "glasses", "swim wear", "moon", "sleepy", "red"),
            exact=4,
            packed=2,
            rank=8,
            placed_sure=0.7,
            composed_sure=0.8,
            aliases=(("eyeglasses", "glasses"), ("kitty", "cat")),
            categories=("apple", "cat", "eyeglasses", "moon"),
        )


class WordTable(nn.Module):
    """Finds words: as typed, tidied, in the other number, or spelled nearly so.

    Buffers:
        vectors: (N - packed, text_size) float16, unit length up to rounding.
        codes: (packed, rank / 2) uint8, two components of four bits in each, the even ones low.
        basis: (rank, text_size) float16, what a step of each number is worth: a packed word lies at
            the mean plus (number - 7.5) times its row.
        mean: (text_size,) of the exact vectors.  The space is a narrow cone, any two words have a
            cosine of about 0.74, so meanings are compared after taking the mean away.
    """

    vectors: Tensor
    codes: Tensor
    basis: Tensor
    mean: Tensor

    def __init__(self, config: WordTableConfig) -> None:
        super().__init__()
        self.config = config
        size = config.text_size
        whole = (len(config.names) - config.packed, size)
        packed = (config.packed, config.rank // 2)
        self.register_buffer("vectors", torch.zeros(whole, dtype=torch.float16))
        self.register_buffer("codes", torch.zeros(packed, dtype=torch.uint8))
        self.register_buffer("basis", torch.zeros(config.rank, size, dtype=torch.float16))
        self.register_buffer("mean", torch.zeros(size))
        self.categories = config.categories
        self._row = {name: row for row, name in enumerate(config.names)}
        self._aliases = dict(config.aliases)
        # what a visitor reads for a row: the networks' word for the thing where there is one
        self._shown = list(config.names)
        for category in config.categories:
            self._shown[self._row_of(category)] = category
        self._keys = self._spellings()
        # spellings that do not look like the name they lead to
        self._nicknames = {fold(word) for word in self._aliases if word not in config.categories}
        self._joined: dict[str, str] = {}  # "teddybear", "hotdog"
        for key, name in self._keys.items():
            self._joined.setdefault(key.replace(" ", ""), name)

    # -- looking up ------------------------------------------------------------------------------

    def lookup(self, text: str) -> Lookup:
        """Find a word.

        Case, accents, white space, hyphens, articles and number do not matter, and a slip of the
        pen is forgiven where one word is clearly meant (``corrected`` then says so).

        Raises:
            UnknownWord: there is no such word, or the text is no word at all.
        """
        found = self.find(text) or self.correct(text)
        if found is None:
            raise self._unknown(text, _key_of(text))
        return found

    def find(self, text: str) -> Lookup | None:
        """As :meth:`lookup` without forgiving slips; None where there is no such word.

        Raises:
            UnknownWord: the text is no word at all.
        """
        key = _key_of(text)
        name = text if text in self._row else self._find(key)
        return None if name is None else self._lookup(name, False)

    def correct(self, text: str) -> Lookup | None:
        """The one word that a misspelling is near to; None where there is none, or are two.

        Raises:
            UnknownWord: the text is no word at all.
        """
        key = _key_of(text)
        if " " in key and all(map(self._find, key.split())):
            return None  # a phrase of words that are spelled well
        name = next(filter(None, map(self._correct, (key, *singulars(key)))), None)
        return None if name is None else self._lookup(name, True)

    def nearest(self, text: str, k: int = N_SUGGESTIONS) -> list[tuple[Lookup, float]]:
        """The k words that look most like a text, with the share of letters in common.

        Raises:
            UnknownWord: the text is no word at all.
        """
        key = _key_of(text)
        cutoffs = (0.7, 0.55, 0.4, 0.01)  # the looser, the longer it takes
        looked = (self._slips.near(key, cutoff, 4 * k, same_start=False) for cutoff in cutoffs)
        near = next(filter(None, looked), [])
        shares: dict[str, float] = {}
        for key, share in near:
            shares.setdefault(self._keys[key], share)
        return [(self._lookup(name, True), share) for name, share in list(shares.items())[:k]]

    def suggest(self, prefix: str, k: int = 8) -> list[str]:
        """Up to k words for what was typed so far.

        Words that networks were trained on come first, then all others; among each, those that
        begin with the prefix, those one of whose later words does, those that have an alias which
        does; the shorter first.  No prefix, no choice to make: the first categories.
        """
        key = fold(prefix[:MAX_LENGTH])
        if not key:
            return [] if prefix.strip() else list(self.categories[:k])
        trained = set(self.categories)
        found: dict[str, tuple[bool, int, int, str]] = {}
        for known, name in self._keys.items():
            begins = known.startswith(key) or name.casefold().startswith(key)
            if (begins or f" {key}" in known) and "/" not in name:
                place = 2 if known in self._nicknames else 0 if begins else 1
                rank = (name not in trained, place, len(known), known)
                found[name] = min(rank, found.get(name, rank))
        return sorted(found, key=found.__getitem__)[:k]

    def similar(self, vector: Tensor, k: int = 5) -> list[tuple[str, float]]:
        """The k words nearest to a vector, best first.

        Args:
            vector: (text_size,) in CLIP's text space, any length but 0.

        Returns:
            (word, cosine after centring, -1 to 1) pairs.

        Raises:
            ValueError: the vector has another shape, or is zero or not finite.
        """
        if vector.shape != self.mean.shape:
            raise ValueError(f"a vector has shape {tuple(self.mean.shape)}, not {vector.shape}")
        vector = vector.to(self.vectors.device, torch.float32)
        if not 0 < float(vector.norm()) < float("inf"):
            raise ValueError("a vector that is zero or not finite has no neighbours")
        wanted = F.normalize(F.normalize(vector, dim=0) - self.mean.float(), dim=0)
        table = F.normalize(F.normalize(self.vectors.float(), dim=1) - self.mean.float(), dim=1)
        scores = table @ wanted
        if self.config.packed:
            # the rows of the basis are orthogonal: a packed word is as long as its components
            parts, basis = self._components(self.codes), self.basis.float()
            length = (parts * basis.norm(dim=1)).norm(dim=1).clamp_min(1e-6)
            scores = torch.cat([scores, parts @ (basis @ wanted) / length])
        scores, rows = scores.topk(min(k, len(scores)))
        return [(self._shown[r], s) for r, s in zip(rows.tolist(), scores.tolist(), strict=True)]

    def category_vectors(self) -> Tensor:
        """(len(categories), text_size) float32 of unit length, in the order of ``categories``."""
        rows = [self._row_of(category) for category in self.categories]
        return self._rows(rows)

    def compose(self, vectors: Tensor, weights: Sequence[float]) -> Tensor:
        """One vector for a phrase from those of its words: see :func:`compose`."""
        return compose(vectors, weights, self.mean.float())

    def probe(self, seed: int = 0) -> Tensor:
        """(16,) numbers that any machine with the same table finds: products with random rows."""
        random = torch.Generator().manual_seed(seed)
        rows = torch.randint(len(self._shown), (16,), generator=random).tolist()
        query = torch.randn(self.config.text_size, generator=random)
        return F.normalize(self._rows(rows) - self.mean.float(), dim=1) @ query

    # -- within ----------------------------------------------------------------------------------

    def _rows(self, rows: list[int]) -> Tensor:
        """(len(rows), text_size) float32 of unit length."""
        whole = len(self.vectors)
        found = torch.empty(len(rows), self.config.text_size, device=self.mean.device)
        kept = [k for k, row in enumerate(rows) if row < whole]
        rest = [k for k, row in enumerate(rows) if row >= whole]
        found[kept] = self.vectors[[rows[k] for k in kept]].float()
        if rest:
            parts = self._components(self.codes[[rows[k] - whole for k in rest]])
            found[rest] = self.mean.float() + parts @ self.basis.float()
        return F.normalize(found, dim=1)

    def _components(self, codes: Tensor) -> Tensor:
        """(P, rank / 2) bytes to (P, rank) components from -7.5 to 7.5."""
        pairs = torch.stack([codes & 15, codes >> 4], dim=2)  # (P, rank / 2, 2)
        return pairs.flatten(1).float() - 7.5

    def _lookup(self, name: str, corrected: bool) -> Lookup:
        vector = self._rows([self._row_of(name)])[0]
        return Lookup(vector, name, self._kind(name), corrected)

    @cached_property
    def _slips(self) -> Spellings:
        """Made when the first slip is to be forgiven: most visitors make none."""
        return Spellings(known for known in self._keys if known not in self._nicknames)

    def _row_of(self, name: str) -> int:
        return self._row[self._aliases.get(name, name)]

    def _kind(self, name: str) -> Kind:
        if self._row_of(name) >= self.config.exact:
            return "placed"
        return "alias" if name in self._aliases else "exact"

    def _spellings(self) -> dict[str, str]:
        """Folded spelling -> name.  The first claim stands: "bat" is not "bat (animal)"."""
        names = [*self.categories, *self.config.names]
        keys: dict[str, str] = {}
        for name in names:
            keys.setdefault(fold(name), name)
        for word, name in self.config.aliases:
            keys.setdefault(fold(word), self._shown[self._row[name]])
        for name in names:
            keys.setdefault(fold(name.split("(")[0]), name)
        return keys

    def _find(self, key: str) -> str | None:
        for form in (key, *singulars(key), key + "s", key + "es"):
            if form in self._keys:
                return self._keys[form]
        joined = (form.replace(" ", "") for form in (key, *singulars(key)))
        return next(filter(None, map(self._joined.get, joined)), None)

    def _correct(self, key: str) -> str | None:
        """The name that a misspelling is near to.

        Slips seldom hit the first letter, and in a short word any other letter makes another word
        (wizard, lizard; witch, watch): there, letters may be swapped, left out or doubled only.
        """
        if len(key) < 4:
            return None
        swapped = {self._keys[known] for known in self._slips.swapped(key)}
        if len(swapped) == 1:
            return swapped.pop()
        cutoff = 0.8 if len(key) >= 6 else 0.88
        near = self._slips.near(key, cutoff, 12, same_start=True)
        scores = {self._keys[known]: 0.0 for known, _ in near}
        for known, share in near:
            name = self._keys[known]
            scores[name] = max(scores[name], share + self._prior(name))
        best = [name for name, score in scores.items() if score == max(scores.values())]
        return best[0] if len(best) == 1 else None

    def _prior(self, name: str) -> float:
        """How much likelier a word is meant: those to draw before those that CLIP lists."""
        if name in self.categories:
            return 0.1
        return 0.05 if self._row_of(name) < self.config.exact else 0.0

    def _unknown(self, text: str, key: str) -> UnknownWord:
        parts = [form for part in reversed(key.split()) for form in (part, *singulars(part))]
        near = [form for form in parts if form in self._keys]
        alike = self._slips.near(key, 0.6, 2 * N_SUGGESTIONS, same_start=False)
        near += [known for known, _ in alike]
        names = tuple(dict.fromkeys(self._keys[known] for known in near))[:N_SUGGESTIONS]
        hint = f"Did you mean {_listed(names)}?" if names else "Try a plainer word, such as cat."
        count = len(self.config.names)
        message = f"“{' '.join(text.split())}” is not among the {count:,} words I know. {hint}"
        return UnknownWord(message, names)


def _key_of(text: str) -> str:
    """Fold a visitor's text, or say why it cannot be a word."""
    if not isinstance(text, str) or not text.strip():
        raise UnknownWord("Say what it is: type a word, such as cat.")
    if len(text) > MAX_LENGTH:
        message = f"That is {len(text):,} characters; a word or two of at most {MAX_LENGTH} do."
        raise UnknownWord(message)
    key = typed(text)
    if not re.search("[a-z]", key):
        raise UnknownWord("I know English words only: type one in letters, such as cat.")
    return key


def _listed(names: tuple[str, ...]) -> str:
    """a; a or b; a, b or c."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


ABOUT = {
    "word_table": About(
        title="Words and their vectors",
        does=(
            "Gives the CLIP ViT-B/32 text vector of a word without CLIP: exact for the words "
            "that were encoded, placed by a fitted map for the others."
        ),
        run="python -m doodle draw 'palm tree' --json",
        fails=(
            "Placed words lie near where CLIP has them, not there; which word a phrase is about "
            "is guessed from the order. Other languages are read by their letters only."
        ),
        cite=(
            "Alec Radford et al.: Learning Transferable Visual Models From Natural Language "
            "Supervision, 2021, arXiv 2103.00020."
        ),
    ),
}
