"""The app's hold on the history: made after the first paint, switched by key, told when the terminal is gone.

May import the assistant's history, late, so that the first paint waits for no database. Runs are recorded here; what
was cut off the last time is offered once.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual import events

from radlite_tui.assistant.history.endings import Endings, end_by
from radlite_tui.errors import RadliteError
from radlite_tui.settings import HistorySettings, Settings
from radlite_tui.showing import display
from radlite_tui.tui.widgets.status import StatusLine

if TYPE_CHECKING:
    from radlite_tui.assistant.assistant import Assistant
    from radlite_tui.assistant.comparison import Column
    from radlite_tui.assistant.history.keeper import Keeper
    from radlite_tui.assistant.history.recovery import Recovered
    from radlite_tui.assistant.types import Answer, Ask, Plan
    from radlite_tui.engine.protocol import Event
    from radlite_tui.tui.application import RadliteApp
    from radlite_tui.tui.screens.compare_setup import Compare
    from radlite_tui.tui.screens.history_asks import OfferScreen

NOWHERE = HistorySettings(saving="off", recover="off")


class Keeping:
    """settled: the settings, or None for an app that keeps nothing (pictures, tests)."""

    def __init__(self, app: RadliteApp, settled: Settings | None) -> None:
        self.app = app
        self.settled = replace(app.settings, history=NOWHERE) if settled is None else settled
        self.keeper: Keeper | None = None
        self.endings = Endings(self.keep_draft, self.leave)

    def start(self) -> None:
        """Once the first screen is painted."""
        from radlite_tui.assistant.history.keeper import Keeper

        self.keeper = Keeper(self.settled, partial(self.app.call_later, self.tell))
        self.keeper.start(partial(self.app.call_later, self.offer))
        self.endings.listen()
        self.show()

    # What is asked.

    def record(self, assistant: Assistant, plan: Plan, instead: Plan | None = None) -> Iterator[Event | Answer]:
        """A run's events, kept on the way where saving is on. instead: what it asks again."""
        events = assistant.run(plan)
        return events if self.keeper is None else self.keeper.record(assistant, plan, events, instead=instead)

    def compare(self, assistant: Assistant, ask: Ask, chosen: Compare) -> Iterator[tuple[Column, Event | Answer]]:
        """A comparison's events, kept on the way where saving is on, as a conversation of its own."""
        modes, models = chosen.modes, chosen.models
        if self.keeper is None:
            return assistant.compare(ask, modes, models)
        return self.keeper.compare(assistant, ask, modes, models, blind=chosen.blind)

    def judge(self, number: int | None, expected: str, ratings: Mapping[int, int]) -> None:
        """What the user said of a comparison: of this one in the history, or of the one that ran last."""
        if self.keeper is not None:
            self.keeper.judge(number, expected, ratings)

    def begin(self) -> None:
        """The next question begins a new conversation."""
        if self.keeper is not None:
            self.keeper.begin()
            self.show()

    # Saving.

    @property
    def on(self) -> bool:
        return self.keeper is not None and self.keeper.on

    @property
    def private(self) -> bool:
        """Whether the conversation on screen is kept in no case."""
        return self.keeper is not None and self.keeper.talk.private

    @property
    def word(self) -> str:
        """What the status line says after SAVING."""
        if self.keeper is None or not self.keeper.on:
            return "OFF"
        return "FAILS" if self.keeper.trouble else "ON"

    def show(self) -> None:
        """The status line says how it stands."""
        for screen in {self.app.read_screen, *self.app.screen_stack[-1:]}:
            for status in screen.query(StatusLine):
                status.keep(self.word)

    def tell(self, sentence: str) -> None:
        """Something about the history went wrong."""
        self.show()
        self.app.notify(display(sentence), severity="warning", timeout=20, markup=False)

    def switch(self) -> None:
        """By key: on or off for this run of the program."""
        keeper = self.keeper
        if keeper is None:
            return
        if keeper.talk.private:
            self.app.notify("This conversation is private, so it is not saved; clear it to begin another.", timeout=6)
            return
        on = not keeper.on
        keeper.switch(on)
        if on:
            said = "Saving is on until RadLite ends: this conversation and those after it go to the history."
        else:
            said = "Saving is off until RadLite ends: nothing more is kept. What was kept stays in the history."
            said += self.recovered
        self.app.notify(f"{said} `radlite-tui history on|off` makes it last.", timeout=8, markup=False)
        self.show()

    @property
    def recovered(self) -> str:
        """What is written even so, as a sentence to add."""
        if self.settled.history.recover == "off":
            return ""
        return " Only a lost connection leaves a private file, until the next start."

    def make_private(self) -> None:
        """The conversation on screen is not kept; what was kept of it goes, once the user agrees."""
        if self.keeper is None:
            return
        number = self.keeper.make_private()
        self.show()
        if number is None:
            self.app.notify(f"This conversation is private: nothing of it is saved.{self.recovered}", timeout=6)
        else:
            from radlite_tui.tui.screens.history_asks import ConfirmScreen

            asked = "This conversation is private from now on. Delete what was kept of it too?"
            self.app.push_screen(ConfirmScreen(asked), partial(self.forget, number))

    def forget(self, number: int, agreed: bool | None) -> None:
        """Delete what was kept of the conversation on screen."""
        if not agreed:
            return
        from radlite_tui.assistant.history import places
        from radlite_tui.assistant.history.store import Store

        try:
            store = Store(places.database(self.settled.history))
            store.delete([number])
            store.close()
        except RadliteError as error:
            self.tell(str(error))
            return
        if self.keeper is not None:
            self.keeper.talk.id = None
        self.app.notify("Deleted from the history.", timeout=4)

    # What was cut off.

    def offer(self, found: Recovered | None) -> None:
        """Once, at the start. An app that is left before it comes so far offers it the next time."""
        self.show()
        if found is not None and self.app.read_screen.query(StatusLine):
            from radlite_tui.tui.screens.history_asks import OfferScreen

            offer = OfferScreen(found)
            self.app.push_screen(offer, partial(self.offered, offer))

    def offered(self, offer: OfferScreen, taken: bool | None) -> None:
        """Taken up again or not, its file goes. What was typed before and meanwhile stands behind what comes back."""
        from radlite_tui.assistant.history import recovery
        from radlite_tui.tui.reopening import recover

        found, line = offer.found, self.app.read_screen.ask_line
        if taken and self.keeper is not None:
            typed = line.text
            recover(self.app.read_screen, self.keeper, found)
            line.insert(typed, line.document.end)
        line.move_cursor(line.document.end)
        for text in offer.held:  # once the line knows whether there is a report
            line.call_after_refresh(line.post_message, events.Paste(text))
        try:
            recovery.drop(found)
        except RadliteError as error:
            self.tell(str(error))

    # The end.

    def leave(self, number: int) -> None:
        """After SIGTERM there is a terminal to put in order; after SIGHUP there is none."""
        if number == getattr(signal, "SIGTERM", None):
            self.app.call_later(partial(self.app.exit, return_code=128 + number))
        else:
            end_by(number)

    def keep_draft(self) -> None:
        """The answer so far, and what is on screen and not sent."""
        if self.keeper is None:
            return
        from radlite_tui.assistant.history.recovery import Draft

        draft = Draft()
        with suppress(Exception):  # in a signal's handler the screen may be half built
            screen = self.app.read_screen
            draft = Draft(screen.pane.report(), screen.ask_line.text)
        self.keeper.cut_off(draft)

    def close(self) -> None:
        self.endings.close()
        if self.keeper is not None:
            self.keeper.close()
