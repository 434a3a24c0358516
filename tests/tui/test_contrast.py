"""Every text on every screen can be read on its background (WCAG 2.2, 1.4.3: 4.5 to 1), and says all without colour."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from radlite_tui.assistant.history.recovery import Draft, Recovered
from radlite_tui.settings import AppSettings
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.scenes import MESSAGE
from radlite_tui.tui.screens.history_asks import OfferScreen
from radlite_tui.tui.screens.taken import TakenScreen
from radlite_tui.tui.themes import THEMES, chosen
from tests.assistant.history.kept import settled
from tests.tui import scenes
from tests.tui.desk import Desk, scripted

REPORT = "FINDINGS: 18 mm mass, left breast. No effusion.\nIMPRESSION: suspicious.\n"
PRIOR = "FINDINGS: 12 mm mass, left breast.\n"
LEAST = 4.5
ASKED = ("birads", "entities", "impression")
ANSWERS = {"impression_generation": "A 25 mm mass in the right breast.", "chat": "Good morning."}


def is_text(text: str) -> bool:
    """Whether it is read: lines, bars and spaces are not."""
    return any(not c.isspace() and unicodedata.category(c) != "So" and not 0x2500 <= ord(c) <= 0x25FF for c in text)


def texts(desk: Desk) -> Iterator[tuple[str, Style]]:
    """Every piece of text on the screen with its style."""
    for strip in desk.app.screen._compositor.render_strips():
        for segment in strip:
            if segment.control is None and segment.style is not None and is_text(segment.text):
                yield segment.text, segment.style


def contrast(style: Style) -> float:
    """The ratio of the luminances of a text and its background, as WCAG defines it."""
    assert style.color is not None
    assert style.bgcolor is not None
    front, back = (Color.from_rich_color(one) for one in (style.color, style.bgcolor))
    if style.reverse:
        front, back = back, front
    low, high = sorted(luminance(one) for one in (front, back))
    return (high + 0.05) / (low + 0.05)


def luminance(color: Color) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with a few conversations."""
    return scenes.history_of(tmp_path_factory.mktemp("kept")).parent


@asynccontextmanager
async def themed(name: str, folder: Path) -> AsyncIterator[Desk]:
    settings = replace(settled(folder, "off"), app=AppSettings(theme=name))  # type: ignore[arg-type]
    report = Report(REPORT, PRIOR, "example.txt")
    app = RadliteApp(report, scripted(scenes.UnlikeModels(ANSWERS)), found=settings)
    async with app.run_test(size=(100, 60), notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        yield desk


async def walk(desk: Desk, asked: tuple[str, ...] = ASKED) -> AsyncIterator[str]:
    """The states a user sees, one after the other; each gives its name once it is on the screen."""
    yield "start"
    for number, words in enumerate(asked, 1):
        await desk.type(words)
        await desk.planned()
        yield f"plan of {words}"
        await desk.pilot.press("enter")
        await desk.answered(number)
        yield f"answer to {words}"
    await desk.type("something else")
    await desk.planned()
    await desk.pilot.press("enter")
    await desk.pilot.pause()
    yield "asking which task"
    desk.app.notify("A notice.", severity="warning")
    desk.app.notify("An error.", severity="error")
    await desk.pilot.pause()
    yield "notices"
    for key, name in (
        ("ctrl+k", "list"),
        ("ctrl+o", "file"),
        ("f1", "help"),
        ("ctrl+g", "jump"),
    ):
        await desk.pilot.press(key)
        await desk.until(lambda: desk.app.screen is not desk.read)
        await desk.pilot.pause()
        yield name
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.app.screen is desk.read)
    desk.read.pane.on_top.focus()
    await desk.pilot.pause()
    yield "report"


BESIDE: tuple[tuple[Callable[[Desk], Awaitable[object]], tuple[str, ...]], ...] = (
    (scenes.comparison, ("right", "d", "x", "escape", "c", "down", "space")),
    (scenes.palette, ("down",)),
    (scenes.history, ("tab", "ctrl+r", "shift+home", "escape", "ctrl+d")),
    (scenes.search_history, ()),
    (scenes.inference, ("shift+home", "tab", "shift+end")),
    (scenes.changes, ("tab",)),
)
"""The other screens, and what is pressed there one after the other: to focus, to choose, to mark."""


async def beside(desk: Desk) -> AsyncIterator[str]:
    """The states of the other screens; each gives its name once it is on the screen."""
    for go, keys in BESIDE:
        await go(desk)
        yield go.__name__
        for key in keys:
            await desk.pilot.press(key)
            await desk.pilot.pause()
            yield f"{go.__name__}, {key}"
        await scenes.back(desk)
    desk.app.push_screen(OfferScreen(Recovered(scenes.MORNING, Draft(words="is there"))))
    await desk.pilot.pause()
    yield "what was cut off"
    await scenes.back(desk)
    desk.app.push_screen(TakenScreen(MESSAGE))
    await desk.pilot.pause()
    yield "what was read out of a file"
    await scenes.back(desk)


async def everything(desk: Desk) -> AsyncIterator[str]:
    """Every state of every screen."""
    async for state in walk(desk):
        yield state
    async for state in beside(desk):
        yield state


@pytest.mark.parametrize("name", ["dark", "light", "contrast"])
async def test_every_text_can_be_read_on_its_background(name: str, folder: Path) -> None:
    poor: dict[str, str] = {}
    async with themed(name, folder) as desk:
        async for state in everything(desk):
            for text, style in texts(desk):
                ratio = contrast(style)
                if ratio < LEAST or style.dim:
                    poor.setdefault(f"{text.strip()[:40]!r} {style}", f"{state}: {ratio:.2f}")
    assert poor == {}


async def test_with_sixteen_colours_no_text_has_its_backgrounds_colour_and_none_is_dim(folder: Path) -> None:
    async with themed("ansi", folder) as desk:
        async for state in everything(desk):
            for text, style in texts(desk):
                for color in (style.color, style.bgcolor):
                    assert color is None or color.type in (ColorType.DEFAULT, ColorType.STANDARD), (state, text, style)
                same = style.color is not None and style.color == style.bgcolor and not style.color.is_default
                assert not same, (state, text, style)
                assert not style.dim, (state, text, style)


async def test_without_colours_nothing_that_is_shown_gets_lost(folder: Path) -> None:
    shown: dict[str, str] = {}
    async with themed("dark", folder) as desk:
        async for state in walk(desk, ("entities",)):
            shown[state] = desk.screen()
    async with themed("mono", folder) as desk:
        async for state in walk(desk, ("entities",)):
            assert letters(desk.screen()) == letters(shown[state]), state
            assert looks(desk)


def colourless(desk: Desk) -> Iterator[Segment]:
    """The screen as a terminal without colours gets it."""
    filters = desk.app.get_line_filters()
    for strip in desk.app.screen._compositor.render_strips():
        yield from strip.apply_filter(filters[-1], Color(0, 0, 0))


async def tasks(desk: Desk) -> None:
    """The list of tasks."""
    await desk.pilot.press("ctrl+k")
    await desk.pilot.pause()


FOCUSED: tuple[tuple[Callable[[Desk], Awaitable[object]], str], ...] = (
    (scenes.comparison, "left"),
    (scenes.history, "down"),
    (scenes.history, "tab"),
    (scenes.inference, "tab"),
    (scenes.inference, "shift+home"),
    (tasks, "down"),
    (scenes.changes, "tab"),
    (scenes.back, "shift+tab"),
    (scenes.palette, "down"),
)


async def test_without_colours_it_is_seen_what_has_the_focus_and_what_is_chosen(folder: Path) -> None:
    """A key that only moves the focus, the choice or the selection changes signs or attributes, not colours alone."""
    async with themed("mono", folder) as desk:
        for go, key in FOCUSED:
            await go(desk)
            before = looks(desk)
            await desk.pilot.press(key)
            await desk.pilot.pause()
            assert looks(desk) != before, (go.__name__, key)
            await scenes.back(desk)


def looks(desk: Desk) -> list[tuple[str, bool, bool, bool]]:
    """Every sign on the screen and its attributes; none has a colour."""
    found = []
    for segment in colourless(desk):
        style = segment.style or Style()
        assert style.color is None or style.color.is_default
        assert style.bgcolor is None or style.bgcolor.is_default
        attributes = (bool(style.reverse), bool(style.bold), bool(style.underline))
        found += [(sign, *attributes) for sign in segment.text]
    return found


def letters(screen: str) -> str:
    """What is read on a screen, without what differs from run to run: times and rates."""
    return "".join(c for c in screen if c.isalpha())


def test_no_colour_is_taken_from_the_environment_and_the_setting_goes_before_it() -> None:
    assert chosen("auto", "truecolor", {"NO_COLOR": "1"}) == "radlite-mono"
    assert chosen("light", "truecolor", {"NO_COLOR": "1"}) == "radlite-light"
    assert {chosen(name, None, {}) for name in ("dark", "light", "contrast", "ansi", "mono")} == {
        t.name for t in THEMES
    }
