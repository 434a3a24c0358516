"""Every text on every screen can be read on its background (WCAG 2.2, 1.4.3: 4.5 to 1), and says all without colour."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.color import Color

from radlite_tui.settings import AppSettings, Settings
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.themes import THEMES, chosen
from tests.scripted import ScriptedEngine
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


@asynccontextmanager
async def themed(name: str) -> AsyncIterator[Desk]:
    engine = ScriptedEngine(ANSWERS)
    settings = Settings(app=AppSettings(theme=name))  # type: ignore[arg-type]
    app = RadliteApp(Report(REPORT, PRIOR, "example.txt"), scripted(engine), found=settings)
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
        ("ctrl+p", "palette"),
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


@pytest.mark.parametrize("name", ["dark", "light", "contrast"])
async def test_every_text_can_be_read_on_its_background(name: str) -> None:
    poor: dict[str, str] = {}
    async with themed(name) as desk:
        async for state in walk(desk):
            for text, style in texts(desk):
                ratio = contrast(style)
                if ratio < LEAST or style.dim:
                    poor.setdefault(f"{text.strip()[:40]!r} {style}", f"{state}: {ratio:.2f}")
    assert poor == {}


async def test_with_sixteen_colours_no_text_has_its_backgrounds_colour_and_none_is_dim() -> None:
    async with themed("ansi") as desk:
        async for state in walk(desk):
            for text, style in texts(desk):
                for color in (style.color, style.bgcolor):
                    assert color is None or color.type in (ColorType.DEFAULT, ColorType.STANDARD), (state, text, style)
                same = style.color is not None and style.color == style.bgcolor and not style.color.is_default
                assert not same, (state, text, style)
                assert not style.dim, (state, text, style)


async def test_without_colours_nothing_that_is_shown_gets_lost() -> None:
    shown: dict[str, str] = {}
    async with themed("dark") as desk:
        async for state in walk(desk, ("entities",)):
            shown[state] = desk.screen()
    async with themed("mono") as desk:
        async for state in walk(desk, ("entities",)):
            assert letters(desk.screen()) == letters(shown[state]), state
            filters = desk.app.get_line_filters()
            for strip in desk.app.screen._compositor.render_strips():
                for one in strip.apply_filter(filters[-1], Color(0, 0, 0)):
                    style = one.style or Style()
                    assert style.color is None or style.color.is_default
                    assert style.bgcolor is None or style.bgcolor.is_default


def letters(screen: str) -> str:
    """What is read on a screen, without what differs from run to run: times and rates."""
    return "".join(c for c in screen if c.isalpha())


def test_no_colour_is_taken_from_the_environment_and_the_setting_goes_before_it() -> None:
    assert chosen("auto", "truecolor", {"NO_COLOR": "1"}) == "radlite-mono"
    assert chosen("light", "truecolor", {"NO_COLOR": "1"}) == "radlite-light"
    assert {chosen(name, None, {}) for name in ("dark", "light", "contrast", "ansi", "mono")} == {
        t.name for t in THEMES
    }
