"""`radlite-tui [FILE] [--plain]`: the app where there is a terminal for it, the line mode elsewhere."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

from radlite_tui.cli.output import narrate


def run(arguments: Namespace) -> int:
    """Open the app or the line mode; gives the exit code."""
    path = Path(arguments.file) if arguments.file is not None else None
    why = plain_because(arguments.plain)
    if why is not None:
        from radlite_tui.cli.plain import run as run_plain

        if why:
            narrate(why)
        return run_plain(path)
    from radlite_tui.tui.app import run as run_app

    return run_app(path)


def plain_because(asked: bool) -> str | None:
    """Why the line mode is used ("" when it was asked for), or None for the full screen."""
    if asked:
        return ""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "No terminal here, so this is the line mode."
    if os.environ.get("TERM", "") in ("", "dumb") and os.name == "posix":
        return "This terminal cannot place text (TERM is dumb or not set), so this is the line mode."
    return None
