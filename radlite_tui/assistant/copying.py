"""Copies text by the first way that takes it, and says by which: done where a tool said so, asked where none can.

May import `osc52` and `clipboard`. Both front ends use it; each gives it its own way to the terminal.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from radlite_tui import osc52
from radlite_tui.assistant import clipboard
from radlite_tui.assistant.clipboard import Route

BY_HAND = (Route.PAGER, Route.FILE)
NOTHING = "Nothing was copied: no tool, terminal or file took the text."


@dataclass(frozen=True)
class Copied:
    """said: what happened, in a sentence. by_hand: what is left instead, for the user to choose from, and why."""

    said: str = ""
    by_hand: tuple[Route, ...] = ()
    why: str = ""


class Copier:
    """preference: the setting `app.copy`. write: takes what is for the terminal; None where none sees it. page: shows
    text with a command, and says whether it did. again: what helps when a terminal took nothing without a word."""

    def __init__(
        self,
        preference: str,
        write: Callable[[str], object] | None,
        page: Callable[[tuple[str, ...], str], bool],
        again: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.preference, self.again = preference, again
        self.environment = os.environ if environment is None else environment
        self._write, self._page = write, page

    def copy(self, text: str) -> Copied:
        """Try what needs no hand. A pager takes the screen and a file stays behind, so both are the user's choice,
        unless the settings name them."""
        ways = clipboard.routes(text, self.environment, self.preference, shown=self._write is not None)
        for number, way in enumerate(ways):
            if way in BY_HAND and self.preference == "auto":
                return Copied("", ways[number:], self.why(text))
            if said := self.by(way, text):
                return Copied(said)
        return Copied()

    def why(self, text: str) -> str:
        """Why nothing took it."""
        size = clipboard.size(text)
        if size > osc52.MOST:
            return f"Not copied: it has {size:,} bytes, and terminals take {osc52.MOST:,}."
        return "Not copied: nothing here takes text for the clipboard."

    def by(self, way: Route, text: str) -> str:
        """Copy by one way; what happened in a sentence, or nothing when it did not."""
        size = f"{len(text):,} characters"
        if way is Route.TOOL:
            tool = clipboard.tool(self.environment)
            taken = tool is not None and clipboard.run(tool.command, text.encode(tool.encoding, "replace"))
            return f"Copied {size} with {tool.name}." if tool is not None and taken else ""
        if way is Route.TMUX:
            return self._by_tmux(text, size)
        if way is Route.TERMINAL:
            return self._by_terminal(text, size)
        if way is Route.PAGER:
            return self.page(text)
        try:
            return f"Wrote {size} to {clipboard.write_file(text)}; only you can read it. Remove it when done."
        except OSError:
            return ""

    def page(self, text: str) -> str:
        """Show it, to select by hand."""
        command = clipboard.pager(self.environment)
        if command is None or not self._page(command, text):
            return ""
        return f"Shown with {command[0]} to select from; nothing was copied."

    def _by_terminal(self, text: str, size: str) -> str:
        if self._write is None:
            return ""
        self._write(osc52.request(text, self.environment))
        return f"Asked the terminal to copy {size}; it does not say whether it did. {self.again}"

    def _by_tmux(self, text: str, size: str) -> str:
        """Into tmux's buffer, and out of it where it is set to pass things on."""
        taken, told = clipboard.into_tmux(text)
        fits = self._write is not None and clipboard.size(text) <= osc52.MOST
        if taken and not told and fits and self._write is not None and clipboard.passes_through():
            self._write(osc52.through_tmux(osc52.osc52(text)))
            told = True
        if not taken:
            return ""
        outside = "the terminal outside was asked to copy" if told else "its set-clipboard is off, so no further"
        return f"Put {size} into tmux's buffer (prefix ] pastes); {outside}."


def paged(command: tuple[str, ...], text: str) -> bool:
    """Run a pager on the terminal, without what could write or start anything from it; whether it ended well."""
    environment = {**os.environ, "LESSHISTFILE": "-", "LESSSECURE": "1"}
    try:
        done = subprocess.run(command, input=text.encode("utf-8", "replace"), env=environment)
    except OSError:
        return False
    return done.returncode == 0
