"""A prompt that does not fit: how long it is, and what could be run instead, for the user to choose. Nothing is cut.

May import the assistant. Pure but for planning, which loads no model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from radlite_tui import tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.sections import main_part
from radlite_tui.assistant.types import Plan
from radlite_tui.tasks.base import Mode

MOST = 4
MAIN_PART = "findings and impression only"


@dataclass(frozen=True)
class Count:
    """A plan's prompt in tokens, by its model's own tokeniser; context: what the model holds, 0 when not known."""

    plan: Plan
    tokens: int
    context: int

    @property
    def needed(self) -> int:
        """With room for the answer, where that is free text; a closed answer's room only the engine knows."""
        tag = self.plan.routing.task
        task = tasks.get(tag) if tag is not None else None
        free = task is not None and task.shape(self.plan.ask.report) is None
        room = self.plan.ask.max_tokens or (task.max_tokens if task is not None and free else 1)
        return self.tokens + room

    def is_of(self, plan: Plan) -> bool:
        """Whether it is the count of this plan; when a plan was made is no part of it."""
        one, other = ((p.ask, p.routing.task, p.model, p.mode) for p in (self.plan, plan))
        return one == other

    @property
    def too_long(self) -> bool:
        return 0 < self.context < self.needed

    @property
    def share(self) -> float | None:
        """How much of the context the prompt fills."""
        return self.tokens / self.context if self.context else None


@dataclass(frozen=True)
class Remedy:
    """A plan that is shorter, or has more room, and what is different in it."""

    name: str
    plan: Plan


@dataclass(frozen=True)
class Refused:
    """Why, and what is offered instead. ran: the engine refused it, and its words have left the input line for good."""

    sentence: str
    remedies: tuple[Remedy, ...]
    ran: bool = False


def refuse(plan: Plan, needed: int, context: int, assistant: Assistant, ran: bool = False) -> Refused:
    """What to say and to offer for a prompt that needs more tokens than the context holds."""
    remedies = tuple(found_for(plan, context, assistant))[:MOST]
    instead = "" if remedies else " Shorten the report."
    return Refused(f"Too long: {needed:,} of {context:,} tok, nothing was cut.{instead}", remedies, ran)


def found_for(plan: Plan, context: int, assistant: Assistant) -> list[Remedy]:
    """Every way out there is, the mildest first."""
    found = []
    if plan.ask.earlier:
        found.append(Remedy("without earlier turns", replace(plan, ask=replace(plan.ask, earlier=()))))
    if plan.mode is not None and plan.mode.shots:
        mode = Mode.FINE_TUNED if plan.mode.tuned else Mode.ZERO_SHOT
        found.append(Remedy(f"{mode}, no examples", assistant.replan(plan, mode=mode)))
    for manifest in assistant.models():
        if manifest.context > context and manifest.name != plan.model:
            name = f"{manifest.name.removeprefix('radlite-')} ({manifest.context:,} tok)"
            found.append(Remedy(name, assistant.replan(plan, model=manifest.name)))
            break
    report = plan.ask.report
    shorter = main_part(report.text)
    if shorter is not None:
        about = replace(report, text=shorter, source=f"{report.source or 'report'}, {MAIN_PART}")
        found.append(Remedy(MAIN_PART, replace(plan, ask=replace(plan.ask, report=about))))
    return found
