"""Joins the assistant to this machine: the engine process, the model store and the routes.

May import `routing`, `models` and `engine`, all of it late: importing this loads nothing. The one place that knows
those packages' own names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from radlite_tui.engine.protocol import Engine, Event, ModelFiles, Request
from radlite_tui.models import store as models
from radlite_tui.models import verify
from radlite_tui.models.manifest import Manifest
from radlite_tui.routing import intent
from radlite_tui.routing import models as model_routing
from radlite_tui.routing.models import Choice, Route
from radlite_tui.routing.task import route_task
from radlite_tui.routing.types import Routing
from radlite_tui.segments import Prompt
from radlite_tui.tasks import CHAT
from radlite_tui.tasks.base import Mode


def engine() -> Engine:
    """llama.cpp in a process of its own, started with the first request."""

    def start() -> Engine:
        from radlite_tui.engine.local import LocalEngine

        return LocalEngine()

    return LateEngine(start)


def store() -> Shelf:
    """The embedded models and the user's own."""
    return Shelf(models.Store())


def routes(shelf: Shelf) -> MeasuredRoutes:
    """The intent classifier and the measured routes over these models."""
    return MeasuredRoutes(shelf)


class LateEngine:
    """An engine that is made when first needed, so that planning costs no process."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._engine: Engine | None = None

    def _made(self) -> Engine:
        if self._engine is None:
            self._engine = self._make()
        return self._engine

    def generate(self, request: Request) -> Iterator[Event]:
        return self._made().generate(request)

    def read(self, request: Request) -> Iterator[Event]:
        return self._made().read(request)

    def stop_reading(self) -> None:
        if self._engine is not None:
            self._engine.stop_reading()

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        return self._made().count(model, prompt)

    def cancel(self) -> None:
        if self._engine is not None:
            self._engine.cancel()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()


class Shelf:
    """`ports.Store` over the model store; manifests are read again when a models folder has changed."""

    def __init__(self, store: models.Store) -> None:
        self._store = store
        self._stamp: tuple[int, ...] = ()
        self._found: dict[str, Manifest] = {}

    def _manifests(self) -> dict[str, Manifest]:
        folders = (self._store.embedded, self._store.folder)
        stamp = tuple(folder.stat().st_mtime_ns if folder.exists() else 0 for folder in folders)
        if not self._found or stamp != self._stamp:
            self._stamp, self._found = stamp, {manifest.name: manifest for manifest in self._store.list()}
        return self._found

    def names(self) -> tuple[str, ...]:
        return tuple(self._manifests())

    def manifest(self, name: str) -> Manifest:
        found = self._manifests().get(name)
        return found if found is not None else self._store.get(name)

    def unchecked(self, name: str, mode: Mode) -> tuple[str, ...]:
        files = models.files_used(self.manifest(name), mode)
        return tuple(file.path.name for file in files if not self._store.memory.holds(file))

    def files(self, name: str, mode: Mode) -> ModelFiles:
        manifest = self.manifest(name)
        for file in models.files_used(manifest, mode):
            verify.full(file, self._store.memory)
        return models.engine_files(manifest, mode)


class MeasuredRoutes:
    """`ports.Routes` over the classifier and `routes.toml`, which is read once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    @cached_property
    def _known(self) -> dict[str, Route]:
        return model_routing.routes()

    def warm(self) -> None:
        intent.load()
        self.choose(CHAT, None, None)

    def task(self, words: str, explicit: str | None) -> Routing:
        return route_task(words, explicit)

    def choose(self, task: str, model: str | None, mode: Mode | None) -> Choice:
        names = self._shelf.names()
        tuned = {name: any(m.tuned for m in models.modes(self._shelf.manifest(name))) for name in names}
        return model_routing.choose(task, names, model, mode, self._known, tuned)
