"""Predictions: what a model answered on a case, one JSON object a line, safe against a crash.

May import `finetune.corpus.case` and the tasks. A results folder holds `predictions.jsonl`; a line that was cut by a
crash is dropped on reading and predicted again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from radlite_tui.errors import BadInput

SCHEMA = 1
FILE = "predictions.jsonl"


@dataclass(frozen=True)
class Prediction:
    """One answer to one case. gold and text are in the task's canonical answer format.

    report, prior and words are kept so that a score can be computed without the corpus. finish: stop | length |
    error. error: the sentence when there was no answer. probabilities: as in the output of a closed answer (label ->
    [0, 1]; for the grid of abnormalities label -> status -> [0, 1]), before any temperature; None for free answers.
    quantization: of the weights, as the model's manifest has it.
    """

    case: str
    group: str
    task: str
    subset: str
    model: str
    mode: str
    report: str
    prior: str | None
    words: str
    gold: str
    text: str
    finish: str
    error: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    total_s: float
    sha256: str
    adapter_sha256: str | None
    version: str
    prompt_version: str
    schema: int = SCHEMA
    probabilities: Mapping[str, Any] | None = None
    quantization: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a prediction unique in a results folder."""
        return (self.case, self.model, self.mode)


def read(folder: Path) -> Iterator[Prediction]:
    """Every whole prediction of a results folder. Raises BadInput for a file of another schema or a malformed line."""
    path = folder / FILE
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):
                return
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BadInput(f"{path}, line {number}: not a JSON object; remove the line and run again.") from error
            if not isinstance(row, dict) or row.get("schema") != SCHEMA:
                raise BadInput(f"{path}, line {number}: written by another version; use another --out folder.")
            yield Prediction(**row)


class Writer:
    """Appends predictions, each flushed to disk as a whole line. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        if path.exists():
            data = path.read_bytes()
            whole = data.rfind(b"\n") + 1
            if whole != len(data):
                with path.open("r+b") as cut:
                    cut.truncate(whole)
        self._file = path.open("a", encoding="utf-8")

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, prediction: Prediction) -> None:
        self._file.write(json.dumps(asdict(prediction), ensure_ascii=False) + "\n")
        self._file.flush()
