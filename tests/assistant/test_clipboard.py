"""Where a copy can go from here, and what the terminal is asked."""

from __future__ import annotations

import base64
import re

import pytest

from radlite_tui import osc52
from radlite_tui.assistant.clipboard import Route, routes, tool
from radlite_tui.assistant.copying import Copied, Copier

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


def test_where_nobody_sees_a_terminal_or_it_cannot_place_text_there_is_no_pager() -> None:
    assert routes("x", SSH, which=everything, shown=False) == (Route.FILE,)
    assert routes("x", {"TERM": "dumb"}, which=everything) == (Route.FILE,)
    assert routes("x", {"TERM": "vt100"}, which=everything) == (Route.PAGER, Route.FILE)


def copier(asked: list[str], shown: list[str], preference: str = "auto") -> Copier:
    """Over SSH with a pager; what it asks of the terminal and shows goes into the lists."""
    environment = {**SSH, "PAGER": "cat"}
    return Copier(preference, asked.append, lambda command, text: not shown.append(text), "Again.", environment)


def test_a_text_too_long_for_a_terminal_is_for_the_user_to_take_by_hand() -> None:
    asked: list[str] = []
    shown: list[str] = []
    done = copier(asked, shown).copy("x" * (osc52.MOST + 1))
    assert done == Copied(
        "", (Route.PAGER, Route.FILE), f"Not copied: it has {osc52.MOST + 1:,} bytes, and terminals take 74,994."
    )
    assert (asked, shown) == ([], [])


def test_a_pager_that_the_settings_name_is_shown_at_once() -> None:
    asked: list[str] = []
    shown: list[str] = []
    assert copier(asked, shown, "pager").copy("8 mm") == Copied("Shown with cat to select from; nothing was copied.")
    assert (asked, shown) == ([], ["8 mm"])


def test_a_terminal_is_asked_and_no_more_is_said() -> None:
    asked: list[str] = []
    done = copier(asked, []).copy("8 mm")
    assert done.said == "Asked the terminal to copy 4 characters; it does not say whether it did. Again."
    assert decoded(asked[0]) == "8 mm"
