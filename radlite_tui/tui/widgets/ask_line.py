"""The input line: Enter sends, Ctrl+J makes a new line, a paste never sends.

May import Textual and `messages`. It only says what was typed; what happens with it is the screen's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from radlite_tui.showing import display
from radlite_tui.tui.messages import LongPaste, NumberPressed, Sent, WordsChanged

LONG_PASTE = 80
MOST_WORDS = 10_000
"""Characters: no question is longer, and a line of a million would hold everything up."""
TALLEST = 5


class AskLine(TextArea):
    """The user's words. numbered: how many choices are on offer by number (0: digits are text).

    takes_long_paste: whether a long paste is offered elsewhere (an empty report pane) instead of going in here.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Run what the line above shows; a paste never does", id="ask.send", show=False),
        Binding("ctrl+j,alt+enter", "new_line", "New line", id="ask.newline", show=False),
        Binding("up", "recall(-1)", "Earlier words", id="ask.earlier", show=False),
        Binding("down", "recall(1)", "Later words", id="ask.later", show=False),
        Binding("question_mark", "app.help", "Help, while the line is empty", id="ask.help", show=False),
        *(
            Binding(str(number), f"take({number})", f"Choice {number}", id=f"ask.choice{number}", show=False)
            for number in range(1, 4)
        ),
    ]

    def __init__(self, id: str | None = None) -> None:  # Textual's own parameter name
        super().__init__(
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            compact=True,
            highlight_cursor_line=False,
            tab_behavior="focus",
        )
        self.cursor_blink = False  # every blink is drawn, sent over the line, and taken from the model's cores
        self.numbered = 0
        self.takes_long_paste = False
        self.sent: list[str] = []
        self.recalled = 0

    async def on_key(self, event: events.Key) -> None:
        """The keys that would otherwise be text here. Looked at in the order they were pressed, so that what was typed
        quickly before one of them is in the line already."""
        name = self.bound_to(event.key)
        if name == "ask.send":
            self.action_send()
        elif name == "ask.help" and not self.text:
            await self.run_action("app.help")
        elif name.startswith("ask.choice") and int(name[-1]) <= self.numbered:
            self.action_take(int(name[-1]))
        else:
            return
        event.stop()
        event.prevent_default()

    def bound_to(self, key: str) -> str:
        """The id of this line's own binding that has the key now, or nothing."""
        keymap: Mapping[str, str] = getattr(self.app, "keymap", {})
        own = [binding for binding in type(self).BINDINGS if isinstance(binding, Binding) and binding.id]
        return next((b.id for b in own if b.id and key in keymap.get(b.id, b.key).split(",")), "")

    def action_send(self) -> None:
        self.post_message(Sent())

    def action_take(self, number: int) -> None:
        self.post_message(NumberPressed(number))

    def on_paste(self, event: events.Paste) -> None:
        """A paste goes in as text, controls made visible; a long one is offered to an empty report pane."""
        event.stop()
        event.prevent_default()
        text = display(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        if self.takes_long_paste and (len(text) > LONG_PASTE or text.strip().count("\n") > 1):
            self.post_message(LongPaste(text))
            return
        if len(self.text) + len(text) > MOST_WORDS:
            sentence = (
                f"{len(text):,} characters are too long for a question; ^G leads to the report for a paste there."
            )
            self.notify(sentence, severity="warning", timeout=8, markup=False)
            return
        self.replace(text, *self.selection)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.styles.height = min(TALLEST, max(1, self.wrapped_document.height))
        self.post_message(WordsChanged())

    def take(self, words: str) -> None:
        """These words leave the line and can be recalled. What was typed behind them stays."""
        rest = self.text.removeprefix(words) if self.text.startswith(words) else ""
        if words.strip() and (not self.sent or self.sent[-1] != words.strip()):
            self.sent.append(words.strip())
        self.recalled = len(self.sent)
        self.text = rest
        self.move_cursor(self.document.end)

    def action_new_line(self) -> None:
        self.insert("\n")

    def action_recall(self, step: int) -> None:
        """Earlier or later words when the cursor cannot move that way."""
        row, last = self.cursor_location[0], self.document.line_count - 1
        if (step < 0 and row > 0) or (step > 0 and row < last) or not self.sent:
            (self.action_cursor_up if step < 0 else self.action_cursor_down)()
            return
        self.recalled = max(0, min(len(self.sent), self.recalled + step))
        self.text = self.sent[self.recalled] if self.recalled < len(self.sent) else ""
        self.move_cursor(self.document.end)
