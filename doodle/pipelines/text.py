"""From a visitor's text to the vector that the generators listen to, and what to say about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import Tensor

from doodle.models.spelling import fold, spelled_out, stems
from doodle.models.words import MAX_LENGTH, MODIFIER, Lookup, UnknownWord, WordTable
from doodle.pipelines.drawable import Drawables

if TYPE_CHECKING:
    from doodle.models.clip import ClipText

Kind = Literal["exact", "alias", "placed", "composed", "nearest"]

LONGEST = 200  # characters of a text
MOST_WORDS = 12  # of a phrase that are listened to
LONGEST_NAME = 4  # words of one name, as "The Great Wall of China" has
ALIAS_SURE = 0.9  # another word for the same thing
FOREIGN_SURE = 0.3  # CLIP read little but English
NEAREST_SURE = 0.5  # times the share of letters in common

# Words that say how the others hang together; the main word stands before the first of these.
_LINKS = set(
    "with without in on at of from under over by near behind beside between inside into onto "
    "through for to wearing holding riding eating who that which".split()
)
_FILLERS = _LINKS | set(
    "a an the and or is are be it its my your his her their our some this these those i me you we "
    "please draw drawing picture image sketch doodle want show make create very really so just not "
    "no as like".split()
)
_ARTICLES = set("a an the".split())
_NEGATIONS = set("no not without never".split())
# "a pair of glasses" is about glasses
_MEASURES = set("pair piece slice bunch group kind sort bit lot couple set type glass cup".split())
_SAID = {"exact": "known exactly", "alias": "known by another name", "placed": "placed by meaning"}


@dataclass(frozen=True)
class TextVector:
    """What was understood of a text.

    Attributes:
        text: as asked, in single spaces.
        vector: (512,) float32 on the CPU, unit length, in CLIP ViT-B/32's text space.
        encoder: who answered.
        name: what was understood.
        kind: "exact" and "alias" are CLIP's own vectors, "placed" comes from the regression,
            "composed" from the words of a phrase, "nearest" is another word than was asked for.
        sure: 0 to 1, how well the vector stands for the text; for placed and composed ones the
            measured share of such words that lie nearest to where CLIP has them.
        notice: a sentence for the visitor; empty when there is nothing to say.
        parts: (word, how it is known) for each word that was used.
        seen, near, caveat: what of it can be drawn, see `Drawable`.
    """

    text: str
    vector: Tensor
    encoder: Literal["open_clip", "words"]
    name: str
    kind: Kind
    sure: float
    notice: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    seen: bool = True
    near: tuple[str, ...] = ()
    caveat: str = ""

    @property
    def category(self) -> str:
        """The word that the networks learned it by; empty where it is no such word."""
        return self.near[0] if self.seen and self.near and self.kind != "composed" else ""


class _Part(NamedTuple):
    """A word of a phrase, and the place of the phrase where it was found."""

    found: Lookup
    start: int


class _Phrase(NamedTuple):
    """A text that is no single name of the table.

    Attributes:
        tokens: its words, folded.
        parts: those that are listened to; unknown: those that the table does not know.
        main: the part that the phrase is about; None where there is no part.
        negated: names of what it wants left out.
    """

    tokens: list[str]
    parts: list[_Part]
    unknown: list[str]
    main: _Part | None
    negated: list[str]


class TextEncoder:
    """Turns any text into a vector.

    Args:
        words: the table that always answers.
        clip: CLIP's own text tower, where its checkpoint is there.
    """

    def __init__(self, words: WordTable, clip: ClipText | None = None) -> None:
        self.words = words
        self.clip = clip
        self.drawables = Drawables(words)

    def __call__(self, text: str) -> TextVector:
        """Encode one text, and say what of it can be drawn.

        Raises:
            UnknownWord: the text is empty, too long, or has no letters that can be read.
        """
        tidy = " ".join(str(text or "").split())
        if not tidy:
            raise UnknownWord("Say what it is: type a word, such as cat.")
        if len(tidy) > LONGEST:
            raise UnknownWord(
                f"That is {len(tidy):,} characters; a word or a short phrase of at most {LONGEST} "
                "is enough."
            )
        plain = spelled_out(tidy)
        readable = bool(re.search("[a-z]", fold(plain)))
        if not readable and not (self.clip and any(map(str.isalpha, plain))):
            raise UnknownWord(
                "I know English words only: type one in letters, such as cat."
                if any(map(str.isalpha, tidy))
                else "There is no word in that: type one in letters, such as cat."
            )
        learned = self._whole(tidy, plain) if readable else None
        phrase = self._read([] if learned or not readable else fold(plain).split())
        if self.clip is not None and not (learned and self._is_learned(learned)):
            answer = self._by_clip(self.clip, tidy, plain, readable)
        else:
            answer = learned or self._phrase(tidy, plain, phrase)
        return self._with_caveat(answer, phrase)

    def encode_many(self, texts: Sequence[str]) -> list[TextVector]:
        """Encode several texts; raises as a call."""
        return [self(text) for text in texts]

    # -- with CLIP -------------------------------------------------------------------------------

    def _is_learned(self, answer: TextVector) -> bool:
        """Whether networks learned a word by a vector that is not CLIP's own for it."""
        return answer.name in self.words.categories and answer.kind != "exact"

    def _by_clip(self, clip: ClipText, tidy: str, plain: str, readable: bool) -> TextVector:
        plain = re.sub(r"^(?:an?|the)\s+", "", plain, flags=re.IGNORECASE)  # the prompt has one
        vector = clip([plain])[0].float().cpu()
        notice = "" if readable else "CLIP reads English best; an English word draws better."
        sure = 1.0 if readable else FOREIGN_SURE
        said = ((plain, "read by CLIP"),)
        return TextVector(tidy, vector, "open_clip", plain, "exact", sure, notice, said)

    # -- with the table --------------------------------------------------------------------------

    def _whole(self, tidy: str, plain: str) -> TextVector | None:
        """The text as one name of the table."""
        if len(plain) > MAX_LENGTH:
            return None
        found = self.words.find(plain) or self.words.correct(plain)
        return found and self._answer(tidy, plain, found)

    def _answer(self, tidy: str, plain: str, found: Lookup) -> TextVector:
        sure = self._sure(found) * (0.9 if found.corrected else 1.0)
        notice = f"I read “{_cut(plain)}” as {found.name}." if found.corrected else ""
        said = ((found.name, _SAID[found.kind]),)
        vector = found.vector.float().cpu()
        return TextVector(tidy, vector, "words", found.name, found.kind, sure, notice, said)

    def _with_caveat(self, answer: TextVector, phrase: _Phrase) -> TextVector:
        """The same with what can be drawn of it."""
        if phrase.main is None:
            found = self.drawables.judged(answer.name, answer.vector)
        else:
            subject = phrase.main.found
            others = [part.found for part in phrase.parts if part is not phrase.main]
            found = self.drawables.judged(
                subject.name,
                subject.vector,
                [(other.name, other.vector) for other in others],
                phrase.negated,
            )
        return replace(answer, **found._asdict())

    def _read(self, tokens: list[str]) -> _Phrase:
        """The words of a phrase; those after a negation are left out, while others remain."""
        parts, unknown = self._parts(tokens)
        if not parts:
            return _Phrase(tokens, [], unknown, None, [])
        out = [_is_negated(part, parts, tokens) for part in parts]
        wanted = [part for part, gone in zip(parts, out, strict=True) if not gone] or parts
        names = [part.found.name for part, gone in zip(parts, out, strict=True) if gone]
        return _Phrase(tokens, wanted, unknown, _main(wanted, tokens), names)

    def _phrase(self, tidy: str, plain: str, phrase: _Phrase) -> TextVector:
        """The text from the words that the table knows in it, or else the nearest word."""
        tokens, parts, unknown, main, _ = phrase
        if main is None:
            return self._nearest(tidy, unknown or tokens)
        if len(parts) == 1 and not unknown:
            return self._answer(tidy, plain, main.found)
        others = max(len(parts) - 1, 1) ** 0.5  # many modifiers together weigh little more than one
        weights = [1.0 if part is main else MODIFIER / others for part in parts]
        stacked = torch.stack([part.found.vector.float() for part in parts])
        vector = self.words.compose(stacked, weights).cpu()
        known = len(parts) / (len(parts) + len(unknown))
        measured = self.words.config.composed_sure if len(parts) > 1 else self._sure(main.found)
        return TextVector(
            tidy,
            vector,
            "words",
            " ".join(part.found.name for part in parts),
            "composed" if len(parts) > 1 else "nearest",
            measured * known,
            _notice(parts, unknown, tokens),
            tuple((part.found.name, _SAID[part.found.kind]) for part in parts),
        )

    def _parts(self, tokens: list[str]) -> tuple[list[_Part], list[str]]:
        """The known names in a phrase, the longest first found, and the words left over."""
        parts: list[_Part] = []
        unknown: list[str] = []
        at = 0
        while at < len(tokens) and len(parts) + len(unknown) < MOST_WORDS:
            size, found = self._name_at(tokens, at)
            if found is not None:
                parts.append(_Part(found, at))
            elif not _is_filler(tokens, at) and len(tokens[at]) > 1 and tokens[at].isalpha():
                unknown.append(tokens[at])
            at += size
        return parts, unknown

    def _name_at(self, tokens: list[str], at: int) -> tuple[int, Lookup | None]:
        """How many words from here make a name of the table, and the name."""
        for size in range(min(LONGEST_NAME, len(tokens) - at), 1, -1):
            words = tokens[at : at + size]
            found = self._find(" ".join(words)) if words[0] not in _FILLERS else None
            if found is not None and len(found.name.split()) > 1:
                return size, found
        token = tokens[at]
        if _is_filler(tokens, at):
            return 1, None
        stem = next(filter(None, map(self._find, stems(token))), None)
        return 1, self._find(token) or stem or self._correct(token)

    def _find(self, text: str) -> Lookup | None:
        readable = re.search("[a-z]", text) and len(text) <= MAX_LENGTH
        return self.words.find(text) if readable else None

    def _correct(self, text: str) -> Lookup | None:
        readable = re.search("[a-z]", text) and len(text) <= MAX_LENGTH
        return self.words.correct(text) if readable else None

    def _nearest(self, tidy: str, unknown: list[str]) -> TextVector:
        """The word that looks most like a text of which nothing is known."""
        word = max(unknown, key=len)[:MAX_LENGTH]
        found = self.words.nearest(word)
        if not found:
            raise UnknownWord(f"“{_cut(tidy)}” is like no word I know: try cat.")
        (best, share), names = found[0], [one.name for one, _ in found]
        notice = f"I do not know “{_cut(word)}”; the nearest word I know is {names[0]}."
        if names[1:]:
            notice += f" Or did you mean {' or '.join(names[1:])}?"
        return TextVector(
            tidy,
            best.vector.float().cpu(),
            "words",
            best.name,
            "nearest",
            NEAREST_SURE * share * self._sure(best),
            notice,
            ((best.name, "nearest in letters"),),
        )

    def _sure(self, found: Lookup) -> float:
        placed = self.words.config.placed_sure
        return {"exact": 1.0, "alias": ALIAS_SURE, "placed": placed}[found.kind]


def _is_filler(tokens: list[str], at: int) -> bool:
    """Whether a word adds nothing to see."""
    measure = tokens[at] in _MEASURES and tokens[at + 1 : at + 2] == ["of"]
    return measure or tokens[at] in _FILLERS


def _is_negated(part: _Part, parts: list[_Part], tokens: list[str]) -> bool:
    """Whether a negation stands before a word, and no other name between: "no trees"."""
    before = [other.start for other in parts if other.start < part.start]
    return bool(_NEGATIONS & set(tokens[max(before, default=-1) + 1 : part.start]))


def _main(parts: list[_Part], tokens: list[str]) -> _Part:
    """The word that a phrase is about: the last before the first link, "cat" in "cat in a hat"."""
    links = [at for at in range(parts[0].start + 1, len(tokens)) if _is_link(tokens, at)]
    before = [part for part in parts if part.start < links[0]] if links else parts
    return before[-1]


def _is_link(tokens: list[str], at: int) -> bool:
    """Whether the thing that a phrase is about stands before a word."""
    second = tokens[at] == "and" and not _ARTICLES.isdisjoint(tokens[at + 1 : at + 2])
    return second or tokens[at] in _LINKS


def _notice(parts: list[_Part], unknown: list[str], tokens: list[str]) -> str:
    """What the visitor should know of a composed phrase."""
    said = [
        f"I read “{tokens[part.start]}” as {part.found.name}"
        for part in parts
        if part.found.corrected
    ]
    if unknown:
        listed = ", ".join(f"“{_cut(word)}”" for word in unknown)
        said.append(f"I left out {listed}, which I do not know")
    return "; ".join(said) + "." if said else ""


def _cut(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
