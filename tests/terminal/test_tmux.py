"""The app inside a real tmux: detach and attach, and copying through it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.terminal import PATIENCE, READY, ROOT, Terminal, environment

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Tmux:
    """A server of its own with one window of 80 x 24 that runs the app."""

    def __init__(self, home: Path, options: str) -> None:
        self.sockets = tempfile.TemporaryDirectory(prefix="radlite-")  # a socket's path may have 100 characters or so
        self.socket = "app"
        self.environment = environment(home, TERM="xterm-256color", TMUX_TMPDIR=self.sockets.name)
        settings = home / "tmux.conf"
        settings.write_text(f"set -g default-terminal tmux-256color\n{options}\n", encoding="utf-8")
        command = f"cd {ROOT} && exec {sys.executable} -m radlite_tui"
        self.do("-f", str(settings), "new-session", "-d", "-s", "app", "-x", "80", "-y", "24", command)

    def do(self, *arguments: str) -> str:
        command = ["tmux", "-L", self.socket, *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def screen(self) -> str:
        return self.do("capture-pane", "-p", "-t", "app")

    def keys(self, *keys: str) -> None:
        self.do("send-keys", "-t", "app", *keys)

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.05)

    def shows(self, text: str) -> None:
        self.until(lambda: text in self.screen())

    def attach(self) -> Terminal:
        return Terminal(["tmux", "-L", self.socket, "attach", "-t", "app"], self.environment)

    def ask(self) -> str:
        """A question without a report; gives the answer as far as it is to be copied."""
        self.keys("-l", "hello")
        self.shows("Chat")
        self.keys("Enter")
        self.shows("written")
        return self.screen()


@pytest.fixture
def tmux(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tmux]:
    server = Tmux(tmp_path, getattr(request, "param", "set -g set-clipboard external"))
    try:
        server.shows(READY)
        server.until(lambda: "starting" not in server.screen())
        yield server
    finally:
        subprocess.run(["tmux", "-L", server.socket, "kill-server"], env=server.environment, capture_output=True)
        server.sockets.cleanup()


def test_detaching_and_attaching_keeps_what_was_typed(tmux: Tmux) -> None:
    first = tmux.attach()
    first.expect(READY)
    first.send("hello there")
    tmux.shows("hello there")
    first.send("\x02d")
    first.until(lambda: not first.child.isalive(), "detached")
    second = tmux.attach()
    second.expect("hello there")
    second.resize(100, 30)
    tmux.until(lambda: max(map(len, tmux.screen().splitlines())) > 80)
    second.send(" again")
    tmux.shows("hello there again")
    second.close()


@pytest.mark.parametrize("tmux", ["set -g set-clipboard external", "set -g set-clipboard on"], indirect=True)
def test_a_copy_is_in_tmuxs_buffer_and_the_terminal_outside_is_asked(tmux: Tmux) -> None:
    outside = tmux.attach()
    outside.expect(READY)
    tmux.ask()
    tmux.keys("C-y")
    tmux.shows("tmux's buffer")
    held = tmux.do("show-buffer")
    assert held.strip()
    outside.until(lambda: held in outside.copied(), "the request outside")
    assert "asked to copy" in " ".join(outside.text.split())
    outside.close()


@pytest.mark.parametrize("tmux", ["set -g set-clipboard off"], indirect=True)
def test_a_tmux_that_passes_nothing_on_is_said_to(tmux: Tmux) -> None:
    tmux.ask()
    tmux.keys("C-y")
    tmux.shows("set-clipboard is off")
    assert tmux.do("show-buffer").strip()


@pytest.mark.parametrize("tmux", ["set -g set-clipboard off\nset -g allow-passthrough on"], indirect=True)
def test_where_tmux_passes_sequences_through_the_terminal_outside_is_asked(tmux: Tmux) -> None:
    outside = tmux.attach()
    outside.expect(READY)
    tmux.ask()
    tmux.keys("C-y")
    outside.until(outside.copied, "the request outside")
    assert outside.copied()[0] == tmux.do("show-buffer")
    outside.close()
