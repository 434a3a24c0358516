"""A conversation that was kept comes back onto the read screen: its report, its questions, its answers.

May import the assistant's history and the read screen's widgets. Runs no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from radlite_tui.assistant.history import coding
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.records import KeptConversation, KeptTurn
from radlite_tui.assistant.history.recovery import Draft, Recovered
from radlite_tui.tui.following import Following
from radlite_tui.tui.progress import Progress
from radlite_tui.tui.widgets.answer import Turn

if TYPE_CHECKING:
    from radlite_tui.tui.screens.read import ReadScreen

NO_ANSWER = "There is no answer."


def reopen(screen: ReadScreen, keeper: Keeper, kept: KeptConversation) -> None:
    """Show a conversation of the history; the next question goes on with it."""
    last = kept.turns[-1].ask.report if kept.turns else None
    keeper.reopen(kept)
    put(screen, kept.turns, Draft(last) if last is not None else Draft())


def recover(screen: ReadScreen, keeper: Keeper, found: Recovered) -> None:
    """Show what was cut off; it goes on where it was kept."""
    keeper.recover(found)
    put(screen, found.turns, found.draft)


def put(screen: ReadScreen, turns: Sequence[KeptTurn], draft: Draft) -> None:
    """In place of what the screen shows."""
    screen.start_over()
    screen.pane.load(draft.report.text, draft.report.source, draft.report.prior)
    screen.ask_line.text = draft.words
    assistant = screen.radlite.assistant
    names = {one.name for one in assistant.models() if one.demonstration} if assistant is not None else set()
    drawn = [(turn, Turn(coding.plan_of(turn), demonstration(turn, names))) for turn in turns]
    for _, widget in drawn:
        screen.conversation.add(widget)
    if drawn:
        last = drawn[-1][1]
        screen.following = Following(last.plan, last, Progress(state="from the history"), over=True)
        screen.set_class(True, "-answered")
        screen.call_after_refresh(finish, screen, drawn)
    screen.show_standing()
    screen.replan()
    screen.ask_line.focus()


def demonstration(turn: KeptTurn, names: set[str]) -> bool:
    """Whether a demonstration model answered."""
    known = turn.answer.provenance.get("model", {}).get("demonstration")
    return bool(known) if known is not None else turn.model in names


def finish(screen: ReadScreen, drawn: Sequence[tuple[KeptTurn, Turn]]) -> None:
    """Draw the answers, once their places are there."""
    answer = None
    for turn, widget in drawn:
        answer = coding.answer_of(turn)
        if answer is not None:
            widget.finish(answer)
        else:
            widget.fail(turn.answer.trouble or NO_ANSWER)
    if answer is not None:
        screen.mark_report(answer)
