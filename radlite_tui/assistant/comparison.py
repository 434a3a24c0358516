"""Comparing answers: the columns of a comparison, how far answers agree, and what was expected.

May import `tasks`, `engine.protocol` and its siblings. Knows nothing of engines: it is given what to run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from queue import SimpleQueue
from typing import Any

from radlite_tui import tasks
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.engine.protocol import Event
from radlite_tui.errors import BadInput, ParseError
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import (
    AbnormalityOutput,
    ImpressionOutput,
    LabelOutput,
    NerOutput,
    Output,
    RadsOutput,
    TemporalOutput,
    TextOutput,
)
from radlite_tui.tasks.report import Report

MODES = (Mode.ZERO_SHOT, Mode.FEW_SHOT, Mode.FINE_TUNED)


@dataclass(frozen=True)
class Column:
    """One side of a comparison."""

    model: str
    mode: Mode


@dataclass(frozen=True)
class Expected:
    """The answer the user holds to be right, and which of the compared answers equal it, in order."""

    text: str
    output: Output
    matches: tuple[bool, ...]

    def json(self) -> dict[str, Any]:
        return {"text": self.text, "output": self.output.json(), "matches": list(self.matches)}


def columns(plan: Plan, modes: Sequence[Mode], models: Sequence[str] = ()) -> tuple[Column, ...]:
    """Every model in every mode, each once; models default to the one the plan chose."""
    names = tuple(models) or ((plan.model,) if plan.model else ())
    return tuple(dict.fromkeys(Column(model, mode) for model in names for mode in modes))


def together(
    columns: Sequence[Column], runs: Sequence[Callable[[], Iterator[Event | Answer]]]
) -> Iterator[tuple[Column, Event | Answer]]:
    """All runs at once, a thread each; their events as they come, with the column. Closing it closes them all."""
    found: SimpleQueue[tuple[Column, Event | Answer | BaseException | None]] = SimpleQueue()
    closed = threading.Event()

    def work(column: Column, run: Callable[[], Iterator[Event | Answer]]) -> None:
        events = run()
        try:
            for event in events:
                found.put((column, event))
                if closed.is_set():
                    break
        except BaseException as error:
            found.put((column, error))
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
            found.put((column, None))

    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in zip(columns, runs, strict=True)]
    for thread in threads:
        thread.start()
    left = len(threads)
    try:
        while left:
            column, event = found.get()
            if event is None:
                left -= 1
            elif isinstance(event, BaseException):
                raise event
            else:
                yield column, event
    finally:
        closed.set()


def agreement(answers: Sequence[Answer]) -> float | None:
    """The share of pairs of answers with equal outputs; None with fewer than two. Unparsed answers equal nothing."""
    pairs = list(combinations(answers, 2))
    if not pairs:
        return None
    return sum(equal(a.output, b.output) for a, b in pairs) / len(pairs)


def vote(answers: Sequence[Answer]) -> tuple[Answer, int] | None:
    """(the first answer of those that more than half agree with, how many do); None without such a majority."""
    for answer in answers:
        same = sum(equal(answer.output, other.output) for other in answers)
        if same * 2 > len(answers):
            return answer, same
    return None


def expected(tag: str, text: str, report: Report, answers: Iterable[Answer]) -> Expected:
    """The expected answer, read as leniently as a model's, beside which answers equal it. Raises BadInput."""
    try:
        output = tasks.get(tag).parse(text, report, lenient=True)
    except ParseError as error:
        raise BadInput(f"The expected answer {text!r} is no answer to {tag}: {error}") from error
    return Expected(text, output, tuple(equal(answer.output, output) for answer in answers))


def equal(a: Output | None, b: Output | None) -> bool:
    """Whether two outputs say the same: labels, entities and changes as sets, prose but for case and spacing."""
    return a is not None and b is not None and type(a) is type(b) and essence(a) == essence(b)


def essence(output: Output) -> object:
    """What an output says, without probabilities, spans and order."""
    if isinstance(output, (LabelOutput, RadsOutput)):
        return output.label
    if isinstance(output, AbnormalityOutput):
        return dict(output.labels)
    if isinstance(output, TemporalOutput):
        return {(change.status, folded(change.finding)) for change in output.changes}
    if isinstance(output, NerOutput):
        kinds = (output.anatomy, output.observation_present, output.observation_absent, output.observation_uncertain)
        return tuple(frozenset(folded(entity.text) for entity in kind) for kind in kinds)
    if isinstance(output, ImpressionOutput):
        return folded(output.impression)
    assert isinstance(output, TextOutput)
    return folded(output.answer)


def folded(text: str) -> str:
    """Without case, outer punctuation and runs of space."""
    return " ".join(text.casefold().split()).strip(" .;,")
