"""A lost connection costs the line mode nothing either: kept, offered at the next start, there or in the app."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from radlite_tui.assistant.history.store import Store
from tests.cli.test_exits import models, until, workers  # noqa: F401 - a fixture
from tests.terminal.terminal import Terminal
from tests.terminal.test_dropped import shows, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the slow model's fixtures are for Linux")


def hang_up(terminal: Terminal) -> None:
    terminal.hang_up()
    until(lambda: terminal.state() in ("", "Z"))


def told_to_end(terminal: Terminal) -> None:
    terminal.child.kill(signal.SIGTERM)
    terminal.until(lambda: terminal.state() in ("", "Z"), "the end")
    assert terminal.echoes, "the terminal was not put in order"


@contextmanager
def plain(home: Path, folder: Path, saving: str, **more: str) -> Iterator[Terminal]:
    """The line mode, at its first prompt or its question."""
    terminal = started(home, folder, saving, "--plain", **more)
    try:
        terminal.expect(f"Saving is {saving}")
        terminal.expect("words.")
        yield terminal
    finally:
        terminal.close()


def files(home: Path) -> list[Path]:
    """What was written because the program was cut off."""
    return list((home / "state").rglob("cut-off-*"))


def asked(terminal: Terminal) -> None:
    """A question, half answered: how far it is, the line mode only says after two seconds."""
    terminal.expect("> ")
    terminal.send("what is the largest finding?\r")
    terminal.expect("reading")
    with crawling(terminal.child.pid):
        terminal.expect("writing, ")


def noted(terminal: Terminal) -> None:
    """What stands in the line was noted: the program woke up for that once more."""

    def woken() -> int:
        switches = Path(f"/proc/{terminal.child.pid}/status").read_text(encoding="ascii")
        return int(switches.partition("voluntary_ctxt_switches:")[2].split()[0])

    before = woken()
    terminal.until(lambda: woken() > before + 1, "the note")


@contextmanager
def crawling(program: int) -> Iterator[None]:
    """Meanwhile the program's engine computes for a moment and rests for ten, so that it does not come to an end."""
    (engine,) = workers(program)
    over = threading.Event()

    def crawl() -> None:
        while not over.is_set():
            os.kill(engine, signal.SIGSTOP)
            over.wait(0.02)
            os.kill(engine, signal.SIGCONT)
            over.wait(0.002)

    thread = threading.Thread(target=crawl)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def left(terminal: Terminal) -> None:
    terminal.send("\x04")
    terminal.until(lambda: not terminal.child.isalive(), "the end")


def test_what_was_not_saved_is_offered_once_and_goes_on(tmp_path: Path, models: Path) -> None:  # noqa: F811
    with plain(tmp_path, models, "off") as terminal:
        asked(terminal)
        hang_up(terminal)
    (path,) = files(tmp_path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    answer = json.loads(path.read_text(encoding="utf-8"))["turns"][0]["text"]
    assert answer
    assert not (tmp_path / "history").exists()
    with plain(tmp_path, models, "off") as terminal:
        shows(terminal, f"{len(answer.split())} words of the last answer")
        shows(terminal, "n deletes it for good:")
        terminal.send("birads?\r")
        shows(terminal, "Press Enter for yes, or type n for no.")
        terminal.send("\r")
        shows(terminal, "asked: what is the largest finding?")
        shows(terminal, "(cut off; this is what there was)")
        shows(terminal, "Report: 44 words. >")
        assert files(tmp_path) == []
        terminal.send("/again\r")
        shows(terminal, "Stopped; this is what there was.")
        left(terminal)
    with plain(tmp_path, models, "off") as terminal:
        terminal.expect("> ")
        assert "cut off" not in terminal.text


def test_what_was_saved_is_offered_by_the_app(tmp_path: Path, models: Path) -> None:  # noqa: F811
    with plain(tmp_path, models, "on") as terminal:
        asked(terminal)
        told_to_end(terminal)
    answer = Store(tmp_path / "history" / "history.db").conversation(1).turns[0].answer
    assert (answer.state, bool(answer.text)) == ("interrupted", True)
    assert files(tmp_path) == []
    again = started(tmp_path, models, "on")
    try:
        shows(again, f"{len(answer.text.split())} words of the last answer")
        again.send("\r")
        shows(again, "stopped; this is what there was")
    finally:
        again.close()


@pytest.mark.parametrize("end", [hang_up, told_to_end])
def test_what_was_typed_comes_back_into_the_line(
    tmp_path: Path,
    models: Path,  # noqa: F811 - the fixture
    end: Callable[[Terminal], None],
) -> None:
    with plain(tmp_path, models, "off") as terminal:
        terminal.expect("> ")
        terminal.send("is the mass lar")
        terminal.expect("lar")
        noted(terminal)
        end(terminal)
    with plain(tmp_path, models, "off") as terminal:
        shows(terminal, "a report or question that was not sent")
        terminal.send("\r")
        shows(terminal, "> is the mass lar")
        terminal.send("\x15/paste\r")
        terminal.expect("Paste the report")
        terminal.send("FINDINGS: first line\rsecond line\rthi")
        terminal.expect("thi")
        noted(terminal)
        end(terminal)
    (path,) = files(tmp_path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["report"]["text"] == "FINDINGS: first line\nsecond line\nthi"
    with plain(tmp_path, models, "off") as terminal:
        shows(terminal, "n deletes it for good:")
        terminal.send("n\r")
        terminal.until(lambda: not files(tmp_path), "the file deleted")


def test_where_the_settings_keep_nothing_nothing_is_written(tmp_path: Path, models: Path) -> None:  # noqa: F811
    with plain(tmp_path, models, "off", RADLITE_HISTORY_RECOVER="off") as terminal:
        terminal.expect("> ")
        terminal.send("is the mass lar")
        terminal.expect("lar")
        noted(terminal)
        hang_up(terminal)
    assert files(tmp_path) == []
    assert not (tmp_path / "history").exists()
