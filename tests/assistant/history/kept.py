"""Conversations made by the real code for the tests of the history."""

from __future__ import annotations

from pathlib import Path

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.settings import HistorySettings, Settings
from radlite_tui.tasks.report import Report
from tests import scripted

REPORT = Report("FINDINGS: 18 mm irregular mass, left breast.\nIMPRESSION: Suspicious.", None, "breast.txt")


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
