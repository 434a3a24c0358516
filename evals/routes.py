"""The best model and mode of each task, from measured scores, in the format the app reads. May import routing."""

from __future__ import annotations

from collections.abc import Sequence

from evals.score import Row
from radlite_tui import __version__
from radlite_tui.routing.models import Route, dump
from radlite_tui.tasks.base import Mode

METRIC_NAMES = {
    "accuracy": "accuracy",
    "rouge_l": "ROUGE-L",
    "jaccard": "Jaccard",
    "per_label_accuracy": "per-label accuracy",
}


def best(rows: Sequence[Row]) -> list[Row]:
    """The row with the highest score of each task; the first one listed wins a tie."""
    winners: dict[str, Row] = {}
    for row in rows:
        if row.task not in winners or row.value > winners[row.task].value:
            winners[row.task] = row
    return list(winners.values())


def text(winners: Sequence[Row]) -> str:
    """The routes file that sends each task where it scored best."""
    return dump(
        {
            row.task: Route(
                row.model,
                Mode(row.mode),
                METRIC_NAMES[row.metric],
                round(row.value, 4),
                row.n,
                f"synthetic test, version {__version__}",
            )
            for row in winners
        }
    )
