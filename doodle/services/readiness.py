"""What can be done with the checkpoints there are, from their headers alone: no network, no torch.

Each answer is empty, or a sentence that says what is missing and how to mend it.
"""

from __future__ import annotations

from doodle.errors import ModelUnavailable
from doodle.registry import Card, Registry
from doodle.requests.chimera import CHIMERA
from doodle.strokes.species import COLOURS

SKETCH = ("sketch_rnn", "words")
GENERATOR = "dccgan"  # draws a word as a picture
ENDINGS = "completion_gan"  # draws endings as pictures, beside SketchRNN where it is there
RANKER = "recogniser"  # guesses, and ranks the endings where it is there
STROKES = "stroke_classifier"  # guesses by the order of the strokes, joined with the recogniser
READERS = (RANKER, "words", STROKES)
DOODLES = ("dccgan", "words", "recogniser")
FACES = ("faces",)
FACE_EDITING = (*FACES, "faces_encoder", "face_scorer", "face_directions", "words", "face_finder")
CLIP = "clip"  # reads any text; fetched by those who want it
VARIED = "chimera_modes"  # the chimera with noise: different answers to one drawing

TURNED = ("turned left", "turned right")  # heads
USUAL_FACE = 128  # pixels a side, where no checkpoint says another
USUAL_SIZE = 256  # of edges, where no checkpoint says another
_ABSENT = (
    "The checkpoint {0} is missing, so no {1} here yet. Run `git pull`, or make it yourself: "
    "`python -m doodle train {2}`. Everything else on this page works without it."
)
_TRAINING = "chimera --preset gpu --data data/animals.npz --export checkpoints/chimera"
_NO_ANIMAL = _ABSENT.format(CHIMERA, "animal can be made", _TRAINING)


def _cards(registry: Registry) -> dict[str, Card]:
    return {card.name: card for card in registry.cards()}


def sketching(registry: Registry) -> str:
    """Whether SketchRNN can draw."""
    return _needed(registry, SKETCH, "drawing can be finished")


def recognising(registry: Registry) -> str:
    """Whether drawings can be guessed."""
    return _needed(registry, READERS, "drawing can be guessed")


def imagining(registry: Registry) -> str:
    """Whether doodles can be made of a text."""
    return _needed(registry, DOODLES, "words can be drawn")


def making_faces(registry: Registry) -> str:
    """Whether faces can be made up."""
    return _needed(registry, FACES, "face can be made up")


def editing_faces(registry: Registry) -> str:
    """Whether faces can be changed by words."""
    return _needed(registry, FACE_EDITING, "face can be changed")


def face_words(registry: Registry) -> tuple[dict[str, float | None], list[str], int]:
    """What a face can be made, as far as headers tell.

    Returns:
        The texts that were measured, most effective first, each with the share of held-out faces
        that it clearly moved, and turned heads, which were not measured (None); every phrase that
        was learned; and the side of the pictures.
    """
    try:
        cards = {name: card for name, card in _cards(registry).items() if not card.problem}
    except ModelUnavailable:
        return {}, [], USUAL_FACE
    if not {"face_directions", "faces"} <= cards.keys():
        return {}, [], USUAL_FACE
    header = cards["face_directions"].header
    phrases = [phrase for phrase, _ in header.get("config", {}).get("meanings", [])]
    figures = {one["name"]: one["value"] for one in header.get("metrics", [])}
    moved = {text: figures.get(f"“{text}”: clearly moved") for text in phrases}
    measured = sorted((t for t in phrases if moved[t] is not None), key=lambda t: -(moved[t] or 0))
    heads = [text for text in TURNED if text in phrases and moved[text] is None]
    blocks = cards["faces"].header.get("config", {}).get("channels", ())
    side = 4 << (len(blocks) - 1) if blocks else USUAL_FACE
    return {text: moved[text] for text in (*measured, *heads)}, phrases, side


def _needed(registry: Registry, names: tuple[str, ...], what: str) -> str:
    try:
        cards = _cards(registry)
    except ModelUnavailable as error:
        return str(error)
    for name in names:
        if name not in cards:
            return _ABSENT.format(name, what, name)
        if cards[name].problem:
            return cards[name].problem
    return ""


def subjects(registry: Registry) -> list[str]:
    """The words to suggest for doodles; none without checkpoints."""
    try:
        header = _cards(registry)["dccgan"].header
    except (ModelUnavailable, KeyError):
        return known_words(registry)
    trained = header.get("data", {}).get("categories")
    return sorted(trained or known_words(registry), key=str.lower)


def known_words(registry: Registry) -> list[str]:
    """The words to suggest, those drawn well first; none without checkpoints."""
    try:
        headers = {card.name: card.header for card in registry.cards() if not card.problem}
    except ModelUnavailable:
        return []
    network = headers.get("sketch_rnn", {}).get("data", {})
    words = headers.get("words", {}).get("config", {})
    well = network.get("core") or []
    every = network.get("categories") or words.get("categories") or []
    return list(dict.fromkeys([*well, *sorted(every, key=str.lower)]))


def core_words(registry: Registry) -> list[str]:
    """The words that are drawn well, every known one where no list of them is kept."""
    try:
        card = _cards(registry).get("sketch_rnn")
    except ModelUnavailable:
        return []
    well = card.header.get("data", {}).get("core") if card else None
    return list(well or known_words(registry))


def guessable(registry: Registry) -> set[str]:
    """The categories of the recogniser; none where there is nobody to guess."""
    try:
        headers = {card.name: card.header for card in registry.cards() if not card.problem}
    except ModelUnavailable:
        return set()
    if RANKER not in headers:
        return set()
    known = headers[RANKER].get("data", {}).get("categories")
    return set(known or headers.get("words", {}).get("config", {}).get("categories") or [])


def chimerical(registry: Registry, network: str = CHIMERA) -> tuple[str, list[str], int]:
    """Whether animals can be made.

    Returns:
        What is missing and how to mend it, empty when nothing is; the species to choose from; and
        the side of the pictures.
    """
    known = list(COLOURS), USUAL_SIZE
    try:
        card = _cards(registry).get(network)
    except ModelUnavailable as error:
        return str(error), *known
    if card is None:
        return _NO_ANIMAL.replace("checkpoint chimera", f"checkpoint {network}"), *known
    if card.problem:
        return card.problem, *known
    config, names = card.header.get("config", {}), card.header.get("data", {}).get("categories", [])
    if card.header.get("model") != "pix2pix" or not isinstance(config.get("size"), int):
        return f"The checkpoint {network} holds no network for pictures. {_NO_ANIMAL}", *known
    return "", list(names) if config.get("classes") else [], config["size"]


def summary(registry: Registry) -> tuple[str, bool]:
    """A few words for the page, without the device: what is ready, and whether drawing can work."""
    try:
        ready = {card.name for card in registry.cards() if not card.problem}
    except ModelUnavailable:
        ready = set()
    if not ready >= set(SKETCH):
        return "no model to draw with", False
    counted = "1 model" if len(ready) == 1 else f"{len(ready)} models"
    return f"{counted} ready, offline", True
