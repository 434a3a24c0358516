"""Keys: each can be changed, what cannot work is said, every part is reached without a mouse, the document is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widget import Widget

from radlite_tui import settings
from radlite_tui.settings import Settings
from radlite_tui.tasks.report import Report
from radlite_tui.tui import key_table
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.keymap import checked, every_binding, unusable
from radlite_tui.tui.screens.help import HelpScreen
from radlite_tui.tui.screens.jump import JumpScreen
from radlite_tui.tui.screens.pick import PickScreen
from radlite_tui.tui.widgets.key_line import MOST_KEYS, KeyLine
from tests.tui.desk import REPORT, Desk, open_desk, scripted

DOCUMENT = Path(__file__).parents[2] / "docs" / "keys.md"


def test_every_binding_has_an_id_of_its_own_and_says_what_it_does() -> None:
    bound = every_binding()
    assert len({one.id for one in bound}) == len(bound) > 40
    assert [one for one in bound if not one.binding.description] == []


def test_the_document_of_keys_is_the_one_made_from_the_bindings() -> None:
    made = key_table.document()
    assert DOCUMENT.read_text(encoding="utf-8") == made, "run: python -m radlite_tui.tui.key_table docs/keys.md"
    assert all(f"| `{one.id}` |" in made for one in every_binding())


def test_no_default_key_takes_another_ones_place() -> None:
    bound = every_binding()
    defaults = {one.id: one.binding.key for one in bound}
    _, problems = checked(defaults, bound, "config.toml")
    assert [said for said in problems if "has already" not in said] == []
    meant = {"escape", "question_mark"}  # a list's or a screen's own way out, and help
    assert [said for said in problems if not any(repr(key) in said for key in meant)] == []


def test_no_function_key_is_the_only_way() -> None:
    for one in every_binding():
        assert any(not (key.startswith("f") and key[1:].isdigit()) for key in one.keys), one.id


@pytest.mark.parametrize(
    ("name", "keys", "said"),
    [
        ("read.tsk", "ctrl+f", "did you mean read.task?"),
        ("nothing", "ctrl+f", "docs/keys.md lists them"),
        ("read.task", "ctrl+k", "read.pick has already"),
        ("read.mode", "ctrl+p", "app.palette has already"),
        ("ask.newline", "enter", "ask.send has already"),
        ("read.model", "ctrl+m", "terminals send ctrl+m as enter"),
        ("read.task", "ctrl+1", "most terminals cannot send"),
        ("read.task", "ctrl+shift+t", "most terminals cannot send"),
        ("read.task", "f99", "'f99' is no key"),
        ("read.task", "strg+t", "is no key"),
        ("read.task", "t", "could then not be typed"),
        ("ask.later", "?", "could then not be typed"),
    ],
)
def test_a_key_that_cannot_work_is_said_and_the_binding_keeps_its_own(name: str, keys: str, said: str) -> None:
    kept, problems = checked({name: keys}, every_binding(), "config.toml")
    assert kept == {}
    assert len(problems) == 1
    assert said in problems[0]
    assert name in problems[0]


def test_two_bindings_may_change_places() -> None:
    kept, problems = checked({"read.task": "ctrl+k", "read.pick": "ctrl+t"}, every_binding(), "config.toml")
    assert not problems
    assert kept == {"read.task": "ctrl+k", "read.pick": "ctrl+t"}


def test_keys_that_never_meet_may_be_the_same() -> None:
    kept, problems = checked({"conversation.copy": "z", "compare.back": "ctrl+t"}, every_binding(), "config.toml")
    assert not problems
    assert len(kept) == 2
    assert unusable("?", next(one for one in every_binding() if one.id == "ask.help")) == ""


async def test_remapped_keys_work_and_are_the_ones_shown(tmp_path: Path) -> None:
    keys = {"read.pick": "ctrl+f", "ask.send": "ctrl+d", "read.task": "ctrl+p", "no.such": "f5"}
    app = RadliteApp(Report(REPORT), scripted(), found=Settings(keys=keys, path=tmp_path / "config.toml"))
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        assert len(app.problems) == 2
        await pilot.press("ctrl+k")
        assert app.screen is desk.read
        await pilot.press("ctrl+f")
        assert isinstance(app.screen, PickScreen)
        await pilot.press("escape")
        assert "^F list" in desk.screen()
        await desk.type("birads")
        await pilot.press("ctrl+d")
        await desk.answered()
        await pilot.press("f1")
        await desk.until(lambda: "Ctrl+F" in str(app.screen.query_one("#help-text").content))  # type: ignore[attr-defined]


async def test_jumping_reaches_every_part_in_two_keys() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        reached: list[Widget] = []
        for number in range(3):
            await desk.pilot.press("ctrl+g")
            await desk.until(lambda: isinstance(desk.app.screen, JumpScreen))
            jump = desk.app.screen
            assert isinstance(jump, JumpScreen)
            letter = list(jump.targets)[number]
            label, target = jump.query_one(f"#jump-{letter}"), jump.targets[letter]
            await desk.until(lambda mine=label, its=target: mine.region.offset == its.region.offset)
            await desk.pilot.press(letter)
            await desk.until(lambda: desk.app.screen is desk.read)
            await desk.pilot.pause()
            assert desk.app.focused is not None
            reached.append(desk.app.focused)
        assert desk.read.pane in reached[0].ancestors
        assert reached[1:] == [desk.read.conversation, desk.read.ask_line]
        await desk.pilot.press("ctrl+g")
        await desk.pilot.press("escape")
        assert desk.app.focused is desk.read.ask_line
        assert desk.read.ask_line.text == ""


async def test_help_begins_with_the_part_that_has_the_focus() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.pilot.press("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, HelpScreen))
        assert "Input line (where you are)" in desk.screen()
        await desk.pilot.press("escape")
        desk.read.pane.current.focus()
        await desk.pilot.press("alt+h")
        await desk.until(lambda: "Report (where you are)" in desk.screen())


async def test_the_palette_offers_the_keys_of_the_part_that_has_the_focus() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        desk.read.conversation.focus()
        await desk.pilot.pause()
        names = {command.title: command for command in desk.app.get_system_commands(desk.read)}
        assert "Conversation: next mark in the report" in names
        desk.read.ask_line.focus()
        await desk.pilot.pause()
        names = {command.title: command for command in desk.app.get_system_commands(desk.read)}
        assert "Conversation: next mark in the report" not in names
        names["Input line: new line"].callback()
        await desk.until(lambda: desk.read.ask_line.text == "\n")


async def test_the_last_line_shows_six_keys_at_most() -> None:
    for size in ((80, 24), (200, 60)):
        async with open_desk(scripted(), size=size, report=Report(REPORT)) as desk:
            line = desk.read.query_one(KeyLine)
            assert len(line.keys) <= MOST_KEYS == 6


async def test_settings_that_are_wrong_are_told_and_the_app_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('colour = 1\n[app]\ntheme = "pink"\ncopy = "file"\n[keys]\nread.task = 5\n', encoding="utf-8")
    found, problems = settings.read_what_fits(file, {})
    app = RadliteApp(Report(REPORT), scripted(), found=found, problems=problems)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        assert app.theme in ("radlite-ansi", "radlite-dark", "radlite-mono")
        assert app.settings.app.copy == "file"
        await desk.until(lambda: "pink" in desk.screen())
        said = " ".join(app.problems)
        assert all(word in said for word in ("colour is not a setting", "app.theme", "keys.read.task is 5"))
        await desk.type("birads")
        await pilot.press("enter")
        await desk.answered()
        assert file.read_text(encoding="utf-8").startswith("colour = 1")
