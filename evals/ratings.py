"""Readers' ratings of compared answers, as means. Imports `statistics` and the assistant's ratings.

Only blind ratings count unless told otherwise: whoever sees the model's name rates the name too. Ratings of one report
are resampled together, since they are not independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from evals.statistics import bootstrap
from radlite_tui.assistant import ratings
from radlite_tui.assistant.ratings import Rating
from radlite_tui.errors import BadInput


@dataclass(frozen=True)
class Mean:
    """The mean rating (1 to 5) of a task's answers by one model in one mode. low, high: its 95 % interval; reports: how
    many different reports the n ratings are about."""

    task: str
    model: str
    mode: str
    value: float
    low: float
    high: float
    n: int
    reports: int

    def json(self) -> dict[str, Any]:
        return asdict(self)


def read(files: Sequence[Path]) -> list[Rating]:
    """The ratings of these files, or of the user's own. Raises BadInput for what cannot be read, or when there is
    nothing."""
    found: list[Rating] = []
    for file in files or (ratings.path(),):
        try:
            found += ratings.read(file)
        except OSError as error:
            raise BadInput(
                f"{file} cannot be read ({error.strerror}); rate answers in the comparison first."
            ) from error
    return found


def means(found: Iterable[Rating], *, blind_only: bool = True) -> list[Mean]:
    """One mean a task, model file and mode, best first within a task. Raises BadInput when no rating is left."""
    groups: dict[tuple[str, str, str], list[Rating]] = {}
    for rating in found:
        if rating.blind or not blind_only:
            groups.setdefault((rating.task, rating.model, rating.mode), []).append(rating)
    if not groups:
        raise BadInput("There are no blind ratings; --all also counts those given with the names in sight.")
    several = [_mean(key, group) for key, group in groups.items()]
    return sorted(several, key=lambda mean: (mean.task, -mean.value, mean.model, mean.mode))


def _mean(key: tuple[str, str, str], group: Sequence[Rating]) -> Mean:
    scores, reports = [float(rating.rating) for rating in group], [rating.report_sha256 for rating in group]
    low, high = bootstrap(scores, reports)
    return Mean(*key, fmean(scores), low, high, len(scores), len(set(reports)))


def table(found: Sequence[Mean]) -> str:
    """The means as Markdown."""
    lines = ["| task | model | mode | mean rating (1-5) | ratings | reports |", "|---|---|---|---|---|---|"]
    for m in found:
        lines.append(
            f"| `{m.task}` | {m.model} | {m.mode} | {m.value:.2f} ({m.low:.2f}-{m.high:.2f}) | {m.n} | {m.reports} |"
        )
    return "\n".join(lines)
