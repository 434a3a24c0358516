"""Lines in: from a person at a terminal or from a pipe, and a paste told from typing.

A person's line can be edited where the terminal can do that. A paste of several lines comes whole from a terminal that
marks pastes, and otherwise as lines that are all there at once; either way it is a report and never a request.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from radlite_tui.errors import BadInput

END = (".", "/end", ":end")
PASTE_S = 0.05
"""Nobody types the next line sooner than this."""
CUT = 4095
"""A terminal that is not edited cuts a line off here, without a word."""


class Lines:
    """Standard input, a line at a time."""

    def __init__(self) -> None:
        self.person = sys.stdin.isatty() and sys.stdout.isatty()
        self._editing = False
        if self.person and os.environ.get("TERM", "") not in ("", "dumb"):
            with suppress(ImportError):
                import readline

                readline.set_auto_history(True)
                self._editing = True

    def next(self, prompt: str) -> str | None:
        """A line without its end, or None when there is no more. A marked paste keeps its line ends."""
        if self._editing:
            try:
                return input(prompt)
            except EOFError:
                return None
        if self.person:
            print(prompt, end="", flush=True)
        line = sys.stdin.readline()
        if self.person and len(line.encode("utf-8", "surrogateescape")) >= CUT:
            raise BadInput(
                f"This terminal cuts lines at {CUT} bytes and that one was longer; use /report FILE instead."
            )
        return line.rstrip("\r\n") if line else None

    def more(self) -> bool:
        """Whether another line is there already, so that this one belongs to a paste."""
        if not self.person:
            return False
        with suppress(ImportError, OSError, ValueError):
            import select

            return bool(select.select([sys.stdin], [], [], PASTE_S)[0])
        return False

    def until_end(self, first: str | None = None) -> str:
        """The lines up to one that ends a report, or to the end of the input."""
        lines = [] if first is None else first.split("\n")
        while (line := self.next("")) is not None:
            whole = line.split("\n")
            ends = [number for number, one in enumerate(whole) if one.strip() in END]
            lines += whole[: ends[0]] if ends else whole
            if ends:
                break
        return "\n".join(lines)


def asking(prompt: str, lines: Lines, say: Callable[[str], None]) -> str | None:
    """The next line of a person who may press Ctrl+C without losing anything; a pipe's interrupt ends the program."""
    while True:
        try:
            return lines.next(prompt)
        except KeyboardInterrupt:
            if not lines.person:
                raise
            say("\nNothing is running. /quit leaves, and so does Ctrl+D.")
