"""A lost connection or a signal in the middle of an answer costs none of it: real programs on pseudo-terminals."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from radlite_tui.assistant.history.store import Store
from tests.cli.test_exits import models, until  # noqa: F401 - a fixture
from tests.terminal.terminal import Terminal, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the slow model's fixtures are for Linux")
SIZE = (80, 24)
REPORT = "FINDINGS: 18 mm irregular mass, left breast, spiculated margin.\nIMPRESSION: suspicious.\n" * 4


WAITS = "import signal, subprocess, sys; signal.signal(signal.SIGHUP, lambda *_: 0); subprocess.call(sys.argv[1:])"
"""A program that is told when the terminal goes, as make is, and waits for the one that it started."""


def started(
    home: Path, folder: Path, saving: str, *arguments: str, through: tuple[str, ...] = (), **more: str
) -> Terminal:
    """The program with a model that writes until its limit, slowly. through: what starts it."""
    kept = {
        "RADLITE_HISTORY_FOLDER": str(home / "history"),
        "RADLITE_HISTORY_SAVING": saving,
        "RADLITE_MODELS": str(folder / "models"),
        "RADLITE_ROUTES": str(folder / "routes.toml"),
        "RADLITE_ENGINE_READ_AHEAD": "false",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
    }
    (home / "report.txt").write_text(REPORT, encoding="utf-8")
    command = [*through, sys.executable, "-m", "radlite_tui", str(home / "report.txt"), *arguments]
    return Terminal(command, environment(home, **kept, **more), SIZE)


def half_way(terminal: Terminal) -> None:
    """Ask, and see some of the answer."""
    terminal.send("what is the largest finding?")
    terminal.expect("of 2,048 tok")
    terminal.send("\r")
    terminal.expect("tok/s")


HOW = {
    "the connection drops": Terminal.hang_up,
    "SIGHUP": lambda terminal: terminal.child.kill(signal.SIGHUP),
    "SIGTERM": lambda terminal: terminal.child.kill(signal.SIGTERM),
}


@pytest.mark.parametrize(
    ("how", "saving", "through"),
    [
        ("the connection drops", "off", ()),
        ("the connection drops", "off", (sys.executable, "-c", WAITS)),
        ("SIGHUP", "on", ()),
        ("SIGTERM", "on", ()),
    ],
    ids=["dropped", "dropped while another program waits", "SIGHUP", "SIGTERM"],
)
def test_the_answer_so_far_is_offered_at_the_next_start_and_only_then(
    tmp_path: Path,
    models: Path,  # noqa: F811 - the fixture
    how: str,
    saving: str,
    through: tuple[str, ...],
) -> None:
    terminal = started(tmp_path, models, saving, through=through)
    try:
        terminal.expect(f"SAVING {saving.upper()}")
        half_way(terminal)
        HOW[how](terminal)
        until(lambda: terminal.state() in ("", "Z"))
        if how == "SIGTERM":
            terminal.read()
            assert b"\x1b[?1049l" in terminal.seen, "the terminal was not put in order"
    finally:
        terminal.close()
    written = words(tmp_path, saving)
    again = started(tmp_path, models, saving)
    try:
        shows(again, "RadLite was cut off on")
        shows(again, f"{len(written.split())} words of the last answer")
        shows(again, "It is in the history" if saving == "on" else "a file that only you can read")
        again.send("\r")
        shows(again, "stopped; this is what there was")
        shows(again, "largest finding")
        again.send("\x11")
        again.until(lambda: not again.child.isalive(), "the end")
    finally:
        again.close()
    third = started(tmp_path, models, saving)
    try:
        third.expect(f"SAVING {saving.upper()}")
        third.expect("ready")
        assert "cut off" not in third.text
    finally:
        third.close()


def shows(terminal: Terminal, sentence: str) -> None:
    """Wait for words, however the lines of a box break between them."""
    terminal.until(lambda: sentence in " ".join(terminal.text.replace("│", " ").split()), sentence)


def words(home: Path, saving: str) -> str:
    """The answer as it was kept."""
    if saving == "on":
        return Store(home / "history" / "history.db").conversation(1).turns[0].answer.text
    assert not (home / "history").exists()
    path = next((home / "state").rglob("cut-off-*.json"))
    assert path.stat().st_mode & 0o777 == 0o600
    text: str = json.loads(path.read_text(encoding="utf-8"))["turns"][0]["text"]
    return text


def test_a_draft_that_was_not_sent_comes_back(tmp_path: Path, models: Path) -> None:  # noqa: F811 - the fixture
    terminal = started(tmp_path, models, "off")
    try:
        terminal.expect("ready")
        terminal.send("is the mass lar")
        terminal.expect("lar")
        os.kill(terminal.child.pid, signal.SIGHUP)
        terminal.until(lambda: not terminal.child.isalive(), "the end")
    finally:
        terminal.close()
    again = started(tmp_path, models, "off")
    try:
        shows(again, "was not sent")
        again.send("\r")
        shows(again, "is the mass lar")
    finally:
        again.close()
