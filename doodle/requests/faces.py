"""What can be asked of the generator of faces."""

from __future__ import annotations

from dataclasses import dataclass

from doodle.requests.checks import MOST_SEED, keep, number, whole

MOST_FACES = 64
MAX_PSI = 1.2


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces of nobody.

    Attributes:
        n: faces, 1 to 64.
        seed: 0 to 2^63 - 1; the k-th face of a seed is the same however many are asked for.
        psi: truncation, 0 (all the average face) to 1.2 (odd).

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    n: int = 16
    seed: int = 0
    psi: float = 0.7

    def __post_init__(self) -> None:
        keep(
            self,
            n=whole(self.n, 1, MOST_FACES, "How many"),
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
            psi=number(self.psi, 0, MAX_PSI, "The truncation"),
        )
