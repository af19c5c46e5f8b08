"""The table of words: a unit vector of 512 numbers for each, in CLIP ViT-B/32's text space.

A word's vector is CLIP's own for the prompt "a {word}", or was placed in that space by a regression
from a sentence encoder.  The table answers offline and at once; what it does not know it says, with
the nearest words that it does know.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MAX_LENGTH = 60  # characters of a text that is looked up
N_SUGGESTIONS = 3

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
        text_size: numbers in a vector.
    """

    names: tuple[str, ...]
    exact: int
    aliases: tuple[tuple[str, str], ...] = ()
    categories: tuple[str, ...] = ()
    text_size: int = 512

    def __post_init__(self) -> None:
        known = set(self.names)
        if not known or len(known) != len(self.names):
            raise ValueError("a word table needs names, each of them once")
        if not 0 <= self.exact <= len(self.names):
            raise ValueError(f"exact must lie in 0..{len(self.names)}, not {self.exact}")
        if lost := [word for word, name in self.aliases if name not in known or word in known]:
            raise ValueError(f"aliases of no name, or names themselves: {', '.join(lost)}")
        if lost := set(self.categories) - known - {word for word, _ in self.aliases}:
            raise ValueError(f"categories without a vector: {', '.join(sorted(lost))}")

    @classmethod
    def tiny(cls) -> WordTableConfig:
        return cls(names=("apple", "cat", "glasses", "swim wear", "moon"), exact=4,
                   aliases=(("eyeglasses", "glasses"), ("kitty", "cat")),
                   categories=("apple", "cat", "eyeglasses", "moon"))  # fmt: skip


class WordTable(nn.Module):
    """Finds words: as typed, tidied, in the other number, or spelled nearly so.

    Buffers:
        vectors: (N, text_size) float16, unit length up to rounding.
        mean: (text_size,) of the exact vectors.  The space is a narrow cone, any two words have a
            cosine of about 0.74, so meanings are compared after taking the mean away.
    """

    vectors: Tensor
    mean: Tensor

    def __init__(self, config: WordTableConfig) -> None:
        super().__init__()
        self.config = config
        size = (len(config.names), config.text_size)
        self.register_buffer("vectors", torch.zeros(size, dtype=torch.float16))
        self.register_buffer("mean", torch.zeros(config.text_size))
        self.categories = config.categories
        self._row = {name: row for row, name in enumerate(config.names)}
        self._aliases = dict(config.aliases)
        # what a visitor reads for a row: the networks' word for the thing where there is one
        self._shown = list(config.names)
        for category in config.categories:
            self._shown[self._row_of(category)] = category
        self._keys = self._spellings()
        # spellings that do not look like the name they lead to
        self._nicknames = {_fold(word) for word in self._aliases if word not in config.categories}
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
        key = _key_of(text)
        name = text if text in self._row else self._find(key)
        corrected = name is None
        if name is None:
            name = next(filter(None, map(self._correct, (key, *_singulars(key)))), None)
        if name is None:
            raise self._unknown(text, key)
        vector = F.normalize(self.vectors[self._row_of(name)].float(), dim=0)
        return Lookup(vector, name, self._kind(name), corrected)

    def suggest(self, prefix: str, k: int = 8) -> list[str]:
        """Up to k words for what was typed so far.

        Words that networks were trained on come first, then all others; among each, those that
        begin with the prefix, those one of whose later words does, those that have an alias which
        does; the shorter first.  No prefix, no choice to make: the first categories.
        """
        key = _fold(prefix[:MAX_LENGTH])
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
        table = F.normalize(F.normalize(self.vectors.float(), dim=1) - self.mean.float(), dim=1)
        wanted = F.normalize(F.normalize(vector, dim=0) - self.mean.float(), dim=0)
        scores, rows = (table @ wanted).topk(min(k, len(table)))
        return [(self._shown[r], s) for r, s in zip(rows.tolist(), scores.tolist(), strict=True)]

    def category_vectors(self) -> Tensor:
        """(len(categories), text_size) float32 of unit length, in the order of ``categories``."""
        rows = [self._row_of(category) for category in self.categories]
        return F.normalize(self.vectors[rows].float(), dim=1)

    def probe(self, seed: int = 0) -> Tensor:
        """(16,) numbers that any machine with the same table finds: products with random rows."""
        random = torch.Generator().manual_seed(seed)
        rows = torch.randint(len(self.vectors), (16,), generator=random)
        query = torch.randn(self.config.text_size, generator=random)
        return F.normalize(self.vectors[rows].float() - self.mean.float(), dim=1) @ query

    # -- within ----------------------------------------------------------------------------------

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
            keys.setdefault(_fold(name), name)
        for word, name in self.config.aliases:
            keys.setdefault(_fold(word), self._shown[self._row[name]])
        for name in names:
            keys.setdefault(_fold(name.split("(")[0]), name)
        return keys

    def _find(self, key: str) -> str | None:
        for form in (key, *_singulars(key), key + "s", key + "es"):
            if form in self._keys:
                return self._keys[form]
        return self._joined.get(key.replace(" ", ""))

    def _correct(self, key: str) -> str | None:
        """The one word that a misspelling is near to; None where there is none, or are two.

        Slips seldom hit the first letter, and in a short word any other letter makes another word
        (wizard, lizard; witch, watch): there, letters may be swapped, left out or doubled only.
        """
        if len(key) < 4:
            return None
        pool = [known for known in self._keys
                if known[:1] == key[:1] and known not in self._nicknames]  # fmt: skip
        swapped = {self._keys[known] for known in pool if sorted(known) == sorted(key)}
        if len(swapped) == 1:
            return swapped.pop()
        near = difflib.get_close_matches(key, pool, n=3, cutoff=0.8 if len(key) >= 6 else 0.88)
        scores = {
            self._keys[known]: difflib.SequenceMatcher(None, known, key).ratio()
            for known in reversed(near)  # the best spelling of a name is written last
        }
        best = [name for name, score in scores.items() if score == max(scores.values())]
        return best[0] if len(best) == 1 else None

    def _unknown(self, text: str, key: str) -> UnknownWord:
        parts = [form for part in reversed(key.split()) for form in (part, *_singulars(part))]
        near = [form for form in parts if form in self._keys]
        pool = [known for known in self._keys if known not in self._nicknames]
        near += difflib.get_close_matches(key, pool, n=2 * N_SUGGESTIONS)
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
    key = _fold(text)
    if not re.search("[a-z]", key):
        raise UnknownWord("I know English words only: type one in letters, such as cat.")
    return key


def _fold(text: str) -> str:
    """Lower case without accents, punctuation and leading articles; single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = re.sub(r"[\u0300-\u036f'’]", "", plain)
    plain = " ".join(re.sub(r"[\W_]+", " ", plain).split())
    return re.sub(r"^(?:(?:a|an|the|some|my|your)\s)+", "", plain)


_PLURALS = {"mice": "mouse", "geese": "goose", "teeth": "tooth", "feet": "foot", "people": "person",
            "cacti": "cactus", "octopi": "octopus", "hippopotami": "hippopotamus"}  # fmt: skip
_ENDINGS = (("ves", "f"), ("ves", "fe"), ("ies", "y"), ("men", "man"), ("es", ""), ("s", ""))


def _singulars(key: str) -> list[str]:
    """What a key may be the plural of, likeliest first."""
    rest, space, last = key.rpartition(" ")
    forms = [_PLURALS[last]] if last in _PLURALS else []
    for plural, singular in _ENDINGS:
        if last.endswith(plural) and len(last) > len(plural) + 1 and not last.endswith("ss"):
            forms.append(last.removesuffix(plural) + singular)
    return [rest + space + form for form in forms]


def _listed(names: tuple[str, ...]) -> str:
    """a; a or b; a, b or c."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
