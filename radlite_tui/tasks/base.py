"""What every task is: one object that owns its prompt, examples, answer format, parser and metric name.

May import `radlite_tui.segments`, `radlite_tui.errors` and its siblings; must never read files of the user, load a
model, or know which front end runs. Training data, few-shot prompts, live prompts, parsing and scoring all go through
the same `Task` object, so they cannot drift apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from radlite_tui.segments import Form
from radlite_tui.tasks.outputs import Output
from radlite_tui.tasks.report import Report


class Mode(str, Enum):
    """How the model is asked; its value is its name in commands and JSON."""

    ZERO_SHOT = "zero-shot"
    FEW_SHOT = "few-shot"
    FINE_TUNED = "fine-tuned"
    FINE_TUNED_FEW_SHOT = "fine-tuned+few-shot"

    def __str__(self) -> str:
        return self.value

    @property
    def tuned(self) -> bool:
        """Whether the adapted (or merged) model answers, rather than the base."""
        return self in (Mode.FINE_TUNED, Mode.FINE_TUNED_FEW_SHOT)

    @property
    def shots(self) -> bool:
        """Whether worked examples go before the report."""
        return self in (Mode.FEW_SHOT, Mode.FINE_TUNED_FEW_SHOT)


@dataclass(frozen=True)
class Example:
    """A worked example: a report (our own words) and the answer text in the task's canonical format."""

    report: Report
    answer: str
    words: str = ""


class Task(ABC):
    """One thing RadLite can do. Subclasses are stateless; `tasks.get(tag)` returns the one instance.

    words: what the user typed. Only a task with `uses_words` puts them into the prompt (a question, a hypothesis);
    for the others they only choose the task.
    """

    tag: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    instruction: ClassVar[str]
    """One sentence, in every prompt of the task."""
    answer_format: ClassVar[str]
    """How to write the answer; added to the instruction when the model was not tuned."""
    metric: ClassVar[str]
    max_tokens: ClassVar[int]
    uses_words: ClassVar[bool] = False
    words_heading: ClassVar[str] = ""
    pattern: ClassVar[str | None] = None
    """Regular expression that a whole free answer matches, where the task has one."""
    needs_prior: ClassVar[bool] = False
    labels: ClassVar[tuple[str, ...] | None] = None
    """The closed label set, in display order, where there is one."""
    examples: ClassVar[Sequence[Example]]
    """Three or more varied worked examples, used as few-shot turns."""
    demonstrations: ClassVar[Sequence[Example]]
    """One or more example reports to show the task on; never used as few-shot turns."""

    @abstractmethod
    def render(self, output: Output) -> str:
        """The canonical answer text for an output: what training teaches and `parse` reads back."""

    @abstractmethod
    def parse(self, text: str, report: Report, *, lenient: bool = False) -> Output:
        """Read an answer. Strict accepts only the canonical format; lenient also what a reader would understand.

        Raises ParseError with one sentence when it cannot.
        """

    def form(self) -> Form | None:
        """The closed answer to decode over, or None for free text."""
        return (self.labels,) if self.labels else None

    def shape(self, report: Report) -> Form | None:
        """The form to decode over for this report: `form()`, or one with spans of it to copy; None: free text."""
        return self.form()

    def opening(self) -> Form | None:
        """How a free answer of a model that was not tuned is begun, so that it takes the task's shape; None: freely."""
        return None

    def weigh(self, output: Output, choices: Sequence[Mapping[str, float]]) -> Output:
        """`output` with label probabilities from the decoder: one mapping a choice of `form()`, in order."""
        return output
