"""The request being put together: what was fixed by key, the plan that would run, whether a number is awaited.

May import the assistant and `choices`. Knows no widget.
"""

from __future__ import annotations

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.turns import Earlier, following
from radlite_tui.assistant.types import Ask, Plan
from radlite_tui.tasks.report import Report
from radlite_tui.tui.choices import Choices, lacking

OFFERED = 3


class Draft:
    """plan: what Enter would run, or None. choosing: the next digit picks one of the offered tasks."""

    def __init__(self) -> None:
        self.choices = Choices()
        self.plan: Plan | None = None
        self.choosing = False

    @property
    def runnable(self) -> Plan | None:
        """The plan, if nothing is missing for it to run."""
        plan = self.plan
        return None if plan is None or plan.routing.abstained or lacking(plan) else plan

    @property
    def offered(self) -> int:
        """How many tasks are offered by number."""
        return min(OFFERED, len(self.plan.routing.alternatives)) if self.choosing and self.plan is not None else 0

    def make(self, assistant: Assistant, report: Report, words: str, earlier: Earlier = ()) -> None:
        """Plan the request. With neither words nor a fixed task there is no plan. earlier: the turns that a chat about
        this report goes on from. Raises RadliteError."""
        self.plan = None
        chosen = self.choices
        plan = assistant.plan(Ask(report, words, chosen.task, chosen.model, chosen.mode))
        if chosen.task is not None or (words.strip() and (plan.routing.task or plan.routing.alternatives)):
            self.plan = following(plan, earlier)

    def turn_task(self, assistant: Assistant, words: str) -> None:
        """The next likely task."""
        routed = assistant.plan(Ask(Report(""), words)).routing
        shown = self.choices.task if self.choices.task is not None else routed.task
        self.choices = self.choices.next_task(routed, shown)
        self.choosing = False

    def turn_model(self, assistant: Assistant) -> None:
        """The next model."""
        names = [manifest.name for manifest in assistant.models()]
        shown = self.plan.model if self.plan is not None and self.plan.model else self.choices.model
        self.choices = self.choices.next_model(names, shown)

    def turn_mode(self) -> None:
        """The next mode."""
        shown = self.plan.mode if self.plan is not None and self.plan.mode else self.choices.mode
        self.choices = self.choices.next_mode(shown)

    def choose(self, number: int) -> bool:
        """Take the offered task of this number for these words. False when none was awaited."""
        if self.plan is None or not self.choosing:
            return False
        tag = self.plan.routing.alternatives[number - 1][0]
        self.choices = Choices(tag, self.choices.model, self.choices.mode)
        self.choosing = False
        return True

    def pick(self, tag: str | None) -> None:
        """Pin a task from the list, or let the router decide again."""
        self.choices = Choices(tag, self.choices.model, self.choices.mode, pinned=tag is not None)
        self.choosing = False

    def sent(self) -> None:
        """The request went off."""
        self.choices = self.choices.after_run()
        self.choosing = False

    def reset(self) -> bool:
        """Fix nothing. False when nothing was fixed."""
        changed = self.choosing or self.choices != Choices()
        self.choices, self.choosing = Choices(), False
        return changed
