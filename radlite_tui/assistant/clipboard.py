"""Where copied text can go from here, and the bytes that ask a terminal to take it. Knows no front end.

May import `osc52`, `private_files`, platformdirs and `ssh`. A terminal is only ever asked to copy; a tool of the
desktop says by its exit code whether it took the text.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import platformdirs

from radlite_tui import osc52, private_files
from radlite_tui.assistant.ssh import over_ssh

PATIENCE_S = 3.0
PLACELESS = ("", "dumb")
"""Terminals that cannot place text, where a pager cannot either."""


class Route(Enum):
    """tool: of this desktop; tmux: its buffer, which it may pass on; terminal: OSC 52; pager and file: by hand."""

    TOOL = "tool"
    TMUX = "tmux"
    TERMINAL = "terminal"
    PAGER = "pager"
    FILE = "file"


@dataclass(frozen=True)
class Tool:
    """A command that takes text on its standard input. name: for the user."""

    name: str
    command: tuple[str, ...]
    encoding: str = "utf-8"


Run = Callable[[tuple[str, ...], bytes], bool]
Which = Callable[[str], str | None]


def run(command: tuple[str, ...], data: bytes) -> bool:
    """Whether a command took the data. Its output is not kept: some tools stay in the background and hold it open."""
    null = subprocess.DEVNULL
    try:
        return subprocess.run(command, input=data, stdout=null, stderr=null, timeout=PATIENCE_S).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def ask(command: tuple[str, ...]) -> str:
    """What a command says, or nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def tool(environment: Mapping[str, str], platform: str = sys.platform, which: Which = shutil.which) -> Tool | None:
    """The desktop's own tool, where this process runs on the desktop the user sits at."""
    if over_ssh(environment):
        return None
    found: list[Tool] = []
    if platform == "darwin":
        found.append(Tool("pbcopy", ("pbcopy",)))
    if platform == "win32" or environment.get("WSL_DISTRO_NAME"):
        found.append(Tool("clip.exe", ("clip.exe",), "utf-16"))
    if environment.get("WAYLAND_DISPLAY"):
        found.append(Tool("wl-copy", ("wl-copy",)))
    if environment.get("DISPLAY"):
        found += [Tool("xclip", ("xclip", "-selection", "clipboard", "-in")), Tool("xsel", ("xsel", "-b", "-i"))]
    return next((one for one in found if which(one.command[0])), None)


def routes(
    text: str, environment: Mapping[str, str], preference: str = "auto", platform: str = sys.platform,
    which: Which = shutil.which, shown: bool = True,
) -> tuple[Route, ...]:  # fmt: skip
    """The ways to try, in order. The file comes last and always works where a file can be written. shown: what the
    program writes is seen on a terminal."""
    name = environment.get("TERM", "")
    terminal = Route.TMUX if environment.get("TMUX") and which("tmux") else Route.TERMINAL
    takes = terminal is Route.TMUX or (shown and name not in (*PLACELESS, *osc52.DEAF) and size(text) <= osc52.MOST)
    possible = {
        Route.TOOL: tool(environment, platform, which) is not None,
        terminal: takes,
        Route.PAGER: shown and name not in PLACELESS and pager(environment, which) is not None,
        Route.FILE: True,
    }
    order = [route for route, can in possible.items() if can]
    if preference != "auto":
        order = [route for route in order if preference == route.value or (preference, route) == ("terminal", terminal)]
        order = list(dict.fromkeys([*order, Route.FILE]))
    return tuple(order)


def size(text: str) -> int:
    """In the bytes that a terminal would get."""
    return len(text.encode("utf-8", "replace"))


def into_tmux(text: str) -> tuple[bool, bool]:
    """(whether tmux took the text into its buffer, whether it was told to pass it on to the terminal outside)."""
    outside = ask(("tmux", "show-options", "-gqv", "set-clipboard")) in ("on", "external")
    data = text.encode("utf-8", "replace")
    if outside and run(("tmux", "load-buffer", "-w", "-"), data):
        return True, True
    return run(("tmux", "load-buffer", "-"), data), False


def passes_through() -> bool:
    """Whether this tmux hands wrapped sequences on."""
    return ask(("tmux", "show-options", "-gwqv", "allow-passthrough")) in ("on", "all")


def pager(environment: Mapping[str, str], which: Which = shutil.which) -> tuple[str, ...] | None:
    """The command that shows text to select from by hand."""
    named = environment.get("PAGER", "").split()
    if named and which(named[0]):
        return tuple(named)
    if which("less"):
        return ("less",)
    return ("more",) if which("more") else None


def write_file(text: str) -> Path:
    """The text in a file that only this user can read; the last one is replaced. Raises OSError."""
    folder = platformdirs.user_state_path("radlite-tui", appauthor=False)
    private_files.make_folder(folder)
    private_files.write(folder / "copied.txt", text, replace=True)
    return folder / "copied.txt"
