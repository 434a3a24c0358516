"""The app under Pilot: on scripted engines where a test needs to hold time still, on the real ones elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Answer
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.screens.read import ReadScreen
from tests.scripted import ScriptedEngine, assistant

REPORT = "FINDINGS: 18 mm irregular hypoechoic mass, left breast, 10 o'clock, spiculated margin."
PATIENCE = 60.0


class Desk:
    """One running app and what tests do with it."""

    def __init__(self, app: RadliteApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def read(self) -> ReadScreen:
        return self.app.read_screen

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition, not for a time."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"never came true; the screen:\n{self.screen()}")
            await self.pilot.pause(0.01)

    async def ready(self) -> None:
        await self.until(lambda: self.app.assistant is not None)
        await self.until(lambda: "starting" not in self.routing())

    async def type(self, text: str) -> None:
        await self.pilot.press(*(KEYS.get(character, character) for character in text))

    async def paste(self, text: str) -> None:
        focused = self.app.focused
        assert focused is not None
        focused.post_message(events.Paste(text))
        await self.pilot.pause()

    async def planned(self) -> None:
        """The routing line shows the words as they are now."""
        await self.pilot.pause()
        await self.until(lambda: self.read.plan_timer is None)

    async def answered(self, count: int = 1) -> None:
        await self.until(lambda: len(self.read.conversation.turns()) >= count and not self.app.busy)
        await self.until(lambda: self.read.following is not None and self.read.following.over)
        await self.pilot.pause()

    async def begin(self, words: str, shown: str) -> None:
        """Type the words, send them, and wait until so much of the answer is shown."""
        await self.type(words)
        await self.pilot.press("enter")
        await self.until(lambda: self.read.conversation.latest is not None and shown in self.latest())

    async def ask(self, words: str) -> Answer:
        """Type the words, send them, and wait for the answer's end."""
        count = len(self.read.conversation.turns()) + 1
        await self.type(words)
        await self.pilot.press("enter")
        await self.answered(count)
        return self.answer()

    def answer(self) -> Answer:
        """The latest answer, which must be there and be a model's own."""
        turn = self.read.conversation.latest
        assert turn is not None
        assert turn.trouble == ""
        assert turn.answer is not None
        assert turn.answer.stats.completion_tokens > 0
        return turn.answer

    def routing(self) -> str:
        return str(self.read.routing_line.content)

    def status(self) -> str:
        return self.read.status.text

    def latest(self) -> str:
        turn = self.read.conversation.latest
        assert turn is not None
        return str(turn.render())

    def screen(self) -> str:
        """Everything on the screen, as text."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip)[:width].rstrip() for strip in lines[:height])


KEYS = {" ": "space", "?": "question_mark", "\n": "ctrl+j", ".": "full_stop", ",": "comma", "-": "minus"}


@asynccontextmanager
async def open_desk(
    create: Callable[[], Assistant], size: tuple[int, int] = (80, 24), report: Report | None = None
) -> AsyncIterator[Desk]:
    app = RadliteApp(report, create)
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        yield desk


class Gate:
    """A `step` for the scripted engine that holds every token until the test lets it through."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.reached: list[int] = []
        self.allowed = 0

    def __call__(self, index: int) -> None:
        self.reached.append(index)
        if index >= self.allowed:
            self.open.wait(PATIENCE)


def scripted(engine: ScriptedEngine | None = None, context: int = 4096) -> Callable[[], Assistant]:
    return lambda: assistant(engine, context)
