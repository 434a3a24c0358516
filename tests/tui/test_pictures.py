"""Pictures of the main states, in two sizes and every theme, against those kept in `pictures/`.

What differs from run to run (rates, seconds, names made up by the drawing) is levelled before comparing. After a change
that is meant: `RADLITE_PICTURES=write python -m pytest tests/tui/test_pictures.py`, and look at them before they go in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radlite_tui.settings import AppSettings
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.themes import THEMES
from tests.assistant.history.kept import settled
from tests.tui import scenes
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
GROUND = re.compile(r'<rect fill="([^"]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="24.65"[^>]*/>')
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
    await scenes.back(desk)
    await desk.pilot.press("f1")
    await desk.until(lambda: desk.app.screen is not desk.read)


async def entities(desk: Desk) -> None:
    await scenes.back(desk)
    await desk.type("entities")
    await desk.planned()
    await desk.pilot.press("enter")
    await desk.answered(2)


STATES: dict[str, Callable[[Desk], Awaitable[object]]] = {
    "start": start,
    "plan": plan,
    "warning": warning,
    "tasks": tasks,
    "help": help_on_keys,
    "entities": entities,
    "palette": scenes.palette,
    "compare": scenes.comparison,
    "differences": scenes.differences,
    "history": scenes.history,
    "found": scenes.search_history,
    "inference": scenes.inference,
    "changes": scenes.changes,
}
"""In this order, each after the one before it."""
BESIDE = tuple(STATES)[tuple(STATES).index("palette") :]
"""Those that begin on the Read screen and leave their own up."""


def levelled(svg: str) -> str:
    """The picture without what a machine's speed, a run or the drawing's own counters put in."""
    svg = re.sub(r"terminal-\d+", "terminal-0", svg)
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"RadLite(&#160;| )\d+\.\d+\.\d+", r"RadLite\g<1>0", svg)
    return joined(MEASURED.sub("0", svg))


def joined(svg: str) -> str:
    """One rectangle for what has one background: half the size, and no trace of how the text was pieced together."""

    def once(row: re.Match[str]) -> str:
        kept: list[tuple[str, str, float, float]] = []
        for fill, x, y, width in GROUND.findall(row[0]):
            left, right = float(x), float(x) + float(width)
            if kept and kept[-1][:2] == (fill, y) and abs(kept[-1][3] - left) < 0.1:
                kept[-1] = (fill, y, kept[-1][2], right)
            else:
                kept.append((fill, y, left, right))
        return "".join(
            f'<rect fill="{fill}" x="{left:g}" y="{y}" width="{right - left:.1f}" height="24.65"/>'
            for fill, y, left, right in kept
        )

    return re.sub(f"(?:{GROUND.pattern})+", once, svg)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with a few conversations."""
    return scenes.history_of(tmp_path_factory.mktemp("kept")).parent


async def pictures(size: tuple[int, int], theme: str, folder: Path) -> dict[str, str]:
    """The picture of every state."""
    settings = replace(settled(folder, "off"), app=AppSettings(theme=theme))  # type: ignore[arg-type]
    app = RadliteApp(Report(REPORT, PRIOR, "chest-ct.txt"), scripted(scenes.UnlikeModels(ANSWERS)), found=settings)
    app.no_color = False
    drawn = {}
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.until(lambda: desk.read.read_in.endswith("✓"))
        for state, go in STATES.items():
            if state in BESIDE:
                await scenes.back(desk)
            await go(desk)
            for field in app.screen.query("TextArea, Input"):
                field.cursor_blink = False  # type: ignore[attr-defined]
            await pilot.pause()
            drawn[state] = levelled(app.export_screenshot())
    return drawn


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screens_look_as_they_did(size: tuple[int, int], theme: str, folder: Path) -> None:
    with scenes.universal_time():
        found = await pictures(size, theme, folder)
    for state, drawn in found.items():
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
