"""The status of the 14 CheXpert observations in a chest report. May import its siblings in `tasks` only; pure.

The label names and their order are data in `chexpert.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from radlite_tui.errors import ParseError
from radlite_tui.segments import Form
from radlite_tui.tasks.base import Example, Task
from radlite_tui.tasks.data import table
from radlite_tui.tasks.outputs import CERTAINTIES, AbnormalityOutput, Output
from radlite_tui.tasks.reading import answer_text, expect
from radlite_tui.tasks.report import Report

_ENTRIES = table("chexpert.toml")["label"]
NAMES: tuple[str, ...] = tuple(entry["name"] for entry in _ENTRIES)
_BY_NAME = {name.lower(): entry["name"].lower() for entry in _ENTRIES for name in (entry["name"], *entry["also"])}

_WRITTEN = tuple(status.replace("_", " ") for status in CERTAINTIES)
_WORDINGS = {
    **dict(zip(_WRITTEN, CERTAINTIES, strict=True)),
    **dict.fromkeys(("present", "yes"), "positive"),
    **dict.fromkeys(("absent", "no"), "negative"),
    **dict.fromkeys(("possible", "equivocal"), "uncertain"),
    **dict.fromkeys(("not_mentioned", "unmentioned", "none", "n/a"), "not_mentioned"),
}
_LINE = re.compile(r"^\s*(?:[-*•]|\d+[.)])?\s*([A-Za-z][A-Za-z ]*?)\s*[:=–]\s*([A-Za-z_/ ]+?)\s*[.,;]?\s*$")


def output(statuses: Mapping[str, str]) -> AbnormalityOutput:
    """All 14 labels from those a report mentions; "no finding" follows from the rest.

    As in CheXpert, no finding is positive exactly when no other observation, devices apart, is positive or uncertain.
    Raises KeyError for a name that is not one of the 14.
    """
    labels = dict.fromkeys((name.lower() for name in NAMES), "not_mentioned")
    for name, status in statuses.items():
        labels[_BY_NAME[name.lower()]] = status
    found = {status for name, status in labels.items() if name not in ("no finding", "support devices")}
    labels["no finding"] = "not_mentioned" if found & {"positive", "uncertain"} else "positive"
    return AbnormalityOutput(labels)


def written(answer: AbnormalityOutput) -> str:
    """One line a label, in the fixed order."""
    return "\n".join(f"- {name}: {answer.labels[name.lower()].replace('_', ' ')}" for name in NAMES)


class AbnormalityDetection(Task):
    """All 14 labels are always answered, so that a missing line is never mistaken for a normal finding."""

    tag = "abnormality_detection"
    title = "Abnormalities"
    help = "14 chest findings: positive, negative, uncertain or not mentioned"
    instruction = "Give the status of each of the 14 chest findings in this report."
    answer_format = (
        "Write one line for each, such as '- Cardiomegaly: positive', in this order: "
        + ", ".join(NAMES)
        + f". The status is one of: {', '.join(_WRITTEN)}. No Finding is positive only when nothing else is."
    )
    metric = "per_label_accuracy"
    max_tokens = 256
    labels = tuple(name.lower() for name in NAMES)

    def render(self, output: Output) -> str:
        return written(expect(output, AbnormalityOutput))

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> AbnormalityOutput:
        """Lenient takes other names and wordings, any order, and counts a missing line as not mentioned."""
        text = answer_text(text, lenient=lenient)
        labels: dict[str, str] = {}
        for line in text.splitlines():
            match = _LINE.match(line)
            name = _BY_NAME.get(match[1].lower()) if match else None
            status = _WORDINGS.get(match[2].lower().strip()) if match else None
            if name and status:
                labels.setdefault(name, status)
        if not labels:
            raise ParseError("Expected 14 lines such as '- Cardiomegaly: positive'.")
        answer = AbnormalityOutput({name.lower(): labels.get(name.lower(), "not_mentioned") for name in NAMES})
        if not lenient and text != written(answer):
            raise ParseError(
                "Expected the 14 labels in their order, one line each, such as '- Cardiomegaly: positive'."
            )
        return answer

    def form(self) -> Form:
        parts: list[str | tuple[str, ...]] = []
        for name in NAMES:
            parts += [f"{chr(10) if parts else ''}- {name}: ", _WRITTEN]
        return tuple(parts)

    def weigh(self, output: Output, choices: Sequence[Mapping[str, float]]) -> AbnormalityOutput:
        probabilities = {
            name.lower(): {status.replace(" ", "_"): p for status, p in choice.items()}
            for name, choice in zip(NAMES, choices, strict=True)
        }
        return replace(expect(output, AbnormalityOutput), probabilities=probabilities)

    examples = (
        Example(
            Report(
                "Heart is enlarged. Small right pleural effusion with basal atelectasis. No pneumothorax. "
                "Left subclavian line ends in the superior vena cava."
            ),
            written(
                output(
                    {
                        "Cardiomegaly": "positive",
                        "Pleural Effusion": "positive",
                        "Atelectasis": "positive",
                        "Pneumothorax": "negative",
                        "Support Devices": "positive",
                    }
                )
            ),
        ),
        Example(
            Report(
                "The lungs are clear without consolidation or effusion. Cardiac size is normal. No pneumothorax. No "
                "rib fracture."
            ),
            written(
                output(
                    dict.fromkeys(
                        ("Consolidation", "Pleural Effusion", "Cardiomegaly", "Pneumothorax", "Fracture"), "negative"
                    )
                )
            ),
        ),
        Example(
            Report(
                "Dense opacity in the left lower lobe, which may represent pneumonia or aspiration. Mediastinum is "
                "not widened. Possible small left effusion. No pulmonary oedema."
            ),
            written(
                output(
                    {
                        "Lung Opacity": "positive",
                        "Pneumonia": "uncertain",
                        "Enlarged Cardiomediastinum": "negative",
                        "Pleural Effusion": "uncertain",
                        "Edema": "negative",
                    }
                )
            ),
        ),
    )
    demonstrations = (
        Example(
            Report(
                "CHEST RADIOGRAPH, PORTABLE AP\n\nINDICATION: Shortness of breath, known heart failure.\n\nFINDINGS: "
                "The cardiac silhouette is moderately enlarged. There is vascular congestion with interstitial "
                "pulmonary oedema. Bilateral pleural effusions, larger on the right, with adjacent atelectasis. No "
                "focal consolidation. No pneumothorax. A left chest wall pacemaker is in place with two leads. Old "
                "healed fracture of the right sixth rib.\n\nIMPRESSION: Cardiac decompensation with oedema and "
                "bilateral effusions."
            ),
            written(
                output(
                    {
                        "Cardiomegaly": "positive",
                        "Edema": "positive",
                        "Pleural Effusion": "positive",
                        "Atelectasis": "positive",
                        "Consolidation": "negative",
                        "Pneumothorax": "negative",
                        "Support Devices": "positive",
                        "Fracture": "positive",
                    }
                )
            ),
        ),
    )


TASK = AbnormalityDetection()
