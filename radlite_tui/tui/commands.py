"""The command palette's entries for the read screen: only those that make sense now.

May import the read screen's type and Textual's command type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from radlite_tui import tasks
from radlite_tui.tui.screens.pick import Picked

if TYPE_CHECKING:
    from radlite_tui.tui.screens.read import ReadScreen


def read_commands(screen: ReadScreen) -> Iterable[SystemCommand]:
    """Named "group: action", each with its key."""
    app = screen.radlite
    idle, have = not app.busy, bool(screen.pane.current.text.strip())
    answered = screen.conversation.latest is not None
    offered: list[tuple[bool, str, str, Callable[[], None]]] = [
        (not idle, "Answer: stop", "Stop and keep what there is (Esc)", screen.action_stop),
        (idle, "Task: list", "Pick one of the nine tasks, with examples (Ctrl+K)", screen.action_pick),
        (idle, "Task: next likely", "Change the task that Enter runs (Ctrl+T)", screen.action_next_task),
        (idle, "Model: next", "Change the model that Enter runs (Ctrl+L)", screen.action_next_model),
        (idle, "Mode: next", "Change the mode that Enter runs (Ctrl+S)", screen.action_next_mode),
        (idle and have, "Compare modes", "Three modes beside each other (Ctrl+E)", screen.action_compare),
        (True, "Report: open a file", "Read a report from a text file (Ctrl+O)", screen.action_open),
        (True, "Report: earlier or current", "Turn to the other report (F3)", screen.action_prior),
        (have, "Report: full or folded", "Give the report the whole screen (Ctrl+R)", screen.action_full_report),
        (answered, "Answer: copy", "Ask the terminal to copy the latest (Ctrl+Y)", app.action_copy_answer),
        (idle, "Clear all", "Clear report and conversation (Ctrl+N twice)", screen.action_new),
    ]
    for tag in tasks.TAGS:
        task = tasks.get(tag)
        offered.append((idle, f"Task: {task.title}", task.help, partial(screen.picked, Picked(tag))))
    for now, name, about, action in offered:
        if now:
            yield SystemCommand(name, about, action)
