"""One case asked of one model in one mode: an answer with all it depends on becomes a prediction.

Imports the assistant that the app uses. An answer depends on the case, the model's files, the mode, the prompts'
version, and the manner it is asked in; a prediction keeps them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from platform import node
from typing import Any

from evals.cases import Item
from evals.predictions import Prediction
from radlite_tui import __version__
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.reading import stamp
from radlite_tui.assistant.served import where
from radlite_tui.assistant.types import Answer, Ask, ModelStamp
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.routing.calibration import tempered
from radlite_tui.settings import Settings
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput
from radlite_tui.tasks.prompt import PROMPT_VERSION

LOCAL = "local"


@dataclass(frozen=True)
class Manner:
    """How cases are asked.

    constrained: closed tasks are decoded over their form. batched: the engine on this machine computes several answers
    at a time, which rounds otherwise than one by one. backend: local, or a server's host and port; layout: the model
    here whose prompt layout a served one shares, if any.
    """

    seed: int = 0
    constrained: bool = True
    batched: bool = False
    backend: str = LOCAL
    layout: str | None = None

    @classmethod
    def of(cls, found: Settings, seed: int, *, constrained: bool, batched: bool) -> Manner:
        """As the settings' engine is asked."""
        engine = found.engine
        if engine.kind == "openai":
            return cls(seed, constrained, True, where(engine.openai), engine.openai.manifest)
        return cls(seed, constrained, batched)

    @property
    def settings(self) -> dict[str, Any]:
        """What a prediction keeps as its settings."""
        found = {"seed": self.seed, "constrained": self.constrained, "batched": self.batched}
        return found | ({"layout": self.layout} if self.layout else {})

    def assistant(self, found: Settings) -> Assistant:
        """The assistant the app has with these settings; on this machine, one that answers the same whatever else is
        asked, unless batches are wanted."""
        return Assistant.create(found, steady=not self.batched)


def predict(assistant: Assistant, item: Item, model: str, mode: Mode, manner: Manner | None = None) -> Prediction:
    """One prediction. A failure of the request becomes the prediction's error; a missing model is raised."""
    manner = manner or Manner()
    ask = Ask(item.report, item.words, task=item.task, model=model, mode=mode, seed=manner.seed)
    answer: Answer | None = None
    error, finish = "", "error"
    try:
        answer = assistant.finish(assistant.plan(ask), constrained=manner.constrained)
        finish = answer.finish
    except RadliteError as failure:
        if failure.exit_code == 3:
            raise
        error, finish = str(failure), "refused" if isinstance(failure, BadInput) else "error"
    own = answer.model if answer else stamp_of(assistant, model, mode)
    return Prediction(
        case=item.id,
        group=item.group,
        task=item.task,
        subset=item.subset,
        model=model,
        mode=str(mode),
        report=item.report.text,
        prior=item.report.prior,
        words=item.words,
        gold=item.gold,
        text=answer.text if answer else "",
        finish=finish,
        error=error,
        prompt_tokens=answer.stats.prompt_tokens if answer else 0,
        cached_tokens=answer.stats.cached_tokens if answer else 0,
        completion_tokens=answer.stats.completion_tokens if answer else 0,
        total_s=answer.stats.total_s if answer else 0.0,
        sha256=own.sha256,
        adapter_sha256=own.adapter_sha256,
        version=__version__,
        prompt_version=PROMPT_VERSION,
        probabilities=probabilities(answer) if answer else None,
        quantization=own.quantization,
        backend=manner.backend,
        settings=manner.settings,
        source=item.source,
        host=node(),
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def stamp_of(assistant: Assistant, model: str, mode: Mode) -> ModelStamp:
    """Which files answer for a model in a mode. Raises BadInput when it has none for it."""
    return stamp(next(manifest for manifest in assistant.models() if manifest.name == model), mode)


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
