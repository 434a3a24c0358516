"""Preferences from blind ratings: who wins, how sure that is, and which ratings count."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from evals.__main__ import main
from evals.preferences import bradley_terry, preferences
from radlite_tui.assistant import ratings
from radlite_tui.assistant.ratings import Rating
from tests.evals import made

RATING = Rating(
    when="2026-01-02T03:04:05+00:00", task="impression_generation", model="m", mode="fine-tuned",
    model_sha256="0" * 64, adapter_sha256=None, rating=3, blind=True, report_sha256="r", answer_sha256="b",
    version="0.1.0",
)  # fmt: skip


def rated(report: int, **stars: int) -> list[Rating]:
    return [replace(RATING, report_sha256=f"r{report}", model=model, rating=n) for model, n in stars.items()]


def test_win_rates_and_counts_by_hand() -> None:
    found = preferences([[*rated(0, a=5, b=3), *rated(1, a=4, b=4), *rated(2, a=2, b=3)]])
    by_name = {p.model: p for p in found}
    a = by_name["a"]
    assert (a.wins, a.ties, a.losses, a.n, a.reports, a.win_rate) == (1, 1, 1, 3, 3, 0.5)
    assert by_name["b"].win_rate == 0.5


def test_one_that_always_wins_is_first_and_its_strength_stays_finite() -> None:
    first, second = preferences([[r for i in range(30) for r in rated(i, a=5, b=1)]])
    assert (first.model, first.win_rate) == ("a", 1.0)
    assert 0.85 < first.strength < 1
    assert first.low > 0.85
    assert second.high < 0.15


def test_bradley_terry_finds_the_odds_of_a_known_contest() -> None:
    """Three to one over many contests: strengths whose ratio is three."""
    strength = bradley_terry(np.array([[0.0, 3000.0], [1000.0, 0.0]]))
    odds = strength / (1 - strength)
    assert odds[0] / odds[1] == pytest.approx(3.0, rel=0.01)


def test_readers_are_not_compared_with_each_other() -> None:
    strict, mild = rated(0, a=2, b=1), rated(0, a=5, b=4)
    (a, b) = preferences([strict, mild])
    assert (a.model, a.wins, a.losses) == ("a", 2, 0)
    assert b.wins == 0


def test_the_report_has_the_preferences_of_the_files_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made.folder(tmp_path / "r", made.predictions(4, ["n_staging"], {("a", "fine-tuned"): 1.0}))
    file = tmp_path / "ratings.jsonl"
    file.write_text("".join(json.dumps(asdict(r)) + "\n" for r in (*rated(0, a=5, b=3), *rated(1, a=4, b=4))))
    args = ["report", "--out", str(folder)]
    assert main([*args, "--ratings", str(file)]) == 0
    assert "| a | fine-tuned | 0.75 (" in capsys.readouterr().out
    monkeypatch.setattr(ratings, "path", lambda: file)
    assert main([*args, "--ratings"]) == 0
    assert "What readers prefer" in capsys.readouterr().out
    assert main(args) == 0
    assert "What readers prefer" not in capsys.readouterr().out


def test_ratings_in_sight_of_the_names_do_not_count() -> None:
    seen = [replace(r, blind=False) for r in rated(0, a=5, b=1)]
    assert preferences([seen]) == []
    assert preferences([seen], blind_only=False) != []
    assert preferences([rated(0, a=5)]) == []
