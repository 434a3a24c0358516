"""A running answer is drawn as the whole of it would be, for the price of what changed."""

from __future__ import annotations

import random

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from radlite_tui.tui.widgets.growing import GrowingText
from radlite_tui.tui.widgets.redrawn import Redrawn

WORDS = ("the", "lungs", "are", "clear.", "胸水なし", "\n", "\n\n", "  ", "x" * 45, "pneumothorax,", "é", " ")


def pieces(seed: int) -> list[str]:
    """A text as it comes from a model: words and parts of words, spaces, new lines, wide letters."""
    drawn = random.Random(seed)
    return [drawn.choice(WORDS) + drawn.choice((" ", "", " ", "  ")) for _ in range(60)]


def seen(text: Content, width: int) -> list[str]:
    """Its lines, without the spaces at their ends, which may get a line of their own."""
    return [line.plain.strip() for line in text.wrap(width) if line.plain.strip()]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("width", [50, 80])
def test_lines_of_a_growing_text_are_those_of_the_whole(seed: int, width: int) -> None:
    growing, text = GrowingText(), ""
    for piece in pieces(seed):
        text += piece
        assert seen(Content("\n").join(growing.lines(text, width)), width) == seen(Content(text), width)


def test_of_a_text_with_tabs_nothing_is_lost() -> None:
    growing, text = GrowingText(), ""
    for piece in ("one\t", "two three", " four\tfive", "\t", "six seven eight"):
        text += piece
        assert "".join("".join(line.plain for line in growing.lines(text, 12)).split()) == "".join(text.split())


def test_a_full_line_is_not_wrapped_again() -> None:
    growing = GrowingText()
    first = growing.lines("one two three four", 9)
    later = growing.lines("one two three four five six", 9)
    assert [line.plain for line in later] == ["one two", "three", "four five", "six"]
    assert later[0] is first[0]


def test_another_text_or_width_begins_anew() -> None:
    growing = GrowingText()
    growing.lines("one two three four", 9)
    assert [line.plain for line in growing.lines("another one", 9)] == ["another", "one"]
    assert [line.plain for line in growing.lines("another one", 20, "▌")] == ["another one▌"]


class Pair(App[None]):
    """The same content in ours and in Textual's own widget, under each other."""

    CSS = "Static { height: auto; } Redrawn { height: auto; }"

    def compose(self) -> ComposeResult:
        yield Redrawn(id="ours")
        yield Static(id="theirs")


def rows(app: Pair, name: str) -> list[str]:
    """What stands on the screen where the widget is."""
    widget = app.query_one(f"#{name}")
    lines = [strip.text for strip in app.screen._compositor.render_strips()]
    return [line.rstrip() for line in lines[widget.region.y : widget.region.bottom]]


def places(widget: Widget) -> list[list[object]]:
    """What the mouse finds on each line: where in the text it points."""
    lines = [widget.render_line(y) for y in range(widget.size.height)]
    return [[segment.style.meta.get("offset") for segment in line if segment.style is not None] for line in lines]


async def test_what_is_shown_is_what_textual_would_show() -> None:
    app = Pair()
    async with app.run_test(size=(60, 100)) as pilot:
        ours, theirs = app.query_one("#ours", Redrawn), app.query_one("#theirs", Static)
        text = ""
        for piece in pieces(1):
            text += piece
            content = Content.assemble(("head\n", "bold"), text)
            ours.show([content])
            theirs.update(content)
            await pilot.pause()
            assert rows(app, "ours") == rows(app, "theirs")
            assert places(ours) == places(theirs)
        ours.show([Content("short")])
        await pilot.pause()
        assert rows(app, "ours") == ["short"]


async def test_the_place_grows_in_steps_and_shrinks_to_fit_in_the_end() -> None:
    app = Pair()
    async with app.run_test(size=(40, 30)) as pilot:
        ours = app.query_one("#ours", Redrawn)
        ours.step = 4
        heights = []
        for count in range(1, 6):
            ours.show([Content("line")] * count)
            await pilot.pause()
            heights.append(ours.region.height)
            assert [row for row in rows(app, "ours") if row] == ["line"] * count
        assert heights == [4, 4, 4, 4, 8]
        ours.step = 1
        ours.show([Content("line")] * 5)
        await pilot.pause()
        assert ours.region.height == 5


async def test_another_theme_and_a_selection_are_drawn() -> None:
    app = Pair()
    async with app.run_test(size=(40, 30)) as pilot:
        ours, theirs = app.query_one("#ours", Redrawn), app.query_one("#theirs", Static)
        content = Content.assemble(("head", "$text-primary"), "\nbody")
        ours.show([content])
        theirs.update(content)
        app.theme = "textual-light"
        await pilot.pause()
        assert [s.style for s in ours.render_line(0)] == [s.style for s in theirs.render_line(0)]
        ours.text_select_all()
        await pilot.pause()
        assert app.screen.get_selected_text() == "head\nbody"
        before = [segment.style for segment in theirs.render_line(1)]
        assert [segment.style for segment in ours.render_line(1)] != before
