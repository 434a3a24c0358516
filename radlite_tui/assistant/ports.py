"""What the assistant asks of the model store and of routing: two small protocols and the value that goes between.

May import `tasks`, `models.manifest` and `engine.protocol`. Says what is needed, never how it is done; `wiring`
joins the real ones, tests join scripted ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from radlite_tui.engine.protocol import ModelFiles
from radlite_tui.models.manifest import Manifest
from radlite_tui.routing.types import Routing
from radlite_tui.tasks.base import Mode


@dataclass(frozen=True)
class Choice:
    """Which model answers a task, in which mode, and why."""

    model: str
    mode: Mode
    reason: str


class Store(Protocol):
    """The models at hand."""

    def names(self) -> tuple[str, ...]:
        """Every model's name, in display order."""
        ...

    def manifest(self, name: str) -> Manifest:
        """A model's manifest. Raises BadInput naming the known models."""
        ...

    def files(self, name: str, mode: Mode) -> ModelFiles:
        """What the engine loads for this model in this mode. Raises ModelUnavailable."""
        ...


class Routes(Protocol):
    """Words to a task, a task to a model."""

    def intent(self, words: str) -> Routing:
        """The task these words ask for, or an abstention, with what it was nearly."""
        ...

    def choose(self, task: str, model: str | None, mode: Mode | None) -> Choice:
        """Model and mode for a task; what the user fixed stays fixed."""
        ...
