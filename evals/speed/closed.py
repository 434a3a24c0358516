"""The row about closed answers: how often the model has to be computed for a label. May import its siblings.

Counts, not times, so one run is as good as many. A label written freely costs one computation a token: each token but
the first takes one, and one more shows that the label is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from evals.speed.bench import Bench
from evals.speed.rows import Runs
from evals.speed.timing import timed
from radlite_tui import tasks
from radlite_tui.assistant.types import Ask
from radlite_tui.segments import Text
from radlite_tui.tasks.base import Mode

TASKS = ("rads_assignment", "n_staging", "m_staging", "radiology_nli", "abnormality_detection")


@dataclass(frozen=True)
class Steps:
    """llama_decode calls after the prompt was read: over the closed form, and for the same text written freely."""

    closed: int
    free: int


def closed_label_steps(bench: Bench) -> Runs:
    """All closed tasks on their own example reports, summed; each task's own figures are in the context."""
    engine = bench.engine()
    assistant = bench.assistant(engine)
    found: dict[str, Steps] = {}
    for tag in TASKS:
        example = tasks.get(tag).demonstrations[0]
        plan = assistant.plan(Ask(example.report, example.words, tag, mode=Mode.FINE_TUNED))
        answer = timed(assistant.run(plan))
        free = engine.count(assistant.request(plan).model, (Text(answer.text),))
        found[tag] = Steps(answer.stats.steps, free)
    context = {tag: {"closed": steps.closed, "free": steps.free} for tag, steps in found.items()}
    closed, free = sum(s.closed for s in found.values()), sum(s.free for s in found.values())
    return Runs((float(max(1, closed)),), (float(free),), context)
