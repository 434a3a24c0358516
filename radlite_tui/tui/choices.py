"""What the user fixed by key before a run, and what the next press of that key gives. Pure: no widget, no model.

May import `tasks` and the assistant's types. A choice left at None is routed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from radlite_tui import tasks
from radlite_tui.assistant.planning import WITHOUT_REPORT, asked_words
from radlite_tui.assistant.types import Plan, Routing
from radlite_tui.tasks.base import Mode
from radlite_tui.tui.lines import percent

Value = TypeVar("Value")


@dataclass(frozen=True)
class Choices:
    """pinned: the task was picked from the list and stays for the next requests; a task chosen by ^T is for one."""

    task: str | None = None
    model: str | None = None
    mode: Mode | None = None
    pinned: bool = False

    def after_run(self) -> Choices:
        """What stays when a request was sent: all but a task chosen for that request."""
        return self if self.pinned else replace(self, task=None)

    def next_task(self, routed: Routing, shown: str | None) -> Choices:
        """The next likely task after the one shown; past the last, the router decides again."""
        likely = [routed.task, *(tag for tag, _ in routed.alternatives), *tasks.TAGS, tasks.CHAT]
        order = list(dict.fromkeys(tag for tag in likely if tag is not None))
        following = order[0] if shown not in order else step(order, shown)
        chosen = None if following == routed.task else following
        return replace(self, task=chosen, pinned=False)

    def next_model(self, names: Sequence[str], shown: str | None) -> Choices:
        """The next model after the one shown."""
        return replace(self, model=step(names, shown)) if names else self

    def next_mode(self, shown: Mode | None) -> Choices:
        """The next mode after the one shown."""
        return replace(self, mode=step(tuple(Mode), shown))

    def automatic(self) -> Choices:
        """Nothing fixed."""
        return Choices()


def step(order: Sequence[Value], shown: Value | None) -> Value:
    """The one after `shown`, round the end; the first when it is not among them."""
    return order[(order.index(shown) + 1) % len(order)] if shown in order else order[0]


def title(tag: str) -> str:
    """A task's title as users read it."""
    return tasks.get(tag).title


def sure(plan: Plan) -> str:
    """How the task was decided, as the answer's head says it."""
    routing = plan.routing
    by = {
        "classifier": f"{percent(routing.confidence)} sure of the task",
        "rule": "task from the words' form",
        "tag": "task from its tag",
        "user": "task chosen",
    }
    return by[routing.by]


def why(plan: Plan) -> str:
    """Confidence and reason, as the routing line says them."""
    routing, turns = plan.routing, len(plan.ask.earlier)
    sees = f"sees {turns} earlier turn{'s' if turns > 1 else ''} · " if turns else ""
    if routing.by == "classifier":
        return f"{sees}{percent(routing.confidence)}" + (f" · {routing.reason}" if routing.reason else "")
    return f"{sees}{routing.reason}"


def lacking(plan: Plan) -> str:
    """What has to be given in the app before a plan can run; empty when it can."""
    tag, report = plan.routing.task, plan.ask.report
    if tag is None:
        return ""
    task = tasks.get(tag)
    if tag not in WITHOUT_REPORT and not report.text.strip():
        return "paste a report first, or ^O opens a file"
    if task.needs_prior and not (report.prior or "").strip():
        return "needs the earlier report: F3, then paste it"
    if task.uses_words and not asked_words(plan):
        return f"type the {task.words_heading.lower() or 'question'}"
    return ""
