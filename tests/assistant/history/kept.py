"""Conversations made by the real code for the tests of the history."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.recovery import Recovered
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.protocol import Event, Token
from radlite_tui.settings import HistorySettings, Settings
from radlite_tui.tasks.report import Report
from tests import scripted
from tests.tui.desk import PATIENCE, Gate

REPORT = Report("FINDINGS: 18 mm irregular mass, left breast.\nIMPRESSION: Suspicious.", None, "breast.txt")
ANSWER = "one two three four five six"


def settled(folder: Path, saving: str = "on", **more: object) -> Settings:
    """Settings with the history in this folder."""
    return Settings(history=HistorySettings(saving=saving, folder=str(folder), **more))  # type: ignore[arg-type]


def ask(keeper: Keeper, words: str, report: Report = REPORT, assistant: Assistant | None = None) -> Answer:
    """Ask through a keeper, as a front end does, to the end."""
    assistant = assistant or scripted.assistant()
    plan = assistant.plan(Ask(report, words))
    answers = [event for event in keeper.record(assistant, plan, assistant.run(plan)) if isinstance(event, Answer)]
    return answers[0]


def kept(folder: Path, *conversations: tuple[str, ...]) -> Path:
    """A history with these conversations, each given by its words; the database's path."""
    keeper = Keeper(settled(folder))
    for words in conversations:
        keeper.begin()
        for one in words:
            ask(keeper, one)
    keeper.close()
    return folder / "history.db"


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, not for a time."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE * 50)):
        if condition():
            return
        waiting.wait(0.02)
    raise AssertionError("it never came true")


def half_way(keeper: Keeper, gate: Gate, words: str = "hello") -> Iterator[Event | Answer]:
    """A run of which two words have come."""
    gate.allowed = 2
    engine = scripted.ScriptedEngine({"chat": ANSWER}, step=gate)
    assistant = scripted.assistant(engine)
    plan = assistant.plan(Ask(REPORT, words))
    events = keeper.record(assistant, plan, assistant.run(plan))
    tokens = 0
    while tokens < 2:
        tokens += isinstance(next(events), Token)
    return events


def started(keeper: Keeper) -> Recovered | None:
    """What a start finds."""
    there, found = threading.Event(), []
    keeper.start(lambda one: (found.append(one), there.set())[0])
    assert there.wait(PATIENCE)
    return found[0]
