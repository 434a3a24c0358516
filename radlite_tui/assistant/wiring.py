"""Joins the assistant to this machine: the engine process, the model store and the routes.

May import `routing`, `models` and `engine`, all of it late: importing this loads nothing. The one place that knows
those packages' own names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from radlite_tui.engine.protocol import Engine, Event, ModelFiles, Request
from radlite_tui.segments import Prompt


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

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        return self._made().count(model, prompt)

    def cancel(self) -> None:
        if self._engine is not None:
            self._engine.cancel()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
