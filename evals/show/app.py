"""The Textual app of `python -m evals show`: three views of the results, all by keyboard.

May import Textual, `looking` and the themes of the main app, so that 16 colours and none look as they do there. Nothing
is said by colour alone.
"""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.filter import LineFilter, Monochrome
from textual.widgets import ContentSwitcher, DataTable, Footer, Static

from evals.report.tables import figure, share
from evals.routes import METRIC_NAMES
from evals.score import Row
from evals.show import drawing
from evals.show.looking import WHICH, Looking, Shown, confusion, histogram
from radlite_tui import tasks
from radlite_tui.tui import themes
from radlite_tui.tui.colourless import Colourless

NOTICE = "Synthetic; not for clinical use."


class ShowApp(App[None]):
    """Looks at results; changes nothing."""

    TITLE = "RadLite scores"
    CSS_PATH = "show.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "view('board')", "scores"),
        Binding("2", "view('confusion')", "matrix"),
        Binding("3", "view('cases')", "cases"),
        Binding("t", "task(1)", "task"),
        Binding("T", "task(-1)", "task back", show=False),
        Binding("a", "side('a')", "A"),
        Binding("b", "side('b')", "B"),
        Binding("s", "subset", "system"),
        Binding("f", "which", "filter"),
        Binding("n,right,j", "step(1)", "next", key_display="n"),
        Binding("p,left,k", "step(-1)", "prev", key_display="p"),
        Binding("q,ctrl+q,ctrl+c", "quit", "quit", key_display="q"),
    ]

    def __init__(self, looking: Looking) -> None:
        super().__init__()
        self.looking = looking
        self.tag = looking.tags[0]
        self.sides = self.first_sides()
        self.subset = ""
        self.which = WHICH[0]
        self.place = 0
        self.animation_level = "none"
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.chosen("auto", self.console.color_system, os.environ)
        self.filter_colours()

    def filter_colours(self) -> None:
        """The theme without colours has none at all, not greys."""
        kept = [one for one in self._filters if not isinstance(one, (Colourless, Monochrome))]
        colourless: list[LineFilter] = [Colourless()] if self.theme == themes.MONO.name else []
        self._filters = [*kept, *colourless]

    def compose(self) -> ComposeResult:
        yield Static(id="head", markup=False)
        with ContentSwitcher(initial="board"):
            with Vertical(id="board"):
                yield DataTable(id="rows", cursor_type="row", zebra_stripes=False)
            with VerticalScroll(id="confusion"):
                yield Static(id="matrix", markup=False)
            with Vertical(id="cases"):
                with VerticalScroll(id="report-scroll"):
                    yield Static(id="report", markup=False)
                with Horizontal(id="answers"):
                    for name in ("gold", "a", "b"):
                        with VerticalScroll(id=f"{name}-scroll"):
                            yield Static(id=name, markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        for name, title in (("gold", "Gold"), ("a", "A"), ("b", "B")):
            self.query_one(f"#{name}-scroll").border_title = title
        self.show_all()
        self.query_one("#rows").focus()

    @property
    def view(self) -> str:
        return self.query_one(ContentSwitcher).current or "board"

    def rows(self) -> list[Row]:
        """The rows of the task that is looked at, best first."""
        return self.looking.board(self.tag)

    def first_sides(self) -> dict[str, int]:
        """The best row, and the best of another model, or the next one."""
        rows = self.rows()
        return {"a": 0, "b": next((i for i, row in enumerate(rows) if row.model != rows[0].model), 1)}

    def side(self, which: str) -> Row:
        rows = self.rows()
        return rows[self.sides[which] % len(rows)]

    def found(self) -> list[Shown]:
        return self.looking.cases(self.tag, self.side("a"), self.side("b"), self.which)

    def action_view(self, name: str) -> None:
        self.query_one(ContentSwitcher).current = name
        self.show_all()
        self.query_one({"board": "#rows", "confusion": "#confusion", "cases": "#report-scroll"}[name]).focus()

    def action_task(self, by: int) -> None:
        """The next task; the sides begin anew at its best rows."""
        tags = self.looking.tags
        self.tag = tags[(tags.index(self.tag) + by) % len(tags)]
        self.sides, self.subset, self.place = self.first_sides(), "", 0
        self.show_all()

    def action_side(self, which: str) -> None:
        """Another row as A or B; the other side's is passed over, so that two are always compared."""
        count, other = len(self.rows()), self.sides["b" if which == "a" else "a"]
        self.sides[which] = (self.sides[which] + 1) % count
        if self.sides[which] == other and count > 1:
            self.sides[which] = (self.sides[which] + 1) % count
        self.place = 0
        self.show_all()

    def action_subset(self) -> None:
        found = self.looking.subsets(self.tag)
        self.subset = found[(found.index(self.subset) + 1) % len(found)]
        self.show_all()

    def action_which(self) -> None:
        self.which, self.place = WHICH[(WHICH.index(self.which) + 1) % len(WHICH)], 0
        self.show_all()

    def action_step(self, by: int) -> None:
        if self.view == "cases":
            self.place = max(0, min(self.place + by, len(self.found()) - 1))
            self.show_all()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter on a row looks at its answers."""
        self.sides["a"] = event.cursor_row
        if self.sides["b"] == event.cursor_row:
            self.sides["b"] = (event.cursor_row + 1) % len(self.rows())
        self.place = 0
        self.action_view("confusion")

    def show_all(self) -> None:
        """Draw the view that is open."""
        head = self.query_one("#head", Static)
        title = f"{tasks.get(self.tag).title} {self.looking.tags.index(self.tag) + 1}/{len(self.looking.tags)}"
        if self.view == "board":
            first = self.rows()[0]
            metric = METRIC_NAMES.get(first.metric, first.metric)
            head.update(f"{title}  {metric}; majority answer {first.majority:.2f}.  {NOTICE}")
            self.show_board()
        elif self.view == "confusion":
            a = self.side("a")
            model = a.model.removeprefix("radlite-")
            head.update(f"{title}  {model} {a.mode}{', ' + self.subset if self.subset else ''}.  {NOTICE}")
            self.show_confusion(a)
        else:
            self.show_case(head, title)

    def show_board(self) -> None:
        table = self.query_one("#rows", DataTable)
        table.clear(columns=True)
        table.add_columns("model", "mode", "score (95 %)", "strict", "unparsed", "n")
        for r in self.rows():
            table.add_row(
                r.model.removeprefix("radlite-"),
                r.mode,
                figure(r.value, r.low, r.high),
                f"{r.strict:.2f}",
                share(r.unparseable),
                str(r.n),
            )

    def show_confusion(self, row: Row) -> None:
        cell = self.looking.cell(row)
        table = confusion(cell, self.subset)
        drawn = drawing.matrix(table) if table is not None else drawing.bars(histogram(cell), row)
        self.query_one("#matrix", Static).update(drawn)

    def show_case(self, head: Static, title: str) -> None:
        found = self.found()
        if not found:
            head.update(f"{title}  no {self.which}.  {NOTICE}")
            for name in ("report", "gold", "a", "b"):
                self.query_one(f"#{name}", Static).update("")
            return
        self.place = min(self.place, len(found) - 1)
        shown = found[self.place]
        head.update(f"{title}  {self.which}, {self.place + 1} of {len(found)}.  {NOTICE}")
        self.query_one("#report-scroll").border_title = f"Report {shown.a.case}"
        self.query_one("#report", Static).update(drawing.report(shown.a))
        self.query_one("#gold", Static).update(drawing.plain(shown.a.gold))
        self.query_one("#a", Static).update(drawing.answer(shown.a, shown.a_score))
        self.query_one("#b", Static).update(drawing.answer(shown.b, shown.b_score))
        for name in ("report", "gold", "a", "b"):
            self.query_one(f"#{name}-scroll").scroll_home(animate=False)
