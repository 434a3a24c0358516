"""What is started in the pseudo-terminal: `python -m evals.app.subjects empty|dictated`, and a model that computes.

empty: the smallest Textual app there is, to compare the first paint with. dictated: the real app on an engine that
gives a made-up answer of so many tokens at an even pace, so that what is measured is the app alone. decoding: no app;
an embedded model answers over and over, to keep the processor as busy as an answer does.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from radlite_tui.engine.protocol import Event, ModelFiles, Request
    from radlite_tui.segments import Prompt

WORDS = ("the", "left", "lower", "lobe", "shows", "a", "nodule", "of", "even", "density", "and", "no", "contact")
FIRST, LAST = "Begun", "Ended"
EMPTY = "empty app"


def words(tokens: int) -> list[str]:
    """A made-up answer, a word a token; its first and last words occur once."""
    body = [WORDS[number % len(WORDS)] for number in range(tokens - 2)]
    return [f"{word} " for word in (FIRST, *body, LAST)]


def empty() -> None:
    """A Textual app with one line of text."""
    from textual.app import App, ComposeResult
    from textual.binding import Binding
    from textual.widgets import Static

    class Empty(App[None]):
        BINDINGS = [Binding("ctrl+q", "quit", "Quit", priority=True)]

        def compose(self) -> ComposeResult:
            yield Static(EMPTY)

    Empty().run(mouse=False)


def dictated(tokens: int, rate: float) -> None:
    """The app as it comes, on an engine that dictates."""
    from radlite_tui.assistant.assistant import Assistant
    from radlite_tui.assistant.wiring import routes, store
    from radlite_tui.tui.application import RadliteApp

    def create() -> Assistant:
        shelf = store()
        return Assistant(_Dictating(tokens, rate), shelf, routes(shelf))

    RadliteApp(None, create).run(mouse=False)


def decoding() -> None:
    """An embedded model's answers, one after the other, until this process is ended."""
    from radlite_tui.assistant.assistant import Assistant
    from radlite_tui.assistant.types import Ask
    from radlite_tui.tasks import get
    from radlite_tui.tasks.report import Report

    assistant = Assistant.create()
    report = get("impression_generation").demonstrations[0].report
    plan = assistant.plan(Ask(Report(report.text), "", "impression_generation", max_tokens=400))
    print("decoding", flush=True)
    while True:
        for _ in assistant.run(plan):
            pass


class _Dictating:
    """Speaks `engine.protocol.Engine`: `tokens` words at `rate` words a second."""

    def __init__(self, tokens: int, rate: float) -> None:
        self._words, self._rate = words(tokens), rate
        self._stop = threading.Event()

    def generate(self, request: Request) -> Iterator[Event]:
        from radlite_tui.engine.protocol import Cancelled, Done, Prefill, Stats, Token

        self._stop.clear()
        yield Prefill(40, 40)
        began, said = time.perf_counter(), ""
        for number, word in enumerate(self._words):
            stopped = self._stop.wait(max(0.0, began + number / self._rate - time.perf_counter()))
            if stopped:
                yield Cancelled(said, Stats(40, completion_tokens=number))
                return
            said += word
            yield Token(word)
        seconds = time.perf_counter() - began
        yield Done(said, "stop", Stats(40, 0, len(self._words), decode_s=seconds, total_s=seconds, context=4096))

    def read(self, request: Request) -> Iterator[Event]:
        return iter(())

    def stop_reading(self) -> None:
        pass

    def cancel(self) -> None:
        self._stop.set()

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        return 40

    def close(self) -> None:
        self._stop.set()


def main(arguments: list[str]) -> int:
    if arguments[0] == "empty":
        empty()
    elif arguments[0] == "decoding":
        decoding()
    else:
        dictated(int(arguments[1]), float(arguments[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
