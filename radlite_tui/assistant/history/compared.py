"""A comparison that was kept, read again: its columns, how far they agree, and what they were expected to say.

May import its siblings, `comparison` and `scoring`. Pure; must not fail on what an older version wrote.
"""

from __future__ import annotations

from typing import Any

from radlite_tui.assistant import answers, comparison
from radlite_tui.assistant.comparison import Column, Expected
from radlite_tui.assistant.history import coding
from radlite_tui.assistant.history.records import COMPARISON, KeptConversation, KeptTurn
from radlite_tui.assistant.intake import display
from radlite_tui.assistant.ratings import HIGHEST
from radlite_tui.assistant.scoring import NAMES, Score, score
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.errors import BadInput
from radlite_tui.tasks.base import Mode

Rows = list[tuple[str, str]]


def is_one(kept: KeptConversation) -> bool:
    """Whether it is a comparison with anything in it."""
    return kept.summary.kind == COMPARISON and bool(kept.turns)


def ask_of(kept: KeptConversation) -> Ask:
    """The request that was compared, its task fixed."""
    ask, routing = kept.turns[0].ask, kept.turns[0].routing
    return Ask(ask.report, ask.words, routing.task, max_tokens=ask.max_tokens, seed=ask.seed)


def columns(kept: KeptConversation) -> dict[Column, KeptTurn]:
    """The columns in the order they were compared."""
    return {Column(turn.model or "", Mode(turn.mode)): turn for turn in kept.turns if turn.mode is not None}


def given(kept: KeptConversation) -> tuple[Answer, ...]:
    """The answers there are."""
    found = (coding.answer_of(turn) for turn in kept.turns)
    return tuple(answer for answer in found if answer is not None)


def expected(kept: KeptConversation) -> Expected | None:
    """What the user held to be right, beside which answers equal it."""
    tag = kept.turns[0].routing.task
    if not kept.expected or tag is None:
        return None
    try:
        return comparison.expected(tag, kept.expected, kept.turns[0].ask.report, given(kept))
    except BadInput:  # another version's task reads it no more
        return None


def scored(turn: KeptTurn, wanted: Expected | None) -> Score | None:
    """An answer by its task's metric, where the right one is known."""
    answer = coding.answer_of(turn)
    return None if answer is None or wanted is None else score(answer, wanted.output, wanted.text)


def facts(kept: KeptConversation) -> Rows:
    """What all columns together say, in words."""
    if not is_one(kept):
        return []
    found = given(kept)
    share, pairs = comparison.agreement(found), len(found) * (len(found) - 1) // 2
    vote = comparison.vote(found)
    rows = [("asked", display(" ".join(kept.turns[0].ask.words.split()))), ("expected", display(kept.expected))]
    if share is not None:
        label = getattr(vote[0].output, "label", "the same") if vote is not None else ""
        rows += [("agreement", f"{round(share * pairs)} of {pairs} pairs")]
        rows += [("vote", f"{label} ({vote[1]} of {len(found)})" if vote is not None else "none")]
    rows += [("names", "hidden until each answer was rated" if kept.blind else "")]
    return [(name, value) for name, value in rows if value]


def marks(kept: KeptConversation, turn: KeptTurn) -> Rows:
    """What is known of one column beside its provenance: figures, score, rating."""
    if not is_one(kept):
        return []
    answer, right = coding.answer_of(turn), scored(turn, expected(kept))
    rows = [("figures", answers.stats_line(answer.stats))] if answer is not None else []
    if right is not None:
        rows.append(("score", f"{right.value:.2f} ({NAMES[right.metric]})"))
    if turn.rating is not None:
        rows.append(("rated", f"{turn.rating} of {HIGHEST}"))
    return rows


def as_object(kept: KeptConversation) -> dict[str, Any]:
    """As `compare --json` has it, with the vote, and a score and a rating for each column."""
    found, wanted = given(kept), expected(kept)
    share, vote = comparison.agreement(found), comparison.vote(found)
    return {
        "agreement": round(share, 4) if share is not None else None,
        "vote": {"text": vote[0].text, "columns": vote[1]} if vote is not None else None,
        "expected": wanted.json() if wanted is not None else None,
        "blind": kept.blind,
        "columns": [column_object(kept, turn, wanted) for turn in kept.turns],
    }


def column_object(kept: KeptConversation, turn: KeptTurn, wanted: Expected | None) -> dict[str, Any]:
    right = scored(turn, wanted)
    return {
        "id": f"{kept.summary.id}.{turn.number}",
        "model": turn.model,
        "mode": turn.mode,
        "score": {"metric": right.metric, "value": round(right.value, 4)} if right is not None else None,
        "rating": turn.rating,
    }
