"""A task, a mode and a report become prompt segments. Pure: no tokeniser, no model.

Two layouts. Report-first (our own models): `system | report | [TASK: tag] instruction`, so that every task and
question about one report shares the report's prefix. Task-first (the published weights): the task line leads.
Worked examples are earlier turns. The chat format is ChatML, written here and never taken from a model file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from radlite_tui.segments import IM_END, IM_START, Control, Prompt, Segment, Text
from radlite_tui.tasks.base import Mode, Task
from radlite_tui.tasks.report import Report

PROMPT_VERSION = "1"
SYSTEM = "You are a radiology assistant. You read reports and answer in the requested format."


@dataclass(frozen=True, slots=True)
class Layout:
    """How a model wants its prompt. answer_prefix opens the answer turn (Qwen3's empty think block, say)."""

    order: Literal["report-first", "task-first"] = "report-first"
    system: str = SYSTEM
    answer_prefix: Prompt = ()


DEFAULT_LAYOUT = Layout()


def prompt(
    task: Task,
    mode: Mode,
    report: Report,
    words: str = "",
    layout: Layout = DEFAULT_LAYOUT,
    earlier: Sequence[tuple[str, str]] = (),
    begun: str = "",
) -> Prompt:
    """The whole prompt, up to and including the opening of the answer turn.

    earlier: (words, answer) of the turns before this one, oldest first; the report stands in the first. begun: what
    the answer begins with already.
    """
    said = [words for words, _ in earlier] + [words]
    turns = list(user_turn(task, mode, report, said[0], layout))
    for (_, answer), following in zip(earlier, said[1:], strict=True):
        turns += [*answer_opening(layout), Text(answer), Control(IM_END), Text("\n")]
        turns += user_turn(task, mode, Report(""), following, layout)
    opened = (*answer_opening(layout), *((Text(begun),) if begun else ()))
    return (*beginning(task, mode, layout), *turns, *opened)


def beginning(task: Task, mode: Mode, layout: Layout = DEFAULT_LAYOUT) -> Prompt:
    """What a task's prompts begin with whatever the report: the system turn and the worked examples of the mode."""
    segments = list(opening(layout))
    if mode.shots:
        for example in task.examples:
            segments += user_turn(task, mode, example.report, example.words, layout, shown=True)
            segments += [*answer_opening(layout), Text(example.answer), Control(IM_END), Text("\n")]
    return tuple(segments)


def ahead(task: Task | None, mode: Mode, report: Report, layout: Layout = DEFAULT_LAYOUT) -> Prompt:
    """What a prompt about this report begins with, whatever will be asked of it; of this task, where it has worked
    examples before it. Empty where the layout puts the task before the report, or there is no report."""
    about = report_text(report)
    if layout.order == "task-first" or not about or (mode.shots and task is None):
        return ()
    before = beginning(task, mode, layout) if task is not None else opening(layout)
    return (*before, Control(IM_START), Text(f"user\n{about}"))


def opening(layout: Layout = DEFAULT_LAYOUT) -> Prompt:
    """The system turn: the prefix shared by everything asked of a model."""
    return (Control(IM_START), Text(f"system\n{layout.system}"), Control(IM_END), Text("\n"))


def answer_opening(layout: Layout = DEFAULT_LAYOUT) -> Prompt:
    """What stands before an answer's first token."""
    return (Control(IM_START), Text("assistant\n"), *layout.answer_prefix)


def user_turn(task: Task, mode: Mode, report: Report, words: str, layout: Layout, *, shown: bool = False) -> Prompt:
    """The user turn. Report-first keeps the report a segment of its own, so its tokens do not depend on the task.

    shown: the answer follows, as in a worked example, so its format is not described as well.
    """
    about, asked = report_text(report), asked_text(task, mode, words, shown=shown)
    body: tuple[Segment, ...]
    if not about:
        body = (Text(f"user\n{asked}"),)
    elif layout.order == "task-first":
        body = (Text(f"user\n{asked}\n\n{about}"),)
    else:
        body = (Text(f"user\n{about}"), Text(f"\n\n{asked}"))
    return (Control(IM_START), *body, Control(IM_END), Text("\n"))


def asked_text(task: Task, mode: Mode, words: str, *, shown: bool = False) -> str:
    """The task line; the answer format for a model that was not tuned; the user's words where the task uses them."""
    asked = f"[TASK: {task.tag}] {task.instruction}"
    if not (mode.tuned or shown):
        asked += f" {task.answer_format}"
    if task.uses_words:
        asked += f"\n{task.words_heading}: {words.strip()}"
    return asked


def report_text(report: Report) -> str:
    """The report under its heading, with the prior before it; empty for a closed-book question."""
    blocks = []
    if report.prior is not None:
        blocks.append(f"Prior report:\n{report.prior.strip()}")
    if report.text.strip():
        blocks.append(f"Report:\n{report.text.strip()}")
    return "\n\n".join(blocks)
