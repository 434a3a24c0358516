"""The report as it is read: sections that fold, marks in place, the earlier report beside it."""

from __future__ import annotations

import pytest

from radlite_tui import tasks
from radlite_tui.tasks.report import Report
from radlite_tui.tui.themes import MONO
from tests.scripted import ScriptedEngine
from tests.tui.desk import Desk, open_desk, scripted

SECTIONS = """CT CHEST WITH CONTRAST

INDICATION: cough
TECHNIQUE: helical
FINDINGS: 9 mm nodule in the right upper lobe.
IMPRESSION: Nodule."""


async def asked(desk: Desk, words: str) -> None:
    await desk.type(words)
    await desk.pilot.press("enter")
    await desk.answered()


async def test_a_folded_report_shows_findings_and_names_the_rest() -> None:
    async with open_desk(scripted(), report=Report(SECTIONS)) as desk:
        await asked(desk, "birads")
        shown = desk.screen()
        assert "▸ CT CHEST WITH CONTRAST  ▸ INDICATION  ▸ TECHNIQUE" in shown
        assert "FINDINGS: 9 mm nodule in the right upper lobe." in shown
        assert "helical" not in shown


async def test_sections_fold_and_unfold_by_key_and_enter_edits() -> None:
    async with open_desk(scripted(), report=Report(SECTIONS)) as desk:
        await asked(desk, "birads")
        await desk.pilot.press("ctrl+r")
        assert desk.app.focused is desk.read.pane.view
        assert "helical" in desk.screen()
        await desk.pilot.press("right_square_bracket", "right_square_bracket", "space")
        await desk.pilot.pause()
        assert "▸ TECHNIQUE" in desk.screen()
        assert "helical" not in desk.screen()
        await desk.pilot.press("enter")
        assert desk.app.focused is desk.read.pane.current
        await desk.pilot.press("x")
        await desk.until(lambda: desk.read.pane.current.text.startswith("x"))
        await desk.pilot.press("tab")
        await desk.until(lambda: desk.read.pane.view.display)
        assert desk.read.pane.view.text.startswith("x")


async def test_entities_stand_in_the_report_with_glyphs_and_the_stepped_one_is_pointed_at() -> None:
    example = tasks.get("radiology_ner").demonstrations[0]
    engine = ScriptedEngine({"radiology_ner": example.answer})
    async with open_desk(scripted(engine), size=(120, 40)) as desk:
        await desk.pilot.press("ctrl+k", *["down"] * 4, "e", "enter")
        await desk.answered()
        drawn = str(desk.read.pane.view.assembled())
        assert "]⊖" in drawn
        assert "‹" in drawn
        desk.read.conversation.focus()
        await desk.pilot.press("n", "n")
        await desk.pilot.pause()
        drawn = str(desk.read.pane.view.assembled())
        assert drawn.count("▶") == 1
        for glyph in ("▶", "‹", "›", "[", "]⊕", "]⊖", "]⊘"):
            drawn = drawn.replace(glyph, "")
        assert drawn == example.report.text


async def test_the_earlier_report_stands_beside_the_current_one_where_there_is_room() -> None:
    example = tasks.get("temporal_comparison").demonstrations[0].report
    async with open_desk(scripted(), size=(120, 40), report=Report(example.text, example.prior)) as desk:
        await desk.pilot.press("ctrl+r")
        await desk.until(lambda: desk.read.pane.prior.region.x > desk.read.pane.current.region.x > 0)
        assert desk.read.pane.prior.region.y == desk.read.pane.current.region.y
        await desk.pilot.resize_terminal(80, 24)
        await desk.until(lambda: not desk.read.pane.prior.display)
        await desk.pilot.press("f3")
        assert desk.read.pane.prior.display
        assert not desk.read.pane.current.display


@pytest.mark.parametrize("tag", tasks.TAGS)
async def test_every_answer_is_readable_in_80_columns_without_colour(tag: str) -> None:
    example = tasks.get(tag).demonstrations[0]
    async with open_desk(scripted(ScriptedEngine({tag: example.answer}))) as desk:
        desk.app.theme = MONO.name
        await desk.pilot.press("ctrl+k", *["down"] * tasks.TAGS.index(tag), "e", "enter")
        await desk.answered()
        drawn = desk.latest().split("\n")
        assert SEEN_FIRST[tag] in desk.latest()
        desk.read.conversation.scroll_home(immediate=True)
        await desk.pilot.pause()
        seen = desk.screen()
        desk.read.conversation.scroll_end(immediate=True)
        await desk.pilot.pause()
        assert drawn[-1].strip() in desk.screen()
        assert tasks.get(tag).title in seen
        assert max(len(line) for line in seen.split("\n")) <= 80


SEEN_FIRST = {
    "rads_assignment": "In the report: “",
    "impression_generation": "",
    "temporal_comparison": "“",
    "radiology_nli": " 80 %",
    "radiology_ner": "[ ]⊕ present",
    "abnormality_detection": "· not mentioned",
    "n_staging": "In the report: “",
    "m_staging": "In the report: “",
    "radiology_qa": "",
}
