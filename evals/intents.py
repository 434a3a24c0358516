"""The app's own routing of requests, scored on words that were never trained on. Imports routing and `finetune.intent`.

Everything that decides in the app decides here: tags, the rule for quoted statements, the classifier, its abstention.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from evals.metrics.calibration import ece
from evals.metrics.routing import ASKED, Routed, routed
from evals.statistics import wilson
from finetune import intent
from radlite_tui.errors import BadInput
from radlite_tui.routing.task import KNOWN, route_task

HELD_OUT = intent.INTENTS / "test.toml"


@dataclass(frozen=True)
class Share:
    """hits of n, as a proportion with its 95 % Wilson interval; all 0 where n is."""

    name: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Missed:
    """A request that went wrong; given "" where the app asked back."""

    words: str
    accepted: tuple[str, ...]
    given: str


@dataclass(frozen=True)
class Routing:
    """shares: of all requests; intents: right of each task's own requests; ece: of the classifier's confidence, over
    the requests it sent somewhere; counts: what was counted; missed: the requests that went wrong."""

    source: str
    shares: tuple[Share, ...]
    intents: tuple[Share, ...]
    ece: float
    counts: Routed
    missed: tuple[Missed, ...]

    def json(self) -> dict[str, Any]:
        confusion = [{"gold": g, "given": t, "n": n} for (g, t), n in sorted(self.counts.confusion.items())]
        return {**{k: v for k, v in asdict(self).items() if k != "counts"}, "confusion": confusion}


@cache
def requests(path: Path = HELD_OUT) -> tuple[intent.Expected, ...]:
    """Requests and the tasks that accept them. The shipped ones leave out what training also holds. Raises BadInput
    naming the file that cannot be used."""
    try:
        found = intent.held_out(path, intent.training_phrases() if path == HELD_OUT else ())
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BadInput(f"{path} holds no requests ({error}); write it as finetune/intents/test.toml is.") from error
    unknown = sorted({task for one in found for task in one.accepted} - set(KNOWN))
    if unknown or not found:
        what = f"names the unknown task {unknown[0]!r}" if unknown else "holds no requests"
        raise BadInput(f"{path} {what}; the tasks are {', '.join(KNOWN)}, and abstain and either are keys too.")
    return tuple(found)


def score(path: Path = HELD_OUT) -> Routing:
    """How the app routes the requests of a file."""
    found = requests(path)
    decided = [route_task(one.words) for one in found]
    given = [one.task for one in decided]
    counts = routed(given, [one.accepted for one in found])
    sent = [
        (one.confidence, task in own.accepted) for one, task, own in zip(decided, given, found, strict=True) if task
    ]
    confidence, right = (np.array(side, float) for side in zip(*sent, strict=True)) if sent else (np.empty(0),) * 2
    missed = [
        Missed(own.words, own.accepted, task or ASKED)
        for own, task in zip(found, given, strict=True)
        if (task not in own.accepted if own.accepted else task is not None)
    ]
    answered = counts.clear - counts.asked
    return Routing(
        source=path.name if path == HELD_OUT else str(path),
        shares=(
            share("right, of requests for a task", counts.right, counts.clear),
            share("right, of those sent to a task", counts.right, answered),
            share("asked back, of requests for a task", counts.asked, counts.clear),
            share("asked back, of requests for none", counts.caught, counts.unclear),
        ),
        intents=tuple(of_intent(task, counts) for task in KNOWN if any(gold == task for gold, _ in counts.confusion)),
        ece=ece(confidence, right) if sent else 0.0,
        counts=counts,
        missed=tuple(missed),
    )


def of_intent(task: str, counts: Routed) -> Share:
    """Right of one task's own requests."""
    own = {given: n for (gold, given), n in counts.confusion.items() if gold == task}
    return share(task, own.get(task, 0), sum(own.values()))


def share(name: str, hits: int, n: int) -> Share:
    low, high = wilson(hits, n) if n else (0.0, 0.0)
    return Share(name, hits / n if n else 0.0, low, high, n)
