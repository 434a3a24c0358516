"""Each task's answer is drawn for what it is, in the app, from its own demonstration."""

from __future__ import annotations

import pytest

from radlite_tui import NOT_FOR_CLINICAL_USE, tasks
from radlite_tui.assistant.comparison import equal
from tests.scripted import ScriptedEngine
from tests.tui.desk import KEYS, open_desk, scripted

SEEN = {
    "rads_assignment": ("Management:", "%"),
    "impression_generation": (),
    "temporal_comparison": ("“",),
    "radiology_nli": ("entailment", "%"),
    "radiology_ner": ("]⊕", "‹", "anatomy", "]⊖ absent"),
    "abnormality_detection": ("+ positive", "· not mentioned", "pneumothorax", "pleural effusion"),
    "n_staging": ("N0", "%"),
    "m_staging": ("M0", "%"),
    "radiology_qa": (),
}


def demonstrated() -> ScriptedEngine:
    """An engine that answers each task's first demonstration as its author did."""
    return ScriptedEngine({tag: tasks.get(tag).demonstrations[0].answer for tag in tasks.TAGS})


@pytest.mark.parametrize(("number", "tag"), list(enumerate(tasks.TAGS, 1)))
async def test_each_task_runs_from_its_example_and_is_drawn_for_what_it_is(number: int, tag: str) -> None:
    demonstration = tasks.get(tag).demonstrations[0]
    async with open_desk(scripted(demonstrated()), size=(100, 40)) as desk:
        await desk.pilot.press("ctrl+k", *["down"] * (number - 1), "e")
        await desk.until(lambda: desk.app.screen is desk.read)
        assert desk.read.pane.report().prior == demonstration.report.prior
        await desk.pilot.press("enter")
        await desk.answered()
        drawn = desk.latest()
        assert desk.read.conversation.latest is not None
        answer = desk.read.conversation.latest.answer
        assert answer is not None
        assert equal(answer.output, tasks.get(tag).parse(demonstration.answer, answer.plan.ask.report))
        assert answer.parsed == "strict"
        assert tasks.get(tag).title in drawn
        for text in SEEN[tag]:
            assert text in drawn, f"{text!r} is not in\n{drawn}"


async def test_every_answer_says_demonstration_and_not_for_clinical_use() -> None:
    async with open_desk(scripted(demonstrated())) as desk:
        await desk.pilot.press("ctrl+k", "e", "enter")
        await desk.answered()
        assert f"demonstration model · {NOT_FOR_CLINICAL_USE}" in desk.latest()
        assert desk.screen().splitlines()[-1].endswith(NOT_FOR_CLINICAL_USE)


async def test_a_picked_task_runs_without_words_and_stays_until_escape() -> None:
    async with open_desk(scripted(demonstrated())) as desk:
        await desk.pilot.press("ctrl+k", "e", "enter")
        await desk.answered()
        await desk.pilot.press("enter")
        await desk.answered(2)
        await desk.pilot.press("escape")
        assert "→" not in desk.routing()


async def test_a_number_in_the_list_takes_its_task() -> None:
    async with open_desk(scripted(demonstrated())) as desk:
        await desk.pilot.press("ctrl+k", "4", "escape")
        await desk.until(lambda: desk.app.screen is desk.read)
        await desk.planned()
        assert "Inference" in desk.routing()


async def test_inference_asks_for_its_statement() -> None:
    async with open_desk(scripted(demonstrated())) as desk:
        await desk.pilot.press("ctrl+k", *["down"] * 3, "e")
        await desk.until(lambda: desk.app.screen is desk.read)
        words = tasks.get("radiology_nli").demonstrations[0].words
        assert desk.read.ask_line.text == words
        desk.read.ask_line.text = ""
        await desk.planned()
        await desk.pilot.press("enter")
        assert "type the statement" in desk.routing()


async def test_an_answer_without_its_form_is_shown_raw_with_a_sentence() -> None:
    engine = ScriptedEngine({"radiology_ner": "perhaps a four or so"})
    async with open_desk(scripted(engine)) as desk:
        await desk.pilot.press("ctrl+k", *["down"] * 4, "e", "ctrl+s", "ctrl+s", "enter")
        await desk.answered()
        assert "zero-shot" in desk.latest()
        assert "does not have the form" in desk.latest()
        assert "perhaps a four or so" in desk.latest()


async def test_entities_are_marked_in_the_report_and_stepped_through_until_it_changes() -> None:
    async with open_desk(scripted(demonstrated())) as desk:
        await desk.pilot.press("ctrl+k", *["down"] * 4, "e", "enter")
        await desk.answered()
        assert desk.read.pane.current.marks
        desk.read.conversation.focus()
        first = desk.read.pane.current.marks[0]
        await desk.pilot.press("n")
        assert desk.read.pane.current.selected_text == desk.read.pane.current.text[first[0] : first[1]]
        await desk.pilot.press("N")
        last = desk.read.pane.current.marks[-1]
        assert desk.read.pane.current.selected_text == desk.read.pane.current.text[last[0] : last[1]]
        desk.read.pane.load("Another report.", "typed")
        await desk.until(lambda: not desk.read.pane.current.marks)


async def test_a_follow_up_goes_under_the_first_answer() -> None:
    async with open_desk(scripted(demonstrated())) as desk:
        await desk.pilot.press("ctrl+k", "e", "enter")
        await desk.answered()
        await desk.pilot.press("escape")
        for words in ("hello", "what is it"):
            await desk.pilot.press(*(KEYS.get(c, c) for c in words), "enter")
            await desk.until(lambda: not desk.app.busy)
            await desk.answered()
        titles = [turn.plan.routing.task for turn in desk.read.conversation.turns()]
        assert titles == ["rads_assignment", "chat", "radiology_qa"]
