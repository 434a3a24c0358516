"""Copying: the route fits the place, and what is said is what happened."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from radlite_tui.settings import AppSettings, Settings
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.screens.by_hand import ByHandScreen
from tests.scripted import ScriptedEngine
from tests.tui.desk import REPORT, Desk, scripted


def tools_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


async def copied(copy: str, keys: str, said: str) -> tuple[str, str]:
    """(the answer, what was said) after an answer was copied by keys in an app with this setting."""
    engine = ScriptedEngine({"chat": "8 → 5 mm, 2 cm² 中"})
    app = RadliteApp(Report(REPORT), scripted(engine), found=Settings(app=AppSettings(copy=copy)))  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.ask("hello")
        await pilot.press(keys)
        await desk.until(lambda: any(said in note.message for note in app._notifications))
        turn = desk.read.conversation.latest
        assert turn is not None
        return turn.plain(), next(note.message for note in app._notifications if said in note.message)


async def test_a_tool_that_took_the_text_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools_folder(tmp_path, monkeypatch, "wl-copy", f"cat > {tmp_path}/got")
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    answer, said = await copied("auto", "ctrl+y", "Copied")
    assert (tmp_path / "got").read_text(encoding="utf-8") == answer
    assert said == f"Copied {len(answer):,} characters with wl-copy."


async def test_a_tool_that_fails_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools_folder(tmp_path, monkeypatch, "wl-copy", "exit 1")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    answer, said = await copied("tool", "ctrl+y", "only you can read it")
    assert (tmp_path / "state" / "radlite-tui" / "copied.txt").read_text(encoding="utf-8") == answer
    assert "wl-copy" not in said


async def test_a_file_is_this_users_alone_and_holds_plain_ascii_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    _, said = await copied("file", "alt+y", "Wrote")
    path = tmp_path / "radlite-tui" / "copied.txt"
    assert path.read_text(encoding="utf-8") == "8 -> 5 mm, 2 cm^2 [?]"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "1 without a plain form" in said
    assert str(path) in said


async def test_a_terminal_is_said_to_be_asked_and_no_more() -> None:
    _, said = await copied("terminal", "ctrl+y", "terminal")
    assert said.startswith("Asked the terminal to copy")
    assert "does not say whether" in said


DEAF = {"TERM": "linux"}
"""A terminal of a kind that does not copy, and no desktop."""


@asynccontextmanager
async def unable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """An app with an answer where nothing takes a copy, and the question what to do instead."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("PAGER", "cat")
    app = RadliteApp(Report(REPORT), scripted(ScriptedEngine({"chat": "8 mm"})))
    app.copying.copier.environment = {**DEAF, "PAGER": "cat"}
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.ask("hello")
        await pilot.press("ctrl+y")
        await desk.until(lambda: isinstance(app.screen, ByHandScreen))
        await pilot.pause()
        yield desk


async def test_where_nothing_takes_a_copy_the_user_chooses_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with unable(tmp_path, monkeypatch) as desk:
        for said in ("nothing here takes text", "Enter shows it", "f writes it to a file", "Esc leaves it"):
            assert said in desk.screen()
        await desk.pilot.press("f")
        await desk.until(lambda: any("only you can read it" in note.message for note in desk.app._notifications))
    assert (tmp_path / "radlite-tui" / "copied.txt").read_text(encoding="utf-8") == "8 mm"


async def test_a_copy_that_nothing_took_is_left_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with unable(tmp_path, monkeypatch) as desk:
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.app.screen is desk.read)
        assert not list(tmp_path.iterdir())
        assert not desk.app._notifications
