"""What the line mode says: whole lines, ASCII unless the locale is UTF-8, progress at most every two seconds.

May import `assistant.answers` and its siblings. No box, no bar, no cursor movement: a screen reader reads every line
once, and a dumb terminal can show all of it.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Mapping

from radlite_tui.assistant import answers
from radlite_tui.assistant.types import Plan
from radlite_tui.cli import output
from radlite_tui.cli.progress import Ticker
from radlite_tui.engine.protocol import Event

COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python puts into LC_CTYPE by itself where the locale is C."""


def utf8(environ: Mapping[str, str], encoding: str | None, posix: bool) -> bool:
    """Whether what is shown may be more than ASCII."""
    if not posix:
        return (encoding or "").lower().replace("-", "") == "utf8"
    own = environ.get("LC_CTYPE", "")
    chosen = environ.get("LC_ALL") or ("" if own in COERCED else own) or environ.get("LANG") or ""
    return chosen.lower().replace("-", "").endswith("utf8")


def spelled(error: UnicodeError) -> tuple[str, int]:
    """A codec's way out where a character does not fit: its signs in ASCII."""
    assert isinstance(error, UnicodeEncodeError)
    return answers.pacs(error.object[error.start : error.end]), error.end


def keep_to_locale() -> None:
    """From now on, show nothing but ASCII unless the locale takes more."""
    if utf8(os.environ, sys.stdout.encoding, os.name == "posix"):
        return
    codecs.register_error("spelled", spelled)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="ascii", errors="spelled")


class Voice:
    """Says the answer on standard output and everything about it, progress too, on standard error."""

    def __init__(self) -> None:
        self._ticker = Ticker(writes=True)

    def answer(self, text: str) -> None:
        output.say(text)

    def tell(self, text: str) -> None:
        output.narrate(text)

    def begin(self) -> None:
        """A request starts."""
        self._ticker.begin()

    def progress(self, event: Event) -> None:
        """A line for an event, when it is time for one."""
        self._ticker.event(event)


def plan_line(plan: Plan, quantization: str = "") -> str:
    """Task, model and mode in one line."""
    sure = answers.percent(plan.routing.confidence).replace(" %", "%")
    how = sure if plan.routing.by == "classifier" else "chosen"
    model = " ".join(part for part in (plan.model, quantization) if part)
    return f"task: {plan.routing.task} ({how})  model: {model}  mode: {plan.mode}"
