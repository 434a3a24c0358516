"""Means of readers' ratings: which count, how they are grouped, and what a wrong file says."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.ratings import means
from radlite_tui.assistant.ratings import Rating

RATING = Rating(
    when="2026-01-02T03:04:05+00:00",
    task="impression_generation",
    model="radlite-nano-qwen3",
    mode="fine-tuned",
    model_sha256="0" * 64,
    adapter_sha256=None,
    rating=4,
    blind=True,
    report_sha256="a",
    answer_sha256="b",
    version="0.1.0",
)
SEEN = replace(RATING, rating=5, blind=False)
OTHER = replace(RATING, mode="zero-shot", rating=1)


def written(folder: Path, *ratings: Rating) -> str:
    file = folder / "ratings.jsonl"
    file.write_text("".join(json.dumps(asdict(rating)) + "\n" for rating in ratings))
    return str(file)


def test_only_blind_ratings_count_unless_told_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, RATING, SEEN, OTHER)
    assert main(["ratings", file, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["mode"], row["value"], row["n"]) for row in rows] == [("fine-tuned", 4.0, 1), ("zero-shot", 1.0, 1)]
    assert main(["ratings", file, "--all"]) == 0
    assert "| fine-tuned | 4.50 (4.50-4.50) | 2 | 1 |" in capsys.readouterr().out


def test_ratings_of_one_report_are_drawn_together() -> None:
    one_report = [replace(RATING, rating=rating) for rating in (1, 5) * 5]
    assert (means(one_report)[0].low, means(one_report)[0].high) == (3.0, 3.0)
    ten_reports = [replace(rating, report_sha256=str(i)) for i, rating in enumerate(one_report)]
    assert means(ten_reports)[0].low < 2.5 < 3.5 < means(ten_reports)[0].high


def test_no_rating_and_a_wrong_line_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ratings", written(tmp_path, SEEN)]) == 2
    assert "no blind ratings" in capsys.readouterr().err
    assert main(["ratings", written(tmp_path, RATING, replace(RATING, rating=9))]) == 2
    assert "line 2: rating must be 1 to 5, not 9" in capsys.readouterr().err
    assert main(["ratings", str(tmp_path / "missing.jsonl")]) == 2
    assert "missing.jsonl cannot be read" in capsys.readouterr().err
