"""The line mode: the app where there is no screen for it, through the real program and the embedded models."""

from __future__ import annotations

from tests.cli.command import Program

REPORT = "CT chest. Enlarged left hilar lymph node of 14 mm. No distant metastasis."


def test_a_pasted_report_is_answered(radlite: Program) -> None:
    lines = f":paste\n{REPORT}\n.\nm stage?\n:quit\n"
    done = radlite("--plain", stdin=lines.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith(("M0  ", "M1  "))
    assert "Not for clinical use" in done.stderr.decode()


def test_a_report_is_opened_and_choices_stay(radlite: Program) -> None:
    (radlite.home / "r.txt").write_text(REPORT)
    lines = ":task n_staging\n:mode fine-tuned\n:model radlite-nano-qwen3\nplease\n:show\n"
    done = radlite("r.txt", "--plain", stdin=lines.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith("N")
    assert REPORT in done.stdout.decode()
    assert "on radlite-nano-qwen3, fine-tuned (task chosen)" in done.stderr.decode()


def test_without_a_terminal_the_line_mode_is_used_and_says_so(radlite: Program) -> None:
    done = radlite(stdin=b"")
    assert done.returncode == 0
    assert "No terminal here" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_mistakes_are_sentences_and_nothing_is_lost(radlite: Program) -> None:
    lines = f":paste\n{REPORT}\n.\n:report no.txt\n:nonsense\n:task radz\nhmm\nm stage?\n"
    done = radlite("--plain", stdin=lines.encode())
    errors = done.stderr.decode()
    assert all(part in errors for part in ("no.txt", ":nonsense", "radz", "--task"))
    assert done.stdout.decode().startswith(("M0  ", "M1  "))
    assert done.returncode == 2
    assert "Traceback" not in errors
