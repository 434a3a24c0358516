"""The app with a server instead of its own engine: the real app, a real server."""

from __future__ import annotations

import pytest

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.tasks.report import Report
from tests.served import KEY
from tests.tui.desk import REPORT, open_desk


async def test_an_answer_from_a_server_is_drawn_and_its_length_counted_there(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"KIND": "openai", "OPENAI_URL": server_url, "OPENAI_MODEL": "tuned", "OPENAI_TUNED": "true"}
    for name, value in {**settings, "OPENAI_KEY_ENV": "SERVER_KEY"}.items():
        monkeypatch.setenv(f"RADLITE_ENGINE_{name}", value)
    monkeypatch.setenv("SERVER_KEY", KEY)
    async with open_desk(Assistant.create, report=Report(REPORT)) as desk:
        await desk.type("birads?")
        await desk.planned()
        assert "tuned@127.0.0.1" in desk.routing()
        await desk.until(lambda: " tok" in desk.read.pane.counted)
        assert "TOO LONG" not in desk.read.pane.counted  # how much it could take is not known
        await desk.pilot.press("enter")
        await desk.answered()
        turn = desk.read.conversation.latest
        assert turn is not None
        assert turn.trouble == ""
        assert turn.answer is not None
        assert turn.answer.model.name == f"tuned@{server_url.split('/')[2]}"
        assert turn.answer.model.sha256 == ""
        assert turn.answer.text
