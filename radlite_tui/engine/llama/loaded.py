"""What is in memory: model files, and the contexts over them, least recently used first out. Imports its siblings.

A model file is loaded once, however many contexts (with and without adapters) lie over it. A file that changed on disk
is loaded anew. Counting may come from another thread than the rest, hence the lock.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from radlite_tui.engine import probes
from radlite_tui.engine.llama.context import Context
from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.pace import Pace
from radlite_tui.engine.llama.prefixes import Prefixes
from radlite_tui.engine.llama.speculate import Payoff
from radlite_tui.engine.llama.weights import Weights, fingerprint
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import ModelFiles
from radlite_tui.segments import Prompt

if TYPE_CHECKING:
    from radlite_tui.engine.llama.spill import Spill

OnLoad = Callable[[str, int, int], None]
FileKey = tuple[str, tuple[int, int]]
ContextKey = tuple[FileKey, FileKey | None, int]

_TELL_S = 0.5


@dataclass
class Place:
    """A context, what its cache holds, and what was learnt of its speed. busy: how many answers
    need it, running or waiting."""

    context: Context
    prefixes: Prefixes
    payoff: Payoff
    pace: Pace
    busy: int = 0


class Loaded:
    """The models and contexts of one worker."""

    def __init__(self, options: EngineOptions, interrupt: Interrupt) -> None:
        self._options, self._interrupt = options, interrupt
        self._weights: dict[FileKey, Weights] = {}
        self._places: OrderedDict[ContextKey, Place] = OrderedDict()
        self._spill = _spill(options)
        self._guard = threading.Lock()

    def place(self, files: ModelFiles, on_load: OnLoad) -> Place:
        """The context of this (weights, adapter) pair. on_load: told each file that is loaded, with bytes done and
        altogether once that takes longer. Raises Fault, Aborted."""
        adapter = _key(files.adapter) if files.adapter else None
        key = (_key(files.weights), adapter, files.context)
        if key not in self._places:
            self._make_room()
            weights = self._model(key[0], on_load)
            if adapter:
                on_load(Path(adapter[0]).name, 0, 0)
            options = self._options_for(files.weights)
            context = Context(weights, files.adapter, files.context, options, self._interrupt)
            prefixes = Prefixes(context, self._spill, key, options.steady)
            self._places[key] = Place(context, prefixes, Payoff(), Pace(context.most_threads))
        self._places.move_to_end(key)
        return self._places[key]

    def count(self, files: ModelFiles, prompt: Prompt) -> int:
        """The prompt's length; loads the model when needed. Raises Fault, Aborted."""
        return len(self._model(_key(files.weights), lambda *_: None).vocabulary.encode(prompt))

    def count_now(self, files: ModelFiles, prompt: Prompt) -> int | None:
        """The prompt's length when that takes no loading and meets no fault, else None."""
        with self._guard:
            try:
                weights = self._weights.get(_key(files.weights))
                return len(weights.vocabulary.encode(prompt)) if weights else None
            except Fault:
                return None

    def unload(self) -> None:
        """Free every model; nothing may be computed meanwhile."""
        for key in list(self._places):
            self._drop(key)
        for file in list(self._weights):
            self._free(file)

    def _model(self, key: FileKey, on_load: OnLoad) -> Weights:
        if key not in self._weights:
            self._drop_unused()
            on_load(Path(key[0]).name, 0, 0)
            weights = Weights(key[0], self._options_for(key[0]), self._interrupt, _slowly(key, on_load))
            with self._guard:
                self._weights[key] = weights
        return self._weights[key]

    def _options_for(self, path: str) -> EngineOptions:
        """The options, with what a probe has found to be fastest for this file on this machine."""
        return probes.apply(self._options, probes.known(path)) if self._options.probed else self._options

    def _make_room(self) -> None:
        """Drop contexts used longest ago until one more is allowed; those that compute answers stay."""
        for key in list(self._places):
            if len(self._places) < max(1, self._options.contexts):
                return
            if not self._places[key].busy:
                self._drop(key)

    def _drop(self, key: ContextKey) -> None:
        """Free a context, and its model file when nothing else lies over it."""
        self._places.pop(key).context.close()
        if all(other[0] != key[0] for other in self._places):
            self._free(key[0])

    def _drop_unused(self) -> None:
        """Make room for one more model file: those that were only counted with go, once there are many."""
        if len(self._weights) >= max(1, self._options.contexts):
            used = {key[0] for key in self._places}
            for key in [key for key in self._weights if key not in used]:
                self._free(key)

    def _free(self, key: FileKey) -> None:
        with self._guard:  # no count may be using it
            self._weights.pop(key).close()


def _slowly(key: FileKey, on_load: OnLoad) -> Callable[[float], None]:
    """Tells how much of a file is loaded, twice a second."""
    said, size = perf_counter(), key[1][1]

    def part(share: float) -> None:
        nonlocal said
        if perf_counter() - said >= _TELL_S:
            said = perf_counter()
            on_load(Path(key[0]).name, round(share * size), size)

    return part


def _spill(options: EngineOptions) -> Spill | None:
    """A place on disk for what the caches have no room for, if the options want one; its library is loaded then."""
    if options.spill_mib <= 0:
        return None
    from radlite_tui.engine.llama.spill import Spill

    return Spill(options.spill_mib)


def _key(path: str) -> FileKey:
    return path, fingerprint(path)
