"""Does a report entail, contradict or leave open a statement? May import its siblings in `tasks` only; pure."""

from __future__ import annotations

import re

from radlite_tui.tasks.base import Example
from radlite_tui.tasks.label import LabelTask
from radlite_tui.tasks.report import Report

_WORDINGS = {
    "entailment": re.compile(r"(?<!not )\b(?:entail(?:ment|ed|s)?|supported|supports)\b", re.IGNORECASE),
    "contradiction": re.compile(r"(?<!not )\bcontradict(?:ion|ed|s|ory)?\b", re.IGNORECASE),
    "neutral": re.compile(r"\b(?:neutral|undetermined|neither)\b", re.IGNORECASE),
}


class RadiologyNli(LabelTask):
    """Natural language inference: the report is the premise, the user's words are the hypothesis."""

    tag = "radiology_nli"
    title = "Inference"
    help = "Whether the report entails, contradicts or leaves open a statement"
    instruction = "Does the report entail the statement, contradict it, or neither (neutral)?"
    answer_format = "Answer with one word only: entailment, contradiction or neutral."
    max_tokens = 10
    uses_words = True
    words_heading = "Statement"
    labels = ("entailment", "contradiction", "neutral")

    def mentions(self, text: str) -> list[str]:
        return [label for label, wording in _WORDINGS.items() if wording.search(text)]

    examples = (
        Example(
            Report("Moderate left pleural effusion with adjacent compressive atelectasis. Heart size is normal."),
            "entailment",
            "There is fluid in the left pleural space.",
        ),
        Example(
            Report("The lungs are clear. No pneumothorax. Cardiac silhouette is within normal limits."),
            "contradiction",
            "The heart is enlarged.",
        ),
        Example(
            Report(
                "Patchy opacity at the right lung base. No effusion. Right jugular line ends in the superior vena cava."
            ),
            "neutral",
            "The patient has a fever.",
        ),
        Example(
            Report("Interval removal of the endotracheal tube. Lungs are better aerated. No focal consolidation."),
            "contradiction",
            "The endotracheal tube is in place.",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "PA AND LATERAL CHEST RADIOGRAPHS\n\nFINDINGS: The heart is mildly enlarged. There is blunting of "
                "both costophrenic angles with small bilateral pleural effusions, right greater than left. Hazy "
                "perihilar opacities and septal lines are present. No pneumothorax. Left-sided pacemaker with leads "
                "in the expected positions.\n\nIMPRESSION: Mild pulmonary oedema with small bilateral effusions."
            ),
            "contradiction",
            "The pleural spaces are free of fluid.",
        ),
    )


TASK = RadiologyNli()
