"""The offline vocabulary: common English words and names of things, from WordNet and SCOWL.

WordNet says what a word means (and which senses are slurs or obscene), SCOWL how common it is.
Both are read as Debian's packages wordnet-base and scowl lay them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ATTRIBUTION = (
    "words chosen with WordNet 3.0 (Princeton University, WordNet licence) and SCOWL 2020.12.07 "
    "(Kevin Atkinson and others, permissive licence)"
)
HOW = (
    "the vocabulary needs WordNet's and SCOWL's word lists: `apt-get install wordnet-base scowl`, "
    "or unpack both packages and name the folders with --wordnet and --scowl"
)

LEVELS = (10, 20, 35, 40, 50, 55)  # of SCOWL, the commonest first
COMMON = 35  # all words up to this level, whatever they mean ...
NAMES = 55  # ... and up to this one those that name a thing, an animal, a plant or a person
ENDINGS = re.compile("ing$|ness$|ism$|ity$|ment$|[ts]ion$")  # ... but not what nobody draws
PAIR = 20  # the rarest word that a name of two words is made of

# WordNet's lexicographer files of nouns whose things can be seen
CONCRETE = {5: "animal", 6: "artifact", 8: "body", 13: "food", 17: "object", 18: "person",
            19: "phenomenon", 20: "plant", 25: "shape"}  # fmt: skip
PAIRED = {5, 6, 8, 13, 17, 25}  # of two words; plants have too many

# No word that insults, in any of its senses, or whose first sense is no matter for a drawing game.
_INSULTS = re.compile(
    r"ethnic slur|obscene|vulgar|offensive (?:name|term|word)|disparag|derogatory|insulting term"
    r"|terms? of (?:abuse|contempt)|slang (?:term )?for (?:sexual|buttocks)"
)
_UNFIT = re.compile(
    r"\bsex|intercourse|genital|penis|vagina|vulva|prostitut|masturbat|orgas|porn|rapist"
    r"|\brap(?:e|ed|ing)\b|excret|feces|\burin|buttocks|\blust|Nazi|lewd|defecat|\banus|testic"
    r"|\btortur|gonad|brothel|contracept|copulat|sodom"
)
_NEVER = re.compile(
    r"bitch|slut|whore|dildo|wank|twat|boob|hooker|titt?(?:y|ies)?|bollocks?|swastika|wench|rape"
    r"|homo|retard|cripple|savage|douche|gypsy|negro|eskimo|squaw|dominatrix|wog|golliwog|bugger"
    r"|cretin|mongol|midget|spastic|mulatto|bimbo|pimp|moron|imbecile|berk|damn|lech"
)
# words of which the unfit sense is the rarer one by far, or only brushed by the gloss
_HARMLESS = set(
    "boy buffoon bull camp cheapness clown curse dike dirt fairy oath queen shaft shrimp "
    "slang slit softness spade taco tom tool screw runner scarlet snatch bulge reindeer "
    "illustrator child kid youngster cattle caribou gazelle oxen cows pearl zinc varnish "
    "taffeta kidney gut colon come medical checkup straight knocker paddy pansy satyr "
    "diabetes cuddling hugging kissing mead potty outhouse commode toying seated minor "
    "broadcloth censor herbalist ablaze aflame dump tart gay intestine glamour mammy mickey "
    "nip osteopath perspire petting physiotherapist puss satinwood snuggling spore stud "
    "gender peeper pouf poop urinal bidet bedpan".split()
)


class Sense(NamedTuple):
    """One meaning of a word; ``kind`` is the number of WordNet's lexicographer file."""

    word: str
    kind: int
    gloss: str


@dataclass(frozen=True)
class Sources:
    """Where the lists are."""

    wordnet: Path
    scowl: Path


def vocabulary(sources: Sources) -> list[str]:
    """The words, the commonest first and alphabetical among equals, lower case.

    Raises:
        FileNotFoundError: a list is not there; the message says how to get it.
    """
    level, meanings = _levels(sources.scowl), _meanings(sources.wordnet)
    ranked = []
    for key, senses in meanings.items():
        word = key.replace("_", " ")
        rank = _rank(word, senses, level)
        if rank is not None and is_fit(word, [sense.gloss for sense in senses]):
            ranked.append((rank, word))
    return [word for _, word in sorted(ranked)]


def is_fit(word: str, glosses: list[str]) -> bool:
    """Whether a word with these meanings, the usual one first, may be offered to anyone."""
    if any(_NEVER.fullmatch(part) for part in word.split()):
        return False
    plain = [re.sub(r'"[^"]*"', "", gloss) for gloss in glosses]  # without the examples
    insults = any(_INSULTS.search(gloss) for gloss in plain)
    return word in _HARMLESS or not (insults or _UNFIT.search(plain[0]))


def _rank(word: str, senses: list[Sense], level: dict[str, int]) -> int | None:
    """SCOWL's level of a word that shall be in the table, None of another."""
    parts = re.split("[ -]", word)
    if not all(part.isascii() and part.isalpha() for part in parts):
        return None
    rank = max(level.get(part, 99) for part in parts)
    kind = senses[0].kind
    if len(parts) == 1:
        usual = rank <= PAIR or (rank <= COMMON and not ENDINGS.search(word))
        wanted = usual or (rank <= NAMES and kind in CONCRETE)
        return rank if wanted and len(word) > 2 else None
    # no name of a person or a place
    same = " " in word and senses[0].word == word.replace(" ", "_")
    return PAIR + 1 if len(parts) == 2 and rank <= PAIR and kind in PAIRED and same else None


def _levels(folder: Path) -> dict[str, int]:
    level: dict[str, int] = {}
    for size in LEVELS:
        for spelling in ("english", "american"):
            for word in _read(folder / f"{spelling}-words.{size}", "latin-1").split():
                level.setdefault(word, size)
    return level


def _meanings(folder: Path) -> dict[str, list[Sense]]:
    """Lemma, spaces as underscores -> senses: as a noun, as an adjective, as a verb."""
    meanings: dict[str, list[Sense]] = {}
    for part in ("noun", "adj", "verb"):
        synsets: dict[str, tuple[list[str], int, str]] = {}
        for line in _lines(folder / f"data.{part}"):
            facts, _, text = line.partition(" | ")
            offset, file, _, count, *rest = facts.split(" ")
            synsets[offset] = (rest[: 2 * int(count, 16) : 2], int(file), text)
        for line in _lines(folder / f"index.{part}"):
            lemma, _, count, *rest = line.split()
            for offset in rest[-int(count) :]:
                words, kind, gloss = synsets[offset]
                spelled = next((w for w in words if w.lower() == lemma), lemma)
                meanings.setdefault(lemma, []).append(Sense(spelled, kind, gloss))
    return meanings


def _lines(path: Path) -> Iterator[str]:
    """Lines of a WordNet file; its licence, on top, is indented."""
    return (line for line in _read(path, "ascii").splitlines() if not line.startswith("  "))


def _read(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding=encoding)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no {path}: {HOW}") from error
