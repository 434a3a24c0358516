"""The read screen plans while the user types: what Enter would run, how long the prompt is, the report read ahead.

May import the assistant and `read_parts`. Shows plans; runs nothing.
"""

from __future__ import annotations

from radlite_tui.errors import RadliteError
from radlite_tui.tui import messages
from radlite_tui.tui.screens.read_parts import ReadParts

PLAN_AFTER = 0.08
SAY_WHAT = "Say what you want of the report, or ^K lists the nine tasks."
PASTE_FIRST = "Paste a report (^O opens a file), then say what you want of it."


class ReadPlanning(ReadParts):
    """Words or report changed: plan again, soon."""

    def on_words_changed(self, message: messages.WordsChanged) -> None:
        if self.sending is not None:
            return  # what is typed after Enter is planned once that is sent
        self.draft.choosing = False
        if self.ask_line.text != self.typed:
            self.refused = None
        self.clear_pressed = False
        self.replan_soon()

    def on_report_changed(self, message: messages.ReportChanged) -> None:
        self.clear_pressed = False
        self.counter.drop()
        self.counted, self.refused = None, None
        self.status.gauge(None)
        self.reading.drop(self.radlite.assistant)
        self.read_in, self.ahead = "", None
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
        from radlite_tui.assistant.turns import earlier

        try:
            report = self.pane.report()
            turns = [turn for turn in self.conversation.turns()[self.forgotten :] if turn is not self.replaces]
            found = earlier((turn.answer for turn in turns), report.text)
            self.draft.make(assistant, report, self.ask_line.text, found)
        except RadliteError as error:
            self.routing_line.problem(str(error))
            return
        self.show_plan()
        if not self.radlite.busy:
            plan = self.draft.plan
            self.reading.soon(assistant, self.pane.report(), None if plan is None or plan.routing.abstained else plan)

    def show_plan(self) -> None:
        """What Enter would run, what it lacks, what it could mean, or what to do first."""
        plan = self.draft.plan
        self.ask_line.numbered = self.draft.offered
        if self.refused is not None:
            self.ask_line.numbered = len(self.refused.remedies)
            self.routing_line.refuse(self.refused.sentence, [remedy.name for remedy in self.refused.remedies])
        elif plan is None:
            have = self.pane.current.text.strip()
            self.routing_line.hint(SAY_WHAT if have else PASTE_FIRST)
        elif plan.routing.abstained:
            self.routing_line.offer(plan, asking=self.draft.choosing)
        else:
            from radlite_tui.tui.choices import lacking

            self.routing_line.show(plan, lacking(plan), self.draft.choices.pinned)
            assistant = self.radlite.assistant
            if self.draft.runnable is not None and assistant is not None and not self.radlite.busy:
                self.counter.soon(assistant, self.draft.runnable)
