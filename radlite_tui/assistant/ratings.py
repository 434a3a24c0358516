"""Ratings of compared answers, one JSON line each, that `evals` can read. May import its siblings.

A line holds no report and no answer: their SHA-256 tell which they were. Format in docs/compare.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from radlite_tui.assistant import kept
from radlite_tui.assistant.types import Answer
from radlite_tui.errors import BadInput

LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True)
class Rating:
    """rating: 1 (wrong) to 5 (as I would write it). blind: given before model and mode were shown."""

    when: str
    task: str
    model: str
    mode: str
    model_sha256: str
    adapter_sha256: str | None
    rating: int
    blind: bool
    report_sha256: str
    answer_sha256: str
    version: str


def path() -> Path:
    return kept.folder() / "ratings.jsonl"


def rated(answer: Answer, rating: int, blind: bool) -> Rating:
    """A rating of an answer, now."""
    return Rating(
        when=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        task=answer.task,
        model=answer.model.name,
        mode=str(answer.mode),
        model_sha256=answer.model.sha256,
        adapter_sha256=answer.model.adapter_sha256,
        rating=rating,
        blind=blind,
        report_sha256=_sha256(answer.plan.ask.report.text),
        answer_sha256=_sha256(answer.text),
        version=answer.version,
    )


def keep(rating: Rating) -> Path:
    """Append it to the file; gives the file. Raises RadliteError."""
    kept.append(path(), asdict(rating))
    return path()


def read(file: Path) -> Iterator[Rating]:
    """The ratings of a file, in order. Raises BadInput naming the file and line that is wrong."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            rating = Rating(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise BadInput(f"{file}, line {number}, is no rating ({error}); correct or remove the line.") from error
        if rating.rating not in range(LOWEST, HIGHEST + 1):
            raise BadInput(f"{file}, line {number}: rating must be {LOWEST} to {HIGHEST}, not {rating.rating!r}.")
        yield rating


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
