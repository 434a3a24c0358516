"""Pastes that are no good manners: nothing is obeyed, nothing is lost, nothing holds the app up."""

from __future__ import annotations

import pytest

from radlite_tui.tasks.report import Report
from tests.tui.desk import open_desk, scripted


async def test_a_line_of_almost_a_megabyte_is_taken_and_typing_goes_on() -> None:
    async with open_desk(scripted()) as desk:
        await desk.paste("w" * 900_000)
        await desk.until(lambda: len(desk.read.pane.current.text) == 900_000)
        await desk.type("birads")
        await desk.until(lambda: desk.read.ask_line.text == "birads")
        await desk.planned()
        assert "RADS" in desk.routing()


async def test_more_than_a_report_may_have_is_refused_in_a_sentence_and_what_was_there_stays() -> None:
    async with open_desk(scripted(), report=Report("FINDINGS: none.")) as desk:
        desk.read.pane.current.focus()
        await desk.pilot.pause()
        await desk.paste("w" * 1_000_001)
        await desk.pilot.pause()
        assert desk.read.pane.current.text == "FINDINGS: none."


async def test_a_long_paste_into_the_question_is_refused_and_the_question_stays() -> None:
    async with open_desk(scripted(), report=Report("FINDINGS: none.")) as desk:
        await desk.type("birads")
        await desk.paste("w" * 1_000_000)
        assert desk.read.ask_line.text == "birads"
        await desk.pilot.press("enter")
        await desk.answered()


@pytest.mark.parametrize(
    ("pasted", "held"),
    [
        ("[red]x[/red] [link=/etc]y[/]", "[red]x[/red] [link=/etc]y[/]"),
        ("a\x1b]52;c;ZXZpbA==\x07b", "a␛]52;c;ZXZpbA==␇b"),
        ("left \u202eright\u2066", "left <U+202E>right<U+2066>"),
        ("a\u200bb\u00adc", "a<U+200B>b<U+00AD>c"),
        ("左肺上叶 结节 🫁 18 mm", "左肺上叶 结节 🫁 18 mm"),
    ],
)
async def test_what_is_pasted_is_shown_as_text_and_lines_stay_straight(pasted: str, held: str) -> None:
    report = f"FINDINGS: {pasted} end of this line.\nNo effusion.\nIMPRESSION: none.\n"
    async with open_desk(scripted(), size=(120, 40)) as desk:
        await desk.paste(report)
        await desk.until(lambda: desk.read.pane.current.text.strip())
        assert desk.read.pane.current.text == report.replace(pasted, held)
        await desk.until(lambda: held in desk.screen())
        strips = desk.app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {120}


async def test_a_nul_is_refused_in_a_report_and_shown_in_a_question() -> None:
    async with open_desk(scripted(), report=Report("FINDINGS: none.")) as desk:
        await desk.paste("a\x00b")
        assert desk.read.ask_line.text == "a␀b"
        desk.read.pane.current.focus()
        await desk.pilot.pause()
        await desk.paste("a\x00b")
        assert desk.read.pane.current.text == "FINDINGS: none."
