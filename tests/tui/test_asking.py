"""The input line and the routing line: what sends, what does not, and what is shown before anything runs."""

from __future__ import annotations

from radlite_tui.tasks.report import Report
from tests.scripted import ScriptedEngine
from tests.tui.desk import REPORT, open_desk, scripted

LONG = REPORT + "\nNo axillary lymphadenopathy.\n\nIMPRESSION: Highly suspicious mass.\n"


async def test_paste_never_sends() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.paste("birads?\nplease\n")
        await desk.planned()
        assert desk.read.ask_line.text == "birads?\nplease\n"
        assert engine.requests == []
        assert desk.read.conversation.turns() == []


async def test_enter_sends_what_was_typed() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        assert "BI-RADS" in desk.latest()
        assert desk.read.ask_line.text == ""
        assert len(engine.requests) == 1


async def test_ctrl_j_makes_a_line_and_sends_nothing() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("what is\nthis")
        assert desk.read.ask_line.text == "what is\nthis"
        assert desk.read.ask_line.size.height == 2
        assert desk.read.conversation.turns() == []


async def test_a_long_paste_into_an_empty_app_is_the_report() -> None:
    async with open_desk(scripted()) as desk:
        await desk.paste(LONG)
        await desk.until(lambda: desk.read.pane.current.text)
        assert desk.read.pane.current.text == LONG
        assert desk.read.ask_line.text == ""
        assert "pasted" in str(desk.read.pane.border_title)


async def test_a_long_paste_beside_a_report_stays_in_the_input_line() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.paste(LONG)
        assert desk.read.ask_line.text == LONG
        assert desk.read.pane.current.text == REPORT


async def test_the_route_is_shown_before_the_run() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.planned()
        for said in ("RADS", "radlite-nano-qwen2", "fine-tuned", "98 %", "birads"):
            assert said in desk.routing()
        assert engine.requests == []


async def test_one_key_changes_task_model_and_mode() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.planned()
        await desk.pilot.press("ctrl+t")
        assert "→ Question" in desk.routing()
        await desk.pilot.press("ctrl+l")
        assert "radlite-nano-qwen3" in desk.routing()
        await desk.pilot.press("ctrl+s")
        assert "fine-tuned+few-shot" in desk.routing()
        await desk.pilot.press("ctrl+s")
        assert "zero-shot" in desk.routing()
        await desk.pilot.press("enter")
        await desk.answered()
        assert "Question · radlite-nano-qwen3 · zero-shot" in desk.latest()
        assert engine.requests[0].model.adapter is None


async def test_a_task_changed_by_key_is_for_one_request() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("ctrl+t", "enter")
        await desk.answered()
        await desk.type("birads")
        await desk.planned()
        assert "→ RADS" in desk.routing()


async def test_an_unclear_request_asks_by_number() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("stage")
        await desk.planned()
        assert "1 N staging 46 %" in desk.routing()
        assert "2 M staging 41 %" in desk.routing()
        await desk.pilot.press("enter")
        assert engine.requests == []
        assert "press 1-2, or say more" in desk.routing()
        await desk.pilot.press("2")
        await desk.answered()
        assert "M staging" in desk.latest()


async def test_digits_are_text_until_a_number_is_asked_for() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("stage 1")
        assert desk.read.ask_line.text == "stage 1"


async def test_a_task_that_needs_a_report_says_so_and_runs_nothing() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        assert "paste a report first" in desk.routing()
        assert desk.read.ask_line.text == "birads"
        assert engine.requests == []


async def test_a_task_that_needs_the_earlier_report_says_so() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("changed")
        await desk.pilot.press("enter")
        assert "earlier report" in desk.routing()
        await desk.pilot.press("f3")
        await desk.paste("No mass.")
        await desk.planned()
        await desk.pilot.press("escape", "enter")
        await desk.answered()
        assert "Comparison" in desk.latest()


async def test_nothing_typed_and_nothing_picked_runs_nothing() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.pilot.press("enter")
        assert desk.read.conversation.turns() == []
        assert "Say what you want" in desk.routing()


async def test_earlier_words_come_back_with_the_up_key() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        await desk.pilot.press("up")
        assert desk.read.ask_line.text == "birads"
        await desk.pilot.press("down")
        assert desk.read.ask_line.text == ""


async def test_pasted_escapes_are_shown_as_text() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.paste("birads \x1b[2J\u202e?")
        assert desk.read.ask_line.text == "birads ␛[2J<U+202E>?"


async def test_a_question_mark_in_an_empty_line_opens_help_and_is_text_elsewhere() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("birads?")
        assert desk.read.ask_line.text == "birads?"
        desk.read.ask_line.text = ""
        await desk.pilot.press("question_mark")
        await desk.until(lambda: "Every" in desk.screen() or "Input line" in desk.screen())
        await desk.pilot.press("escape")
        assert desk.app.screen is desk.read
