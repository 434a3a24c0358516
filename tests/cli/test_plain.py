"""The line mode: the app where there is no screen for it, through the real program and the embedded models."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from radlite_tui.cli.plain_voice import utf8
from radlite_tui.cli.progress import EVERY_S, Ticker
from radlite_tui.engine.protocol import Loading, Prefill, Token
from tests import documents
from tests.cli.command import PROGRAM, Program

REPORT = "CT chest. Enlarged left hilar lymph node of 14 mm. No distant metastasis."
LONG = "FINDINGS: " + "The liver is normal in size and shape. " * 60 + "IMPRESSION: none."
PLACING = re.compile(r"\x1b\[[0-9;]*[A-HJKSTfhlsu]|\x1b[78DEMc]|[\u2500-\u259f]|\x08")
"""What places text on a screen, or draws boxes and bars."""


def test_a_pasted_report_is_answered(radlite: Program) -> None:
    lines = f"/paste\n{REPORT}\n.\nm stage?\n/quit\n"
    done = radlite("--plain", stdin=lines.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith(("M0  ", "M1  "))
    errors = done.stderr.decode()
    assert re.search(r"task: m_staging \(.*%\)  model: radlite-nano-\S+ \S+  mode: fine-tuned", errors)
    assert re.search(r"reading \d+/\d+", errors)
    assert "Not for clinical use" in errors
    assert not PLACING.search(done.stdout.decode() + errors)


def test_a_report_is_opened_and_choices_stay(radlite: Program) -> None:
    (radlite.home / "r.txt").write_text(REPORT)
    lines = ":task n_staging\n:mode fine-tuned\n:model radlite-nano-qwen3\nplease\n:show\n"
    done = radlite("r.txt", "--plain", stdin=lines.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith("N")
    assert REPORT in done.stdout.decode()
    assert "task: n_staging (chosen)  model: radlite-nano-qwen3" in done.stderr.decode()


def test_without_a_terminal_the_line_mode_is_used_and_says_so(radlite: Program) -> None:
    done = radlite(stdin=b"")
    assert done.returncode == 0
    assert "No terminal here" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_mistakes_are_sentences_and_nothing_is_lost(radlite: Program) -> None:
    lines = f"/paste\n{REPORT}\n/end\n/report no.txt\n/nonsense\n/task radz\n/save\n/again\nhmm\nm stage?\n"
    done = radlite("--plain", stdin=lines.encode())
    errors = done.stderr.decode()
    assert all(part in errors for part in ("no.txt", "/nonsense", "radz", "/save FILE", "no answer yet"))
    assert done.stdout.decode().startswith(("M0  ", "M1  "))
    assert done.returncode == 2
    assert "Traceback" not in errors


def test_an_abstention_offers_numbers_and_a_number_chooses(radlite: Program) -> None:
    lines = f"/paste\n{REPORT}\n.\nstage\n9\n1\n"
    done = radlite("--plain", stdin=lines.encode())
    errors = done.stderr.decode()
    offered = re.search(r"Not sure what is meant: 1 (.+?) \d+ %  2 ", errors)
    assert offered, errors
    assert "There is no number 9" in errors
    assert "(chosen)" in errors
    assert done.stdout.decode().strip()


def test_a_document_an_earlier_report_a_comparison_and_a_saved_answer(radlite: Program) -> None:
    (radlite.home / "now.pdf").write_bytes(documents.pdf("FINDINGS: Small effusion, left."))
    lines = (
        "/report now.pdf\n/prior\nLarge effusion, left.\n/end\n/show prior\nwhat changed?\n/save a.txt\n/save a.txt\n"
        "/again\n/compare\n/copy\n/tasks\n/models\n/help\n"
    )
    done = radlite("--plain", stdin=lines.encode())
    shown, errors = done.stdout.decode(), done.stderr.decode()
    assert "now.pdf: PDF, 1 page" in errors
    assert "Earlier report: 3 words." in errors
    assert shown.startswith("Large effusion, left.")
    assert "temporal_comparison" in errors
    saved = (radlite.home / "a.txt").read_text()
    assert "model: radlite-nano" in saved
    assert "Not for clinical use" in saved
    assert (radlite.home / "a.txt").stat().st_mode & 0o777 == 0o600
    assert "a.txt is there already" in errors
    assert all(f"| {mode}" in shown for mode in ("zero-shot", "few-shot", "fine-tuned"))
    copied = next(radlite.home.rglob("copied.txt"))
    assert f"to {copied}; only you can read it" in errors
    assert copied.stat().st_mode & 0o777 == 0o600
    assert "/paste" in errors
    assert not PLACING.search(shown + errors)


@pytest.mark.parametrize(
    ("environ", "fits"),
    [
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_CTYPE": "en_US.utf8"}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({}, False),
    ],
)
def test_more_than_ascii_is_shown_only_where_the_locale_says_so(environ: dict[str, str], fits: bool) -> None:
    assert utf8(environ, "utf-8", posix=True) == fits


def test_without_a_utf8_locale_everything_is_ascii(radlite: Program) -> None:
    radlite.environment["LC_ALL"] = "C"
    lines = "/paste\nÖdem ≥ 5 mm · [│] – links\n.\n/show\nlist the entities\n/compare\n"
    done = radlite("--plain", stdin=lines.encode())
    assert done.stdout.isascii()
    assert done.stderr.isascii()
    assert done.stdout.decode().startswith("Odem >= 5 mm - [<U+2502>] - links")


def test_progress_is_a_line_every_two_seconds_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    ticker = Ticker(writes=True, clock=lambda: now[0])
    for step in range(100):
        now[0] += 0.1
        ticker.event(Loading("base.gguf", step, 100))
    for step in range(100):
        now[0] += 0.1
        ticker.event(Prefill(step, 101))
    ticker.event(Prefill(101, 101))
    for _ in range(100):
        now[0] += 0.1
        ticker.event(Token("word "))
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "loading base.gguf"
    assert re.fullmatch(r"loading base.gguf: 2\d %, about \d s left", said[1])
    assert "reading 101/101" in said
    assert 12 <= len(said) <= 2 + 3 * 10 / EVERY_S
    assert said[-1].startswith("writing, ")


# At a terminal.

pexpect = pytest.importorskip("pexpect")
WAIT = 60
Terminal = Callable[..., Any]


@pytest.fixture
def terminal(radlite: Program) -> Iterator[Terminal]:
    """The program on a real pseudo-terminal."""
    running = []

    def start(*arguments: str, term: str = "dumb") -> Any:
        environment = {**radlite.environment, "TERM": term, "LC_ALL": "C.UTF-8"}
        child = pexpect.spawn(
            sys.executable,
            [*PROGRAM[1:], *arguments],
            env=environment,
            cwd=str(radlite.home),
            timeout=WAIT,
            encoding="utf-8",
            dimensions=(24, 80),
        )
        running.append(child)
        return child

    yield start
    for child in running:
        child.close(force=True)


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_a_report_pasted_at_a_terminal_is_a_report_and_never_a_request(terminal: Terminal, term: str) -> None:
    child = terminal("--plain", term=term)
    child.expect_exact("> ")
    if term == "xterm":
        child.send("\x1b[200~CT chest.\rEnlarged left hilar lymph node.\rm stage?\x1b[201~\r")
    else:
        child.send("CT chest.\nEnlarged left hilar lymph node.\nm stage?\n")
        child.expect_exact("A paste is taken as the report")
        child.send("/end\n")
    child.expect(r"Report: \d words")
    child.send("/show\n")
    child.expect_exact("Enlarged left hilar lymph node.")
    child.send("m stage?\n")
    child.expect(r"task: m_staging")
    child.expect(r"M[01]  ")
    child.expect_exact("Not for clinical use")
    child.send("/quit\n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_dumb_terminal_gets_the_line_mode_and_nothing_that_places_text(terminal: Terminal, radlite: Program) -> None:
    (radlite.home / "r.txt").write_text(REPORT)
    child = terminal("r.txt")
    child.expect_exact("TERM is dumb")
    child.expect_exact("> ")
    seen = child.before
    child.send("n stage?\n")
    child.expect(r"N[0-3]  ")
    seen += child.before
    child.expect_exact("Not for clinical use")
    seen += child.before
    child.sendeof()
    child.expect(pexpect.EOF)
    assert not PLACING.search(seen)


def test_ctrl_c_stops_an_answer_keeps_what_there_was_and_loses_nothing(terminal: Terminal, radlite: Program) -> None:
    (radlite.home / "r.txt").write_text(LONG)
    child = terminal("r.txt")
    child.expect_exact("> ")
    child.sendintr()
    child.expect_exact("Nothing is running")
    child.send("/task impression_generation\n")
    child.expect_exact("task: impression_generation")
    child.send("/mode few-shot\n")
    child.expect_exact("mode: few-shot")
    child.send("write it\n")
    child.expect(r"loading [a-z]+\.gguf")
    child.sendintr()
    child.expect_exact("Stopped; this is what there was.")
    child.expect_exact("> ")
    child.send("/show\n")
    child.expect_exact("IMPRESSION: none.")
    child.send("/quit\n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_line_the_terminal_cut_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    child = terminal("--plain")
    child.expect_exact("> ")
    child.send("x" * 4095)
    child.send("\n")
    child.expect_exact("use /report FILE instead")


@pytest.mark.parametrize("term", ["xterm", "vt100"])
def test_a_copy_goes_the_way_the_terminal_allows_and_says_which(
    terminal: Terminal, radlite: Program, term: str
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "TMUX", "STY"):
        radlite.environment.pop(name, None)
    (radlite.home / "r.txt").write_text(REPORT)
    child = terminal("r.txt", "--plain", term=term)
    child.expect_exact("> ")
    child.send("m stage?\n")
    child.expect_exact("Not for clinical use")
    child.send("/copy\n")
    if term == "xterm":
        child.expect(r"\x1b\]52;c;TT[AE]=\x07")
        child.expect_exact("Asked the terminal to copy 2 characters")
        return
    child.expect_exact("nothing here takes text for the clipboard")
    child.expect_exact("f writes it to a file that only you can read, Enter leaves it:")
    child.send("f\n")
    child.expect_exact("Wrote 2 characters to")
    assert next(radlite.home.rglob("copied.txt")).read_text() in ("M0", "M1")


def test_a_chat_sees_its_earlier_turns_until_a_new_conversation_begins(radlite: Program) -> None:
    lines = f"/paste\n{REPORT}\n.\n/task chat\nhello there\nand again\n/new\nonce more\n"
    errors = radlite("--plain", stdin=lines.encode()).stderr.decode()
    assert errors.count("sees 1 earlier turn;") == 1
    assert errors.index("sees 1 earlier turn;") < errors.index("A new conversation.")


def test_a_private_conversation_is_not_kept_and_the_next_one_is(radlite: Program) -> None:
    lines = f"/saving on\n/paste\n{REPORT}\n.\nm stage?\n/private\n\nn stage?\n/saving on\n/new\nnodal stage?\n"
    errors = radlite("--plain", stdin=lines.encode()).stderr.decode()
    assert "SAVING ON" in errors
    assert re.search(r"private: nothing of it is saved|Deleted from the history", errors)
    assert "private, so it is not saved" in errors
    listed = radlite("history", "list", "--json").stdout.decode()
    assert "nodal stage" in listed
    assert "m stage" not in listed
    assert "n stage?" not in listed
