"""The same request in several modes and models: columns where there is room, one at a time elsewhere.

May import the assistant and `tui.widgets`. All columns run at once and share the machine. With names hidden, columns
stand in a random order, without figures, until each answer is rated.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from radlite_tui import tasks
from radlite_tui.assistant import comparison_export, ratings
from radlite_tui.assistant.comparison import Column, Expected, columns, expected
from radlite_tui.assistant.comparison_export import Compared
from radlite_tui.assistant.intake import display
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.tui.agreed import agreed, scored
from radlite_tui.tui.choices import title
from radlite_tui.tui.lines import MUTED, lines
from radlite_tui.tui.messages import Arrived, Ended, Trouble
from radlite_tui.tui.screens import compare_kept as reopening
from radlite_tui.tui.screens.compare_setup import Compare, CompareSetupScreen
from radlite_tui.tui.screens.line import LineScreen
from radlite_tui.tui.widgets.compare_column import ColumnView
from radlite_tui.tui.widgets.key_line import KeyLine
from radlite_tui.tui.widgets.status import Standing, StatusLine

if TYPE_CHECKING:
    from radlite_tui.assistant.history.records import KeptConversation
    from radlite_tui.tui.application import RadliteApp

FREE_TEXT = ("impression_generation", "radiology_qa", tasks.CHAT)
COLUMNS_FROM = 100
NARROWEST = 28
KEYS = (
    ("compare.change", "change"),
    ("compare.expect", "expected"),
    ("compare.differences", "diff"),
    ("compare.export", "export"),
    ("compare.next", "next"),
    ("app.help", "keys"),
)


class CompareScreen(Screen[None]):
    """ask: the request, with its task fixed. chosen: what to compare. kept: a comparison of the history, which is
    shown and not run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+e", "back", "Stop; then back to the conversation", id="compare.back", priority=True),
        Binding("left_square_bracket,left", "turn(-1)", "Previous column", id="compare.previous"),
        Binding("right_square_bracket,right", "turn(1)", "Next column", id="compare.next"),
        Binding("c", "change", "Change modes and models, or hide names", id="compare.change"),
        Binding("x", "expect", "Type the expected answer, to score against it", id="compare.expect"),
        Binding("d", "differences", "Word differences to this column, or none", id="compare.differences"),
        Binding("o", "export", "Keep the comparison as Markdown and JSON", id="compare.export"),
        *(
            Binding(str(n), f"rate({n})", f"Rate this column {n} of {ratings.HIGHEST}", id=f"compare.rate_{n}")
            for n in range(ratings.LOWEST, ratings.HIGHEST + 1)
        ),
    ]

    def __init__(self, ask: Ask, chosen: Compare | None = None, kept: KeptConversation | None = None) -> None:
        super().__init__()
        self.ask, self.chosen, self.kept = ask, chosen or Compare(), kept
        self.numbers: dict[Column, int] = {}
        self.current = 0
        self.over = False
        self.wanted = ""
        self.reference: int | None = None
        self.views: list[ColumnView] = []
        self.routed = ""

    @property
    def radlite(self) -> RadliteApp:
        return cast("RadliteApp", self.app)

    def compose(self) -> ComposeResult:
        yield Static(id="compare-head")
        with Horizontal(id="columns"):
            yield from self.make_columns()
        yield Static(id="agreement")
        yield StatusLine(id="status")
        yield KeyLine(id="keys")

    def make_columns(self) -> list[ColumnView]:
        """One view a column, shuffled when names are hidden."""
        found = list(reopening.columns(self.kept)) if self.kept is not None else self.planned()
        self.numbers = {column: number for number, column in enumerate(found, 1)}
        if self.chosen.blind:
            random.SystemRandom().shuffle(found)
        several = len({column.model for column in found}) > 1
        for place, column in enumerate(found):
            name = f"{column.model.removeprefix('radlite-')} {column.mode}" if several else column.mode.value
            self.views.append(ColumnView(column, place, name, self.chosen.blind))
        return self.views

    def planned(self) -> list[Column]:
        """What is to run."""
        assistant = self.radlite.assistant
        assert assistant is not None
        plan = assistant.plan(self.ask)
        self.routed = plan.model or ""
        return list(columns(plan, self.chosen.modes, self.chosen.models))

    def on_mount(self) -> None:
        self.query_one("#status", StatusLine).keep(self.radlite.keeping.word)
        fine_tuned = [view.place for view in self.views if view.column.mode.tuned and not view.column.mode.shots]
        self.turn_to(0 if self.chosen.blind or not fine_tuned else fine_tuned[0])
        if self.kept is None:
            assistant, keeping = self.radlite.assistant, self.radlite.keeping
            assert assistant is not None
            self.radlite.start_run(lambda: keeping.compare(assistant, self.ask, self.chosen), self)
        else:
            self.over, self.wanted = True, self.kept.expected
            reopening.fill(self.views, self.kept)
            self.reveal()
            self.redraw()
        self.call_after_refresh(lambda: self.query_one(KeyLine).show(KEYS))

    def on_resize(self) -> None:
        self.call_after_refresh(self.place_columns)

    @property
    def columns(self) -> list[ColumnView]:
        return self.views

    @property
    def hidden(self) -> bool:
        return any(view.hidden for view in self.views)

    def column(self, column: Column) -> ColumnView:
        return next(view for view in self.views if view.column == column)

    # What arrives.

    def on_arrived(self, message: Arrived) -> None:
        for seen, item in message.items:
            if isinstance(item, Ended):
                self.over = True
                self.reveal()
                if self.wanted or any(view.rating is not None for view in self.views):
                    self.judge()
            elif isinstance(item, Trouble):
                self.fail(item.sentence)
            elif isinstance(item, tuple):
                self.column(item[0]).take(item[1], seen)
        self.redraw()

    def reveal(self) -> None:
        """With names hidden: once all is over and every answer there is has its rating, say whose they are and keep
        the ratings. Where no column has an answer there is nothing to rate, so nothing to hide."""
        answered = self.answered()
        if not self.hidden or not self.over or any(view.rating is None for view in answered):
            return
        for view in self.views:
            view.hidden = False
        self.keep_ratings(answered)

    def fail(self, sentence: str) -> None:
        """The comparison as a whole cannot go on: said in the columns that have no answer."""
        for view in self.views:
            if not view.over:
                view.trouble = sentence

    # Drawing.

    def redraw(self) -> None:
        front = None if self.reference is None else self.views[self.reference]
        for view in self.views:
            view.reference, view.said = (None, "") if front is None else (front.answer, front.shown_name)
            view.draw()
        self.draw()

    def draw(self) -> None:
        """Head, agreement and status line."""
        words = display(" ".join(self.ask.words.split()))
        head: list[str | tuple[str, str]] = [(f"Compare: {title(self.ask.task or 'chat')}", "bold $text-primary")]
        if words:
            head.append(f" · {words}")
        if any(view.answer.model.demonstration for view in self.views if view.answer is not None):
            head.append(("  demonstration model", "italic $text-warning"))
        if self.hidden:
            head.append(("  names hidden until each is rated, 1-5", "bold"))
        self.query_one("#compare-head", Static).update(Content.assemble(*head))
        self.query_one("#agreement", Static).update(self.summary())
        front = self.views[self.current]
        over = "done" if self.kept is None else "from the history"
        state = over if self.over else (front.progress.state if front.progress is not None else "starting")
        who = ("", "") if self.hidden else (front.column.model, front.column.mode.value)
        progress = None if self.hidden else front.progress
        self.query_one("#status", StatusLine).show(Standing(state, "compare", *who), progress)
        for view in self.views:
            view.title(len(self.views))

    def answered(self) -> list[ColumnView]:
        return [view for view in self.views if view.answer is not None]

    def answers(self) -> list[Answer]:
        return [view.answer for view in self.views if view.answer is not None]

    def summary(self) -> Content:
        """Scores where the expected answer is known, agreement and vote once there are two answers."""
        named = [(view.shown_name, view.answer) for view in self.views if view.answer is not None]
        wanted = self.expected()
        rows = [agreed([answer for _, answer in named]), None if wanted is None else scored(wanted, named)]
        shown = [row for row in rows if row is not None]
        return lines(shown) if shown else Content.styled("Agreement shows when two answers are there.", MUTED)

    def expected(self) -> Expected | None:
        """What the user typed, else the author's answer to one of the task's own examples that is not free text.
        Raises BadInput for a typed answer that the task cannot have."""
        given, tag = self.answers(), self.ask.task
        report = given[0].plan.ask.report if given else self.ask.report
        if tag is None:
            return None
        if self.wanted:
            return expected(tag, self.wanted, report, given)
        if tag in FREE_TEXT:
            return None
        for example in tasks.get(tag).demonstrations:
            if example.report.text == self.ask.report.text and example.words == self.ask.words.strip():
                return expected(tag, example.answer, report, given)
        return None

    def place_columns(self) -> None:
        """As many columns beside each other as can be read, the current one among them; below 100 columns, one."""
        width, count = self.size.width, len(self.views)
        room = 1 if width < COLUMNS_FROM else max(1, min(count, width // NARROWEST))
        first = min(max(0, self.current - room + 1), count - room) if self.current >= room else 0
        for view in self.views:
            view.display = first <= view.place < first + room

    def turn_to(self, number: int) -> None:
        self.current = number % len(self.views)
        self.place_columns()
        self.views[self.current].focus()
        self.draw()

    # Keys.

    def action_turn(self, step: int) -> None:
        self.turn_to(self.current + step)

    def action_back(self) -> None:
        """Esc: stop the comparison; once it is over, leave."""
        if self.over:
            self.dismiss()
        else:
            self.radlite.stop_run()

    def idle(self) -> bool:
        if not self.over:
            self.notify("The comparison still runs; Esc stops it.", timeout=3)
        return self.over

    def action_change(self) -> None:
        """Other modes and models: a new comparison in place of this one."""
        assistant = self.radlite.assistant
        if assistant is None or not self.idle():
            return
        names = [manifest.name for manifest in assistant.models()]
        self.app.push_screen(CompareSetupScreen(self.chosen, self.routed, names), self.changed)

    def changed(self, chosen: Compare | None) -> None:
        if chosen is not None:
            following = CompareScreen(self.ask, chosen)
            following.wanted = self.wanted
            self.app.switch_screen(following)

    def action_expect(self) -> None:
        hint = f"As {title(self.ask.task or 'chat')} answers it; empty: none. Enter scores   Esc closes"
        self.app.push_screen(LineScreen("Expected answer", self.wanted, hint, empty=True), self.expecting)

    def expecting(self, text: str | None) -> None:
        """Score against it; an answer the task cannot have is refused in a sentence."""
        if text is None:
            return
        before, self.wanted = self.wanted, text
        try:
            self.expected()
        except BadInput as error:
            self.wanted = before
            self.notify(display(str(error)), severity="error", timeout=8, markup=False)
        else:
            self.judge()
        self.draw()

    def judge(self) -> None:
        """What was expected, and the ratings, go to the comparison in the history, where it is kept."""
        ratings = {self.numbers[view.column]: view.rating for view in self.views if view.rating is not None}
        self.radlite.keeping.judge(self.kept.summary.id if self.kept is not None else None, self.wanted, ratings)

    def action_differences(self) -> None:
        """Each other column's words against this one's; again: as they were drawn."""
        if self.views[self.current].answer is None:
            self.notify("There is no answer here to set the others against.", timeout=3)
            return
        self.reference = None if self.reference == self.current else self.current
        self.redraw()

    def action_rate(self, rating: int) -> None:
        """Rate the current column's answer; with names hidden they are shown, and ratings kept, once all are rated."""
        front = self.views[self.current]
        if front.answer is None or front.rating is not None:
            said = "It is rated already." if front.rating else "There is no answer to rate here."
            self.notify(said, timeout=3)
            return
        front.rating = rating
        if self.hidden:
            self.reveal()
        else:
            self.keep_ratings([front])
        self.judge()
        self.redraw()

    def keep_ratings(self, views: list[ColumnView]) -> None:
        try:
            for view in views:
                if view.answer is not None and view.rating is not None:
                    ratings.keep(ratings.rated(view.answer, view.rating, self.chosen.blind))
        except RadliteError as error:
            self.notify(display(str(error)), severity="error", timeout=8, markup=False)
            return
        if views:
            said = f"Kept in {ratings.path()} (no report, no answer)."
            self.notify(display(said), timeout=5, markup=False)

    def action_export(self) -> None:
        """Keep the comparison in two files, and say where and that the report is in them."""
        if not self.idle():
            return
        if self.hidden:
            self.notify("Rate each answer first; an export names them.", timeout=4)
            return
        views = self.answered()
        failed = tuple((v.column.model, v.column.mode.value, v.trouble) for v in self.views if v.trouble)
        given = tuple(self.answers())
        marks = tuple(view.rating for view in views)
        compared = Compared(self.ask, given, self.expected(), failed, marks, self.chosen.blind)
        try:
            file, _ = comparison_export.keep(compared)
        except RadliteError as error:
            self.notify(display(str(error)), severity="error", timeout=8, markup=False)
            return
        self.notify(display(f"Kept, with the report, in {file} and .json."), timeout=8, markup=False)
