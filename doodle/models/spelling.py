"""How words are typed: one key for all ways to write a word, emoji, singulars, slips of the pen."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

_PLURALS = {"mice": "mouse", "geese": "goose", "teeth": "tooth", "feet": "foot", "people": "person",
            "cacti": "cactus", "octopi": "octopus", "hippopotami": "hippopotamus",
            "children": "child"}  # fmt: skip
_ENDINGS = (("ves", "f"), ("ves", "fe"), ("ies", "y"), ("men", "man"), ("es", ""), ("s", ""))
_STEMS = (("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("ier", "y"), ("iest", "y"),
          ("est", ""), ("er", ""), ("ly", ""))  # fmt: skip

# in the names of emoji, what says nothing of the thing
_SIGNS = set(
    "face symbol sign heavy black white medium light dark with building skin tone "
    "variation selector large small emoji presentation".split()
)


def fold(text: str) -> str:
    """Lower case without accents, punctuation and leading articles; single spaces."""
    plain = text.casefold()
    if not (plain.isascii() and plain.isalpha()):
        plain = unicodedata.normalize("NFKD", plain)
        plain = re.sub(r"[\u0300-\u036f'’]", "", plain)
        plain = " ".join(re.sub(r"[\W_]+", " ", plain).split())
        plain = re.sub(r"^(?:(?:a|an|the|some|my|your)\s)+", "", plain)
    return plain


def spelled_out(text: str) -> str:
    """Emoji as the words of their Unicode names; the rest as it stands."""
    out = []
    for character in text:
        if unicodedata.category(character) in ("So", "Sk") or ord(character) >= 0x1F000:
            words = re.split("[ -]", unicodedata.name(character, "").lower())
            kept = [word for word in words if word not in _SIGNS]
            out.append(f" {' '.join(kept or words)} ")
        elif unicodedata.category(character) not in ("Cf", "Mn", "Cc", "Cs", "Co"):
            out.append(character)
        elif unicodedata.category(character) == "Mn" and not 0xFE00 <= ord(character) <= 0xFE0F:
            out.append(character)
    return " ".join("".join(out).split())


def typed(text: str) -> str:
    """A text as `fold` has it, with emoji by their names; "cat 🐱" says it once."""
    plain = spelled_out(text)
    if plain == " ".join(text.split()):
        return fold(text)
    return fold(" ".join(dict.fromkeys(plain.casefold().split())))


def singulars(key: str) -> list[str]:
    """What a key may be the plural of, likeliest first."""
    rest, space, last = key.rpartition(" ")
    forms = [_PLURALS[last]] if last in _PLURALS else []
    for plural, singular in _ENDINGS:
        if last.endswith(plural) and len(last) > len(plural) + 1 and not last.endswith("ss"):
            forms.append(last.removesuffix(plural) + singular)
    return [rest + space + form for form in forms]


def stems(word: str) -> list[str]:
    """What a word may be made from: "dancing" from dance, "sitting" from sit."""
    forms = []
    for ending, instead in _STEMS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            forms.append(stem + instead)
            if not instead and stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    return forms


class Spellings:
    """Finds the keys that look like another, quickly: few are compared letter by letter.

    Args:
        keys: folded words.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._by_length: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for key in keys:
            self._by_length[len(key)].append((_letters(key), key))

    def swapped(self, key: str) -> list[str]:
        """The keys of the same letters and the same beginning, in another order."""
        letters = sorted(key)
        return [
            known
            for known in self._pool(key, 1.0)
            if sorted(known) == letters and known[0] == key[0]
        ]

    def near(self, key: str, cutoff: float, k: int, *, same_start: bool) -> list[tuple[str, float]]:
        """Up to k keys that look most like this one, best first.

        Args:
            cutoff: the least share of letters in common, as difflib counts it.
            same_start: only keys with the same first letter.

        Returns:
            (key, share of letters in common) pairs.
        """
        pool = self._pool(key, cutoff)
        if same_start:
            pool = [known for known in pool if known[0] == key[0]]
        matcher = difflib.SequenceMatcher(autojunk=False)
        matcher.set_seq2(key)
        scores = []
        for known in pool:
            matcher.set_seq1(known)
            if matcher.real_quick_ratio() >= cutoff and matcher.quick_ratio() >= cutoff:
                score = matcher.ratio()
                if score >= cutoff:
                    scores.append((known, score))
        return sorted(scores, key=lambda pair: -pair[1])[:k]

    def _pool(self, key: str, cutoff: float) -> list[str]:
        """Keys that may share enough letters, by their lengths and sets of letters; shorter first.

        A share s of lengths m and n means s (m + n) / 2 letters in common, so neither is longer
        than (2 - s) / s of the other, and at most (1 - s) (m + n) letters are in one set only.
        """
        letters, length = _letters(key), len(key)
        longest = length * (2 - cutoff) / cutoff
        pool = []
        for size, pairs in sorted(self._by_length.items()):
            if length * cutoff / (2 - cutoff) <= size <= longest:
                most = (1 - cutoff) * (size + length) + 1e-6
                pool += [known for mask, known in pairs if (mask ^ letters).bit_count() <= most]
        return pool


def _letters(key: str) -> int:
    """The set of a key's characters as bits."""
    bits = 0
    for character in set(key):
        bits |= 1 << (ord(character) & 31)
    return bits
