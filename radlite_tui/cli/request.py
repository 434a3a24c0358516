"""Command-line arguments become an `Ask`. May import `assistant`; reads the files the user named."""

from __future__ import annotations

import sys
from argparse import Namespace

from radlite_tui.assistant import intake
from radlite_tui.assistant.planning import known
from radlite_tui.assistant.types import Ask
from radlite_tui.cli.output import narrate
from radlite_tui.errors import BadInput
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report

AUTO = "auto"
MODES = tuple(str(mode) for mode in Mode)


def ask(arguments: Namespace) -> Ask:
    """The request of `ask`, `route` and `compare`. Raises BadInput."""
    words = " ".join(arguments.words)
    if words.strip():
        intake.check(words, "What you typed")
    return Ask(
        report=report(arguments),
        words=words,
        task=fixed(arguments.task),
        model=fixed(getattr(arguments, "model", AUTO)),
        mode=mode(getattr(arguments, "mode", AUTO)),
        max_tokens=tokens(getattr(arguments, "max_tokens", None)),
        seed=arguments.seed,
    )


def report(arguments: Namespace) -> Report:
    """The report and prior named on the command line; empty without --report. How a file was read is narrated."""
    if arguments.report is None and arguments.prior is None:
        return Report("")
    if arguments.report is None:
        raise BadInput("--prior is given without --report; give the current report too.")
    opened = intake.open_report(arguments.report, arguments.prior, sys.stdin.buffer)
    for line in opened.lines:
        narrate(line)
    return opened.report


def fixed(value: str) -> str | None:
    """A choice, or None for auto."""
    return None if value == AUTO else value


def mode(value: str) -> Mode | None:
    """A mode by its name, or None for auto. Raises BadInput with the known ones."""
    if value == AUTO:
        return None
    known("mode", value, (*MODES, AUTO))
    return Mode(value)


def tokens(value: int | None) -> int | None:
    if value is not None and value < 1:
        raise BadInput(f"--max-tokens is {value}; give 1 or more.")
    return value


def listed(value: str | None) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())
