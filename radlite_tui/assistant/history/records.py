"""What the history holds, as it travels: conversations, their turns, the answers, what a search found.

Pure data. Times are seconds since 1970 (UTC). An id a user types is "12" for a conversation or "12.3" for its third
turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from radlite_tui.assistant.types import Ask
from radlite_tui.routing.types import Routing

WRITING = "writing"
INTERRUPTED = "interrupted"
FAILED = "failed"
TALK, COMPARISON = "talk", "comparison"
STATES = (WRITING, "stop", "length", "cancelled", FAILED, INTERRUPTED)


@dataclass(frozen=True)
class Summary:
    """A conversation in one line of a list. source: where its latest report came from; open: an answer was cut off;
    kind: TALK, or COMPARISON, whose turns are the columns."""

    id: int
    title: str
    created: float
    touched: float
    turns: int
    source: str = ""
    open: bool = False
    kind: str = TALK

    @property
    def many(self) -> str:
        """How much there is of it, in words."""
        what = "column" if self.kind == COMPARISON else "question"
        return f"{self.turns} {what}{'s' if self.turns != 1 else ''}"

    @property
    def name(self) -> str:
        """Its title, and that it is a comparison."""
        return f"Compared: {self.title}" if self.kind == COMPARISON else self.title


@dataclass(frozen=True)
class Kept:
    """One answer as it was kept. state: one of STATES; text: all there was of it; trouble: why it failed, if it did.

    provenance: everything its tokens depend on (`provenance.of`); result: the object of `ask --json`, empty before the
    answer was whole; choices: the decoder's label probabilities.
    """

    state: str
    text: str
    trouble: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Mapping[str, float], ...] = ()


@dataclass(frozen=True)
class KeptTurn:
    """One question and its answer. number: its place in the conversation, from 1; parent: the number of the turn it
    follows, or None. routing, model and mode: what was chosen. rating: the user's, 1 to 5, in a comparison."""

    id: int
    number: int
    parent: int | None
    created: float
    ask: Ask
    routing: Routing
    model: str | None
    mode: str | None
    model_reason: str
    answer: Kept
    constrained: bool = True
    rating: int | None = None


@dataclass(frozen=True)
class KeptConversation:
    """A whole conversation, its turns in the order they were asked. Of a comparison, expected: the answer that was
    typed in as the right one; blind: names were hidden until each answer was rated."""

    summary: Summary
    turns: tuple[KeptTurn, ...]
    expected: str = ""
    blind: bool = False


@dataclass(frozen=True)
class Found:
    """A conversation that a search found. turn: the number of the turn that matched, 0 for its title or a report;
    where: "words", "answer", "report", "expected" or "title"; snippet: the words around, the matches between MARKS."""

    summary: Summary
    turn: int
    where: str
    snippet: str


MARKS = ("\ue000", "\ue001")
"""Characters of the private use area around what matched in a snippet."""
