"""The history: conversations that were kept, searched while typing, with what is in the chosen one below or beside.

May import the assistant's history, Textual and `tui.widgets`. Reads in threads; the list draws only what is seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from radlite_tui.assistant.history import export, places
from radlite_tui.assistant.history.records import MARKS, Found, KeptConversation, Summary
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.intake import display
from radlite_tui.assistant.kept import write_new
from radlite_tui.errors import RadliteError
from radlite_tui.tui.screens.history_asks import ConfirmScreen
from radlite_tui.tui.screens.line import LineScreen
from radlite_tui.tui.widgets.key_line import KeyLine
from radlite_tui.tui.widgets.rows import Part, Rows

if TYPE_CHECKING:
    from radlite_tui.tui.application import RadliteApp

KEYS = (
    ("history.open", "open"),
    ("history.rename", "rename"),
    ("history.export", "export"),
    ("history.delete", "delete"),
    ("history.close", "back"),
)
PREVIEW_AFTER = 0.1
LONGEST_PREVIEW = 20_000
LONGEST_BEFORE = 12
LONGEST_TITLE = 24
Entry = Summary | Found


class HistoryScreen(Screen[KeptConversation | None]):
    """Gives the conversation to reopen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Reopen the conversation", id="history.open", priority=True),
        Binding("up", "move(-1)", "Up", id="history.up", priority=True),
        Binding("down", "move(1)", "Down", id="history.down", priority=True),
        Binding("pageup", "page(-1)", "A page up", id="history.page_up", priority=True),
        Binding("pagedown", "page(1)", "A page down", id="history.page_down", priority=True),
        Binding("ctrl+r", "rename", "Give it another title", id="history.rename", priority=True),
        Binding("ctrl+e", "export", "Write it to a file", id="history.export", priority=True),
        Binding("ctrl+d", "delete", "Delete it", id="history.delete", priority=True),
        Binding("escape", "leave", "Empty the search; then back", id="history.close", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()
        self.store: Store | None = None
        self.opening = threading.Lock()
        self.serial = 0
        self.loaded = False
        self.previewed: KeptConversation | None = None
        self.timer: Timer | None = None

    @property
    def radlite(self) -> RadliteApp:
        return cast("RadliteApp", self.app)

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    def compose(self) -> ComposeResult:
        yield Input(placeholder="type to search words, answers and reports", id="history-find", compact=True)
        with Container(id="history-body"):
            yield Rows(self.line, id="history-rows")
            with VerticalScroll(id="history-preview"):
                yield Static(id="history-text")
        yield Static(id="history-status")
        yield KeyLine(id="history-keys")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.query_one("#history-preview").border_title = "Conversation"
        self.call_after_refresh(self.query_one(KeyLine).show, KEYS)
        self.look()

    def on_unmount(self) -> None:
        if self.store is not None:
            self.store.close()

    # The list.

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.look()

    def look(self, chosen: int = 0) -> None:
        """List or search again."""
        self.serial += 1
        words = self.query_one("#history-find", Input).value
        self.run_worker(partial(self.read, self.serial, words, chosen), thread=True, group="history")

    def read(self, serial: int, words: str, chosen: int) -> None:
        """In a thread. What was asked since goes before it."""
        trouble, entries = "", tuple[Entry, ...]()
        try:
            with self.opening:
                self.store = self.store or self.opened()
            if self.store is not None:
                entries = self.store.search(words) if words.strip() else self.store.list()
        except RadliteError as error:
            trouble = str(error)
        if serial == self.serial and self.is_attached:
            self.app.call_later(self.listed, serial, entries, chosen, trouble)

    def opened(self) -> Store | None:
        """The history with all that was asked until now, or None where there is none."""
        keeping = self.radlite.keeping
        if keeping.keeper is not None and keeping.on:
            keeping.keeper.flush()
        path = places.database(keeping.settled.history)
        return Store(path) if path.exists() else None

    def listed(self, serial: int, entries: tuple[Entry, ...], chosen: int, trouble: str) -> None:
        """What was found is there."""
        if serial != self.serial or not self.is_attached:
            return
        self.entries, self.loaded = entries, True
        self.rows.fill(len(entries), chosen)
        self.say(" the history cannot be read" if trouble else self.standing())
        if not entries:
            self.show_text(trouble or self.nothing())

    def standing(self) -> str:
        count = len(self.entries)
        what = "found" if self.query_one("#history-find", Input).value.strip() else "kept"
        return f" {count:,} conversation{'s' if count != 1 else ''} {what} │ SAVING {self.radlite.keeping.word}"

    def nothing(self) -> str:
        if self.query_one("#history-find", Input).value.strip():
            return "Nothing has all these words. Words are found by their beginnings; “in quotes” they stand together."
        keeper = self.radlite.keeping.keeper
        why = f" {keeper.saving.sentence}" if keeper is not None else ""
        return f"Nothing is kept.{why} {self.radlite.key('app.saving')} switches saving."

    def line(self, row: int, width: int) -> list[Part]:
        """Date, title, what it was about, what was found."""
        entry = self.entries[row]
        one = entry.summary if isinstance(entry, Found) else entry
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.touched))
        mark = "■" if one.open else " "
        parts: list[Part] = [(f"{when} {mark} ", False)]
        if isinstance(entry, Found) and entry.where != "title":
            title = " ".join(display(one.name).split())
            parts.append((f"{title[:LONGEST_TITLE]}{'…' if len(title) > LONGEST_TITLE else ''}: ", False))
            return parts + snippet_parts(entry.snippet)
        parts.append((" ".join(display(one.name).split()), False))
        source = f" · {display(one.source)}" if one.source else ""
        parts.append((f"  ({one.turns}{source})", False))
        return parts

    def say(self, sentence: str) -> None:
        self.query_one("#history-status", Static).update(Content(display(sentence)))

    # The preview.

    def on_rows_chosen(self) -> None:
        """Read the conversation once the choosing pauses."""
        if self.timer is not None:
            self.timer.stop()
        self.timer = self.set_timer(PREVIEW_AFTER, self.preview)

    def preview(self) -> None:
        chosen = self.chosen
        if chosen is not None:
            self.run_worker(partial(self.fetch, chosen.id), thread=True, group="preview", exclusive=True)

    def fetch(self, number: int) -> None:
        """In a thread: the whole conversation."""
        if self.store is None:
            return
        try:
            kept = self.store.conversation(number)
        except RadliteError as error:
            self.app.call_later(self.show_text, str(error))
            return
        self.app.call_later(self.fetched, kept)

    def fetched(self, kept: KeptConversation) -> None:
        if self.is_attached and self.chosen is not None and kept.summary.id == self.chosen.id:
            self.previewed = kept
            text = export.plain(kept)
            more = len(text) > LONGEST_PREVIEW
            self.show_text(text[:LONGEST_PREVIEW] + ("\n… open or export it to see the rest" if more else ""))

    def show_text(self, text: str) -> None:
        if self.is_attached:
            self.query_one("#history-text", Static).update(Content(text))
            self.query_one("#history-preview").scroll_home(animate=False)

    @property
    def chosen(self) -> Summary | None:
        """The conversation that is chosen."""
        if not self.entries:
            return None
        entry = self.entries[min(self.rows.chosen, len(self.entries) - 1)]
        return entry.summary if isinstance(entry, Found) else entry

    # Keys.

    def action_move(self, step: int) -> None:
        preview = self.query_one("#history-preview")
        if self.focused is preview:
            preview.scroll_relative(y=step, animate=False)
        else:
            self.rows.move(step)

    def action_page(self, step: int) -> None:
        preview = self.query_one("#history-preview")
        if self.focused is preview:
            preview.scroll_relative(y=step * max(1, preview.size.height - 1), animate=False)
        else:
            self.rows.move(step * self.rows.page)

    def action_leave(self) -> None:
        find = self.query_one("#history-find", Input)
        if find.value:
            find.value = ""
            find.focus()
        else:
            self.dismiss(None)

    def on_rows_taken(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Back to the read screen with this conversation; an answer being written is not interrupted."""
        if self.chosen is None or self.store is None:
            return
        if self.radlite.busy:
            self.notify("An answer is being written; go back and stop it with Esc first.", timeout=4)
            return
        try:
            self.dismiss(self.store.conversation(self.chosen.id))
        except RadliteError as error:
            self.notify(str(error), severity="warning", markup=False)

    def action_rename(self) -> None:
        if self.chosen is not None:
            asked = LineScreen("New title", self.chosen.title, "Enter renames   Esc leaves it")
            self.app.push_screen(asked, partial(self.renamed, self.chosen.id))

    def renamed(self, number: int, title: str | None) -> None:
        if title is not None and self.store is not None:
            self.change(partial(self.store.rename, number, title))

    def action_delete(self) -> None:
        if self.chosen is not None:
            asked = f"Delete “{self.chosen.title}” with {self.chosen.many}, the answers and the report?"
            self.app.push_screen(ConfirmScreen(asked), partial(self.deleted, self.chosen.id))

    def deleted(self, number: int, agreed: bool | None) -> None:
        if agreed and self.store is not None:
            self.change(partial(self.store.delete, [number]))

    def change(self, work: Callable[[], object]) -> None:
        """Change the history in a thread, then list it again."""
        self.run_worker(partial(self.changed, work, self.rows.chosen), thread=True, group="change")

    def changed(self, work: Callable[[], object], chosen: int) -> None:
        try:
            work()
        except RadliteError as error:
            self.app.call_later(partial(self.notify, str(error), severity="warning", markup=False))
        self.app.call_later(self.look, chosen)

    def action_export(self) -> None:
        if self.chosen is not None:
            about = "A new file: .md for Markdown, .json or .txt   Enter writes   Esc"
            path = f"~/radlite-{self.chosen.id}.md"
            self.app.push_screen(LineScreen("Export to", path, about), partial(self.exported, self.chosen.id))

    def exported(self, number: int, name: str | None) -> None:
        if name is None or self.store is None:
            return
        path = Path(name).expanduser()
        try:
            write_new(path, export.export([self.store.conversation(number)], export.format_of(path)))
        except RadliteError as error:
            self.notify(display(str(error)), severity="warning", timeout=10, markup=False)
            return
        self.notify(f"Written to {display(str(path))}, readable by you alone.", timeout=6, markup=False)


def snippet_parts(snippet: str) -> list[Part]:
    """A snippet's text, what was found in it standing out, and not far from the beginning, so that it is seen."""
    parts: list[Part] = []
    before, mark, after = " ".join(snippet.split()).partition(MARKS[0])
    if mark and len(before) > LONGEST_BEFORE:
        before = f"…{before[-LONGEST_BEFORE:]}"
    for piece in f"{before}{mark}{after}".split(MARKS[0]):
        found, mark, rest = piece.partition(MARKS[1])
        parts += [(display(found), True), (display(rest), False)] if mark else [(display(piece), False)]
    return parts
