"""The app's copying: in a thread, by the assistant's `copying`; what needs a hand is offered by key.

May import Textual, `assistant.copying` and `screens.by_hand`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from textual.app import App, SuspendNotSupported

from radlite_tui.assistant.clipboard import Route
from radlite_tui.assistant.copying import NOTHING, Copied, Copier, paged

AGAIN = "If nothing can be pasted: ^P, show to select."
NO_PAGER = "There is no pager here to show it with."


class Copying:
    """preference: the setting `app.copy`. One copy at a time; a tool that does not answer holds nothing up."""

    def __init__(self, app: App[None], preference: str, environment: Mapping[str, str] | None = None) -> None:
        self.app = app
        self.copier = Copier(preference, self.write, self.show, AGAIN, environment)

    def copy(self, text: str, note: str = "") -> None:
        """Try the ways one after the other. note: added to what is said."""
        self.work(lambda: self.copier.copy(text), partial(self.copied, text, note))

    def work(self, job: Callable[[], Copied], done: Callable[[Copied], None]) -> None:
        """Do it in a thread, and the rest here."""

        def both() -> None:
            self.app.call_from_thread(done, job())

        self.app.run_worker(both, thread=True, exclusive=True, group="copy")

    def copied(self, text: str, note: str, done: Copied) -> None:
        """Say what happened, or ask which way is to be taken."""
        if done.by_hand:
            from radlite_tui.tui.screens.by_hand import ByHandScreen

            self.app.push_screen(ByHandScreen(done), partial(self.chosen, text, note))
        elif done.said:
            self.app.notify(f"{done.said} {note}".rstrip(), timeout=6, markup=False)
        else:
            self.app.notify(NOTHING, severity="error", timeout=10)

    def chosen(self, text: str, note: str, way: Route | None) -> None:
        if way is not None:
            self.work(lambda: Copied(self.copier.by(way, text)), partial(self.copied, text, note))

    def page(self, text: str) -> None:
        """The text on the terminal's own screen, to select there by hand."""
        self.work(lambda: Copied(self.copier.page(text) or NO_PAGER), partial(self.copied, text, ""))

    # Called in the thread.

    def write(self, sequence: str) -> None:
        """Bytes for the terminal, between two frames."""
        self.app.call_from_thread(self.write_here, sequence)

    def write_here(self, sequence: str) -> None:
        if self.app._driver is not None:
            self.app._driver.write(sequence)
            self.app._driver.flush()

    def show(self, command: tuple[str, ...], text: str) -> bool:
        """The app comes back when the pager ends."""
        return self.app.call_from_thread(self.show_here, command, text)

    def show_here(self, command: tuple[str, ...], text: str) -> bool:
        try:
            with self.app.suspend():
                return paged(command, text)
        except SuspendNotSupported:
            return False
