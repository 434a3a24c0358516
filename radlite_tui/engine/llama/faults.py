"""Why an answer could not be given, inside the worker. Imports nothing; `generate` turns these into `Failed` events."""

from __future__ import annotations

from typing import Literal

Kind = Literal["too_long", "model", "worker", "request"]


class Fault(Exception):
    """No answer; the message is one sentence for the user. needed and context are token counts for "too_long"."""

    def __init__(self, kind: Kind, message: str, needed: int = 0, context: int = 0) -> None:
        super().__init__(message)
        self.kind, self.message, self.needed, self.context = kind, message, needed, context


def lacks_memory(error: BaseException) -> bool:
    """Whether this is what comes of memory running out; the system's linker says so in words only."""
    said = str(error)
    return isinstance(error, MemoryError) or "failed to map segment" in said or "annot allocate memory" in said


class Aborted(Exception):
    """The running request was cancelled."""
