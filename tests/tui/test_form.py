"""A task as a form: picked, filled in and run without a mouse, on the scripted engine and on the embedded models."""

from __future__ import annotations

from radlite_tui import tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.tasks.report import Report
from radlite_tui.tui.screens.form import FormScreen
from tests.scripted import ScriptedEngine
from tests.tui.desk import REPORT, open_desk, scripted
from tests.tui.scenes import form


async def test_inference_shows_premise_and_hypothesis_and_runs_by_enter() -> None:
    async with open_desk(Assistant.create) as desk:
        await form(desk, "4")
        shown = desk.screen()
        assert "Premise" in shown
        assert "Hypothesis:" in shown
        await desk.paste("The lungs are clear. No pleural effusion.")
        await desk.pilot.press("tab")
        await desk.type("There is no effusion")
        await desk.pilot.press("enter")
        await desk.answered()
        answer = desk.answer()
        assert answer.task == "radiology_nli"
        assert answer.plan.ask.report.text == "The lungs are clear. No pleural effusion."
        assert answer.plan.ask.words == "There is no effusion"


async def test_comparison_asks_for_both_reports() -> None:
    async with open_desk(Assistant.create, report=Report("CURRENT. The effusion is larger.")) as desk:
        screen = await form(desk, "3")
        assert "Current report" in desk.screen()
        assert "Earlier report" in desk.screen()
        assert desk.app.focused is screen.query_one("#form-prior")
        await desk.paste("There is a small effusion.")
        await desk.pilot.press("ctrl+r")
        await desk.answered()
        answer = desk.answer()
        assert answer.task == "temporal_comparison"
        assert desk.read.pane.report().prior == "There is a small effusion."


async def test_a_question_has_its_field_and_may_stand_without_a_report() -> None:
    async with open_desk(scripted()) as desk:
        await form(desk, "9")
        assert "may stay empty" in desk.screen()
        await desk.pilot.press("tab")
        await desk.type("what is a nodule")
        await desk.pilot.press("enter")
        await desk.answered()
        assert "Question" in desk.latest()


async def test_what_is_lacking_is_said_and_focused_and_nothing_runs() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        screen = await form(desk, "4")
        await desk.pilot.press("ctrl+r")
        assert isinstance(desk.app.screen, FormScreen)
        assert "type the statement" in desk.screen()
        assert desk.app.focused is screen.query_one("#form-words")
        assert engine.requests == []


async def test_back_keeps_what_was_filled_in() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await form(desk, "4")
        await desk.type("there is a mass")
        await desk.pilot.press("ctrl+s", "escape")
        await desk.until(lambda: desk.app.screen is desk.read)
        await desk.planned()
        assert desk.read.ask_line.text == "there is a mass"
        assert "→ Inference" in desk.routing()
        assert "few-shot" in desk.routing()


async def test_a_task_that_needs_nothing_more_opens_no_form() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.pilot.press("ctrl+k", "1")
        await desk.until(lambda: desk.app.screen is desk.read)
        assert f"→ {tasks.get('rads_assignment').title}" in desk.routing()


async def test_a_paste_into_a_form_never_runs_it() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await form(desk, "4")
        await desk.paste("a mass\nis there\n")
        assert isinstance(desk.app.screen, FormScreen)
        assert engine.requests == []
