"""What the index of a folder of faces says of each, as numbers, and the phrases that mean it.

A label is 1 where a face has an attribute, 0 where it has not, NaN where the index is silent or
unsure. The index's own numbers come from other networks: they are noisy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

Row = Mapping[str, str]
YOUNG, ADULT, OLD = 30.0, 45.0, 58.0  # years
TURNED, RAISED, LOWERED = 9.0, 7.0, -5.0  # degrees of yaw and pitch that count


def measure(row: Row, column: str) -> float:
    """A number of the index; NaN where there is none."""
    try:
        return float(row.get(column) or "nan")
    except ValueError:
        return float("nan")


def _between(column: str, no: float, yes: float) -> Callable[[Row], float]:
    """1 from ``yes`` on, 0 up to ``no``, NaN between; the two may stand in either order."""

    def label(row: Row) -> float:
        value = measure(row, column) * (1 if yes > no else -1)
        low, high = sorted((no, yes)) if yes > no else sorted((-no, -yes))
        return 1.0 if value >= high else 0.0 if value <= low else float("nan")

    return label


def _is(column: str, yes: str, no: str) -> Callable[[Row], float]:
    """1 where a column has one of some values, 0 where it has one of others."""
    wanted, others = yes.split("|"), no.split("|")

    def label(row: Row) -> float:
        value = row.get(column, "")
        return 1.0 if value in wanted else 0.0 if value in others else float("nan")

    return label


_LIGHT = "blond|gray|white|red|blue|green|pink"

# name -> what tells it
ATTRIBUTES: dict[str, Callable[[Row], float]] = {
    "smiling": _between("smile", 0.2, 0.5),
    "serious": _between("smile", 0.5, 0.1),
    "sad": _is("expr", "sad", "neutral|happy|angry|surprised"),
    "angry": _is("expr", "angry", "neutral|happy|sad|surprised"),
    "surprised": _is("expr", "surprised", "neutral|happy|sad|angry"),
    "old": _between("age", ADULT, OLD),
    "young": _between("age", 38.0, YOUNG),
    "man": _is("gender", "male", "female"),
    "woman": _is("gender", "female", "male"),
    "dark hair": _is("hair_colour", "black|dark", _LIGHT),
    "black hair": _is("hair_colour", "black", "brown|" + _LIGHT),
    "brown hair": _is("hair_colour", "brown", "black|" + _LIGHT),
    "blond hair": _is("hair_colour", "blond", "black|dark|brown|red|blue|green|pink"),
    "gray hair": _is("hair_colour", "gray|white", "black|dark|brown|red|blue|green|pink"),
    "red hair": _is("hair_colour", "red", "black|dark|brown|gray|white|blue|green"),
    "dyed hair": _is("hair_colour", "blue|green|pink", "black|dark|brown|blond|gray|white|red"),
    "long hair": _is("hair_length", "long", "short|bald or covered"),
    "short hair": _is("hair_length", "short", "long"),
    "bald": _is("hair_length", "bald or covered", "long|medium"),
    "glasses": _is("glasses", "1", "0"),
    "sunglasses": _is("sunglasses", "1", "0"),
    "beard": _is("beard", "1", "0"),
    "open mouth": _between("mouth_open", 0.02, 0.12),
    "closed eyes": _between("eyes_closed", 0.15, 0.35),
    "turned left": _between("yaw", 0.0, -TURNED),
    "turned right": _between("yaw", 0.0, TURNED),
    "looking up": _between("pitch", 2.0, RAISED),
    "looking down": _between("pitch", 0.0, LOWERED),
    "hat": _is("hat_text", "1", "0"),
}
MIRRORED = {"turned left": "turned right", "turned right": "turned left"}

# phrases of each attribute that the scorer learns by; all of them English that the word table reads
PHRASES: dict[str, tuple[str, ...]] = {
    "smiling": ("smiling", "a smile", "happy", "a smiling face", "laughing", "cheerful", "a happy "
                "person"),
    "serious": ("serious", "neutral", "a serious face", "stern", "neutral face"),
    "sad": ("sad", "a sad face", "unhappy", "depressed"),
    "angry": ("angry", "an angry face", "furious", "rage"),
    "surprised": ("surprised", "a surprised face", "astonished", "shocked"),
    "old": ("old", "elderly", "an old person", "an old face", "wrinkles", "senior", "old age"),
    "young": ("young", "a young person", "youth", "a young face", "young adult"),
    "man": ("man", "male", "masculine", "a man with a face", "gentleman"),
    "woman": ("woman", "female", "feminine", "lady", "a woman with a face"),
    "dark hair": ("dark hair", "a person with dark hair", "dark haired"),
    "black hair": ("black hair", "a person with black hair", "black haired"),
    "brown hair": ("brown hair", "a person with brown hair", "brunette", "chestnut hair"),
    "blond hair": ("blond hair", "blond", "blonde", "blonde hair", "a person with blond hair",
                   "golden hair"),
    "gray hair": ("gray hair", "white hair", "gray haired", "silver hair",
                  "a person with gray hair"),
    "red hair": ("red hair", "redhead", "ginger hair", "a person with red hair", "orange hair"),
    "dyed hair": ("blue hair", "green hair", "pink hair", "purple hair", "dyed hair"),
    "long hair": ("long hair", "a person with long hair", "long haired"),
    "short hair": ("short hair", "a person with short hair", "short haired", "haircut"),
    "bald": ("bald", "a bald head"),
    "glasses": ("glasses", "eyeglasses", "a face with glasses", "wearing glasses",
                "a person with glasses"),
    "sunglasses": ("sunglasses", "wearing sunglasses", "a face with sunglasses"),
    "beard": ("beard", "bearded", "a face with a beard", "stubble", "moustache", "goatee"),
    "open mouth": ("open mouth", "mouth open", "mouth wide open", "shouting"),
    "closed eyes": ("closed eyes", "eyes closed", "sleeping", "asleep"),
    "turned left": ("looking left", "head turned left", "facing left", "turned left"),
    "turned right": ("looking right", "head turned right", "facing right", "turned right"),
    "looking up": ("looking upward", "head raised", "gazing upward"),
    "looking down": ("looking down", "head lowered", "gazing down"),
    "hat": ("hat", "cap", "wearing a hat", "a face with a hat"),
}  # fmt: skip
# two attributes at once
COMPOUND: dict[str, tuple[str, ...]] = {
    "old man": ("old", "man"),
    "old woman": ("old", "woman"),
    "grandfather": ("old", "man"),
    "grandmother": ("old", "woman"),
    "young man": ("young", "man"),
    "young woman": ("young", "woman"),
    "smiling man": ("smiling", "man"),
    "smiling woman": ("smiling", "woman"),
    "man with glasses": ("glasses", "man"),
    "woman with glasses": ("glasses", "woman"),
    "man with a beard": ("beard", "man"),
    "man with short hair": ("short hair", "man"),
    "woman with short hair": ("short hair", "woman"),
    "woman with long hair": ("long hair", "woman"),
    "man with long hair": ("long hair", "man"),
    "woman with blond hair": ("blond hair", "woman"),
    "man with gray hair": ("gray hair", "man"),
    "woman with gray hair": ("gray hair", "woman"),
    "long blond hair": ("long hair", "blond hair"),
    "long black hair": ("long hair", "black hair"),
    "short black hair": ("short hair", "black hair"),
}
# phrases that no training sees: what a visitor's other words for the same thing are worth
HELD_OUT: dict[str, tuple[str, ...]] = {
    "smiling": ("grin", "joyful"),
    "serious": ("grim",),
    "sad": ("sorrow", "gloomy"),
    "angry": ("mad", "annoyed"),
    "surprised": ("amazed",),
    "old": ("aged", "pensioner", "ancient"),
    "young": ("youthful", "student"),
    "man": ("guy", "father", "gent"),
    "woman": ("mother", "girlfriend"),
    "blond hair": ("fair hair", "yellow hair"),
    "gray hair": ("silvery hair",),
    "red hair": ("ginger", "auburn"),
    "bald": ("shaved head",),
    "glasses": ("spectacles", "goggles", "lens"),
    "sunglasses": ("dark glasses",),
    "beard": ("mustache", "whiskers", "facial hair"),
    "open mouth": ("yawning", "screaming"),
    "closed eyes": ("nap",),
    "hat": ("helmet", "sun hat", "bonnet"),
}


def labels(rows: Sequence[Row]) -> np.ndarray:
    """(N, len(ATTRIBUTES)) float32: 1, 0 or NaN."""
    table = [[label(row) for label in ATTRIBUTES.values()] for row in rows]
    return np.array(table, np.float32).reshape(len(rows), len(ATTRIBUTES))


def mirrored(table: np.ndarray) -> np.ndarray:
    """Labels of the faces seen in a mirror."""
    names = list(ATTRIBUTES)
    return table[:, [names.index(MIRRORED.get(name, name)) for name in names]]


def phrase_labels(table: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Every phrase that is learned, and whether it is true of each face.

    Args:
        table: (N, attributes), as `labels` gives.

    Returns:
        P phrases and (N, P) of 1, 0 and NaN. Two attributes at once are false as soon as one is.
    """
    names = list(ATTRIBUTES)
    phrases: list[str] = []
    columns: list[np.ndarray] = []
    for name, given in PHRASES.items():
        phrases += given
        columns += [table[:, names.index(name)]] * len(given)
    for phrase, parts in COMPOUND.items():
        of = table[:, [names.index(part) for part in parts]]
        phrases.append(phrase)
        columns.append(np.where((of == 0).any(axis=1), 0.0, of.min(axis=1)))
    return phrases, np.stack(columns, axis=1).astype(np.float32)


def auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """Chance that a face which has it scores above one which has it not; NaN without either."""
    yes, no = scores[truth == 1], scores[truth == 0]
    if not len(yes) or not len(no):
        return float("nan")
    order = np.concatenate([yes, no]).argsort().argsort() + 1.0
    above = order[: len(yes)].sum() - len(yes) * (len(yes) + 1) / 2
    return float(above / (len(yes) * len(no)))
