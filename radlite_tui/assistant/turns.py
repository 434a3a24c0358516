"""Which earlier turns a chat goes on from. May import the assistant's types and planning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from radlite_tui import tasks
from radlite_tui.assistant.planning import asked_words
from radlite_tui.assistant.types import Answer, Plan

TALK = (tasks.CHAT, "radiology_qa")

Earlier = tuple[tuple[str, str], ...]
"""(words, answer), oldest first."""


def earlier(answers: Iterable[Answer | None], report: str) -> Earlier:
    """The finished chat turns and questions about this report."""
    return tuple(
        (asked_words(answer.plan), answer.text.strip())
        for answer in answers
        if answer is not None and answer.plan.ask.report.text == report and answer.task in TALK and answer.text.strip()
    )


def following(plan: Plan, turns: Earlier) -> Plan:
    """The plan, with the earlier turns where it is a chat."""
    in_chat = plan.routing.task == tasks.CHAT and turns
    return replace(plan, ask=replace(plan.ask, earlier=turns)) if in_chat else plan
