"""Where copied text can go from here, and the bytes that ask a terminal to take it. Knows no front end.

May import the standard library, platformdirs and `ssh`. A terminal never answers a request to copy (OSC 52),
so such a copy is asked for and not done; a tool of the desktop says by its exit code whether it took the text.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import platformdirs

from radlite_tui.assistant.ssh import over_ssh

MOST_OSC52 = 74_994
"""Bytes of text: with base64 and the eight bytes around it, 100,000, which hterm and others take at most."""
SCREEN_CHUNK = 240
"""Bytes in one string that GNU screen passes on."""
PATIENCE_S = 3.0
PLACELESS = ("", "dumb")
"""Terminals that cannot place text, where a pager cannot either."""
DEAF = ("linux", *PLACELESS, "vt100", "vt102", "vt220", "cons25", "ansi")
"""Terminals that are known to ignore a request to copy."""


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
    takes = terminal is Route.TMUX or (shown and name not in DEAF and size(text) <= MOST_OSC52)
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


def osc52(text: str) -> str:
    """The request to copy, as terminals take it."""
    return f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}\x07"


def through_tmux(sequence: str) -> str:
    """A sequence that tmux passes on as it is, where its option allow-passthrough is on."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def through_screen(sequence: str) -> str:
    """A sequence that GNU screen passes on, in pieces it can hold."""
    pieces = [sequence[at : at + SCREEN_CHUNK] for at in range(0, len(sequence), SCREEN_CHUNK)]
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def request(text: str, environment: Mapping[str, str]) -> str:
    """What to write to the terminal. A tmux or screen on another machine is only known by TERM: it gets both forms,
    and takes the one it is set to take."""
    sequence, term = osc52(text), environment.get("TERM", "")
    if environment.get("STY"):
        return through_screen(sequence)
    if not environment.get("TMUX") and term.startswith("tmux"):
        return sequence + through_tmux(sequence)
    return sequence


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
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, new = folder / "copied.txt", folder / f"copied.{os.getpid()}"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return new.replace(path)
