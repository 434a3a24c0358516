"""Predictions made up from generated cases: answers that are right as often as a model and mode are said to be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from evals.predictions import Prediction, Writer
from finetune.corpus import build
from finetune.corpus.case import Case
from radlite_tui import tasks
from radlite_tui.tasks.outputs import AbnormalityOutput, LabelOutput, RadsOutput

TASKS = ("rads_assignment", "impression_generation", "radiology_nli", "abnormality_detection", "n_staging")
SKILL: Mapping[tuple[str, str], float] = {
    ("one", "zero-shot"): 0.2,
    ("one", "few-shot"): 0.3,
    ("one", "fine-tuned"): 0.7,
    ("one", "fine-tuned+few-shot"): 0.5,
    ("two", "zero-shot"): 0.3,
    ("two", "few-shot"): 0.3,
    ("two", "fine-tuned"): 0.8,
    ("two", "fine-tuned+few-shot"): 0.8,
}


@cache
def cases(task: str, limit: int) -> tuple[Case, ...]:
    return tuple(build({task: limit}, "test", 0))


def predictions(
    limit: int = 30, names: Sequence[str] = TASKS, skill: Mapping[tuple[str, str], float] = SKILL
) -> list[Prediction]:
    """limit cases of each task by each model and mode; the same every time."""
    return [
        answer(cases(task, limit), place, model, mode, share)
        for (model, mode), share in skill.items()
        for task in names
        for place in range(limit)
    ]


def answer(found: Sequence[Case], place: int, model: str, mode: str, share: float) -> Prediction:
    """A right answer to `share` of the cases, else that of the next case with another one."""
    case, task = found[place], tasks.get(found[place].task)
    chance = hashlib.sha256(f"{case.id} {model} {mode}".encode()).digest()[0] / 256
    gold = task.render(case.gold)
    others = [task.render(other.gold) for other in (*found[place:], *found[:place])]
    wrong = next((text for text in others if text != gold), gold)
    text = gold if chance < share else wrong
    return Prediction(
        case=case.id, group=case.group, task=case.task, subset=case.subset, model=model, mode=mode,
        report=case.report.text, prior=case.report.prior, words=case.words, gold=gold, text=text, finish="stop",
        error="", prompt_tokens=100, cached_tokens=0, completion_tokens=4, total_s=0.5, sha256="a" * 64,
        adapter_sha256="b" * 64 if "tuned" in mode else None, version="0", prompt_version="1",
        probabilities=chances(case, text), quantization="Q8_0",
    )  # fmt: skip


def chances(case: Case, text: str) -> dict[str, object] | None:
    """As sure of every answer as a model that is right most of the time should not be."""
    if tasks.get(case.task).form() is None:
        return None
    output = tasks.get(case.task).parse(text, case.report)
    if isinstance(output, AbnormalityOutput):
        return {label: {status: 0.97, "not_mentioned" if status != "not_mentioned" else "positive": 0.03}
                for label, status in output.labels.items()}  # fmt: skip
    if isinstance(output, (LabelOutput, RadsOutput)):
        labels = tasks.get(case.task).labels or ()
        rest = 0.03 / (len(labels) - 1)
        return {label: 0.97 if label == output.label else rest for label in labels}
    return None


def folder(path: Path, found: Sequence[Prediction]) -> Path:
    """A results folder that holds these predictions."""
    with Writer(path) as writer:
        for prediction in found:
            writer.write(prediction)
    return path


def renamed(found: Sequence[Prediction], model: str, quantization: str) -> list[Prediction]:
    return [replace(p, model=model, quantization=quantization) for p in found]
