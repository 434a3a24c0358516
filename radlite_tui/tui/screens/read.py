"""The screen that does the work: report, conversation, routing line, input line, status line.

May import the assistant, `tui.widgets` and its sibling screens. It plans while the user types, runs what is shown
when Enter is pressed, and draws what arrives. Models and engines are reached through the app's assistant alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from radlite_tui import tasks
from radlite_tui.assistant.types import Answer, Ask, Plan
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.report import Report
from radlite_tui.tui import messages
from radlite_tui.tui.choices import lacking, title
from radlite_tui.tui.counting import Counter
from radlite_tui.tui.draft import Draft
from radlite_tui.tui.drawing import marks
from radlite_tui.tui.following import Following
from radlite_tui.tui.progress import Progress
from radlite_tui.tui.reading_ahead import ReadingAhead
from radlite_tui.tui.screens.pick import OpenScreen, Picked, PickScreen
from radlite_tui.tui.widgets.answer import Turn
from radlite_tui.tui.widgets.ask_line import AskLine
from radlite_tui.tui.widgets.conversation import Conversation
from radlite_tui.tui.widgets.key_line import KeyLine
from radlite_tui.tui.widgets.report import ReportPane
from radlite_tui.tui.widgets.routing_line import RoutingLine
from radlite_tui.tui.widgets.status import Standing, StatusLine

if TYPE_CHECKING:
    from radlite_tui.tui.application import RadliteApp

PLAN_AFTER = 0.08
SAY_WHAT = "Say what you want of the report, or ^K lists the nine tasks."
PASTE_FIRST = "Paste a report (^O opens a file), then say what you want of it."
IDLE_KEYS = (
    ("read.task", "task"),
    ("read.model", "model"),
    ("read.mode", "mode"),
    ("read.pick", "list"),
    ("read.compare", "compare"),
    ("app.help", "keys"),
)
BUSY_KEYS = (("read.stop", "stop"), ("read.report", "report"), ("app.help", "keys"))


class ReadScreen(Screen[None]):
    """report: opened at the start, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop the answer; else leave the full report or the picked task", id="read.stop"),
        Binding("ctrl+t", "next_task", "Next likely task", id="read.task", priority=True),
        Binding("ctrl+l", "next_model", "Next model", id="read.model", priority=True),
        Binding("ctrl+s", "next_mode", "Next mode", id="read.mode", priority=True),
        Binding("ctrl+k", "pick", "List of tasks, with examples", id="read.pick", priority=True),
        Binding("ctrl+e", "compare", "Compare zero-shot, few-shot and fine-tuned", id="read.compare", priority=True),
        Binding("ctrl+o", "open", "Open a report file", id="read.open", priority=True),
        Binding("ctrl+r,f4", "full_report", "Report full or folded", id="read.report", priority=True),
        Binding("f3,alt+p", "prior", "Earlier report or current report", id="read.prior", priority=True),
        Binding("ctrl+n", "new", "Clear report and conversation", id="read.new", priority=True),
        Binding("ctrl+y", "app.copy_answer", "Copy the latest answer", id="read.copy", priority=True),
    ]

    def __init__(self, report: Report | None = None) -> None:
        super().__init__()
        self.opened = report
        self.draft = Draft()
        self.trouble = ""
        self.send_when_ready = False
        self.clear_pressed = False
        self.following: Following | None = None
        self.context = 0
        self.counter = Counter(self)
        self.reading = ReadingAhead(self)
        self.read_in = ""
        self.examples_shown: dict[str, int] = {}
        self.plan_timer: Timer | None = None

    @property
    def radlite(self) -> RadliteApp:
        return cast("RadliteApp", self.app)

    def compose(self) -> ComposeResult:
        with Container(id="body"):
            yield ReportPane(id="report")
            yield Conversation(id="conversation")
        yield RoutingLine(id="routing")
        with Horizontal(id="ask-row"):
            yield Static("> ", id="prompt")
            yield AskLine(id="ask")
        yield StatusLine(id="status")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        self.ask_line.takes_long_paste = self.opened is None
        self.ask_line.focus()
        self.status.show(Standing("starting"), None)
        self.routing_line.hint("starting …")
        if self.opened is not None:
            self.pane.load(self.opened.text, self.opened.source, self.opened.prior)
        self.call_after_refresh(self.show_keys)

    # The parts.

    @property
    def pane(self) -> ReportPane:
        return self.query_one("#report", ReportPane)

    @property
    def conversation(self) -> Conversation:
        return self.query_one("#conversation", Conversation)

    @property
    def routing_line(self) -> RoutingLine:
        return self.query_one("#routing", RoutingLine)

    @property
    def ask_line(self) -> AskLine:
        return self.query_one("#ask", AskLine)

    @property
    def status(self) -> StatusLine:
        return self.query_one("#status", StatusLine)

    def show_keys(self) -> None:
        self.query_one("#keys", KeyLine).show(BUSY_KEYS if self.radlite.busy else IDLE_KEYS)

    # Planning.

    def on_ready(self, message: messages.Ready) -> None:
        self.trouble = message.trouble
        self.status.show(Standing("failed" if message.trouble else "ready"), None)
        self.replan()
        if self.send_when_ready and not message.trouble:
            self.send()

    def on_words_changed(self, message: messages.WordsChanged) -> None:
        self.draft.choosing = False
        self.clear_pressed = False
        self.replan_soon()

    def on_report_changed(self, message: messages.ReportChanged) -> None:
        self.clear_pressed = False
        self.counter.drop()
        self.reading.drop(self.radlite.assistant)
        self.read_in = ""
        self.pane.count("")
        self.ask_line.takes_long_paste = not self.pane.current.text.strip()
        self.replan_soon()

    def replan_soon(self) -> None:
        """Plan once the typing pauses; planning is cheap, drawing at every key is not."""
        if self.plan_timer is not None:
            self.plan_timer.stop()
        self.plan_timer = self.set_timer(PLAN_AFTER, self.replan)

    def replan(self) -> None:
        """Plan the request as it stands, and show the plan."""
        if self.plan_timer is not None:
            self.plan_timer.stop()
            self.plan_timer = None
        assistant = self.radlite.assistant
        if assistant is None:
            if self.trouble:
                self.routing_line.problem(self.trouble)
            return
        try:
            self.draft.make(assistant, self.pane.report(), self.ask_line.text)
        except RadliteError as error:
            self.routing_line.problem(str(error))
            return
        self.show_plan()
        if not self.radlite.busy:
            plan = self.draft.plan
            self.reading.soon(assistant, self.pane.report(), None if plan is None or plan.routing.abstained else plan)

    def on_read_in(self, message: messages.ReadIn) -> None:
        """How far the report is read ahead, in the status line while nothing runs."""
        if message.serial == self.reading.serial and not self.radlite.busy:
            done = message.done >= message.total
            self.read_in = "report read in ✓" if done else f"reading in {message.done}/{message.total}"
            self.show_standing()

    def show_plan(self) -> None:
        """What Enter would run, what it lacks, what it could mean, or what to do first."""
        plan = self.draft.plan
        self.ask_line.numbered = self.draft.offered
        if plan is None:
            have = self.pane.current.text.strip()
            self.routing_line.hint(SAY_WHAT if have else PASTE_FIRST)
        elif plan.routing.abstained:
            self.routing_line.offer(plan, asking=self.draft.choosing)
        else:
            self.routing_line.show(plan, lacking(plan), self.draft.choices.pinned)
            assistant = self.radlite.assistant
            if self.draft.runnable is not None and assistant is not None and not self.radlite.busy:
                self.counter.soon(assistant, self.draft.runnable)

    def on_counted(self, message: messages.Counted) -> None:
        if message.serial != self.counter.serial:
            return
        self.context = message.context
        room = f" of {message.context:,}" if message.context else ""
        over = " TOO LONG" if 0 < message.context <= message.tokens else ""
        self.pane.count(f"{message.tokens:,}{room} tok{over}")

    # Sending.

    def on_sent(self, message: messages.Sent) -> None:
        self.send()

    def idle(self) -> bool:
        """Whether something new can run; says so when not."""
        if self.radlite.busy:
            self.notify("An answer is being written; Esc stops it.", timeout=3)
        return not self.radlite.busy

    def send(self) -> None:
        """Enter: run what the routing line shows, or ask for what it lacks."""
        if not self.idle():
            return
        self.send_when_ready = self.radlite.assistant is None
        self.replan()
        if self.draft.plan is not None and self.draft.plan.routing.abstained:
            self.draft.choosing = True
            self.show_plan()
        elif self.draft.runnable is not None:
            self.begin(self.draft.runnable)

    def on_number_pressed(self, message: messages.NumberPressed) -> None:
        """A numbered task was chosen for these words."""
        if self.draft.choose(message.number):
            self.send()

    def begin(self, plan: Plan) -> None:
        assistant = self.radlite.assistant
        assert assistant is not None
        self.counter.drop()
        demonstration = {manifest.name: manifest.demonstration for manifest in assistant.models()}
        turn = Turn(plan, demonstration.get(plan.model or "", any(demonstration.values())))
        self.conversation.add(turn)
        self.ask_line.take()
        self.draft.sent()
        self.read_in = ""
        self.reading.sent(self.pane.report())
        self.following = Following(plan, turn, Progress(context=self.context))
        self.set_class(True, "-answered")
        self.set_class(False, "-full-report")
        self.pane.current.mark(())
        self.radlite.start_run(lambda: assistant.run(plan), self)
        self.show_standing()
        self.show_keys()

    # What arrives.

    def on_arrived(self, message: messages.Arrived) -> None:
        """Everything since the last tick, drawn once."""
        following = self.following
        if following is None:
            return
        answer = following.take(message.items)
        if answer is not None:
            self.mark_report(answer)
        self.show_standing()
        if following.over:
            self.show_keys()
            self.replan()

    def show_standing(self) -> None:
        """The status line, for the run in progress or the last one."""
        if not self.radlite.busy and self.read_in:
            self.status.show(Standing(self.read_in), None)
            return
        if self.following is None:
            self.status.show(Standing("ready"), None)
            return
        plan, progress = self.following.plan, self.following.progress
        name = title(plan.routing.task or tasks.CHAT)
        self.status.show(Standing(progress.state, name, plan.model or "", str(plan.mode)), progress)

    def mark_report(self, answer: Answer) -> None:
        """Show in the report pane what the answer rests on, where the pane still holds that report."""
        if self.pane.current.text == answer.plan.ask.report.text:
            self.pane.current.mark(marks(answer))

    # Keys.

    def action_stop(self) -> None:
        """Esc: stop what runs; else step back."""
        if self.radlite.busy:
            self.radlite.stop_run()
        elif self.has_class("-full-report"):
            self.action_full_report()
        elif self.pane.showing_prior:
            self.action_prior()
        elif self.draft.reset():
            self.replan()
        self.ask_line.focus()

    def action_next_task(self) -> None:
        if self.radlite.assistant is not None:
            self.draft.turn_task(self.radlite.assistant, self.ask_line.text)
            self.replan()

    def action_next_model(self) -> None:
        if self.radlite.assistant is not None:
            self.draft.turn_model(self.radlite.assistant)
            self.announce(f"model: {self.draft.choices.model}")

    def action_next_mode(self) -> None:
        self.draft.turn_mode()
        self.announce(f"mode: {self.draft.choices.mode}")

    def announce(self, chosen: str) -> None:
        """Plan again; where there is no plan to show the choice in, say it."""
        self.replan()
        if self.draft.plan is None or self.draft.plan.routing.abstained:
            self.routing_line.hint(f"{chosen} (for what you ask next)")

    def action_pick(self) -> None:
        self.app.push_screen(PickScreen(), self.picked)

    def picked(self, picked: Picked | None) -> None:
        """A task from the list stays until another is picked or Esc."""
        if picked is None:
            return
        self.draft.pick(picked.task)
        if picked.task is not None and picked.example:
            self.load_example(picked.task)
        elif picked.task is not None and tasks.get(picked.task).needs_prior and not self.pane.prior.text.strip():
            self.pane.show_prior(True)
        self.replan()
        (self.pane.on_top if self.pane.showing_prior else self.ask_line).focus()

    def load_example(self, tag: str) -> None:
        """The task's next demonstration, in place of the report."""
        shown = self.examples_shown.get(tag, 0)
        examples = tasks.get(tag).demonstrations
        example = examples[shown % len(examples)]
        self.examples_shown[tag] = shown + 1
        self.pane.load(example.report.text, f"example of {title(tag)}", example.report.prior)
        self.ask_line.text = example.words

    def action_compare(self) -> None:
        """The request as it stands, or else the last one, in three modes."""
        if not self.idle():
            return
        self.replan()
        plan = self.draft.plan or (self.following.plan if self.following is not None else None)
        if plan is None or plan.routing.task is None:
            self.routing_line.problem("Nothing to compare yet: say what you want, or pick a task with ^K.")
        elif lacking(plan):
            self.routing_line.show(plan, lacking(plan), self.draft.choices.pinned)
        else:
            self.radlite.compare(Ask(plan.ask.report, plan.ask.words, plan.routing.task, plan.ask.model))

    def action_open(self) -> None:
        self.app.push_screen(OpenScreen(), self.file_opened)

    def file_opened(self, opened: tuple[str, str] | None) -> None:
        if opened is None:
            return
        self.pane.open(*opened)
        self.ask_line.focus()

    def on_long_paste(self, message: messages.LongPaste) -> None:
        """A report pasted into the input line of an empty app is a report."""
        self.pane.show_prior(False)
        self.pane.open(message.text, "pasted")
        self.notify("Put into the report pane. Say what you want of it.", timeout=4)

    def action_full_report(self) -> None:
        full = not self.has_class("-full-report")
        self.set_class(full, "-full-report")
        (self.pane.on_top if full else self.ask_line).focus()

    def action_prior(self) -> None:
        self.pane.show_prior(not self.pane.showing_prior)
        if self.pane.showing_prior or self.has_class("-full-report"):
            self.pane.on_top.focus()
        else:
            self.ask_line.focus()

    def action_new(self) -> None:
        """Twice in a row clears; once says so."""
        if not self.idle():
            return
        if not self.clear_pressed:
            self.clear_pressed = True
            self.routing_line.problem("Press ^N again to clear the report and the conversation.")
            return
        self.pane.clear()
        self.conversation.clear()
        self.ask_line.text = ""
        self.draft, self.following = Draft(), None
        self.set_class(False, "-answered")
        self.show_standing()
        self.replan()
        self.ask_line.focus()
