"""The app inside a real GNU screen: paste, keys, detach and attach, and copying through it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.terminal import PATIENCE, READY, Terminal, environment

pytestmark = pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed")
REPORT = "FINDINGS: 18 mm irregular mass, left breast,\nspiculated margin.\nIMPRESSION: suspicious.\n"


class GnuScreen:
    """A session of its own with one window of 80 x 24 that runs the app; `terminal` is where it is shown."""

    def __init__(self, home: Path) -> None:
        self.sockets = tempfile.TemporaryDirectory(prefix="radlite-")  # a socket's path may have 100 characters or so
        settings = home / "screenrc"
        settings.write_text("startup_message off\n", encoding="utf-8")
        more = {"SCREENDIR": self.sockets.name, "SCREENRC": str(settings)}
        self.environment = environment(home, **more)
        self.picture = home / "picture"
        self.terminal = Terminal(["screen", "-U", "-S", "app", sys.executable, "-m", "radlite_tui"], self.environment)

    def do(self, *arguments: str) -> None:
        command = ["screen", "-S", "app", "-X", *arguments]
        subprocess.run(command, env=self.environment, capture_output=True)  # fails while the session comes up

    def text(self) -> str:
        """What the window shows, also while nobody is attached."""
        self.picture.unlink(missing_ok=True)
        self.do("hardcopy", str(self.picture))
        return self.picture.read_text(encoding="utf-8", errors="replace") if self.picture.exists() else ""

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.text()
            self.terminal.read()
            time.sleep(0.05)

    def shows(self, text: str) -> None:
        self.until(lambda: text in self.text())

    def detach(self) -> None:
        self.terminal.send("\x01d")
        self.terminal.until(lambda: not self.terminal.child.isalive(), "detached")

    def attach(self) -> None:
        self.terminal = Terminal(["screen", "-U", "-r", "app"], self.environment)

    def end(self) -> None:
        subprocess.run(["screen", "-S", "app", "-X", "quit"], env=self.environment, capture_output=True)
        self.terminal.close()
        self.sockets.cleanup()


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[GnuScreen]:
    session = GnuScreen(tmp_path)
    try:
        session.shows(READY)
        session.until(lambda: "starting" not in session.text())
        yield session
    finally:
        session.end()


def test_a_report_is_pasted_asked_about_copied_and_there_after_detaching(screen: GnuScreen) -> None:
    screen.terminal.paste(REPORT)
    screen.shows("spiculated margin")
    screen.terminal.send("birads?")
    screen.shows("birads?")
    screen.shows("RADS")
    assert "written" not in screen.text()
    screen.terminal.send("\r")
    screen.shows("written")
    screen.terminal.send("\x19")
    screen.terminal.until(screen.terminal.copied, "a request to copy")
    assert "RADS" in screen.terminal.copied()[0]
    screen.shows("Asked the terminal")
    screen.detach()
    screen.attach()
    screen.terminal.expect("BI-RADS")
    screen.terminal.send("hello")
    screen.shows("> hello")
    screen.terminal.send("\x11")
    screen.terminal.until(lambda: not screen.terminal.child.isalive(), "the end")


def test_control_keys_and_a_single_escape_arrive(screen: GnuScreen) -> None:
    screen.terminal.send("birads?")
    screen.shows("fine-tuned")
    screen.terminal.send("\x13")
    screen.shows("few-shot")
    screen.terminal.send("\x1bh")
    screen.shows("Esc closes")
    screen.terminal.send("\x1b")
    screen.until(lambda: "Esc closes" not in screen.text())
