"""The report to read: sections that fold, and what an answer speaks of marked in place by glyph and style.

May import Textual and, once there is a report, `drawing` and the assistant's sections. Shows a text that is edited
elsewhere; must show every character of an unfolded section as it is, with glyphs added round marks only.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from radlite_tui.tui.lines import MUTED
from radlite_tui.tui.messages import EditReport

if TYPE_CHECKING:
    from radlite_tui.assistant.sections import Section

Marks = tuple[tuple[int, int, str], ...]

SMALL = 6
LONGEST_TITLE = 30
OTHER_GLYPHS = ("«", "»")


class ReportView(VerticalScroll):
    """One report, read-only. Where few lines show, sections that say why and how are folded by themselves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "app.step_mark(1)", "Next mark", id="view.next_mark", show=False),
        Binding("N", "app.step_mark(-1)", "Previous mark", id="view.previous_mark", show=False),
        Binding("right_square_bracket", "turn(1)", "Next section", id="view.next", show=False),
        Binding("left_square_bracket", "turn(-1)", "Previous section", id="view.previous", show=False),
        Binding("space", "fold", "Fold or unfold the section", id="view.fold", show=False),
        Binding("f", "fold_all", "Fold all but findings and impression, or unfold all", id="view.fold_all", show=False),
        Binding("enter,e", "edit", "Edit the report", id="view.edit", show=False),
        Binding("j", "scroll_down", "Down", id="view.down", show=False),
        Binding("k", "scroll_up", "Up", id="view.up", show=False),
        Binding("question_mark", "app.help", "Help", id="view.help", show=False),
    ]

    def __init__(self, id: str | None = None) -> None:  # Textual's own parameter name
        super().__init__(id=id)
        self.text = ""
        self.parts: tuple[Section, ...] = ()
        self.folded: set[int] | None = None
        self.current = 0
        self.marks: Marks = ()
        self.stepped: int | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="view-text")

    def on_resize(self) -> None:
        self.draw()

    def show(self, text: str) -> None:
        """Another text; folding and marks begin anew."""
        from radlite_tui.assistant.sections import sections

        if text != self.text:
            self.text, self.parts = text, sections(text)
            self.folded, self.marks, self.stepped, self.current = None, (), None, 0
            self.draw()

    def mark(self, marks: Marks) -> None:
        self.marks, self.stepped = marks, None
        self.draw()

    def step(self, number: int) -> None:
        """Bring a mark to the eye, unfolding its section."""
        self.stepped = number
        at = self.marks[number][0]
        place = next((i for i, part in enumerate(self.parts) if part.start <= at < part.end), 0)
        if place in self.closed:
            self.folded = self.closed - {place}
        self.draw()
        width = max(1, self.content_size.width - 1)
        before = self.assembled(until=at)
        row = len(before.wrap(width)) - 1
        self.scroll_to(y=max(0, row - 1), animate=False, immediate=True)

    @property
    def closed(self) -> set[int]:
        """The folded sections: as the reader left them, else by the room there is."""
        if self.folded is not None:
            return self.folded
        small = 0 < self.size.height <= SMALL
        return self.background if small else set()

    @property
    def background(self) -> set[int]:
        """Sections that are neither findings nor impression, where there are such."""
        if not any(part.main for part in self.parts):
            return set()
        return {place for place, part in enumerate(self.parts) if not part.main}

    def draw(self) -> None:
        if self.is_mounted:
            self.query_one("#view-text", Static).update(self.assembled())

    def assembled(self, until: int | None = None) -> Content:
        """The text with marks, folded sections as headings on one line; up to a place in it, if one is given."""
        closed = self.closed
        drawn = Content("")
        open_line = False
        for place, part in enumerate(self.parts):
            if until is not None and part.start > until:
                break
            if place in closed:
                style = "bold reverse" if self.has_focus and place == self.current else "bold"
                head = Content.assemble(("▸ ", MUTED), (part.name or self.title(part), style))
                drawn += Content("  ") + head if open_line else head
                open_line = True
                continue
            if open_line:
                drawn += "\n"
                open_line = False
            end = part.end if until is None else min(part.end, until)
            drawn += self.marked(part, place, end)
        return drawn

    def title(self, part: Section) -> str:
        """The first line of what stands before any heading."""
        line = self.text[part.start : part.end].strip().partition("\n")[0]
        return f"{line[:LONGEST_TITLE]}…" if len(line) > LONGEST_TITLE else line

    def marked(self, part: Section, place: int, end: int) -> Content:
        """One open section with its heading in bold and its marks in glyphs."""
        found: list[str | tuple[str, str]] = []
        at = part.start
        if part.name:
            style = "bold reverse" if self.has_focus and place == self.current else "bold"
            found.append((self.text[part.start : min(part.body, end)], style))
            at = part.body
        for number, (start, stop, style) in enumerate(self.marks):
            if not (at <= start and stop <= end):
                continue
            opening, closing = glyphs().get(style, OTHER_GLYPHS)
            found += [self.text[at:start]]
            if number == self.stepped:
                found.append((f"▶{opening}{self.text[start:stop]}{closing}", f"{style} reverse"))
            else:
                found.append((f"{opening}{self.text[start:stop]}{closing}", style))
            at = stop
        found.append(self.text[at:end])
        return Content.assemble(*found)

    def on_focus(self) -> None:
        self.draw()

    def on_blur(self) -> None:
        self.draw()

    def action_turn(self, step: int) -> None:
        """The next or previous section, brought to the top."""
        self.current = (self.current + step) % max(1, len(self.parts))
        self.draw()
        if self.parts:
            width = max(1, self.content_size.width - 1)
            row = len(self.assembled(until=self.parts[self.current].start).wrap(width)) - 1
            self.scroll_to(y=max(0, row), animate=False)

    def action_fold(self) -> None:
        self.folded = self.closed ^ {self.current}
        self.draw()

    def action_fold_all(self) -> None:
        self.folded = set() if self.closed else self.background
        self.draw()

    def action_edit(self) -> None:
        self.post_message(EditReport())


@cache
def glyphs() -> dict[str, tuple[str, str]]:
    """Style of a mark -> what stands before and after it."""
    from radlite_tui.tui.drawing import ENTITY_MARKS, MARK_STYLES

    return {MARK_STYLES[kind]: ENTITY_MARKS[kind][:2] for kind in MARK_STYLES}
