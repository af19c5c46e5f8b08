"""The models at work for the page: what was asked goes in, ink comes out; no gradio.

Networks come from the registry for the length of one request. Requests take turns step by step, so
that two visitors' drawings grow side by side instead of one waiting for the other, and two threads
never fight over the same few cores.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from doodle.errors import BadDrawing, ModelUnavailable, OutOfBudget
from doodle.registry import Registry
from doodle.strokes.drawing import Drawing
from doodle.ui.creature import MAX_VARIANTS, Creature, Source, chimerical
from doodle.ui.creature import NETWORK as BEAST
from doodle.ui.sight import Made, Seen, see
from doodle.ui.wish import MAX_SEED, MAX_STEPS, Idea, Wish, number, whole

if TYPE_CHECKING:
    from doodle.pipelines.complete import Completer, Ending, Ink, Ranked
    from doodle.pipelines.imagine import Doodle, Imagined, Imaginer
    from doodle.pipelines.recognise import Guesses

_E = TypeVar("_E")

try:
    from spaces import GPU as on_gpu  # lends a GPU for the length of a call on a ZeroGPU Space
except ImportError:
    _F = TypeVar("_F", bound=Callable[..., Any])

    def on_gpu(function: _F) -> _F:
        """The function itself, where there is no GPU to ask for."""
        return function


_ABSENT = (
    "The checkpoint {0} is missing, so no words can be drawn here yet. Run `git pull`, or make it "
    "yourself: `python -m doodle train {0}`. Everything else on this page works without it."
)
NETWORKS = ("sketch_rnn", "words")
JUDGE = "recogniser"  # guesses, and ranks the endings where it is there
DREAMER = "dccgan"  # doodles from a text
VARIED = "chimera_modes"  # the chimera with noise: different answers to one drawing
CLIP = "clip"  # reads any text; fetched by those who want it


class Studio:
    """Every task of the page, over one registry.

    Each method raises ModelUnavailable or OutOfBudget when the models cannot be used, BadDrawing
    when there is nothing to work on, and UnknownWord (a ValueError) for a word without a vector.

    Args:
        registry: where the networks come from.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._turn = threading.Lock()
        self._glance = threading.Lock()  # of its own: a guess waits for no drawing that is made
        self._sight = threading.Lock()  # nor do edges
        self._events = on_gpu(self._stream)
        self._endings = on_gpu(self._whole)
        self._steps = on_gpu(self._morph)
        self._guesses = on_gpu(self._recognise)
        self._reasons = on_gpu(self._explain)
        self._ideas = on_gpu(self._imagine)
        self._animals = on_gpu(self._create)

    def complete(self, drawing: Drawing, wish: Wish) -> Iterator[Ink | Ranked]:
        """Endings of a drawing as they are inked, then their ranking."""
        yield from self._in_turns(self._events(_some(drawing), wish))

    def draw(self, wish: Wish) -> list[Ending]:
        """Whole drawings of a word, best first, 256 x 256 units."""
        with self._turn:
            return self._endings("draw", wish, None)

    def again(self, drawing: Drawing, wish: Wish) -> list[Ending]:
        """The visitor's drawing, drawn again from what the encoder understood of it."""
        with self._turn:
            return self._endings("again", wish, _some(drawing))

    def morph(
        self, first: Drawing, second: Drawing, words: tuple[str, str], steps: int, wish: Wish
    ) -> list[Drawing]:
        """Drawings on the way from `first` to `second`, both ends included.

        Args:
            words: what the two drawings are.
            steps: how many drawings, 2 to MAX_STEPS.
            wish: temperature and seed are taken from it.
        """
        steps = whole(steps, 2, MAX_STEPS, "The number of steps")
        with self._turn:
            return self._steps(_some(first), _some(second), words, steps, wish)

    def recognise(
        self, drawings: Sequence[Drawing], *, top: int = 5, words: Sequence[str] | None = None
    ) -> list[Guesses]:
        """What each drawing is taken for, all in one batch; an empty one for nothing.

        Args:
            top: guesses a drawing, at least 1.
            words: choose among these only.
        """
        with self._glance:
            return self._guesses(drawings, top, words)

    def explain(self, drawing: Drawing, word: str | None = None) -> tuple[str, list[float]]:
        """How much each stroke speaks for a word (nats), the first guess when None.

        Returns:
            The word, and a number for each stroke: above 0 for it, below 0 against it.
        """
        with self._glance:
            return self._reasons(_some(drawing), word)

    def imagine(self, idea: Idea) -> Imagined:
        """Doodles of a text, best first."""
        asked = {"n": idea.n, "seed": idea.seed, "truncation": idea.truncation}
        with self._turn:
            return self._ideas("__call__", idea.text, **asked)

    def mix(self, idea: Idea, second: str, share: float) -> Imagined:
        """Doodles of what lies between two texts.

        Args:
            second: the other text.
            share: of the second, 0 to 1.
        """
        share = number(share, 0, 1, "The share of the second word")
        asked = {"n": idea.n, "seed": idea.seed, "truncation": idea.truncation}
        with self._turn:
            return self._ideas("mix", idea.text, Idea(second).text, share, **asked)

    def like(self, idea: Idea, candidate: int, noise: np.ndarray) -> Imagined:
        """Doodles near one of the text.

        Args:
            candidate: which one it was; with the seed it decides what is new.
            noise: (z_size,) that it came from.
        """
        from doodle.pipelines.imagine import Doodle

        candidate = whole(candidate, 0, MAX_SEED, "The candidate")
        nothing = (np.zeros((1, 1), np.uint8), (), Drawing(), 0.0, 0.0)
        one = Doodle(*nothing, seed=idea.seed, candidate=candidate, z=noise)
        with self._turn:
            return self._ideas("like", idea.text, one, n=idea.n, truncation=idea.truncation)

    def walk(
        self, idea: Idea, second: str, steps: int, candidate: int | None = None
    ) -> list[Doodle]:
        """The way from one text to another, both included, for one and the same doodle.

        Args:
            candidate: which one of the seed; one that suits both texts when None.
        """
        asked = {"seed": idea.seed, "truncation": idea.truncation}
        asked["steps"] = whole(steps, 2, MAX_STEPS, "The number of steps")
        if candidate is not None:
            candidate = whole(candidate, 0, MAX_SEED, "The candidate")
        with self._turn:
            return self._ideas("walk", idea.text, Idea(second).text, candidate=candidate, **asked)

    def edges(self, source: Source, creature: Creature) -> Seen:
        """What the chimera's network will get; needs no network, and waits for none."""
        _, species, size = chimerical(self.registry)
        with self._sight:
            return see(source, creature, size, species)

    def chimera(self, source: Source, creature: Creature) -> Made:
        """Pictures of a drawing, or of a picture (H, W, 3)."""
        seen = self.edges(source, creature)
        pictures = self._in_turns(self._animals(seen, creature, range(creature.n)))
        return Made(np.stack(list(pictures)), seen)

    def full(self, source: Source, creature: Creature, k: int) -> np.ndarray:
        """Variant k in the frame and at the size of what came in, (H, W, 3) uint8."""
        from doodle.pipelines.chimera import Chimera

        k = whole(k, 0, MAX_VARIANTS - 1, "The variant")
        seen = self.edges(source, creature)
        (picture,) = self._in_turns(self._animals(seen, creature, [k]))
        return Chimera.framed(picture, seen.edge_map)

    def outline(self, source: Source, creature: Creature, picture: np.ndarray | None) -> Drawing:
        """Strokes of what was made, in the units of what came in.

        Args:
            picture: (S, S, 3) uint8, one of `chimera`; None for the edges themselves.
        """
        from doodle.pipelines.chimera import Chimera

        seen = self.edges(source, creature)
        if picture is not None and picture.shape != (*seen.edges.shape, 3):
            raise ValueError(f"The picture must be {len(seen.edges)} pixels square.")
        with self._sight:
            return Chimera.outline(seen.edge_map, picture)

    def warm(self) -> None:
        """Load the networks before the first request needs them.

        Raises:
            ModelUnavailable, OutOfBudget: as a request would.
        """
        with self._turn, self._completer():
            pass

    def _in_turns(self, events: Iterator[_E]) -> Iterator[_E]:
        """What an iterator yields, each step a turn; it is closed when this is left."""
        with closing(events):
            while True:
                with self._turn:
                    event = next(events, None)
                if event is None:
                    return
                yield event

    @contextmanager
    def _completer(self) -> Iterator[Completer]:
        from doodle.pipelines.complete import Completer  # with torch: not before it is needed

        judged = any(card.name == JUDGE and not card.problem for card in self.registry.cards())
        names = (*NETWORKS, JUDGE) if judged else NETWORKS
        with self.registry.use(*names) as networks:
            yield Completer(*networks)

    @contextmanager
    def _imaginer(self) -> Iterator[Imaginer]:
        from doodle.pipelines.imagine import Imaginer
        from doodle.pipelines.text import TextEncoder

        with ExitStack() as held:
            used = held.enter_context(self.registry.use(DREAMER, "words", JUDGE))
            try:
                (clip,) = held.enter_context(self.registry.use(CLIP))
            except (ModelUnavailable, OutOfBudget):
                clip = None  # the word table answers, and the page says so
            network, words, recogniser = used
            yield Imaginer(network, TextEncoder(words, clip), recogniser)

    def _imagine(self, task: str, *given: Any, **asked: Any) -> Imagined | list[Doodle]:
        with self._imaginer() as imaginer:
            return getattr(imaginer, task)(*given, **asked)

    def _create(self, seen: Seen, creature: Creature, variants: Iterable[int]) -> Iterator[Any]:
        from doodle.pipelines.chimera import Chimera

        problem, species, _ = chimerical(self.registry)
        if problem:
            raise ModelUnavailable(problem)
        with ExitStack() as held:
            (network,) = held.enter_context(self.registry.use(BEAST))
            varied = None
            if any(card.name == VARIED and not card.problem for card in self.registry.cards()):
                with suppress(OutOfBudget):  # the other network's variants do as well
                    (varied,) = held.enter_context(self.registry.use(VARIED))
            pipeline = Chimera(network, species, varied)
            asked = {"background": creature.background, "seed": creature.seed}
            for k in variants:
                yield pipeline(seen.edge_map, seen.classes, first=k, **asked)[0]

    def _recognise(
        self, drawings: Sequence[Drawing], top: int, words: Sequence[str] | None
    ) -> list[Guesses]:
        from doodle.pipelines.recognise import NETWORKS as READERS
        from doodle.pipelines.recognise import Recognition

        with self.registry.use(*READERS) as networks:
            return Recognition(*networks)(drawings, top=top, words=words)

    def _explain(self, drawing: Drawing, word: str | None) -> tuple[str, list[float]]:
        from doodle.pipelines.recognise import NETWORKS as READERS
        from doodle.pipelines.recognise import Recognition

        with self.registry.use(*READERS) as networks:
            return Recognition(*networks).explain(drawing, word)

    def _stream(self, drawing: Drawing, wish: Wish) -> Iterator[Ink | Ranked]:
        with self._completer() as completer:
            yield from completer.stream(
                drawing, wish.word, n=wish.n, temperature=wish.temperature, seed=wish.seed
            )

    def _whole(self, task: str, wish: Wish, drawing: Drawing | None) -> list[Ending]:
        with self._completer() as completer:
            asked = {"n": wish.n, "temperature": wish.temperature, "seed": wish.seed}
            if task == "draw":
                return completer.draw(wish.word, **asked)
            return completer.again(drawing, wish.word, **asked)

    def _morph(
        self, first: Drawing, second: Drawing, words: tuple[str, str], steps: int, wish: Wish
    ) -> list[Drawing]:
        with self._completer() as completer:
            return completer.morph(
                first, second, *words, steps=steps, temperature=wish.temperature, seed=wish.seed
            )


def _some(drawing: Drawing) -> Drawing:
    if not drawing:
        raise BadDrawing("There is nothing drawn yet: draw a line or two first.")
    return drawing


def status(registry: Registry) -> tuple[str, str, bool]:
    """What the page says of its models.

    Returns:
        A few words for the pill, the whole story for its tooltip, and whether drawing can work.
    """
    where = "GPU" if registry.placement.device.type != "cpu" else "CPU"
    try:
        ready = {card.name for card in registry.cards() if not card.problem}
    except ModelUnavailable:
        ready = set()
    if not ready >= set(NETWORKS):
        return f"{where}, no model to draw with", registry.status(), False
    counted = "1 model" if len(ready) == 1 else f"{len(ready)} models"
    return f"{where}, {counted} ready, offline", registry.status(), True


def imagining(registry: Registry) -> tuple[str, list[str]]:
    """Whether doodles can be made of a text.

    Returns:
        What is missing and how to mend it, empty when nothing is; and the words to suggest.
    """
    try:
        cards = {card.name: card for card in registry.cards()}
    except ModelUnavailable as error:
        return str(error), []
    for name in (DREAMER, "words", JUDGE):
        if name not in cards:
            return _ABSENT.format(name), known_words(registry)
        if cards[name].problem:
            return cards[name].problem, known_words(registry)
    trained = cards[DREAMER].header.get("data", {}).get("categories")
    return "", sorted(trained or known_words(registry), key=str.lower)


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
        cards = [card for card in registry.cards() if card.name == "sketch_rnn"]
    except ModelUnavailable:
        return []
    well = cards[0].header.get("data", {}).get("core") if cards else None
    return list(well or known_words(registry))
