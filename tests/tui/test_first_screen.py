"""The first screen: whole at its first paint, and the same once what it does without has come."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from radlite_tui.settings import HistorySettings, Settings
from radlite_tui.tui import application
from radlite_tui.tui.application import RadliteApp
from tests.tui.desk import REPORT, Desk, open_desk, scripted

Cell = tuple[str, object]
SIZES = [(80, 24), (120, 40), (60, 14)]


def cells(app: RadliteApp) -> list[list[Cell]]:
    """Every character on the screen with how it looks; a blank has no colour but its background's."""
    drawn = []
    for strip in app.screen._compositor.render_strips():
        line: list[Cell] = []
        for part in strip:
            style = part.style
            for character in part.text:
                look = (style.bgcolor, style.reverse, style.bold, style.color) if style is not None else ()
                line.append((character, look[:2] if character == " " else look))
        drawn.append(line)
    return drawn


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["dark", "ansi", "mono"])
async def test_the_text_that_stands_for_the_empty_report_looks_like_it(size: tuple[int, int], theme: str) -> None:
    async with open_desk(scripted(), size) as desk:
        desk.app.action_theme(f"radlite-{theme}")
        await desk.pilot.pause()
        pane = desk.read.pane
        assert pane.whole
        assert pane.current.display
        later = cells(desk.app)
        pane.current.display = False
        pane.query_one("#first-steps").display = True
        await desk.pilot.pause()
        assert cells(desk.app) == later


class Painted(RadliteApp):
    """Keeps what was on the screen when the first paint was over."""

    CSS_PATH = str(Path(application.__file__).with_name("app.tcss"))
    first = ""

    def wake(self) -> None:
        lines = self.screen._compositor.render_strips()
        self.first = "\n".join("".join(part.text for part in line) for line in lines)
        super().wake()


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_paint_is_the_whole_screen(size: tuple[int, int]) -> None:
    nowhere = HistorySettings(saving="off", recover="off")
    settled = Settings(history=nowhere, keys={"read.pick": "ctrl+b", "app.help": "f5"})
    app = Painted(None, scripted(), found=settled)
    async with app.run_test(size=size) as pilot:
        await Desk(app, pilot).ready()
        for part in ("Report ─ empty", "Paste a report here", "> ", "starting", "SAVING", "Not for clinical use"):
            assert part in app.first, part
        last = app.first.splitlines()[-1]
        assert "^T task" in last
        assert "^B list" in last or size[0] < 80


async def test_the_screen_is_laid_out_for_its_size_before_it_is_shown() -> None:
    app = RadliteApp(None, scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await Desk(app, pilot).ready()
        assert app.screen_stack == [app.read_screen]
        assert {"-wide", "-tall"} <= app.read_screen.classes
        await resized(pilot, 80, 15)
        assert {"-narrow", "-short"} <= app.read_screen.classes
        assert not {"-wide", "-tall"} & app.read_screen.classes


async def resized(pilot: Pilot[None], width: int, height: int) -> None:
    await pilot.resize_terminal(width, height)
    await pilot.pause()


async def test_what_comes_before_the_reports_texts_are_there_goes_into_them() -> None:
    async with open_desk(scripted()) as desk:
        fresh = type(desk.read.pane)(id="fresh")
        await desk.read.mount(fresh)
        fresh.load(REPORT, "early")
        await desk.pilot.pause()
        assert fresh.report().text == REPORT
        assert not fresh.query_one("#first-steps").display
        assert len(fresh.query("ReportText")) == 2
