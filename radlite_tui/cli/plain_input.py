"""Lines in: from a person at a terminal or from a pipe, and a paste told from typing.

A person's line can be edited where the terminal can do that. A paste of several lines comes whole from a terminal that
marks pastes, and otherwise as lines that are all there at once; either way it is a report and never a request.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from radlite_tui.errors import BadInput

END = (".", "/end", ":end")
PASTE_S = 0.05
"""Nobody types the next line sooner than this."""
NOTE_S = 0.5
CUT = 4095
"""A terminal that is not edited cuts a line off here, without a word."""


class Lines:
    """Standard input, a line at a time. begun: the lines of a report that has not ended, or None.
    unread: a line that nobody has looked at yet; when the terminal goes away, what stands in it counts as one."""

    def __init__(self) -> None:
        self.person = sys.stdin.isatty() and sys.stdout.isatty()
        self.begun: list[str] | None = None
        self.unread = ""
        self._editing = False
        self._waiting = False
        if self.person and os.environ.get("TERM", "") not in ("", "dumb"):
            with suppress(ImportError):
                import readline

                readline.set_auto_history(True)
                self._editing = True

    def next(self, prompt: str) -> str | None:
        """A line without its end, or None when there is no more. A marked paste keeps its line ends."""
        if self._editing:
            return self._edited(prompt)
        if self.person:
            print(prompt, end="", flush=True)
        line = sys.stdin.readline()
        if self.person and len(line.encode("utf-8", "surrogateescape")) >= CUT:
            raise BadInput(
                f"This terminal cuts lines at {CUT} bytes and that one was longer; use /report FILE instead."
            )
        return line.rstrip("\r\n") if line else None

    def _edited(self, prompt: str) -> str | None:
        """A line from readline. What stands in it is noted twice a second: when the terminal goes away, readline
        forgets it before a signal's handler is called."""
        import readline

        def note(*_: object) -> None:
            self.unread = readline.get_line_buffer()

        self._waiting, self.unread = True, ""
        timed = hasattr(signal, "setitimer")
        before = signal.signal(signal.SIGALRM, note) if timed else None
        try:
            if timed:
                signal.setitimer(signal.ITIMER_REAL, NOTE_S, NOTE_S)
            self.unread = input(prompt)
            return self.unread
        except EOFError:
            return None
        finally:
            self._waiting = False
            if timed:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)

    def typed(self) -> str:
        """What stands in the line that is being edited, or was read and not looked at."""
        if not self._waiting:
            return whole(self.unread)
        import readline

        return whole(readline.get_line_buffer() or self.unread)

    def put_back(self, words: str) -> None:
        """Words to stand in the next line, to be edited; said instead where lines cannot be edited."""
        if not self._editing:
            print(f"You had typed: {words}", file=sys.stderr, flush=True)
            return
        import readline

        def insert() -> None:
            readline.set_startup_hook(None)
            readline.insert_text(words)

        readline.set_startup_hook(insert)

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
        self.begun = lines = [] if first is None else first.split("\n")
        try:
            while (line := self.next("")) is not None:
                several = line.split("\n")
                ends = [number for number, one in enumerate(several) if one.strip() in END]
                lines += several[: ends[0]] if ends else several
                self.unread = ""
                if ends:
                    break
        finally:
            self.begun = None
        return "\n".join(lines)


def whole(text: str) -> str:
    """Text without what was no UTF-8, so that it can be written down."""
    return text.encode("utf-8", "replace").decode("utf-8")


def asking(prompt: str, lines: Lines, say: Callable[[str], None]) -> str | None:
    """The next line of a person who may press Ctrl+C without losing anything; a pipe's interrupt ends the program."""
    while True:
        try:
            return lines.next(prompt)
        except KeyboardInterrupt:
            if not lines.person:
                raise
            say("\nNothing is running. /quit leaves, and so does Ctrl+D.")
