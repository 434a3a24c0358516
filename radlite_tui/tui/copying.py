"""Copies text by the first route that takes it, and says by which: done where a tool said so, asked where none can.

May import Textual, `osc52` and `clipboard`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import partial

from textual.app import App, SuspendNotSupported

from radlite_tui import osc52
from radlite_tui.tui import clipboard
from radlite_tui.tui.clipboard import Route

AGAIN = "If nothing can be pasted: ^P, show to select."


class Copying:
    """preference: the setting `app.copy`. One copy at a time; a tool that does not answer holds nothing up."""

    def __init__(self, app: App[None], preference: str, environment: Mapping[str, str] | None = None) -> None:
        self.app = app
        self.preference = preference
        self.environment = os.environ if environment is None else environment

    def copy(self, text: str, note: str = "") -> None:
        """Try the routes one after the other, in a thread. note: added to what is said."""
        ways = clipboard.routes(text, self.environment, self.preference)
        self.app.run_worker(partial(self.work, text, ways, note), thread=True, exclusive=True, group="copy")

    def work(self, text: str, ways: tuple[Route, ...], note: str) -> None:
        for way in ways:
            said = self.by(way, text)
            if said:
                if note:
                    said = f"{said} {note}"
                self.app.call_from_thread(self.app.notify, said, timeout=6, markup=False)
                return
        sentence = "Nothing was copied: no tool, terminal or file took the text."
        self.app.call_from_thread(self.app.notify, sentence, severity="error", timeout=10)

    def by(self, way: Route, text: str) -> str:
        """Copy by one route; what happened in a sentence, or nothing when it did not."""
        size = f"{len(text):,} characters"
        if way is Route.TOOL:
            tool = clipboard.tool(self.environment)
            taken = tool is not None and clipboard.run(tool.command, text.encode(tool.encoding, "replace"))
            return f"Copied {size} with {tool.name}." if tool is not None and taken else ""
        if way is Route.TMUX:
            return self.by_tmux(text, size)
        if way is Route.TERMINAL:
            self.app.call_from_thread(self.write, osc52.request(text, self.environment))
            return f"Asked the terminal to copy {size}; it does not say whether it did. {AGAIN}"
        if way is Route.PAGER:
            return self.app.call_from_thread(self.page, text)
        try:
            return f"Wrote {size} to {clipboard.write_file(text)}; only you can read it. Remove it when done."
        except OSError:
            return ""

    def by_tmux(self, text: str, size: str) -> str:
        """Into tmux's buffer, and out of it where it is set to pass things on."""
        taken, told = clipboard.into_tmux(text)
        if taken and not told and len(text.encode()) <= osc52.MOST and clipboard.passes_through():
            self.app.call_from_thread(self.write, osc52.through_tmux(osc52.osc52(text)))
            told = True
        if not taken:
            return ""
        outside = "the terminal outside was asked to copy" if told else "its set-clipboard is off, so no further"
        return f"Put {size} into tmux's buffer (prefix ] pastes); {outside}."

    def write(self, sequence: str) -> None:
        """Bytes for the terminal, between two frames."""
        if self.app._driver is not None:
            self.app._driver.write(sequence)
            self.app._driver.flush()

    def page(self, text: str) -> str:
        """The text on the terminal's own screen, to select there by hand; the app comes back when the pager ends."""
        command = clipboard.pager(self.environment)
        if command is None:
            return ""
        try:
            with self.app.suspend():
                environment = {**os.environ, "LESSHISTFILE": "-", "LESSSECURE": "1"}
                done = subprocess.run(command, input=text.encode("utf-8", "replace"), env=environment)
        except (OSError, SuspendNotSupported):
            return ""
        return f"Shown with {command[0]} to select from; nothing was copied." if done.returncode == 0 else ""
