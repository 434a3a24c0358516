"""The report pane: the current report, and the earlier one behind it; what is shown is what is sent.

May import Textual and, once there is a report, the assistant's intake. Control and bidirectional characters are shown
as text when they come in, so no report can steer the terminal.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static, TextArea
from textual.widgets.text_area import Selection

from radlite_tui.errors import BadInput
from radlite_tui.showing import display
from radlite_tui.tui.messages import EditReport, ReportChanged, ReportPasted
from radlite_tui.tui.widgets.report_view import Marks, ReportView

if TYPE_CHECKING:
    from rich.text import Text

    from radlite_tui.assistant.intake import Taken
    from radlite_tui.tasks.report import Report

FIRST_STEPS = """\
Paste a report here or below, or press Ctrl+O to open a file.
Then say what you want in your own words, for example:

  birads?            write the impression        what changed?
  N stage            is there a pneumothorax?    list the entities

Ctrl+K lists the nine tasks, each with an example report to try (e).
F1 shows every key. Ctrl+Q quits."""

FOLDED = 4
BESIDE = 90
"""Columns of the pane from which the earlier report stands beside the current one."""
STACKED = 20
"""Rows of the pane from which, in a wide terminal, it stands below."""


class ReportText(TextArea):
    """One report. marks: (start, end, style) over the text, drawn until the text changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "undo", "Undo", id="report.undo", show=False),
    ]

    def __init__(self, id: str, placeholder: str) -> None:  # Textual's own parameter name
        super().__init__(
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            compact=True,
            highlight_cursor_line=False,
            tab_behavior="focus",
            placeholder=placeholder,
        )
        self.cursor_blink = False  # every blink is drawn, sent over the line, and taken from the model's cores
        self.marks: Marks = ()
        self.stepped: int | None = None
        self.starts: list[int] = [0]

    def titled(self, name: str) -> ReportText:
        """With its name in its upper border."""
        self.border_title = name
        return self

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        from radlite_tui.assistant.intake import check

        try:
            text = check(event.text) if event.text.strip() else event.text
        except BadInput as error:
            self.notify(str(error), severity="error")
            return
        if not self.text.strip():
            self.post_message(ReportPasted())
        self.replace(shown(text), *self.selection)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.mark(())
        self.post_message(ReportChanged())

    def mark(self, marks: Marks) -> None:
        """Style spans of the text, or none."""
        self.starts = [0]
        for line in self.document.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        if marks != self.marks:
            self.marks, self.stepped = marks, None
            self._line_cache.clear()
            self.refresh()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_findings)

    def show_findings(self) -> None:
        """With a few lines to show, show where the findings begin."""
        if self.has_focus or self.size.height > FOLDED:
            return
        for row, line in enumerate(self.document.lines):
            if line.lstrip().upper().startswith(("FINDINGS", "IMPRESSION")):
                self.scroll_to(y=self.wrapped_document.location_to_offset((row, 0)).y, animate=False)
                return

    def step_mark(self, step: int) -> bool:
        """Select the next or previous mark and bring it into view. False when there is none."""
        if not self.marks:
            return False
        self.stepped = (self.stepped + step) % len(self.marks) if self.stepped is not None else min(step, 0)
        start, end, _ = self.marks[self.stepped]
        self.selection = Selection(self.location(start), self.location(end))
        self.scroll_cursor_visible()
        return True

    def location(self, offset: int) -> tuple[int, int]:
        """(row, column) of an offset into the text."""
        row = bisect_right(self.starts, offset) - 1
        return row, offset - self.starts[row]

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        if self.marks and line_index < len(self.starts):
            first = self.starts[line_index]
            for start, end, style in self.marks:
                if start < first + len(line) and end > first:
                    line.stylize(style, max(0, start - first), max(0, end - first))
        return line


class ReportPane(Vertical):
    """The current report, to edit or to read, and the earlier one; where there is no room for both, one is on top.

    reading: the current one is shown as a `ReportView`, with sections and marks, until it is to be edited.
    whole: the texts are there; until the first paint, or the first use of one, the first steps stand for them.
    """

    def __init__(self, id: str | None = None) -> None:  # Textual's own parameter name
        super().__init__(id=id)
        self.source = ""
        self.loaded = ""
        self.counted = ""
        self.showing_prior = False
        self.reading = False
        self.editing = False
        self.whole = False

    def compose(self) -> ComposeResult:
        yield Static(FIRST_STEPS, id="first-steps", markup=False)

    def on_mount(self) -> None:
        self.retitle()
        self.call_after_refresh(self.complete)

    def complete(self) -> None:
        """The three texts, in place of the first steps, which look the same."""
        if self.whole:
            return
        self.whole = True
        with self.app.batch_update():
            self.mount(
                ReportView("view"),
                ReportText("current", FIRST_STEPS),
                ReportText("prior", "Paste the earlier report here. F3 goes back to the current one."),
            )
            self.query_one("#first-steps").display = False
            self.settle_faces()

    def on_report_pasted(self, message: ReportPasted) -> None:
        message.stop()
        if not self.showing_prior:
            self.source, self.loaded = "pasted", self.current.text

    def on_report_changed(self) -> None:
        self.settle_faces()
        if not self.current.text.strip():
            self.source = ""
        self.retitle()

    @property
    def current(self) -> ReportText:
        self.complete()
        return self.query_one("#current", ReportText)

    @property
    def prior(self) -> ReportText:
        self.complete()
        return self.query_one("#prior", ReportText)

    @property
    def view(self) -> ReportView:
        self.complete()
        return self.query_one("#view", ReportView)

    @property
    def on_top(self) -> ReportText | ReportView:
        """What the keys of the report go to."""
        if self.showing_prior:
            return self.prior
        return self.view if self.view.display else self.current

    def read(self, reading: bool = True) -> None:
        """From now on the current report is to be read, or to be edited."""
        self.reading, self.editing = reading, False
        self.settle_faces()

    def on_edit_report(self, message: EditReport) -> None:
        message.stop()
        self.editing = True
        self.settle_faces()
        self.current.focus()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget is self.current and self.editing:
            self.editing = False
            self.call_after_refresh(self.settle_faces)

    def on_resize(self) -> None:
        if self.whole:
            self.settle_faces()

    def settle_faces(self) -> None:
        """Which of the three texts show: the current one in one of its two faces, and the earlier one."""
        beside = self.size.width >= BESIDE
        stacked = not beside and self.screen.has_class("-wide") and self.size.height >= STACKED
        both = bool(self.prior.text.strip()) and (beside or stacked)
        self.set_class(both and beside, "-beside")
        reading = self.reading and not self.editing and bool(self.current.text.strip())
        self.view.display = reading and (both or not self.showing_prior)
        if self.view.display:
            self.view.show(self.current.text)  # only now: a long report is not laid out while it is typed
        self.current.display = not reading and (both or not self.showing_prior)
        self.prior.display = both or self.showing_prior
        self.prior.border_title = "Earlier report" if both else ""
        self.prior.set_class(both, "-second")

    def mark(self, marks: Marks) -> None:
        """Mark places of the current report in both its faces."""
        self.current.mark(marks)
        self.view.show(self.current.text)
        self.view.mark(marks)

    def step_mark(self, step: int) -> bool:
        """Bring the next or previous mark to the eye. False when there is none."""
        found = self.current.step_mark(step)
        if found and self.view.display and self.current.stepped is not None and self.view.marks == self.current.marks:
            self.view.step(self.current.stepped)
        return found

    def report(self) -> Report:
        """What the panes hold now."""
        from radlite_tui.tasks.report import Report

        prior = self.prior.text
        return Report(self.current.text, prior if prior.strip() else None, self.source)

    def load(self, text: str, source: str, prior: str | None = None) -> None:
        """Another report, from a file, a paste or an example; an undo brings the old one back."""
        self.show_prior(False)
        self.source, self.loaded = source, shown(text)
        self.current.replace(shown(text), (0, 0), self.current.document.end)
        self.current.move_cursor((0, 0))
        earlier = shown(prior or "")
        if earlier != self.prior.text:
            self.prior.replace(earlier, (0, 0), self.prior.document.end)
            self.prior.move_cursor((0, 0))
        self.retitle()
        self.call_after_refresh(self.current.show_findings)

    def open(self, text: str, source: str) -> None:
        """A text for the report on top; the other one stays."""
        if not self.showing_prior:
            self.load(text, source, self.prior.text)
            return
        self.prior.replace(shown(text), (0, 0), self.prior.document.end)
        self.prior.move_cursor((0, 0))

    def take(self, taken: Taken) -> None:
        """What was read from a file; its own earlier report, if it has one, takes the other place."""
        if taken.prior is not None:
            self.load(taken.text, taken.source, taken.prior)
        else:
            self.open(taken.text, taken.source)

    def clear(self) -> None:
        self.load("", "")

    def show_prior(self, prior: bool) -> None:
        self.showing_prior = prior
        self.settle_faces()
        self.retitle()

    def count(self, text: str) -> None:
        """What the title says about length: the whole prompt's tokens, or nothing."""
        self.counted = text
        self.retitle()

    def retitle(self) -> None:
        """Which report, where from, how long, and what stands behind it."""
        held = (self.prior if self.showing_prior else self.current).text.strip() if self.whole else ""
        words = ["Earlier report" if self.showing_prior else "Report"]
        if not self.showing_prior and held:
            edited = self.source and self.current.text != self.loaded
            words.append((self.source or "typed") + (", edited" if edited else ""))
        if not held:
            words.append("empty")
        if self.counted:
            words.append(self.counted)
        self.border_title = " ─ ".join(display(word).replace("[", r"\[") for word in words)
        other = "current" if self.showing_prior else ("earlier ✓" if self.whole and self.prior.text.strip() else "")
        self.border_subtitle = f"F3 {other}" if other else ""


def shown(text: str) -> str:
    """Text as the pane holds it: control characters as text, line ends as newlines."""
    return display(text.replace("\r\n", "\n").replace("\r", "\n"))
