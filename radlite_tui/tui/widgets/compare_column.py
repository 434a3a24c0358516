"""One column of a comparison: one model in one mode, its answer as it comes, and its figures.

May import Textual, `drawing`, `progress` and the assistant's types. Says whose answer it is unless it is hidden.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from radlite_tui.assistant import intake
from radlite_tui.assistant.comparison import Column
from radlite_tui.assistant.types import Answer
from radlite_tui.engine.protocol import Event, Failed
from radlite_tui.tui.figures import rate
from radlite_tui.tui.lines import MUTED
from radlite_tui.tui.progress import Progress
from radlite_tui.tui.widgets.answer import CURSOR, GROWTH, finished
from radlite_tui.tui.widgets.growing import GrowingText
from radlite_tui.tui.widgets.redrawn import Redrawn
from radlite_tui.tui.word_diff import word_diff

CORNERS = 6
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class ColumnView(VerticalScroll):
    """place: from 0. named: how it is called when several models are compared. hidden: only a letter is shown."""

    def __init__(self, column: Column, place: int, named: str, hidden: bool) -> None:
        super().__init__(id=f"column-{place}", classes="column")
        self.column, self.place, self.named, self.hidden = column, place, named, hidden
        self.progress: Progress | None = None
        self.began = 0.0
        self.answer: Answer | None = None
        self.trouble = ""
        self.rating: int | None = None
        self.reference: Answer | None = None
        self.said = ""
        self.growing = GrowingText()

    def compose(self) -> ComposeResult:
        yield Redrawn(classes="column-text")

    def on_mount(self) -> None:
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    @property
    def over(self) -> bool:
        return self.answer is not None or bool(self.trouble)

    @property
    def shown_name(self) -> str:
        return LETTERS[self.place % len(LETTERS)] if self.hidden else self.named

    def take(self, event: Event | Answer, seen: float) -> None:
        """More of this column came."""
        if isinstance(event, Answer):
            self.answer = event
            return
        self.began = self.began or seen
        self.progress = (self.progress or Progress()).feed(event, seen)
        if isinstance(event, Failed):
            self.trouble = event.message

    def draw(self) -> None:
        """The answer, or how far it is; the live figures stand in the border."""
        width = max(20, self.content_size.width)
        text = self.query_one(Redrawn)
        text.step = 1 if self.over else GROWTH
        text.show(self.text(width))
        self.border_subtitle = self.figures()

    def text(self, width: int) -> list[Content]:
        if self.trouble:
            kept = self.progress.text if self.progress is not None else ""
            sentence = Content.styled(f"⚠ {intake.display(self.trouble)}", "$text-error")
            return [*([Content(intake.display(kept))] if kept else []), sentence]
        if self.answer is not None:
            if self.reference is not None and self.reference is not self.answer:
                diff = word_diff(intake.display(self.answer.text), intake.display(self.reference.text))
                return [Content.styled(f"{{+more+}} [-instead in {self.said}-]", MUTED), diff]
            drawn = finished(self.answer, width)
            return drawn[:-1] if self.hidden else drawn  # figures could tell the mode
        if self.progress is None:
            return [Content.styled("waiting …", MUTED)]
        if self.progress.text:
            return self.growing.lines(intake.display(self.progress.text), width, CURSOR)
        done = f"{self.progress.state} {self.progress.prompt_done}/{self.progress.prompt_total}"
        return [Content.styled("reading …" if self.hidden else done, MUTED)]

    def figures(self) -> str:
        """Time to first token, speed and tokens: measured when over, live before; none while hidden."""
        if self.hidden:
            return f"rated {self.rating}" if self.rating else ("rate 1-5" if self.answer is not None else "")
        rating = f"rated {self.rating} · " if self.rating else ""
        if self.answer is not None:
            stats = self.answer.stats
            return self.measured(stats.first_token_s, stats.decode_tok_s, stats.completion_tokens, rating)
        if self.progress is not None and self.progress.tokens:
            first = self.progress.decode_began - self.began
            return self.measured(first, self.progress.decode_tok_s, self.progress.tokens)
        return ""

    def measured(self, first: float, speed: float, tokens: int, rating: str = "") -> str:
        """The rating and the three figures, shorter where the border has no room for them in full."""
        full = f"{rating}first {first:.2f} s · {rate(speed)} tok/s · {tokens} tok"
        if len(full) <= self.outer_size.width - CORNERS:
            return full
        return f"{rating}{first:.2f} s, {rate(speed)}/s, {tokens} tok"

    def title(self, count: int) -> None:
        """Which column it is, in its border; seen also where one shows at a time."""
        done = " ✓" if self.answer is not None else (" ⚠" if self.trouble else "")
        self.border_title = f"{self.shown_name}{done} ({self.place + 1} of {count})"
