"""What one row may use: the model, the sizes, engines and peers, all of which end with the row.

May import the engine, the assistant and its siblings. Narration goes to stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from evals.speed.peer import Peer
from evals.speed.rows import Runs, alternate
from evals.speed.sizes import Sizes
from evals.speed.subject import OPTIONS, Subject
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.engine.llama.threads import physical_cores, threads_for
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import ModelFiles
from radlite_tui.segments import Text

PLAIN = "evals.speed.peers.plain"
LLAMA = "evals.speed.peers.llama_class"


@dataclass
class Bench:
    """subject: the model most rows measure (the user's file, or else `embedded`); second: another one of the user's,
    for what two take together. Use as a context manager."""

    subject: Subject
    embedded: Subject
    sizes: Sizes
    repeat: int
    name: str = ""
    second: Subject | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def engine(self, options: EngineOptions = OPTIONS) -> LocalEngine:
        """A new engine, closed with the row."""
        engine = LocalEngine(options)
        self._open.callback(engine.close)
        return engine

    def assistant(self, engine: LocalEngine) -> Assistant:
        """An assistant over the subject and this engine."""
        return self.subject.assistant(engine)

    def plain(self, files: ModelFiles, threads: int, *, repack: bool = True) -> Peer:
        """A plain loop over llama.cpp's C API with llama.cpp's own defaults but for the number of threads."""
        settings = {"threads": threads, "repack": repack, "context": files.context}
        return self._peer(PLAIN, files, settings)

    def llama(self, files: ModelFiles, **settings: Any) -> Peer:
        """`Llama` of llama-cpp-python. settings: what it is given beyond the files; the rest are its defaults."""
        return self._peer(LLAMA, files, {"settings": settings})

    def _peer(self, module: str, files: ModelFiles, settings: Mapping[str, Any]) -> Peer:
        peer = Peer(module, {"model": files.weights, "adapter": files.adapter, **settings})
        self._open.callback(peer.close)
        return peer

    def threads(self, subject: Subject | None = None) -> int:
        """The threads our engine begins with."""
        return threads_for((subject or self.subject).bytes)

    def cores(self) -> int:
        return physical_cores()

    def compare(
        self,
        ours: Callable[[int], float],
        peer: Callable[[int], float],
        context: Mapping[str, Any] | None = None,
        also: Mapping[str, Callable[[int], float]] | None = None,
    ) -> Runs:
        """The timed runs of both sides in turns. also: further variants, in the same turns, for the context."""
        sides = {"ours": self.told("ours", ours), "peer": self.told("peer", peer)}
        others = {name: self.told(name, run) for name, run in (also or {}).items()}
        runs = alternate({**sides, **others}, self.repeat)
        more: dict[str, Sequence[float]] = {name: runs[name] for name in others}
        return Runs(runs["ours"], runs["peer"], {**(context or {}), **more})

    def told(self, side: str, run: Callable[[int], float]) -> Callable[[int], float]:
        """The same run, which then says on stderr what it found."""

        def telling(number: int) -> float:
            found = run(number)
            narrate(f"{self.name}: {side}, run {number + 1} of {self.repeat}: {found:.4g}")
            return found

        return telling


def counter(engine: LocalEngine, files: ModelFiles) -> Callable[[str], int]:
    """How many tokens a text has by itself, by this model's own tokeniser."""
    return lambda text: engine.count(files, (Text(text),)) if text else 0


def narrate(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
