"""A comparison that was kept comes back onto its screen: what was compared, its answers and ratings.

May import the assistant's history, late, and `tui.widgets`. Runs no model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from radlite_tui.assistant.comparison import Column
from radlite_tui.tui.screens.compare_setup import Compare
from radlite_tui.tui.widgets.compare_column import ColumnView

if TYPE_CHECKING:
    from radlite_tui.assistant.history.records import KeptConversation

NO_ANSWER = "There is no answer."


def chosen(kept: KeptConversation) -> Compare:
    """What was compared. Names that were hidden stay so until every answer is rated."""
    found = columns(kept)
    modes, models = (tuple(dict.fromkeys(each)) for each in zip(*((c.mode, c.model) for c in found), strict=True))
    unrated = any(turn.rating is None and turn.answer.text for turn in kept.turns)
    return Compare(modes, models, kept.blind and unrated)


def columns(kept: KeptConversation) -> tuple[Column, ...]:
    """The columns as they were compared."""
    from radlite_tui.assistant.history import compared

    return tuple(compared.columns(kept))


def fill(views: Iterable[ColumnView], kept: KeptConversation) -> None:
    """Give each column its answer, or why there is none, and its rating."""
    from radlite_tui.assistant.history import coding, compared

    turns = compared.columns(kept)
    for view in views:
        turn = turns[view.column]
        view.answer, view.rating = coding.answer_of(turn), turn.rating
        if view.answer is None:
            view.trouble = turn.answer.trouble or NO_ANSWER
