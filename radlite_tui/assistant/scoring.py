"""One answer against the one that was expected, by the task's own metric. Pure; imports `tasks` and its siblings.

The same metrics as `evals`, for one case and without its libraries: ROUGE-L here does not stem words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from radlite_tui import tasks
from radlite_tui.assistant.comparison import folded
from radlite_tui.assistant.types import Answer
from radlite_tui.tasks.outputs import AbnormalityOutput, LabelOutput, Output, RadsOutput, TemporalOutput

NAMES = {
    "accuracy": "right or wrong",
    "per_label_accuracy": "share of the labels",
    "jaccard": "shared of all changes",
    "rouge_l": "ROUGE-L, unstemmed",
}
WORD = re.compile(r"[a-z0-9]+")
MOST_WORDS = 2000


@dataclass(frozen=True)
class Score:
    """value in [0, 1]; metric: the task's name of it."""

    metric: str
    value: float

    @property
    def said(self) -> str:
        """As users read it: a tick or a cross for labels, else two digits."""
        if self.metric == "accuracy":
            return "✓" if self.value else "✗"
        return f"{self.value:.2f}"


def score(answer: Answer, expected: Output, text: str) -> Score:
    """text: the expected answer as it was typed, for metrics of words. An answer that does not parse scores 0."""
    metric = tasks.get(answer.task).metric
    return Score(metric, 0.0 if answer.output is None else value(metric, answer, expected, text))


def value(metric: str, answer: Answer, expected: Output, text: str) -> float:
    output = answer.output
    if metric == "rouge_l":
        return rouge_l(answer.text, text)
    if isinstance(expected, (LabelOutput, RadsOutput)):
        return float(getattr(output, "label", None) == expected.label)
    if isinstance(expected, AbnormalityOutput) and isinstance(output, AbnormalityOutput):
        right = [output.labels.get(label) == status for label, status in expected.labels.items()]
        return sum(right) / len(right) if right else 1.0
    if isinstance(expected, TemporalOutput) and isinstance(output, TemporalOutput):
        ours, theirs = ({(c.status, folded(c.finding)) for c in o.changes} for o in (output, expected))
        return len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0
    return 0.0


def rouge_l(said: str, expected: str) -> float:
    """F-measure of the longest common subsequence of words (Lin 2004), words in lower case and not stemmed."""
    a, b = WORD.findall(said.lower())[:MOST_WORDS], WORD.findall(expected.lower())[:MOST_WORDS]
    before = [0] * (len(b) + 1)
    for word in a:
        row = [0]
        for place, other in enumerate(b):
            row.append(before[place] + 1 if word == other else max(row[-1], before[place + 1]))
        before = row
    common = before[-1]
    return 2 * common / (len(a) + len(b)) if common else 0.0
