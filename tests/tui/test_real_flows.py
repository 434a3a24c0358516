"""More than one question, on the real engine and the embedded models: forms, choices by number, history."""

from __future__ import annotations

from pathlib import Path

from radlite_tui import tasks
from radlite_tui.assistant.history.store import Store
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.screens.history import HistoryScreen
from tests.assistant.history.kept import settled
from tests.tui.desk import REPORT, Desk, open_desk
from tests.tui.lasting import Lasting
from tests.tui.scenes import form

MAIN = "FINDINGS: 9 mm nodule in the left upper lobe.\n\nIMPRESSION: Left upper lobe nodule."
LONG = f"HISTORY: {'cough and fever since last week, no weight loss ' * 260}\n{MAIN}"


async def found_too_long(desk: Desk) -> None:
    """What Enter would run now, with all the words typed, is counted and does not fit."""
    await desk.planned()
    read = desk.read
    await desk.until(lambda: read.counted and read.draft.runnable and read.counted.is_of(read.draft.runnable))
    await desk.until(lambda: "TOO LONG" in str(read.pane.border_title))


async def test_inference_is_typed_into_its_form_and_judged(lasting: Lasting) -> None:
    async with open_desk(lasting.lent) as desk:
        screen = await form(desk, "4")
        await desk.type("Clear lungs.")
        await desk.pilot.press("ctrl+r")
        assert desk.app.screen is screen
        assert "type the statement" in desk.screen()
        await desk.type("pneumonia")
        await desk.pilot.press("enter")
        await desk.answered()
        answer = desk.answer()
        assert answer.task == "radiology_nli"
        assert answer.plan.ask.report.text == "Clear lungs."
        assert answer.plan.ask.words == "pneumonia"
        assert answer.parsed == "strict"
        assert answer.text.strip() in desk.latest()
        assert "%" in desk.latest()


async def test_comparison_is_typed_into_its_form_and_says_what_changed(lasting: Lasting) -> None:
    async with open_desk(lasting.lent) as desk:
        await form(desk, "3")
        await desk.type("Big mass")
        await desk.pilot.press("tab")
        await desk.type("A mass")
        await desk.pilot.press("ctrl+r")
        await desk.answered()
        answer = desk.answer()
        assert answer.task == "temporal_comparison"
        assert answer.plan.ask.report == Report("Big mass", "A mass", "")
        assert desk.read.pane.report().prior == "A mass"
        assert answer.output is not None or "does not have the form" in desk.latest()


async def test_a_question_is_typed_into_its_form_and_answered_by_the_model_and_mode_turned_to(
    lasting: Lasting,
) -> None:
    async with open_desk(lasting.lent, report=Report(REPORT)) as desk:
        screen = await form(desk, "9")
        before = screen.draft.plan
        assert before is not None
        await desk.type("which side?")
        await desk.pilot.press("ctrl+l", "ctrl+s", "enter")
        await desk.answered()
        answer = desk.answer()
        assert answer.task == "radiology_qa"
        assert answer.plan.ask.words == "which side?"
        assert answer.plan.ask.report.text == REPORT
        assert (answer.model.name, answer.mode) != (before.model, before.mode)
        assert answer.model.name != before.model
        assert f"{answer.model.name} · {answer.mode}" in desk.latest()


async def test_a_report_that_is_too_long_is_refused_and_its_main_part_taken_by_number(lasting: Lasting) -> None:
    async with open_desk(lasting.lent, report=Report(LONG)) as desk:
        await desk.type("impression")
        await found_too_long(desk)
        await desk.pilot.press("enter")
        assert "nothing was cut" in desk.routing()
        assert "1 findings and impression only" in desk.routing()
        assert desk.read.conversation.turns() == []
        assert desk.read.ask_line.text == "impression"
        await desk.pilot.press("1")
        await desk.answered()
        answer = desk.answer()
        assert answer.plan.ask.report.text == MAIN
        assert answer.stats.prompt_tokens < answer.stats.context
        assert "findings and impression only" in desk.latest()
        assert desk.read.pane.current.text == LONG


async def test_worked_examples_that_do_not_fit_are_left_out_by_number(lasting: Lasting) -> None:
    """A report that fits alone, but not behind the examples: the mode without them is offered and answers it all."""
    report = Report(f"FINDINGS: {'The lungs are clear. ' * 345}")
    async with open_desk(lasting.lent, report=report) as desk:
        await desk.type("birads?")
        await desk.planned()
        while desk.read.draft.plan is None or desk.read.draft.plan.mode is not Mode.FEW_SHOT:
            await desk.pilot.press("ctrl+s")
        await found_too_long(desk)
        await desk.pilot.press("enter")
        assert "1 zero-shot, no examples" in desk.routing()
        await desk.pilot.press("1")
        await desk.answered()
        assert desk.answer().mode is Mode.ZERO_SHOT
        assert desk.answer().plan.ask.report.text == report.text


async def test_words_that_fit_two_tasks_are_settled_by_a_number(lasting: Lasting) -> None:
    async with open_desk(lasting.lent, report=Report("CT. Left hilar node of 14 mm. No metastasis.")) as desk:
        await desk.type("stage")
        await desk.planned()
        await desk.pilot.press("enter")
        assert desk.read.conversation.turns() == []
        number = desk.routing().split(" M staging")[0][-1]
        await desk.pilot.press(number)
        await desk.answered()
        answer = desk.answer()
        assert answer.task == "m_staging"
        assert answer.parsed == "strict"
        assert tasks.get("m_staging").title in desk.latest()
        assert answer.text.strip() in desk.latest()
        assert desk.read.ask_line.text == ""


async def test_an_answer_kept_by_the_saving_key_is_reopened_and_gone_on_with(lasting: Lasting, tmp_path: Path) -> None:
    app = RadliteApp(Report(REPORT), lasting.lent, found=settled(tmp_path, "off"))
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.until(lambda: app.keeping.keeper is not None)
        assert "SAVING OFF" in desk.status()
        await pilot.press("alt+s")
        assert "SAVING ON" in desk.status()
        await desk.ask("birads?")
        kept, shown = desk.answer(), desk.latest()
        await pilot.press("ctrl+n", "ctrl+n")
        await desk.until(lambda: desk.read.conversation.turns() == [] and not desk.read.pane.current.text)
        await pilot.press("f2")
        await desk.until(lambda: isinstance(app.screen, HistoryScreen) and app.screen.loaded)
        await desk.until(lambda: "ASKED: birads?" in desk.screen())
        await pilot.press("enter")
        await desk.until(lambda: app.screen is desk.read and desk.read.conversation.latest is not None)
        await desk.until(lambda: all(turn.answer for turn in desk.read.conversation.turns()))
        assert desk.latest().split() == shown.split()
        assert desk.answer().text == kept.text
        assert desk.read.pane.current.text == REPORT
        await desk.ask("n stage")
        second = desk.answer()
    turns = Store(tmp_path / "history.db").conversation(1).turns
    assert [turn.ask.words for turn in turns] == ["birads?", "n stage"]
    assert second.task == "n_staging"
