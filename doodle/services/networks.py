"""Which networks a service needs, and its pipeline over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from doodle.errors import OutOfBudget
from doodle.registry import Registry

if TYPE_CHECKING:
    from torch import nn


class Networks:
    """The checkpoints of one service.

    Args:
        registry: where they come from.
        needs: without these it cannot work.
        optional: it does with less where one of these is missing, or does not fit the budget.
    """

    def __init__(
        self, registry: Registry, needs: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> None:
        self.registry = registry
        self.needs = needs
        self.optional = optional

    @contextmanager
    def pipeline(self, build: Callable[..., Any]) -> Iterator[Any]:
        """Hold the networks, and give the pipeline over them.

        Args:
            build: makes it of the networks in the order of `needs` and `optional`, None for one
                that is done without; a pipeline is kept as long as its networks stay loaded.

        Raises:
            ModelUnavailable: one that is needed is missing, or one is corrupt.
            OutOfBudget: those that are needed do not fit.
        """
        there = {card.name for card in self.registry.cards() if not card.problem}
        with ExitStack() as held:
            found: list[nn.Module | None] = [*held.enter_context(self.registry.use(*self.needs))]
            used = list(self.needs)
            for name in self.optional:
                network = None
                if name in there:
                    with suppress(OutOfBudget):
                        (network,) = held.enter_context(self.registry.use(name))
                found.append(network)
                used.append(name if network is not None else "")
            key = (*used, build.__qualname__)
            # the last of the names tells what is built, so it stands for no network
            yield self.registry.keep(key, (*found, None), lambda *given: build(*given[:-1]))
