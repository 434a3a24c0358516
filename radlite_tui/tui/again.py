"""What is asked again: an answer in another mode or model, one that was stopped.

May import the assistant and the turn. Makes plans; runs nothing.
"""

from __future__ import annotations

from dataclasses import replace

from radlite_tui import tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.planning import continuable
from radlite_tui.assistant.types import Plan
from radlite_tui.tasks.base import Mode
from radlite_tui.tui.choices import step
from radlite_tui.tui.widgets.answer import Turn


def in_next_mode(assistant: Assistant, turn: Turn) -> Plan:
    """The same request in the mode after the one it was answered in."""
    return assistant.replan(fresh(turn), mode=step(tuple(Mode), turn.plan.mode))


def on_next_model(assistant: Assistant, turn: Turn) -> Plan | None:
    """The same request on another model; None when there is only one."""
    names = [manifest.name for manifest in assistant.models()]
    return assistant.replan(fresh(turn), model=step(names, turn.plan.model)) if len(names) > 1 else None


def fresh(turn: Turn) -> Plan:
    """The turn's plan from its beginning."""
    return replace(turn.plan, ask=replace(turn.plan.ask, begun=""))


def continued(turn: Turn) -> Plan | str:
    """The plan that goes on from where an answer ended, or a sentence why there is none."""
    answer = turn.answer
    text = (answer.text if answer is not None else turn.progress.text).rstrip()
    if answer is not None and answer.finish == "stop":
        return "The answer is complete."
    if not continuable(turn.plan.routing.task or tasks.CHAT):
        return "This answer has a fixed form and cannot be gone on with; r asks again."
    return replace(turn.plan, ask=replace(turn.plan.ask, begun=text))
