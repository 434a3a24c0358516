"""Joins the assistant to this machine: settings, the engine, the model store and the routes.

May import `settings`, `routing`, `models` and `engine`, the engines late: importing this loads nothing native and
nothing that could open a socket. The one place that knows those packages' own names.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from time import perf_counter

from radlite_tui import settings
from radlite_tui.assistant.ports import Routes, Store
from radlite_tui.assistant.served import ServedRoutes, ServedShelf
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Engine, Event, ModelFiles, Request
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.models import store as models
from radlite_tui.models import verify
from radlite_tui.models.manifest import Manifest
from radlite_tui.routing import calibration, intent
from radlite_tui.routing import models as model_routing
from radlite_tui.routing.models import Choice, Route
from radlite_tui.routing.task import route_task
from radlite_tui.routing.types import Routing
from radlite_tui.segments import Prompt
from radlite_tui.settings import EngineSettings, OpenAISettings
from radlite_tui.tasks import CHAT
from radlite_tui.tasks.base import Mode

TELL_S = 0.5


def join(found: settings.Settings | None = None, *, steady: bool = False) -> tuple[Engine, Store, Routes]:
    """Engine, models and routes as the settings have them. Raises BadInput for settings that cannot be used.

    found: settings that were read already. steady: see `EngineOptions.made_steady`; a server's ways are its own.
    """
    chosen = (settings.read() if found is None else found).engine
    if chosen.kind == "openai":
        return served(chosen.openai)
    shelf = store()
    return engine(chosen, steady=steady), shelf, routes(shelf)


def engine(chosen: EngineSettings, *, steady: bool = False) -> Engine:
    """llama.cpp in a process of its own, started with the first request."""

    def start() -> Engine:
        from radlite_tui.engine.local import LocalEngine

        return LocalEngine(options(chosen).made_steady() if steady else options(chosen))

    return LateEngine(start, reads=chosen.read_ahead)


def options(chosen: EngineSettings) -> EngineOptions:
    """The settings as the engine's options: the one place that knows both. "auto" leaves the engine's own default."""
    found = EngineOptions(
        threads=chosen.threads,
        flash_attention=chosen.flash_attention,
        kv_cache_mib=chosen.kv_cache_mib,
        spill_mib=chosen.spill_mib,
        kv_type=chosen.kv_type,
        idle_unload_s=float(chosen.idle_unload_s),
        speculate=chosen.speculate == "auto",
        stuck_s=float(chosen.stuck_s),
        probed=chosen.repack == chosen.flash_attention == chosen.load == "auto",
    )
    if chosen.load != "auto":
        found = replace(found, load=chosen.load)
    return replace(found, repack=chosen.repack == "on") if chosen.repack != "auto" else found


def served(chosen: OpenAISettings) -> tuple[Engine, Store, Routes]:
    """A server's model. The only place that reaches for the network's code, and only once a request needs it."""
    key = os.environ.get(chosen.key_env, "") if chosen.key_env is not None else None
    if key == "":
        raise BadInput(
            f"engine.openai.key_env names the variable {chosen.key_env}, which is not set; put the key there."
        )
    shelf = ServedShelf(chosen)

    def start() -> Engine:
        try:
            from radlite_tui.engine.remote import RemoteEngine, Server
        except ImportError as error:
            raise RadliteError(
                f'engine.kind is "openai" and {error.name} is not installed; install radlite-tui[remote].'
            ) from error
        assert chosen.url is not None
        server = Server(
            chosen.url,
            chosen.model,
            key,
            timeout_s=chosen.timeout_s,
            retries=chosen.retries,
            parallel=chosen.parallel,
            ca_file=chosen.ca_file,
        )
        return RemoteEngine(server, named=shelf.found)

    return LateEngine(start), shelf, ServedRoutes(MeasuredRoutes(shelf), chosen)


def store() -> Shelf:
    """The embedded models and the user's own."""
    return Shelf(models.Store())


def routes(shelf: Shelf) -> MeasuredRoutes:
    """The intent classifier and the measured routes over these models."""
    return MeasuredRoutes(shelf)


class LateEngine:
    """An engine that is made when first needed, so that planning costs no process. reads: whether it reads ahead."""

    def __init__(self, make: Callable[[], Engine], reads: bool = False) -> None:
        self._make, self._reads = make, reads
        self._making = threading.Lock()
        self._engine: Engine | None = None

    def _made(self) -> Engine:
        with self._making:
            if self._engine is None:
                self._engine = self._make()
            return self._engine

    def generate(self, request: Request) -> Iterator[Event]:
        return self._made().generate(request)

    def read(self, request: Request) -> Iterator[Event]:
        return self._made().read(request) if self._reads else iter(())

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

    def checking(self, name: str, mode: Mode) -> Iterator[tuple[str, int, int]]:
        for file in models.files_used(self.manifest(name), mode):
            if self._store.memory.holds(file):
                continue
            yield file.path.name, 0, file.size
            said = perf_counter()
            for done in verify.steps(file, self._store.memory):
                if perf_counter() - said >= TELL_S:
                    said = perf_counter()
                    yield file.path.name, done, file.size

    def files(self, name: str, mode: Mode) -> ModelFiles:
        manifest = self.manifest(name)
        for file in models.files_used(manifest, mode):
            verify.full(file, self._store.memory)
        return models.engine_files(manifest, mode)


class MeasuredRoutes:
    """`ports.Routes` over the classifier and `routes.toml`, which is read once with its temperatures."""

    def __init__(self, shelf: Store) -> None:
        self._shelf = shelf

    @cached_property
    def _known(self) -> dict[str, Route]:
        return model_routing.routes()

    @cached_property
    def _temperatures(self) -> tuple[calibration.Temperature, ...]:
        return calibration.temperatures()

    def warm(self) -> None:
        intent.load()
        self.choose(CHAT, None, None)

    def task(self, words: str, explicit: str | None) -> Routing:
        return route_task(words, explicit)

    def choose(self, task: str, model: str | None, mode: Mode | None) -> Choice:
        names = self._shelf.names()
        tuned = {name: any(m.tuned for m in models.modes(self._shelf.manifest(name))) for name in names}
        choice = model_routing.choose(task, names, model, mode, self._known, tuned)
        manifest = self._shelf.manifest(choice.model) if choice.model is not None and self._temperatures else None
        if manifest is None or choice.mode not in models.modes(manifest):
            return choice
        files = models.files_used(manifest, choice.mode)
        adapter = files[1].sha256 if len(files) > 1 else None
        temperature = calibration.value(self._temperatures, task, choice.mode, files[0].sha256, adapter)
        return replace(choice, calibration=temperature)
