"""What the assistant asks of the model store and of routing, as two small protocols.

May import `tasks`, `routing`, `models.manifest` and `engine.protocol`. Says what is needed, never how it is done;
`wiring` joins the real ones, tests join scripted ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from radlite_tui.engine.protocol import ModelFiles
from radlite_tui.models.manifest import Manifest
from radlite_tui.routing.models import Choice
from radlite_tui.routing.types import Routing
from radlite_tui.tasks.base import Mode


class Store(Protocol):
    """The models at hand."""

    def names(self) -> tuple[str, ...]:
        """Every model's name, in display order."""
        ...

    def checking(self, name: str, mode: Mode) -> Iterator[tuple[str, int, int]]:
        """Compute the checksums of this model's files that `files` would have to, which takes a while: (file, bytes
        done, bytes altogether) as it goes. Raises ModelUnavailable. Left early, it has no effect."""
        ...

    def manifest(self, name: str) -> Manifest:
        """A model's manifest. Raises BadInput naming the known models."""
        ...

    def files(self, name: str, mode: Mode) -> ModelFiles:
        """What the engine loads for this model in this mode, checksums checked. Raises BadInput, ModelUnavailable."""
        ...


class Routes(Protocol):
    """Words to a task, a task to a model."""

    def warm(self) -> None:
        """Read what routing needs, so that the first request is as quick as later ones."""
        ...

    def task(self, words: str, explicit: str | None) -> Routing:
        """The task: an explicit one, a tag in the words, else what they ask for, or an abstention. Raises BadInput."""
        ...

    def choose(self, task: str, model: str | None, mode: Mode | None) -> Choice:
        """Model and mode for a task; what the user fixed stays fixed. The model is None when there is none."""
        ...
