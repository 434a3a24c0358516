"""A task as a form: what it is given, field by field, and what would run; filled in and run by keyboard alone.

May import the assistant, the draft and `tui.widgets`. Runs nothing: gives what was filled in back to the read screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from radlite_tui import tasks
from radlite_tui.assistant.planning import WITHOUT_REPORT
from radlite_tui.assistant.types import Ask
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.report import Report
from radlite_tui.tui.choices import lacking
from radlite_tui.tui.draft import Draft
from radlite_tui.tui.lines import MUTED
from radlite_tui.tui.messages import ReportChanged, Sent, WordsChanged
from radlite_tui.tui.widgets.ask_line import AskLine
from radlite_tui.tui.widgets.key_line import KeyLine
from radlite_tui.tui.widgets.report import ReportText, shown
from radlite_tui.tui.widgets.routing_line import RoutingLine

if TYPE_CHECKING:
    from radlite_tui.tui.application import RadliteApp

NAMES = {"radiology_nli": ("Premise", "Hypothesis"), "temporal_comparison": ("Current report", "")}
KEYS = (
    ("form.run", "run"),
    ("form.next", "next field"),
    ("form.model", "model"),
    ("form.mode", "mode"),
    ("form.back", "back"),
)


@dataclass(frozen=True)
class Filled:
    """What the form gives back. run: at once, rather than only kept."""

    tag: str
    report: Report
    words: str
    run: bool


def wants_form(tag: str, report: Report) -> bool:
    """Whether a picked task has something to fill in: a field of its own, or a report that is not there yet."""
    task = tasks.get(tag)
    return tag != tasks.CHAT and (task.needs_prior or task.uses_words or not report.text.strip())


class FormScreen(Screen[Filled | None]):
    """tag: the task. report, words: what there is already. draft: whose model and mode are turned by key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back; what was filled in stays", id="form.back", priority=True),
        Binding("ctrl+r", "run", "Run the task", id="form.run", priority=True),
        Binding("tab", "app.focus_next", "Next field", id="form.next", priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", id="form.previous", priority=True),
        Binding("ctrl+l", "next_model", "Next model", id="form.model", priority=True),
        Binding("ctrl+s", "next_mode", "Next mode", id="form.mode", priority=True),
    ]

    def __init__(self, tag: str, report: Report, words: str, draft: Draft) -> None:
        super().__init__()
        self.tag, self.report, self.words, self.draft = tag, report, words, draft
        self.task_form = tasks.get(tag)

    @property
    def radlite(self) -> RadliteApp:
        return cast("RadliteApp", self.app)

    def compose(self) -> ComposeResult:
        task = self.task_form
        report_name, words_name = NAMES.get(self.tag, ("Report", ""))
        yield Static(Content.assemble((task.title, "bold $text-primary"), (f"  {task.help}", MUTED)), id="form-head")
        optional = " (may stay empty)" if self.tag in WITHOUT_REPORT else ""
        yield ReportText("form-report", f"Paste the {report_name.lower()} here.").titled(report_name + optional)
        if task.needs_prior:
            yield ReportText("form-prior", "Paste the earlier report here.").titled("Earlier report")
        if task.uses_words:
            with Horizontal(id="form-row"):
                yield Static(f"{words_name or task.words_heading}: ", id="form-label")
                yield AskLine(id="form-words")
        yield RoutingLine(id="routing")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        self.query_one("#form-report", ReportText).text = shown(self.report.text)
        if self.task_form.needs_prior:
            self.query_one("#form-prior", ReportText).text = shown(self.report.prior or "")
        if self.task_form.uses_words:
            self.query_one("#form-words", AskLine).text = self.words
        self.first_empty().focus()
        self.call_after_refresh(self.ready)

    def ready(self) -> None:
        self.query_one(KeyLine).show(KEYS)
        self.replan()

    def fields(self) -> list[ReportText | AskLine]:
        """In order of the keys."""
        return [*self.query(ReportText), *self.query(AskLine)]

    def first_empty(self) -> ReportText | AskLine:
        """Where to begin: the first field without text, else the last."""
        fields = self.fields()
        return next((field for field in fields if not field.text.strip()), fields[-1])

    def filled(self, run: bool) -> Filled:
        """What stands in the fields now."""
        current, *prior = [field.text for field in self.query(ReportText)]
        earlier = prior[0] if prior else self.report.prior
        words = [field.text for field in self.query(AskLine)]
        report = Report(current, earlier if (earlier or "").strip() else None, self.report.source)
        return Filled(self.tag, report, words[0] if words else "", run)

    def on_report_changed(self, message: ReportChanged) -> None:
        message.stop()
        self.replan()

    def on_words_changed(self, message: WordsChanged) -> None:
        message.stop()
        self.replan()

    def replan(self) -> bool:
        """Show what would run, or what is lacking for it. True when it can run."""
        line, assistant = self.query_one("#routing", RoutingLine), self.radlite.assistant
        if assistant is None:
            line.hint("starting …")
            return False
        filled, chosen = self.filled(run=True), self.draft.choices
        try:
            plan = assistant.plan(Ask(filled.report, filled.words, self.tag, chosen.model, chosen.mode))
        except RadliteError as error:
            line.problem(str(error))
            return False
        self.draft.plan = plan
        missing = lacking(plan)
        line.show(plan, missing, pinned=True)
        return not missing

    def on_sent(self, message: Sent) -> None:
        message.stop()
        self.action_run()

    def action_run(self) -> None:
        """Run, or go to the field that is lacking."""
        if self.replan():
            self.dismiss(self.filled(run=True))
        else:
            self.first_empty().focus()

    def action_back(self) -> None:
        self.dismiss(self.filled(run=False))

    def action_next_model(self) -> None:
        if self.radlite.assistant is not None:
            self.draft.turn_model(self.radlite.assistant)
            self.replan()

    def action_next_mode(self) -> None:
        self.draft.turn_mode()
        self.replan()
