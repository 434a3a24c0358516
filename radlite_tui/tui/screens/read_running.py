"""The read screen runs what was planned: sends it, draws what arrives, keeps the status line true.

May import the assistant and `read_planning`. One run at a time; the app owns it.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from radlite_tui.tui import messages
from radlite_tui.tui.figures import wait
from radlite_tui.tui.screens.read_planning import ReadPlanning
from radlite_tui.tui.widgets.status import Standing

if TYPE_CHECKING:
    from radlite_tui.assistant.types import Answer, Plan
    from radlite_tui.tui.following import Following

COUNT_WAIT = 0.5
"""Seconds that Enter waits for the count: it takes milliseconds once the model is loaded, and the engine counts too."""


class ReadRunning(ReadPlanning):
    """From Enter to the whole answer."""

    def on_ready(self, message: messages.Ready) -> None:
        self.trouble = message.trouble
        self.status.show(Standing("failed" if message.trouble else "ready"), None)
        self.replan()
        if self.send_when_ready and not message.trouble:
            self.send()

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
        if self.sending is not None or not self.idle():
            return
        self.send_when_ready = self.radlite.assistant is None
        self.replan()
        if self.draft.plan is not None and self.draft.plan.routing.abstained:
            self.draft.choosing = True
            self.show_plan()
        elif self.draft.runnable is not None:
            self.send_counted(self.draft.runnable)

    def send_counted(self, plan: Plan) -> None:
        """Run a plan once it is known whether it fits; where that takes long, the engine will say so."""
        assert self.radlite.assistant is not None
        self.typed = self.ask_line.text
        self.sending = plan
        if self.counted is not None and self.counted.is_of(plan):
            self.send_now(plan)
        else:
            self.counter.now(self.radlite.assistant, plan)
            self.set_timer(COUNT_WAIT, partial(self.send_now, plan))

    def send_now(self, plan: Plan) -> None:
        """Run it, or say that it does not fit. Nothing where it was sent or stopped meanwhile."""
        if self.sending is not plan:
            return
        self.sending = None
        if self.idle() and not self.refuse_too_long(plan):
            self.begin(plan)
        elif self.ask_line.text != self.typed:
            self.replan_soon()

    def refuse_too_long(self, plan: Plan) -> bool:
        """Whether the counted prompt does not fit; then what could be run instead is offered by number."""
        assistant, counted = self.radlite.assistant, self.counted
        if assistant is None or counted is None or not counted.is_of(plan) or not counted.too_long:
            return False
        from radlite_tui.tui.too_long import refuse

        self.refused = refuse(plan, counted.needed, counted.context, assistant)
        self.show_plan()
        return True

    def on_number_pressed(self, message: messages.NumberPressed) -> None:
        """A numbered task was chosen for these words, or a numbered way out of a prompt that is too long."""
        if self.refused is not None:
            remedy, ran = self.refused.remedies[message.number - 1], self.refused.ran
            self.refused = None
            if self.idle():
                self.begin(remedy.plan, typed=not ran)
        elif self.draft.choose(message.number):
            self.send()

    def begin(self, plan: Plan, typed: bool = True) -> None:
        """Run a plan. typed: it is what stands in the input line, which is then taken from there."""
        from radlite_tui.tui.following import Following
        from radlite_tui.tui.progress import Progress
        from radlite_tui.tui.widgets.answer import Turn

        assistant = self.radlite.assistant
        assert assistant is not None
        self.counter.drop()
        demonstration = {manifest.name: manifest.demonstration for manifest in assistant.models()}
        turn = Turn(plan, demonstration.get(plan.model or "", any(demonstration.values())))
        again = self.replaces or (None if typed else self.conversation.latest)
        if self.replaces is not None:
            self.replaces.remove()
            self.replaces = None
        self.conversation.add(turn)
        if typed:
            self.ask_line.take(self.typed)
            self.draft.sent()
        self.refused, self.counted = None, None
        self.status.gauge(None)
        self.read_in, self.ahead = "", None
        self.reading.sent(self.pane.report())
        self.following = Following(plan, turn, Progress(context=self.context, text=plan.ask.begun))
        self.following.typed = self.typed if typed else ""
        self.set_class(True, "-answered")
        self.set_class(False, "-full-report")
        self.pane.mark(())
        self.pane.read()
        instead = again.plan if again is not None else None
        self.radlite.start_run(lambda: self.radlite.keeping.record(assistant, plan, instead), self)
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
            self.offer_what_fits(following)
            self.show_keys()
            self.replan()

    def on_counted(self, message: messages.Counted) -> None:
        if message.serial != self.counter.serial:
            return
        from radlite_tui.tui.too_long import Count

        self.context = message.context
        plan = self.draft.runnable
        self.counted = Count(plan, message.tokens, message.context) if plan is not None else None
        room = f" of {message.context:,}" if message.context else ""
        over = " TOO LONG" if self.counted is not None and self.counted.too_long else ""
        self.pane.count(f"{message.tokens:,}{room} tok{over}")
        if not self.radlite.busy:
            self.status.gauge(self.counted.share if self.counted is not None else None)
        if self.sending is not None:
            self.send_now(self.sending)

    def on_read_in(self, message: messages.ReadIn) -> None:
        """How far the report is read ahead, in the status line while nothing runs."""
        from radlite_tui.engine.protocol import Prefill
        from radlite_tui.tui.progress import Progress

        if message.serial == self.reading.serial and not self.radlite.busy:
            before = self.ahead
            if before is None or message.done < before.prompt_done:
                before = Progress()
            self.ahead = before.feed(Prefill(message.done, message.total), time.monotonic())
            left = self.ahead.seconds_left
            counting = f", {wait(left)} left" if left is not None and left >= 1 else ""
            done = message.done >= message.total
            self.read_in = "report read in ✓" if done else f"reading in {message.done}/{message.total}{counting}"
            self.show_standing()

    def offer_what_fits(self, following: Following) -> None:
        """A prompt that the engine refused as too long: what could be run instead, its words back in the input line
        where nothing else was typed meanwhile."""
        needed, assistant = following.progress.refused_at, self.radlite.assistant
        if needed and assistant is not None:
            from radlite_tui.tui.too_long import refuse

            plan, context = following.plan, following.progress.context
            back = bool(following.typed) and not self.ask_line.text
            if back:
                self.ask_line.text = self.typed = following.typed
                self.ask_line.move_cursor(self.ask_line.document.end)
            self.refused = refuse(plan, needed, context, assistant, ran=not back)

    def show_standing(self) -> None:
        """The status line, for the run in progress or the last one."""
        if not self.radlite.busy and self.read_in:
            self.status.show(Standing(self.read_in), None)
            return
        if self.following is None:
            self.status.show(Standing("ready"), None)
            return
        from radlite_tui import tasks
        from radlite_tui.tui.choices import title

        plan, progress = self.following.plan, self.following.progress
        name = title(plan.routing.task or tasks.CHAT)
        self.status.show_soon(Standing(progress.state, name, plan.model or "", str(plan.mode)), progress)

    def mark_report(self, answer: Answer) -> None:
        """Show in the report pane what the answer rests on, where the pane still holds that report."""
        from radlite_tui.tui.drawing import marks

        if self.pane.current.text == answer.plan.ask.report.text:
            self.pane.mark(marks(answer))
