"""Measuring the app: the figures are taken from real runs, and a document changes between its markers only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.app.arguments import NAMES
from evals.app.command import BEGIN, END, document, table
from evals.app.measures import MEASURES, Figure

ROOT = Path(__file__).parents[2]


def test_every_figure_has_a_measure_and_stands_in_the_document() -> None:
    assert tuple(name for names in MEASURES for name in names) == NAMES
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert BEGIN in text.split(END)[0]
    assert all(f"| `{name}` |" in text for name in NAMES)


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are a POSIX thing")
def test_short_runs_give_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["app", "--quick", "--repeat", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["failed"] == {}
    rows = {row["name"]: row for row in found["rows"]}
    assert tuple(rows) == NAMES
    assert all(row["value"] > 0 and row["runs"] for row in rows.values())
    assert 0.5 < rows["first_paint"]["value"] < 10
    assert rows["paste_100k"]["context"]["bytes"] == 100_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "last_paint"], "Unknown figure 'last_paint'"),
        (["--repeat", "0"], "--repeat is 0"),
        (["--quick", "--write", "x.md"], "--quick measures too little"),
        (["--write", "missing.md"], "missing.md cannot be read"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["app", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_figure_over_its_limit_is_said_to_be() -> None:
    kept = Figure("ui_cpu", "what", 7.9, "%", 8.0, (7.9,), {})
    over = Figure("ui_bytes", "what", 0.8, "KB/token", 0.7, (0.8,), {})
    assert "| 7.9 | % | 8 | yes |" in table([kept])
    here = {"cpu": "x", "physical_cores": 2, "system": "Linux", "python": "3"}
    assert "| 0.8 | KB/token | 0.7 | no |" in document([over], here, "python -m evals app")
