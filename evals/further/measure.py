"""One further figure of a task, model and mode, and what the metrics are called. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

TITLES: Mapping[str, str] = {
    "macro_f1": "macro-F1",
    "micro_f1": "micro-F1",
    "f1": "F1 of positive",
    "label_accuracy": "accuracy",
    "quadratic_kappa": "quadratic kappa",
    "off_by_one": "off by one step at most",
    "crosses_threshold": "crosses a management threshold (less is better)",
    "rouge_1": "ROUGE-1",
    "rouge_2": "ROUGE-2",
    "laterality": "agrees on sides",
    "measurement": "agrees on measurements",
    "negation": "agrees on negation",
    "token_f1": "token F1",
    "exact_match": "exact match",
    "entity_f1": "entity F1, exact span",
    "entity_f1_overlap": "entity F1, overlapping span",
    "set_f1": "set F1 of changes",
    "ece": "ECE (less is better)",
    "brier": "Brier score (less is better)",
    "selective_accuracy": "selective accuracy",
    "bertscore": "BERTScore F1",
    "radgraph_f1": "RadGraph F1",
    "chexbert_macro_f1": "CheXbert macro-F1",
    "chexbert_micro_f1": "CheXbert micro-F1",
    "ratescore": "RaTEScore",
    "green": "GREEN",
}


@dataclass(frozen=True)
class Measure:
    """part: the RADS system, labels or coverage it is of, "" for all. value, low, high: of lenient answers, with its
    95 % interval; n: cases (choices, for label probabilities; positive ones, for the F1 of a label); strict: of answers
    read strictly; majority: what the most common gold answer would get, both None where that says nothing;
    unparseable: share that no parser reads."""

    task: str
    model: str
    mode: str
    metric: str
    part: str
    value: float
    low: float
    high: float
    n: int
    strict: float | None
    majority: float | None
    unparseable: float

    @property
    def title(self) -> str:
        """ "macro-F1, 5 labels" """
        return TITLES.get(self.metric, self.metric) + (f", {self.part}" if self.part else "")

    def json(self) -> dict[str, Any]:
        return asdict(self)
