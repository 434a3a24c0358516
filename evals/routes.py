"""The best model and mode of each task, from measured scores, in the format the app reads. May import routing."""

from __future__ import annotations

from collections.abc import Sequence

from evals.score import Row


def best(rows: Sequence[Row]) -> list[Row]:
    """The row with the highest score of each task; the first one listed wins a tie."""
    winners: dict[str, Row] = {}
    for row in rows:
        if row.task not in winners or row.value > winners[row.task].value:
            winners[row.task] = row
    return list(winners.values())
