"""A model that a server holds, as the assistant sees one: `ports.Store` and `ports.Routes` without files.

May import `models`, `routing`, `settings` and `engine.protocol`; opens no connection. Nothing here can be checked
against a checksum, so none is shown: the name and the server stand in its place, as NAME@HOST on every screen and in
every answer, so that nobody can take it for a model of this machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from radlite_tui import models
from radlite_tui.assistant.ports import Routes
from radlite_tui.engine.protocol import ModelFiles
from radlite_tui.errors import BadInput
from radlite_tui.models.manifest import Manifest, ModelFile
from radlite_tui.routing.models import Choice
from radlite_tui.routing.types import Routing
from radlite_tui.settings import OpenAISettings
from radlite_tui.tasks.base import Mode

UNNAMED = "served"
"""What a server's one model is called when the settings name none; its title has the name the server gives it."""


class ServedShelf:
    """`ports.Store` over the one model that the settings choose of a server."""

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        self._said: str | None = None
        self._like: Manifest | None = None

    def found(self, name: str) -> None:
        """The server has said what the model is called."""
        self._said = name

    def names(self) -> tuple[str, ...]:
        return (f"{self._settings.model or UNNAMED}@{where(self._settings)}",)

    def manifest(self, name: str) -> Manifest:
        """What is known of the served model: the layout and context are those of the manifest the settings name."""
        (known,) = self.names()
        if name != known:
            raise BadInput(f"Unknown model {name!r}; the server's is {known} (engine.openai.model).")
        like = self._named_manifest()
        role: models.manifest.Role = "merged" if self._settings.tuned else "base"
        blank = Manifest(
            name=known,
            title=f"{self._settings.model or self._said or 'a model'} served by {where(self._settings)}",
            architecture=like.architecture if like is not None else "",
            context=like.context if like is not None else 0,
            files=(ModelFile(role, Path(known), sha256="", size=0, quantization=""),),
        )
        return replace(blank, layout=like.layout) if like is not None else blank

    def checking(self, name: str, mode: Mode) -> Iterator[tuple[str, int, int]]:
        return iter(())

    def files(self, name: str, mode: Mode) -> ModelFiles:
        return models.engine_files(self.manifest(name), mode)

    def _named_manifest(self) -> Manifest | None:
        if self._settings.manifest is not None and self._like is None:
            self._like = models.Store().get(self._settings.manifest)
        return self._like


class ServedRoutes:
    """Tasks as ever; the model is the server's, and every plan says that the report goes there."""

    def __init__(self, routes: Routes, settings: OpenAISettings) -> None:
        self._routes, self._settings = routes, settings

    def warm(self) -> None:
        self._routes.warm()

    def task(self, words: str, explicit: str | None) -> Routing:
        return self._routes.task(words, explicit)

    def choose(self, task: str, model: str | None, mode: Mode | None) -> Choice:
        choice = self._routes.choose(task, model, mode)
        why = f"the report is sent to {where(self._settings)}"
        if self._settings.unencrypted:
            why += " unencrypted, so it can be read on its way"
        return replace(choice, reason=why)


def where(settings: OpenAISettings) -> str:
    """The server's host and port."""
    return urlsplit(settings.url or "").netloc
