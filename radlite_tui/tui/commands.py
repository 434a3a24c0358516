"""The command palette's entries: only those that make sense here and now, each with its key as it is set.

May import the screens' types and Textual's command type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from radlite_tui import tasks
from radlite_tui.tui import themes
from radlite_tui.tui.screens.help import key_names, place_of
from radlite_tui.tui.screens.pick import Picked

if TYPE_CHECKING:
    from radlite_tui.tui.application import RadliteApp
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
        (True, "Report: open a file", "Text, PDF, Word, HL7, FHIR or DICOM (Ctrl+O)", screen.action_open),
        (True, "Report: earlier or current", "Turn to the other report (F3)", screen.action_prior),
        (have, "Report: full or folded", "Give the report the whole screen (Ctrl+R)", screen.action_full_report),
        (
            answered,
            "Answer: copy",
            "By the first route there is; the notice says which (Ctrl+Y)",
            app.action_copy_answer,
        ),
        (answered, "Answer: copy as plain ASCII", "For PACS and dictation systems (Alt+Y)", app.action_copy_ascii),
        (answered, "Answer: show to select", "On the terminal's own screen; q comes back", app.action_show_answer),
        (True, "History", f"Search, reopen, delete, export ({app.key('app.history')})", app.action_history),
        (True, "Saving: on or off", f"Now: SAVING {app.keeping.word} ({app.key('app.saving')})", app.action_saving),
        (
            not app.keeping.private,
            "Conversation: private",
            "Keep nothing of this conversation",
            app.keeping.make_private,
        ),
        (
            answered and idle,
            "Answer: edit and resend",
            "Its words back into the line (Tab, e)",
            screen.action_edit_turn,
        ),
        (answered and idle, "Answer: retry in the next mode", "(Tab, r)", screen.action_retry_mode),
        (answered and idle, "Answer: retry on the next model", "(Tab, m)", screen.action_retry_model),
        (answered and idle, "Answer: go on after a stop", "From where it was stopped (Tab, c)", screen.action_continue),
        (answered and idle, "Chat: forget the turns above", "They stay on screen (Tab, f)", screen.action_forget),
        (
            idle,
            "Chat: about this report",
            "Each message sees the earlier turns",
            partial(screen.picked, Picked(tasks.CHAT)),
        ),
        (idle, "Clear all", "Clear report and conversation (Ctrl+N twice)", screen.action_new),
    ]
    for tag in tasks.TAGS:
        task = tasks.get(tag)
        offered.append((idle, f"Task: {task.title}", task.help, partial(screen.picked, Picked(tag))))
    for now, name, about, action in offered:
        if now:
            yield SystemCommand(name, about, action)


def commands_here(screen: Screen[object], with_screen: bool) -> Iterable[SystemCommand]:
    """The keys of the part that has the focus, and with_screen those of its screen, as commands."""
    focused = screen.focused
    nodes = [node for node in (focused, screen if with_screen else None) if node is not None]
    for active in list(screen.active_bindings.values()):
        binding, node = active.binding, active.node
        if active.enabled and node in nodes and binding.id and binding.description:
            name = f"{place_of(type(node))}: {binding.description[0].lower()}{binding.description[1:]}"
            yield SystemCommand(name, key_names(binding.key), partial(do, screen, binding.action, node))


def do(screen: Screen[object], action: str, node: DOMNode) -> None:
    """Run an action where its binding stands, once the palette is gone."""
    screen.app.call_later(screen.app.run_action, action, node)


def app_commands(app: RadliteApp) -> Iterable[SystemCommand]:
    """What is offered everywhere."""
    yield SystemCommand("Help: keys", f"What the keys do here ({app.key('app.help')})", app.action_help)
    yield SystemCommand("Go to a part", f"Letters over the parts ({app.key('app.jump')})", app.action_jump)
    if app.problems:
        yield SystemCommand("Settings: what is wrong", "Show the sentences again", app.tell_problems)
    for theme in themes.THEMES:
        label = theme.name.removeprefix("radlite-")
        yield SystemCommand(f"Theme: {label}", f"Use the {label} colours", partial(app.action_theme, theme.name))
    shell = f"fg brings RadLite back ({app.key('app.suspend')})"
    yield SystemCommand("To the shell and back", shell, app.action_suspend_process)
    yield SystemCommand("Quit", f"Leave RadLite ({app.key('app.quit')})", app.exit)
