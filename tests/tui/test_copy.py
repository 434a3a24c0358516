"""Copying: the route fits the place, and what is said is what happened."""

from __future__ import annotations

import base64
import re
import stat
from pathlib import Path

import pytest

from radlite_tui import osc52
from radlite_tui.settings import AppSettings, Settings
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.clipboard import Route, routes, tool
from tests.scripted import ScriptedEngine
from tests.tui.desk import REPORT, Desk, scripted

SSH = {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22", "TERM": "xterm-256color"}


def everything(name: str) -> str:
    return f"/usr/bin/{name}"


def nothing(name: str) -> None:
    return None


@pytest.mark.parametrize(
    ("environment", "platform", "name"),
    [
        ({}, "darwin", "pbcopy"),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "linux", "wl-copy"),
        ({"DISPLAY": ":0"}, "linux", "xclip"),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", "clip.exe"),
        ({}, "linux", None),
        ({"DISPLAY": "localhost:10.0", **SSH}, "linux", None),
        (SSH, "darwin", None),
    ],
)
def test_the_desktops_own_tool_is_used_only_on_that_desktop(
    environment: dict[str, str], platform: str, name: str | None
) -> None:
    found = tool(environment, platform, everything)
    assert (found.name if found else None) == name


def test_the_second_tool_serves_where_the_first_is_not_installed() -> None:
    found = tool({"DISPLAY": ":0"}, "linux", lambda name: name if name == "xsel" else None)
    assert found is not None
    assert found.name == "xsel"


def test_over_ssh_the_terminal_is_asked_and_a_long_text_goes_to_the_pager_or_a_file() -> None:
    assert routes("x", SSH, which=everything)[0] is Route.TERMINAL
    assert routes("x" * (osc52.MOST + 1), SSH, which=everything)[0] is Route.PAGER
    assert routes("x" * (osc52.MOST + 1), SSH, which=nothing) == (Route.FILE,)
    assert routes("ä" * (osc52.MOST // 2 + 1), SSH, which=nothing) == (Route.FILE,)


def test_a_terminal_that_cannot_copy_is_not_asked() -> None:
    assert Route.TERMINAL not in routes("x", {**SSH, "TERM": "linux"}, which=everything)


def test_a_preference_is_kept_and_the_file_stays_as_the_last_way() -> None:
    desktop = {"DISPLAY": ":0", "TERM": "xterm"}
    assert routes("x", desktop, "terminal", "linux", everything) == (Route.TERMINAL, Route.FILE)
    assert routes("x", {**desktop, "TMUX": "/tmp/x,1,0"}, "terminal", "linux", everything) == (Route.TMUX, Route.FILE)
    assert routes("x", desktop, "file", "linux", everything) == (Route.FILE,)
    assert routes("x", desktop, "pager", "linux", nothing) == (Route.FILE,)


def decoded(sequence: str) -> str:
    found = re.search(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    assert found
    return base64.b64decode(found[1]).decode()


def test_the_request_is_wrapped_for_what_stands_between() -> None:
    text = "BI-RADS 4 – ≤ 5 mm\n" * 40
    assert decoded(osc52.request(text, SSH)) == text
    screen = osc52.request(text, {"STY": "1.tty", "TERM": "screen"})
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", screen, re.DOTALL)
    assert max(map(len, pieces)) <= 240
    assert decoded("".join(pieces)) == text
    far = osc52.request(text, {**SSH, "TERM": "tmux-256color"})
    assert far.startswith(osc52.osc52(text) + "\x1bPtmux;\x1b\x1b]52;")
    assert far.endswith("\x07\x1b\\")
    assert osc52.request(text, {"TMUX": "/tmp/x,1,0", "TERM": "screen-256color"}) == far
    either = osc52.request(text, {**SSH, "TERM": "screen-256color"})
    assert either == osc52.osc52(text) + screen


def test_the_longest_text_asked_for_fits_what_terminals_take() -> None:
    assert len(osc52.osc52("x" * osc52.MOST)) <= 100_000


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
        await desk.type("hello")
        await pilot.press("enter")
        await desk.answered()
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
