"""Cases -> predictions, through the same assistant and engine the app uses. Resumable; never recomputes a line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evals.predictions import Prediction, Writer, read
from finetune.corpus.case import Case
from radlite_tui import __version__, tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.errors import RadliteError
from radlite_tui.routing.calibration import tempered
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput
from radlite_tui.tasks.prompt import PROMPT_VERSION


def cases(tags: Sequence[str], limit: int, seed: int) -> list[Case]:
    """`limit` synthetic test cases of each task. The test split's phrases and patients are not in training."""
    from finetune.corpus import build

    found = build(dict.fromkeys(tags, limit), "test", seed)
    return sorted(found, key=lambda case: tasks.TAGS.index(case.task))


def run(
    assistant: Assistant,
    todo: Sequence[Case],
    models: Sequence[str],
    modes: Iterable[Mode],
    out: Path,
    seed: int = 0,
    constrained: bool = True,
    parallel: int = 8,
) -> int:
    """Predict every case with every model and mode that `out` does not hold yet; returns how many were predicted.

    Cases of one task, model and mode run in a row, so that the few-shot prefix stays in the cache. parallel: cases in
    flight at once, which the engine computes side by side; they are written in order. Progress and the time left go to
    stderr. An answer that fails is kept as a prediction with its error.
    """
    done = {p.key for p in read(out)}
    work = [
        (case, model, mode)
        for model in models
        for mode in modes
        for case in todo
        if (case.id, model, str(mode)) not in done
    ]
    started, shown = time.monotonic(), 0.0
    with Writer(out) as writer, side_by_side(parallel) as pool:
        predictions = pool.map(lambda w: predict(assistant, w[0], w[1], w[2], seed, constrained), work)
        for index, ((case, model, mode), prediction) in enumerate(zip(work, predictions, strict=True)):
            writer.write(prediction)
            elapsed = time.monotonic() - started
            if elapsed - shown > 5 or index + 1 == len(work):
                shown = elapsed
                left = elapsed / (index + 1) * (len(work) - index - 1)
                what = f"{model} {mode} {case.task}"
                print(f"{index + 1}/{len(work)}  {what}  {left / 60:.1f} min left", file=sys.stderr)
    return len(work)


@contextmanager
def side_by_side(parallel: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that begins nothing more once its block is left by an error."""
    pool = ThreadPoolExecutor(max_workers=parallel)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def predict(
    assistant: Assistant, case: Case, model: str, mode: Mode, seed: int, constrained: bool = True
) -> Prediction:
    """One prediction. A failure of the request becomes the prediction's error; a missing model is raised."""
    task = tasks.get(case.task)
    ask = Ask(case.report, case.words, task=case.task, model=model, mode=mode, seed=seed)
    answer: Answer | None = None
    error = ""
    try:
        answer = assistant.finish(assistant.plan(ask), constrained=constrained)
    except RadliteError as failure:
        if failure.exit_code == 3:
            raise
        error = str(failure)
    return Prediction(
        case=case.id,
        group=case.group,
        task=case.task,
        subset=case.subset,
        model=model,
        mode=str(mode),
        report=case.report.text,
        prior=case.report.prior,
        words=case.words,
        gold=task.render(case.gold),
        text=answer.text if answer else "",
        finish=answer.finish if answer else "error",
        error=error,
        prompt_tokens=answer.stats.prompt_tokens if answer else 0,
        cached_tokens=answer.stats.cached_tokens if answer else 0,
        completion_tokens=answer.stats.completion_tokens if answer else 0,
        total_s=answer.stats.total_s if answer else 0.0,
        sha256=answer.model.sha256 if answer else "",
        adapter_sha256=answer.model.adapter_sha256 if answer else None,
        version=__version__,
        prompt_version=PROMPT_VERSION,
        probabilities=probabilities(answer) if answer else None,
        quantization=answer.model.quantization if answer else "",
    )


def probabilities(answer: Answer) -> dict[str, Any] | None:
    """The decoder's own label probabilities of a closed answer, to six digits, without those below 1e-8; None for a
    free answer. The temperature they are shown at is taken back, since it is fitted on these."""
    found = answer.output.json().get("probabilities") if answer.output is not None else None
    if not found:
        return None
    temperature = answer.plan.calibration
    if isinstance(answer.output, AbnormalityOutput):
        return {label: _short(statuses, temperature) for label, statuses in found.items()}
    return _short(found, temperature)


def _short(choice: Mapping[str, float], temperature: float) -> dict[str, float]:
    (own,) = tempered((choice,), 1 / temperature)
    return {label: float(f"{p:.6g}") for label, p in own.items() if p >= 1e-8}
