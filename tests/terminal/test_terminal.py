"""The app in a pseudo-terminal: paste, resize, suspend, colours, and a terminal left as it was found."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.terminal.terminal import READY, Terminal, app, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are a POSIX thing")
SSH = {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}
REPORT = "FINDINGS: 18 mm irregular mass, left breast,\nspiculated margin.\nIMPRESSION: suspicious.\n"
KITTY = re.compile(rb"\x1b\[>\d+u")
MOUSE = re.compile(rb"\x1b\[\?100[0236]h|\x1b\[\?1015h")


def test_a_paste_is_taken_and_never_sent_and_the_answer_can_be_copied_over_ssh(tmp_path: Path) -> None:
    with app(tmp_path, **SSH) as terminal:
        terminal.paste(REPORT)
        terminal.expect("pasted")
        terminal.send("birads?")
        terminal.expect("RADS")
        assert "BI-RADS " not in terminal.text
        terminal.send("\r")
        terminal.expect("written")
        assert not MOUSE.search(terminal.seen)
        terminal.send("\x19")
        terminal.until(terminal.copied, "a request to copy")
        assert "RADS" in terminal.copied()[0]
        terminal.expect("Asked the terminal")
        terminal.send("\x11")
        terminal.until(lambda: not terminal.child.isalive(), "the end")
        assert terminal.child.exitstatus == 0
        assert not KITTY.search(terminal.seen)
        for left in (b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?25h"):
            assert left in terminal.seen, left
        assert terminal.seen.rfind(b"\x1b[?1049l") > terminal.seen.rfind(b"\x1b[?1049h")


def test_keys_typed_before_the_first_paint_are_not_lost(tmp_path: Path) -> None:
    terminal = Terminal([sys.executable, "-m", "radlite_tui"], environment(tmp_path))
    try:
        terminal.send("any nodules")
        terminal.expect(READY)
        terminal.expect("any nodules")
        terminal.forget()
        terminal.send(" left")
        terminal.expect("left")
        terminal.expect("SAVING")
    finally:
        terminal.close()


def test_a_storm_of_sizes_is_survived_and_the_text_is_kept(tmp_path: Path) -> None:
    sizes = random.Random(7)
    with app(tmp_path) as terminal:
        terminal.send("hello there")
        terminal.expect("there")
        for _ in range(50):
            terminal.resize(sizes.randrange(1, 220), sizes.randrange(1, 70))
            terminal.read()
        terminal.resize(20, 5)
        terminal.expect("too small")
        terminal.forget()
        terminal.resize(100, 30)
        terminal.expect(READY)
        terminal.expect("hello there")
        terminal.send("\x11")
        terminal.until(lambda: not terminal.child.isalive(), "the end")
        assert terminal.child.exitstatus == 0


def test_suspending_gives_the_terminal_back_and_coming_back_draws_everything_again(tmp_path: Path) -> None:
    with app(tmp_path) as terminal:
        terminal.send("hello")
        terminal.expect("hello")
        for stop in (lambda: os.kill(terminal.child.pid, signal.SIGTSTP), lambda: terminal.send("\x1bz")):
            terminal.forget()
            stop()
            terminal.until(lambda: terminal.state() == "T", "stopped")
            terminal.until(lambda: b"\x1b[?1049l" in terminal.seen, "the normal screen")
            assert terminal.echoes
            terminal.forget()
            os.kill(terminal.child.pid, signal.SIGCONT)
            terminal.expect(READY)
            terminal.expect("hello")
            assert not terminal.echoes
        terminal.send(" again")
        terminal.expect("again")
        terminal.send("\x11")
        terminal.until(lambda: not terminal.child.isalive(), "the end")
        assert terminal.child.exitstatus == 0


def test_sixteen_colours_are_enough(tmp_path: Path) -> None:
    with app(tmp_path, TERM="xterm") as terminal:
        terminal.paste(REPORT)
        terminal.send("\x0b")
        terminal.expect("Automatic")
        assert re.search(rb"\x1b\[[0-9;]*3[0-7][;m]", terminal.seen)
        assert not re.search(rb"[34]8;[25];", terminal.seen)


def test_no_colour_is_enough(tmp_path: Path) -> None:
    with app(tmp_path, NO_COLOR="1") as terminal:
        terminal.send("\x0b")
        terminal.expect("Automatic")
        coloured = [found for found in re.findall(rb"\x1b\[([0-9;]*)m", terminal.seen) if colour(found)]
        assert coloured == []
        assert b"\x1b[7m" in terminal.seen or re.search(rb"\x1b\[(?:[0-9;]*;)?7[;m]", terminal.seen)


def colour(codes: bytes) -> bool:
    """Whether a style sets a colour other than the terminal's own."""
    return any(int(code or 0) in (*range(30, 39), *range(40, 49), *range(90, 108)) for code in codes.split(b";"))


def test_pasted_escapes_markup_and_wide_characters_are_text(tmp_path: Path) -> None:
    evil = "[bold red]x[/] \x1b]0;owned\x07 \x1b[2J \u202eabc 左肺 🫁 end\n" + "w" * 3000 + "\n"
    with app(tmp_path, **SSH) as terminal:
        terminal.paste(REPORT + evil)
        terminal.expect("[bold red]x[/]")
        terminal.expect("<U+202E>abc 左肺 🫁 end")
        assert b"]0;owned" not in terminal.seen.replace("␛]0;owned".encode(), b"")
        assert b"\x1b[2J\x20" not in terminal.seen
        terminal.send("hello")
        terminal.expect("hello")


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_a_pager_shows_the_answer_on_the_terminals_own_screen_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[app]\ncopy = "pager"\n', encoding="utf-8")
    with app(tmp_path, PAGER="less") as terminal:
        terminal.send("hello")
        terminal.expect("Chat")
        terminal.send("\r")
        terminal.expect("written")
        terminal.forget()
        terminal.send("\x19")
        terminal.expect("(END)")
        assert b"\x1b[?1049l" in terminal.seen
        terminal.send("q")
        terminal.expect("Shown with less")
        terminal.expect(READY)


def test_a_dumb_terminal_gets_lines_without_escapes(tmp_path: Path) -> None:
    terminal = Terminal([sys.executable, "-m", "radlite_tui"], environment(tmp_path, TERM="dumb"))
    try:
        terminal.expect("line mode")
        terminal.expect("> ")
        terminal.send(":quit\n")
        terminal.until(lambda: not terminal.child.isalive(), "the end")
        assert terminal.child.exitstatus == 0
        assert b"\x1b[" not in terminal.seen.replace(b"\x1b[?2004h", b"").replace(b"\x1b[?2004l", b"")
    finally:
        terminal.close()
