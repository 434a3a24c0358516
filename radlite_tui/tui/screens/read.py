"""The screen that does the work, and its keys. Its parts, planning and runs are in `read_parts`, `read_planning` and
`read_running`.

May import the assistant, `tui.widgets` and its sibling screens. It plans while the user types, runs what is shown
when Enter is pressed, and draws what arrives. Models and engines are reached through the app's assistant alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from radlite_tui.tui import messages
from radlite_tui.tui.screens.read_again import ReadAgain

if TYPE_CHECKING:
    from radlite_tui.assistant.intake import Taken
    from radlite_tui.tui.screens.form import Filled
    from radlite_tui.tui.screens.pick import Picked


class ReadScreen(ReadAgain):
    """What each key does."""

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
        Binding(
            "alt+y", "app.copy_ascii", "Copy the latest answer as plain ASCII", id="read.copy_ascii", priority=True
        ),
    ]

    # Keys.

    def action_stop(self) -> None:
        """Esc: stop what runs; else step back."""
        if self.radlite.busy:
            self.radlite.stop_run()
        elif self.sending is not None:
            self.sending = None
            self.replan()
        elif self.refused is not None or self.replaces is not None:
            self.refused = self.replaces = None
            self.replan()
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
        from radlite_tui.tui.screens.pick import PickScreen

        self.app.push_screen(PickScreen(), self.picked)

    def picked(self, picked: Picked | None) -> None:
        """A task from the list stays until another is picked or Esc."""
        if picked is None:
            return
        from radlite_tui.tui.screens.form import FormScreen, wants_form

        self.draft.pick(picked.task)
        if picked.task is not None and picked.example:
            self.load_example(picked.task)
        elif picked.task is not None and wants_form(picked.task, self.pane.report()):
            form = FormScreen(picked.task, self.pane.report(), self.ask_line.text, self.draft)
            self.app.push_screen(form, self.form_filled)
        self.replan()
        (self.pane.on_top if self.pane.showing_prior else self.ask_line).focus()

    def form_filled(self, filled: Filled | None) -> None:
        """What was filled in goes to its places on this screen, and runs if it is to."""
        if filled is None:
            return
        if (filled.report.text, filled.report.prior) != (self.pane.report().text, self.pane.report().prior):
            self.pane.load(filled.report.text, filled.report.source, filled.report.prior)
        self.ask_line.text = filled.words
        self.ask_line.focus()
        self.replan()
        if filled.run:
            self.send()

    def load_example(self, tag: str) -> None:
        """The task's next demonstration, in place of the report."""
        from radlite_tui import tasks
        from radlite_tui.tui.choices import title

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
        from radlite_tui.assistant.types import Ask
        from radlite_tui.tui.choices import lacking

        self.replan()
        plan = self.draft.plan or (self.following.plan if self.following is not None else None)
        if plan is None or plan.routing.task is None:
            self.routing_line.problem("Nothing to compare yet: say what you want, or pick a task with ^K.")
        elif lacking(plan):
            self.routing_line.show(plan, lacking(plan), self.draft.choices.pinned)
        else:
            self.radlite.compare(Ask(plan.ask.report, plan.ask.words, plan.routing.task, plan.ask.model))

    def action_open(self) -> None:
        from radlite_tui.tui.screens.pick import OpenScreen

        self.app.push_screen(OpenScreen(), self.file_opened)

    def file_opened(self, opened: Taken | None) -> None:
        if opened is None:
            return
        self.pane.take(opened)
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
        self.radlite.keeping.begin()
        self.start_over()
        self.show_standing()
        self.replan()
        self.ask_line.focus()

    def start_over(self) -> None:
        """Neither report nor conversation."""
        from radlite_tui.tui.draft import Draft

        self.clear_pressed, self.sending = False, None
        self.pane.clear()
        self.conversation.clear()
        self.ask_line.text = ""
        self.draft, self.following = Draft(), None
        self.refused, self.replaces, self.forgotten = None, None, 0
        self.pane.read(False)
        self.set_class(False, "-answered")
