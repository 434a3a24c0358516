"""Pictures of the main states, in two sizes and every theme, against those kept in `pictures/`.

What differs from run to run (rates, seconds, names made up by the drawing) is levelled before comparing. After a change
that is meant: `RADLITE_PICTURES=write python -m pytest tests/tui/test_pictures.py`, and look at them before they go in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.widgets import TextArea

from radlite_tui.settings import AppSettings, Settings
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.themes import THEMES
from tests.scripted import ScriptedEngine
from tests.tui.desk import Desk, scripted

FOLDER = Path(__file__).parent / "pictures"
WRITE = os.environ.get("RADLITE_PICTURES") == "write"
SIZES = ((80, 24), (120, 40))
NAMES = tuple(theme.name.removeprefix("radlite-") for theme in THEMES)
REPORT = (
    "TECHNIQUE: CT of the chest.\n\n"
    "FINDINGS: Solid nodule of 18 mm in the left upper lobe, spiculated. No effusion.\n\n"
    "IMPRESSION: Suspicious nodule of the left upper lobe.\n"
)
PRIOR = "FINDINGS: Nodule of 12 mm in the left upper lobe.\n"
ANSWERS = {"impression_generation": "18 mm spiculated nodule in the right upper lobe.", "chat": "Good morning."}
MEASURED = re.compile(r"\d+(?:\.\d+)?(?=(?:&#160;| )(?:tok/s|s\b))|(?<=&#160;)\d+/s")


async def start(desk: Desk) -> None:
    await desk.planned()


async def plan(desk: Desk) -> None:
    await desk.type("impression")
    await desk.planned()


async def warning(desk: Desk) -> None:
    await desk.pilot.press("enter")
    await desk.answered()


async def tasks(desk: Desk) -> None:
    await desk.pilot.press("ctrl+k")
    await desk.until(lambda: desk.app.screen is not desk.read)


async def help_on_keys(desk: Desk) -> None:
    await back(desk)
    await desk.pilot.press("f1")
    await desk.until(lambda: desk.app.screen is not desk.read)


async def entities(desk: Desk) -> None:
    await back(desk)
    await desk.type("entities")
    await desk.planned()
    await desk.pilot.press("enter")
    await desk.answered(2)


async def back(desk: Desk) -> None:
    await desk.pilot.press("escape")
    await desk.until(lambda: desk.app.screen is desk.read)


STATES: dict[str, Callable[[Desk], Awaitable[None]]] = {
    "start": start,
    "plan": plan,
    "warning": warning,
    "tasks": tasks,
    "help": help_on_keys,
    "entities": entities,
}
"""In this order, each after the one before it."""


def levelled(svg: str) -> str:
    """The picture without what a machine's speed, a run or the drawing's own counters put in."""
    svg = re.sub(r"terminal-\d+", "terminal-0", svg)
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"RadLite(&#160;| )\d+\.\d+\.\d+", r"RadLite\g<1>0", svg)
    return MEASURED.sub("0", svg)


async def pictures(size: tuple[int, int], theme: str) -> dict[str, str]:
    """The picture of every state."""
    settings = Settings(app=AppSettings(theme=theme))  # type: ignore[arg-type]
    app = RadliteApp(Report(REPORT, PRIOR, "chest-ct.txt"), scripted(ScriptedEngine(ANSWERS)), found=settings)
    app.no_color = False
    drawn = {}
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.until(lambda: desk.read.read_in.endswith("✓"))
        for area in app.screen.query(TextArea):
            area.cursor_blink = False
        for state, go in STATES.items():
            await go(desk)
            await pilot.pause()
            drawn[state] = levelled(app.export_screenshot())
    return drawn


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screens_look_as_they_did(size: tuple[int, int], theme: str) -> None:
    for state, drawn in (await pictures(size, theme)).items():
        kept = FOLDER / f"{state}-{size[0]}x{size[1]}-{theme}.svg"
        if WRITE:
            FOLDER.mkdir(exist_ok=True)
            kept.write_text(drawn, encoding="utf-8")
        assert words(kept.read_text(encoding="utf-8")) == words(drawn), kept.name
        assert kept.read_text(encoding="utf-8") == drawn, f"{kept.name}: the words are the same, the looks are not"


def words(svg: str) -> list[str]:
    """The text of a picture, line by line, so that a difference is read before it is looked at."""
    return [re.sub(r"&#160;", " ", text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", svg)]


def test_no_picture_is_kept_that_nothing_draws() -> None:
    drawn = {f"{state}-{columns}x{rows}-{theme}.svg" for state in STATES for columns, rows in SIZES for theme in NAMES}
    assert {path.name for path in FOLDER.glob("*.svg")} == drawn
