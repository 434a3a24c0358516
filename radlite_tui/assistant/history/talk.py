"""The conversation in progress, in memory: its questions, and each answer as far as it has come.

May import its siblings and the engine's events. A line is filled by the thread that runs it and read by the one that
writes it down; each field is set as a whole, so neither waits for the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from radlite_tui.assistant import answers
from radlite_tui.assistant.history import coding
from radlite_tui.assistant.history.records import FAILED, INTERRUPTED, TALK, WRITING, KeptTurn
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed, Loading, Token

Measure = Callable[[], Mapping[str, Any]]


@dataclass(eq=False)
class Talk:
    """One conversation. id: in the history, or None while nothing of it is there. private: it is never kept. kind:
    whether it is a comparison, a line for each column; blind: with names hidden."""

    private: bool = False
    id: int | None = None
    kind: str = TALK
    blind: bool = False
    lines: list[Line] = field(default_factory=list)

    @property
    def last(self) -> Line | None:
        return self.lines[-1] if self.lines else None

    def before(self, instead: Plan | None) -> Line | None:
        """What a new question follows: the last one, or, when it stands in for another, what that one followed."""
        same = (line for line in reversed(self.lines) if instead is not None and line.plan == instead)
        replaced = next(same, None)
        return self.last if replaced is None else replaced.parent

    def take(self, turn: KeptTurn, *, kept: bool) -> None:
        """Go on after a turn that was kept before. kept: it is in the history already."""
        line = Line(self, coding.plan_of(turn), self.last, constrained=turn.constrained, created=turn.created)
        line.state, line.text, line.trouble = turn.answer.state, turn.answer.text, turn.answer.trouble
        line.provenance, line.result, line.choices = turn.answer.provenance, turn.answer.result, turn.answer.choices
        if kept:
            line.turn, line.number, line.written, line.indexed = turn.id, turn.number, line.version, True
        self.lines.append(line)


@dataclass(eq=False)
class Line:
    """One question and its answer so far.

    saved: it is to be written down. version counts changes; written: the version that is on disk. turn, answer:
    their rows there. measure: computes the provenance, once the prompt is being read.
    """

    talk: Talk
    plan: Plan
    parent: Line | None = None
    constrained: bool = True
    created: float = field(default_factory=time.time)
    saved: bool = False
    measure: Measure | None = None
    state: str = WRITING
    text: str = ""
    trouble: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Mapping[str, float], ...] = ()
    under_way: bool = False
    version: int = 1
    written: int = 0
    turn: int | None = None
    answer: int | None = None
    number: int = 0
    indexed: bool = False

    @property
    def over(self) -> bool:
        return self.state != WRITING

    @property
    def changed(self) -> bool:
        return self.saved and self.version != self.written

    def feed(self, event: Event | Answer) -> None:
        """One more event of the run; nothing more once it is over."""
        if self.over:
            return
        begun = self.plan.ask.begun
        if isinstance(event, Token):
            self.text += event.text
        elif isinstance(event, Done):
            self.text, self.choices = begun + event.text, event.choices
        elif isinstance(event, Cancelled):
            self.text = begun + event.text
        elif isinstance(event, Failed):
            self.text = begun + event.text if event.text else self.text
        elif isinstance(event, Answer):
            self.text, self.result, self.state = event.text, answers.ask_json(event), event.finish
        elif not isinstance(event, Loading):
            self.under_way = True
            return
        self.under_way = self.under_way or not isinstance(event, Loading)
        self.version += 1

    def end(self, state: str, trouble: str = "") -> None:
        """It is over, one way or the other; the first way counts."""
        if not self.over:
            self.trouble, self.state = trouble, state
            self.version += 1

    def fail(self, sentence: str) -> None:
        self.end(FAILED, sentence)

    def cut_off(self) -> None:
        self.end(INTERRUPTED)

    def forget_rows(self) -> None:
        """Its rows are gone with their file: write it down anew."""
        self.turn = self.answer = None
        self.number, self.written, self.indexed = 0, 0, False
