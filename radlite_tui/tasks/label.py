"""Tasks whose whole answer is one label of a small closed set: N staging, M staging, NLI.

May import its siblings in `tasks`; must never hold the labels of a particular task.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

from radlite_tui.errors import ParseError
from radlite_tui.tasks.base import Task
from radlite_tui.tasks.outputs import LabelOutput, Output
from radlite_tui.tasks.reading import answer_text, expect, only
from radlite_tui.tasks.report import Report


class LabelTask(Task):
    """The answer is the label and nothing else. Subclasses say which labels a looser wording names."""

    metric = "accuracy"

    @abstractmethod
    def mentions(self, text: str) -> list[str]:
        """The labels a reader sees in text, in canonical spelling."""

    def render(self, output: Output) -> str:
        return expect(output, LabelOutput).label

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> LabelOutput:
        labels = self.labels or ()
        text = answer_text(text, lenient=lenient)
        if text in labels:
            return LabelOutput(text)
        label = only(self.mentions, text) if lenient else None
        if label is None:
            raise ParseError(f"Expected one of {', '.join(labels)}.")
        return LabelOutput(label)

    def weigh(self, output: Output, choices: Sequence[Mapping[str, float]]) -> LabelOutput:
        return replace(expect(output, LabelOutput), probabilities=dict(choices[0]))
