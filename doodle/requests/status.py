"""What can be asked about the models themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """Where the models run, what is in memory, and what is ready."""


@dataclass(frozen=True)
class Warm:
    """Load what a first drawing needs, before it is asked for."""
