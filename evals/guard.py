"""The regression guard: a small fixed set of cases through the embedded models, held against scores that ship.

The cases lie in `guarded/cases.jsonl`, so that a changed generator does not move them; `guarded/scores.toml` says what
each model scored on them, and for which files. `python -m evals guard` compares, `--write` makes both anew. Imports the
assistant and `score`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.asking import Manner, predict
from evals.cases import Item
from evals.predictions import Prediction
from evals.run import side_by_side
from evals.score import rows
from finetune.corpus import build, jsonl
from finetune.corpus.case import Case
from radlite_tui import settings, tasks, toml
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.errors import RadliteError
from radlite_tui.models.manifest import Manifest
from radlite_tui.models.store import files_used
from radlite_tui.tasks.base import Mode

FOLDER = Path(__file__).with_name("guarded")
CASES, SCORES = FOLDER / "cases.jsonl", FOLDER / "scores.toml"
MODE = Mode.FINE_TUNED
EACH = 6
"""Cases of each task."""
TASK_TOLERANCE = 0.2
"""How far one task's mean of one model may fall: one case of six may turn out otherwise on another processor."""
MODEL_TOLERANCE = 0.04
"""How far a model's mean over all tasks may fall."""
AGAIN = "python -m evals guard --write"


@dataclass(frozen=True)
class Guarded:
    """What ships for one model: the SHA-256 of its files and its mean score a task."""

    model: str
    sha256: str
    adapter_sha256: str
    scores: Mapping[str, float]

    @property
    def mean(self) -> float:
        return sum(self.scores.values()) / len(self.scores)


def run(args: argparse.Namespace) -> int:
    """Compares, or writes; 1 where scores fell."""
    assistant = Manner().assistant(settings.read())
    try:
        models = [manifest for manifest in assistant.models() if manifest.embedded]
        if args.write:
            cases = list(build(dict.fromkeys(tasks.TAGS, EACH), "test", 0))
            FOLDER.mkdir(exist_ok=True)
            jsonl.write(CASES, cases)
            SCORES.write_text(dump(measured(assistant, cases, models)), encoding="utf-8")
            print(f"{SCORES} and {CASES} written", file=sys.stderr)
            return 0
        found = measured(assistant, list(jsonl.read(CASES)), models)
    finally:
        assistant.close()
    problems = compare(read(), found)
    for sentence in problems:
        print(f"evals: {sentence}", file=sys.stderr)
    if not problems:
        means = ", ".join(f"{one.model} {one.mean:.3f}" for one in found)
        print(f"No score fell: {means}, {EACH} cases of each of {len(tasks.TAGS)} tasks.", file=sys.stderr)
    return 1 if problems else 0


def measured(assistant: Assistant, cases: Sequence[Case], models: Sequence[Manifest]) -> list[Guarded]:
    """What the models score on these cases now."""
    work = [(Item.of(case), manifest.name) for manifest in models for case in cases]
    with side_by_side(8) as pool:
        found = list(pool.map(lambda one: predict(assistant, one[0], one[1], MODE), work))
    return [_guarded(manifest, [p for p in found if p.model == manifest.name]) for manifest in models]


def _guarded(manifest: Manifest, predictions: Sequence[Prediction]) -> Guarded:
    if failed := [p for p in predictions if p.error]:
        raise RadliteError(f"{manifest.name} gave no answer to {failed[0].case}: {failed[0].error}")
    weights, *beside = files_used(manifest, MODE)
    adapter = beside[0].sha256 if beside else ""
    scores = {row.task: round(row.value, 4) for row in rows(predictions)}
    return Guarded(manifest.name, weights.sha256, adapter, scores)


def compare(shipped: Sequence[Guarded], found: Sequence[Guarded]) -> list[str]:
    """A sentence for every model that is not the one that was scored, and every score that fell."""
    known = {one.model: one for one in shipped}
    problems = []
    for now in found:
        was = known.get(now.model)
        if was is None or (was.sha256, was.adapter_sha256) != (now.sha256, now.adapter_sha256):
            problems.append(f"The shipped scores are of other files than {now.model}'s; run: {AGAIN}")
            continue
        for task, value in was.scores.items():
            if now.scores.get(task, 0.0) < value - TASK_TOLERANCE:
                fell = f"{task} of {now.model} fell from {value:.3f} to {now.scores.get(task, 0.0):.3f}"
                problems.append(f"{fell}, more than {TASK_TOLERANCE}.")
        if now.mean < was.mean - MODEL_TOLERANCE:
            fell = f"The mean score of {now.model} fell from {was.mean:.3f} to {now.mean:.3f}"
            problems.append(f"{fell}, more than {MODEL_TOLERANCE}.")
    return problems


def read() -> list[Guarded]:
    """The scores that ship. Raises BadInput when the file is damaged."""
    models = toml.read(SCORES, "shipped scores")["models"]
    return [Guarded(name, one["sha256"], one["adapter_sha256"], dict(one["scores"])) for name, one in models.items()]


def dump(found: Sequence[Guarded]) -> str:
    """The text of scores.toml."""
    lines = [f"# Mean scores on guarded/cases.jsonl, fine-tuned. Made by: {AGAIN}"]
    for one in found:
        name = toml.quoted(one.model)
        lines += ["", f"[models.{name}]", f"sha256 = {toml.quoted(one.sha256)}"]
        lines += [f"adapter_sha256 = {toml.quoted(one.adapter_sha256)}", "", f"[models.{name}.scores]"]
        lines += [f"{task} = {value!r}" for task, value in one.scores.items()]
    return "\n".join(lines) + "\n"
