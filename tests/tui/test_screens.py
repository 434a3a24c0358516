"""Files, sizes, help, palette, themes: everything round the conversation."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from radlite_tui.errors import RadliteError
from radlite_tui.tasks.report import Report
from radlite_tui.tui import CALM_OVER_SSH, app, calm
from radlite_tui.tui.screens.pick import OpenScreen
from radlite_tui.tui.themes import THEMES, default_theme
from tests.tui.desk import REPORT, Desk, open_desk, scripted


async def open_file(desk: Desk, path: Path) -> None:
    await desk.pilot.press("ctrl+o")
    await desk.until(lambda: isinstance(desk.app.screen, OpenScreen))
    await desk.paste(str(path))
    await desk.pilot.press("enter")
    await desk.pilot.pause()


async def test_a_file_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "ct chest.txt"
    file.write_text(REPORT, encoding="utf-8")
    async with open_desk(scripted()) as desk:
        await open_file(desk, file)
        await desk.until(lambda: desk.app.screen is desk.read)
        assert desk.read.pane.report() == Report(REPORT, None, "ct chest.txt")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scan.dcm", b"\x00\x01\x02DICM\x00\x00", "binary file"),
        ("big.txt", b"word " * 1_000_000, "5,000,000 bytes"),
        ("koi8.txt", "Отёк лёгких".encode("koi8-r"), "not valid UTF-8"),
        ("empty.txt", b"", "empty"),
        ("missing.txt", None, "There is no file"),
    ],
)
async def test_a_file_that_cannot_be_a_report_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await open_file(desk, file)
        await desk.until(lambda: said in " ".join(desk.screen().replace("│", " ").split()))
        assert isinstance(desk.app.screen, OpenScreen)
        await desk.pilot.press("escape")
        assert desk.read.pane.current.text == REPORT


async def test_a_file_of_escapes_is_shown_as_text(tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_text("Lungs \x1b]52;c;ZXZpbA==\x07 clear\u202e.", encoding="utf-8")
    async with open_desk(scripted()) as desk:
        await open_file(desk, file)
        await desk.until(lambda: desk.app.screen is desk.read)
        assert desk.read.pane.current.text == "Lungs ␛]52;c;ZXZpbA==␇ clear<U+202E>."


async def test_too_small_says_so_and_recovers() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.resize_terminal(20, 5)
        await desk.until(lambda: "40x12" in " ".join(desk.screen().split()))
        await desk.pilot.resize_terminal(80, 24)
        await desk.until(lambda: desk.app.screen is desk.read)
        assert desk.read.ask_line.text == "birads"
        assert desk.read.pane.current.text == REPORT


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
async def test_report_answer_and_notice_are_readable_at_every_size(size: tuple[int, int]) -> None:
    async with open_desk(scripted(), size=size, report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        shown = desk.screen()
        assert "FINDINGS" in shown
        assert "BI-RADS" in shown
        assert "Not for clinical use" in shown.splitlines()[-1]
        assert len(shown.splitlines()) <= size[1]


async def test_the_smallest_terminal_still_shows_the_answer_and_the_notice() -> None:
    async with open_desk(scripted(), size=(40, 12), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        assert desk.read.conversation.region.height >= 5
        assert desk.status().endswith("SAVING OFF")
        assert "Not for clinical use" in desk.screen().splitlines()[-1]
        desk.read.conversation.scroll_home(immediate=True)
        await desk.until(lambda: "RADS" in desk.screen())


async def test_the_report_unfolds_and_folds_by_key() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        assert desk.read.pane.region.height == 5
        await desk.pilot.press("ctrl+r")
        assert desk.read.pane.region.height > 15
        await desk.pilot.press("escape")
        assert desk.read.pane.region.height == 5


async def test_side_by_side_where_there_is_room() -> None:
    async with open_desk(scripted(), size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        assert desk.read.conversation.region.x > desk.read.pane.region.x
        assert desk.read.conversation.region.y == desk.read.pane.region.y


async def test_clearing_takes_two_presses() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.pilot.press("ctrl+n")
        assert desk.read.pane.current.text == REPORT
        await desk.pilot.press("ctrl+n")
        await desk.pilot.pause()
        assert desk.read.pane.current.text == ""


async def test_help_lists_every_key_with_its_meaning() -> None:
    async with open_desk(scripted(), size=(80, 70)) as desk:
        await desk.pilot.press("f1")
        await desk.pilot.pause()
        shown = desk.screen()
        for said in ("Ctrl+T", "Ctrl+L", "Ctrl+S", "Ctrl+K", "Ctrl+E", "Ctrl+O", "Esc", "Ctrl+Q", "Ctrl+J"):
            assert said in shown, shown


async def test_the_palette_offers_what_makes_sense_now() -> None:
    async with open_desk(scripted()) as desk:
        names = [command.title for command in desk.app.get_system_commands(desk.app.screen)]
        assert "Task: list" in names
        assert "Answer: stop" not in names
        assert "Compare modes" not in names
        assert "Theme: contrast" in names
        pick = next(c for c in desk.app.get_system_commands(desk.app.screen) if c.title == "Task: N staging")
        pick.callback()
        assert "→ N staging" in desk.routing()


async def test_every_binding_has_an_id() -> None:
    async with open_desk(scripted()) as desk:
        for node in (desk.app, desk.read, desk.read.ask_line, desk.read.conversation):
            own = list(type(node).__dict__["BINDINGS"])
            assert all(binding.id for binding in own), own


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_theme_draws_the_app(theme: str) -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        desk.app.theme = theme
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        assert "BI-RADS" in desk.screen()
        assert "Not for clinical use" in desk.app.export_screenshot().replace("&#160;", " ")


def test_sixteen_colours_use_the_terminals_own() -> None:
    assert default_theme("standard") == "radlite-ansi"
    assert default_theme("truecolor") == "radlite-dark"


def test_over_ssh_the_screen_is_calm_and_the_users_settings_stay() -> None:
    quiet = {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22", "TEXTUAL_ANIMATIONS": "full"}
    calm(quiet)
    assert quiet["TEXTUAL_FPS"] == CALM_OVER_SSH["TEXTUAL_FPS"]
    assert quiet["TEXTUAL_ANIMATIONS"] == "full"
    here: dict[str, str] = {}
    calm(here)
    assert "TEXTUAL_FPS" not in here
    assert here["TEXTUAL_ANIMATIONS"] == "none"


def test_no_terminal_is_one_sentence_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a report"))
    assert app.run(None) == 2
    said = capsys.readouterr().err
    assert "needs a terminal" in said
    assert said.count("\n") == 1


async def test_an_assistant_that_cannot_be_made_is_said_and_the_app_stays() -> None:
    def create() -> None:
        raise RadliteError("The model store cannot be read; run: radlite-tui doctor.")

    from radlite_tui.tui.application import RadliteApp

    broken = RadliteApp(Report(REPORT), create)  # type: ignore[arg-type]
    async with broken.run_test(size=(80, 24)) as pilot:
        desk = Desk(broken, pilot)
        await desk.until(lambda: "model store cannot be read" in desk.routing())
        await desk.type("birads")
        await pilot.press("enter")
        assert desk.read.ask_line.text == "birads"
        assert desk.status().startswith("failed")
