"""Names to loaded networks: headers only until used, pinned while in use, within a byte budget.

One lock guards who may be in memory, one lock a name guards its loading. Several names are admitted
together, so two callers can neither deadlock nor evict each other's half.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle import checkpoint
from doodle.errors import ModelUnavailable, OutOfBudget

if TYPE_CHECKING:
    import torch

    from doodle.device import Placement

CHECKPOINTS = Path(__file__).resolve().parents[1] / "checkpoints"  # those of this repository
WORKING_BYTES = 64 << 20  # what a call allocates beside the weights; sixteen endings peak below it


@dataclass(frozen=True)
class Card:
    """What is known of a checkpoint without loading it; `problem` is empty when it is fit."""

    name: str
    path: Path
    file_bytes: int
    sha256: str
    loaded_bytes: int = 0
    parameters: int = 0
    header: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass
class _Slot:
    """One admitted name. `module` is None from admission until it is loaded."""

    card: Card
    loading: threading.Lock = field(default_factory=threading.Lock)
    module: torch.nn.Module | None = None
    pins: int = 0
    last_used: int = 0


class Registry:
    """The networks of one folder of checkpoints.

    Args:
        root: the folder that holds INDEX.json.
        device: "auto", "cpu", "cuda", ...; looked at when the first network is needed.
        budget_bytes: what loaded networks may take; None takes half of the device's memory.
    """

    def __init__(
        self, root: Path = CHECKPOINTS, device: str = "auto", budget_bytes: int | None = None
    ) -> None:
        self.root = Path(root)
        self._device = device
        self._budget_bytes = budget_bytes
        self._admission = threading.Lock()
        self._slots: dict[str, _Slot] = {}
        self._read: dict[Path, tuple[Any, dict[str, Any], tuple[int, int]]] = {}
        self._clock = 0
        self._known: tuple[Any, dict[str, dict[str, Any]]] = (None, {})
        self._built: dict[tuple[str, ...], tuple[tuple[Any, ...], Any]] = {}
        self._building = threading.Lock()
        self._given: dict[str, dict[str, Any]] | None = None

    @classmethod
    def of(
        cls,
        folders: Mapping[str, str | os.PathLike[str]],
        device: str = "auto",
        budget_bytes: int | None = None,
    ) -> Registry:
        """A registry of single checkpoints, wherever they lie; no index states their digests.

        Args:
            folders: name -> folder of its file, or the file, as commands have them for arguments.
        """
        registry = cls(Path(), device, budget_bytes)
        files = {name: checkpoint.file_of(folder) for name, folder in folders.items()}
        registry._given = {
            name: {"file": file, "bytes": file.stat().st_size if file.exists() else 0, "sha256": ""}
            for name, file in files.items()
        }
        return registry

    @cached_property
    def placement(self) -> Placement:
        """The device and dtype in use, with the reason.

        On a CPU this also limits torch to one thread (see `device.one_thread`).
        """
        from doodle.device import choose, one_thread

        placement = choose(self._device)
        if placement.device.type == "cpu":
            one_thread()
        return placement

    @cached_property
    def budget_bytes(self) -> int:
        """Bytes that networks and the call's working memory may take together."""
        if self._budget_bytes is not None:
            return self._budget_bytes
        from doodle.device import default_budget

        return default_budget(self.placement.device)

    def cards(self) -> list[Card]:
        """Read INDEX.json and every header; a broken checkpoint is a card with a problem.

        Raises:
            ModelUnavailable: the index itself is missing or broken.
        """
        return [self._card(name, entry) for name, entry in self._index().items()]

    def _index(self) -> dict[str, dict[str, Any]]:
        if self._given is not None:
            return self._given
        path = self.root / checkpoint.INDEX
        local = self.root / checkpoint.LOCAL_INDEX
        stamp = _stamp(path), _stamp(local)
        if stamp[0] is not None and self._known[0] == stamp:
            return self._known[1]
        try:
            index: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
            if local.exists():
                index |= json.loads(local.read_text(encoding="utf-8"))
            for entry in index.values():
                entry["file"], entry["bytes"], entry["sha256"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnavailable(
                f"{path} is missing or broken, so no checkpoint can be trusted. "
                f"{checkpoint.mend(path)}"
            ) from error
        self._known = stamp, index
        return index

    def _card(self, name: str, entry: dict[str, Any]) -> Card:
        path = self.root / entry["file"]
        card = Card(name, path, entry["bytes"], entry["sha256"])
        try:
            header, (parameters, loaded) = self._header(path)
        except ModelUnavailable as error:
            return replace(card, problem=str(error))
        return replace(card, header=header, parameters=parameters, loaded_bytes=loaded)

    def _header(self, path: Path) -> tuple[dict[str, Any], tuple[int, int]]:
        """A file's header and sizes; read again when the file is another, for the page asks often.

        Raises:
            ModelUnavailable: it is missing or broken.
        """
        stamp = _stamp(path)  # where it is None, the reader says what is wrong
        known = self._read.get(path)
        if known is None or stamp is None or known[0] != stamp:
            known = stamp, checkpoint.read_header(path), checkpoint.tensor_sizes(path)
            self._read[path] = known
        return known[1], known[2]

    def fit_card(self, name: str) -> Card:
        """The card of a name that can be loaded, as far as the header tells.

        Raises:
            ModelUnavailable: there is none, or its checkpoint is missing or unfit.
        """
        index = self._index()
        if name not in index:
            raise ModelUnavailable(
                f"There is no checkpoint {name!r} in {self.root} (there are: "
                f"{', '.join(index) or 'none'}). Run `python -m doodle train --help`."
            )
        card = self._card(name, index[name])
        if card.problem:
            raise ModelUnavailable(card.problem)
        return card

    @contextmanager
    def use(self, *names: str) -> Iterator[tuple[torch.nn.Module, ...]]:
        """Hold networks for the length of a `with` block, loading those that are not in memory.

        Yields:
            The networks in the order of `names`, in eval mode, on the registry's device.

        Raises:
            ModelUnavailable: a checkpoint is missing, corrupt or unfit.
            OutOfBudget: they do not fit beside what others hold just now, or the device ran out
                of memory, here or within the block.
        """
        import torch

        slots = self._admit(names)
        try:
            yield tuple(self._loaded(slots[name]) for name in names)
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise OutOfBudget(
                f"{self.placement.device} ran out of memory. Ask for fewer results at once, "
                "or start with --device cpu."
            ) from error
        finally:
            self._release(slots)

    def keep(
        self, names: tuple[str, ...], networks: tuple[Any, ...], build: Callable[..., Any]
    ) -> Any:
        """What is built over networks, built once and kept as long as they stay loaded.

        Args:
            names: of the networks, and one more that tells what is built from other things.
            networks: held by `use` just now; None for one that is done without.
            build: called with the networks.
        """
        with self._building:  # two that ask at once shall share it
            known = self._built.get(names)
            if known is None or any(a is not b for a, b in zip(known[0], networks, strict=True)):
                known = self._built[names] = networks, build(*networks)
            return known[1]

    def _admit(self, names: tuple[str, ...]) -> dict[str, _Slot]:
        """Pin a slot for every name, all or none, evicting what nobody uses to make room."""
        with self._admission:
            wanted = {
                name: self._slots.get(name) or _Slot(self.fit_card(name))
                for name in dict.fromkeys(names)
            }
            for slot in wanted.values():
                slot.pins += 1  # before making room, so that none of them is evicted for another
            try:
                self._make_room(wanted)
            except OutOfBudget:
                for slot in wanted.values():
                    slot.pins -= 1
                raise
            self._slots.update(wanted)
            return wanted

    def _make_room(self, wanted: dict[str, _Slot]) -> None:
        """Evict unpinned networks, the least recently used first, until `wanted` fits."""
        fresh = [slot for name, slot in wanted.items() if name not in self._slots]
        needed = WORKING_BYTES + sum(slot.card.loaded_bytes for slot in fresh)
        pinned = sum(slot.card.loaded_bytes for slot in self._slots.values() if slot.pins)
        if needed + pinned > self.budget_bytes:
            raise OutOfBudget(
                f"{', '.join(wanted)} need "
                f"{_mb(needed)} beside {_mb(pinned)} in use, and the budget is "
                f"{_mb(self.budget_bytes)}. Try again in a moment, or start with a larger --budget."
            )
        for slot in sorted(self._slots.values(), key=lambda slot: slot.last_used):
            if needed + self.resident_bytes <= self.budget_bytes:
                return
            if not slot.pins:
                del self._slots[slot.card.name]
                self._built = {
                    key: built for key, built in self._built.items() if slot.card.name not in key
                }

    def _loaded(self, slot: _Slot) -> torch.nn.Module:
        """Load a pinned slot unless another thread has done so meanwhile."""
        with slot.loading:
            if slot.module is None:
                slot.module, _ = checkpoint.load(
                    slot.card.path,
                    sha256=None if self._given is not None else slot.card.sha256,
                    device=self.placement.device,
                    dtype=self.placement.dtype,
                )
            return slot.module

    def _release(self, slots: dict[str, _Slot]) -> None:
        with self._admission:
            self._clock += 1
            for name, slot in slots.items():
                slot.pins -= 1
                slot.last_used = self._clock
                if slot.module is None and not slot.pins:  # its loading failed
                    del self._slots[name]

    @property
    def resident_bytes(self) -> int:
        """Bytes of the networks in memory or being loaded."""
        return sum(slot.card.loaded_bytes for slot in list(self._slots.values()))

    def status(self) -> str:
        """One line for the page: device and reason, memory, and what is ready or how to mend it."""
        line = f"{self.placement} · {_mb(self.resident_bytes)} of {_mb(self.budget_bytes)}"
        try:
            cards = self.cards()
        except ModelUnavailable as error:
            return f"{line} · {error}"
        ready = [card.name for card in cards if not card.problem]
        problems = [card.problem for card in cards if card.problem]
        return " · ".join([line, f"ready: {', '.join(ready) or 'none'}", *problems])


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written anew; None where there is none."""
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_size, now.st_ino


def _mb(count: int) -> str:
    return f"{count / 1e6:.0f} MB"
