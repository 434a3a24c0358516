"""The whole way through: the real app, the real engine, the embedded models, every task from its example."""

from __future__ import annotations

import os
import re
import signal

from radlite_tui import tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.tasks.report import Report
from radlite_tui.tui.picture import picture
from radlite_tui.tui.scenes import Scene
from radlite_tui.tui.screens.compare import CompareScreen
from tests.tui.desk import REPORT, Desk, open_desk
from tests.tui.lasting import engines

CLOSED = ("rads_assignment", "radiology_nli", "n_staging", "m_staging")


async def run_example(desk: Desk, place: int) -> None:
    """Take the task at this place of the list with its example, and run it."""
    before = len(desk.read.conversation.turns())
    await desk.pilot.press("ctrl+k", *["down"] * place, "e")
    await desk.until(lambda: desk.app.screen is desk.read)
    await desk.pilot.press("enter")
    await desk.until(lambda: len(desk.read.conversation.turns()) == before + 1)
    await desk.answered(before + 1)


async def test_all_nine_tasks_run_one_after_another_in_one_session() -> None:
    async with open_desk(Assistant.create, size=(100, 40)) as desk:
        for place, tag in enumerate(tasks.TAGS):
            await run_example(desk, place)
            turn = desk.read.conversation.latest
            assert turn is not None
            assert turn.trouble == ""
            answer = turn.answer
            assert answer is not None
            assert answer.task == tag
            assert answer.output is not None or "does not have the form" in desk.latest()
            assert "demonstration model · Not for clinical use" in desk.latest()
            assert f"{answer.stats.completion_tokens} tok" in desk.status()
            if tag in CLOSED:
                assert answer.parsed == "strict"
                assert "%" in desk.latest()


async def test_words_alone_find_the_task_and_answer() -> None:
    async with open_desk(Assistant.create, report=Report(REPORT)) as desk:
        await desk.type("birads?")
        await desk.planned()
        assert "→ RADS" in desk.routing()
        await desk.pilot.press("enter")
        await desk.answered()
        turn = desk.read.conversation.latest
        assert turn is not None
        assert turn.answer is not None
        assert turn.answer.task == "rads_assignment"
        assert turn.answer.parsed == "strict"
        assert turn.answer.text in desk.screen()


async def test_the_three_modes_stand_beside_each_other() -> None:
    async with open_desk(Assistant.create, size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("birads?")
        await desk.pilot.press("ctrl+e")
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen))
        screen = desk.app.screen
        assert isinstance(screen, CompareScreen)
        await desk.until(lambda: screen.over)
        assert all(column.answer is not None for column in screen.columns)
        assert all(column.answer.stats.completion_tokens for column in screen.columns if column.answer)


async def test_a_killed_engine_process_costs_one_answer_and_no_text() -> None:
    others = set(engines())
    async with open_desk(Assistant.create, report=Report(REPORT)) as desk:
        await desk.type("birads?")
        await desk.pilot.press("enter")
        await desk.answered()
        own = set(engines()) - others
        assert own
        for child in own:
            os.kill(child, signal.SIGKILL)
        for _ in range(3):
            await desk.type("birads?")
            count = len(desk.read.conversation.turns()) + 1
            await desk.pilot.press("enter")
            await desk.answered(count)
        assert desk.read.pane.current.text == REPORT
        turn = desk.read.conversation.latest
        assert turn is not None
        assert turn.answer is not None


async def test_the_picture_is_the_app_and_needs_no_network() -> None:
    svg = await picture(Scene("", (100, 30), "rads_assignment", ("birads?",)))
    shown = svg.replace("&#160;", " ")
    for said in ("birads?", "Not for clinical use", "demonstration model"):
        assert said in shown
    assert "Management:" in shown or "No RADS category applies" in shown
    assert set(re.findall(r"https?://[\w.]+", svg)) <= {"http://www.w3.org", "https://www.textualize.io"}
    assert "url(" not in svg.replace("url(#", "")
