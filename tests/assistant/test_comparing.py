"""Scores, votes, ratings and exports of compared answers."""

from __future__ import annotations

import json
import stat
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics.rouge import rouge_l as stemmed
from radlite_tui import tasks
from radlite_tui.assistant import comparison_export, kept, ratings, reading
from radlite_tui.assistant.comparison import expected, vote
from radlite_tui.assistant.comparison_export import Compared
from radlite_tui.assistant.scoring import rouge_l, score
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.protocol import Done, Stats
from radlite_tui.errors import BadInput
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report
from tests.scripted import ScriptedStore, assistant

REPORT = Report("FINDINGS: Two nodes, 15 mm. ```\n````")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def answered(tag: str, text: str, mode: Mode = Mode.FINE_TUNED) -> Answer:
    plan = assistant().plan(Ask(REPORT, "x", tag, mode=mode))
    return reading.answer(plan, ScriptedStore(), Done(text, "stop", Stats(completion_tokens=3)))


def said(answer: Answer, wanted: str) -> str:
    found = expected(answer.task, wanted, REPORT, [answer])
    return score(answer, found.output, found.text).said


def test_labels_are_right_or_wrong_and_lists_are_shares() -> None:
    assert said(answered("n_staging", "N1"), "N1") == "✓"
    assert said(answered("n_staging", "N1"), "N2") == "✗"
    task = tasks.get("temporal_comparison")
    lines = task.demonstrations[0].answer
    assert said(answered("temporal_comparison", lines), lines) == "1.00"
    assert (
        said(
            answered("abnormality_detection", tasks.get("abnormality_detection").demonstrations[0].answer),
            (tasks.get("abnormality_detection").demonstrations[0].answer),
        )
        == "1.00"
    )


def test_an_answer_that_does_not_parse_scores_nothing() -> None:
    assert said(answered("n_staging", "perhaps"), "N1") == "✗"


WORDS = st.lists(st.sampled_from(["left", "right", "mass", "no", "in"]), max_size=8).map(" ".join)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_rouge_l_is_that_of_the_library_where_stems_are_the_words(a: str, b: str) -> None:
    assert rouge_l(a, b) == pytest.approx(stemmed(a, b))


def test_a_vote_needs_more_than_half() -> None:
    one, two, three = (answered("n_staging", label) for label in ("N1", "N1", "N2"))
    found = vote([three, one, two])
    assert found is not None
    assert (found[0].text, found[1]) == ("N1", 2)
    assert vote([one, three]) is None
    assert vote([]) is None


def test_ratings_are_for_their_owner_and_hold_no_text(data: Path) -> None:
    answer = answered("n_staging", "N1")
    file = ratings.keep(ratings.rated(answer, 4, blind=True))
    ratings.keep(ratings.rated(answer, 2, blind=False))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert "nodes" not in file.read_text(encoding="utf-8")
    assert [(r.rating, r.blind, r.model) for r in ratings.read(file)] == [
        (4, True, answer.model.name),
        (2, False, answer.model.name),
    ]


def test_a_line_that_is_no_rating_is_named(data: Path) -> None:
    file = ratings.keep(ratings.rated(answered("n_staging", "N1"), 4, blind=True))
    kept.append(file, {"rating": 3})
    with pytest.raises(BadInput, match="line 2"):
        list(ratings.read(file))


def test_an_export_says_where_each_answer_came_from(data: Path) -> None:
    given_answers = (answered("n_staging", "N1"), answered("n_staging", "N2", Mode.ZERO_SHOT))
    wanted = expected("n_staging", "N1", REPORT, given_answers)
    compared = Compared(Ask(REPORT, "n?", "n_staging"), given_answers, wanted, (("m", "few-shot", "full"),), (5, None))
    markdown, as_json = comparison_export.keep(compared)
    assert {stat.S_IMODE(file.stat().st_mode) for file in (markdown, as_json)} == {0o600}
    text = markdown.read_text(encoding="utf-8")
    for part in ("a" * 64, "b" * 64, "seed 0", "score 1.00", "score 0.00", "rated 5 of 5", "Failed: full", "`````text"):
        assert part in text
    assert REPORT.text in text
    assert "Not for clinical use" in text
    found = json.loads(as_json.read_text(encoding="utf-8"))
    assert [run.get("score", {}).get("value") for run in found["runs"]] == [1.0, 0.0, None]
    assert found["report"]["text"] == REPORT.text
    assert found["expected"]["matches"] == [True, False]


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "here.md"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match=r"here\.md"):
        kept.write_new(file, "other")
    assert file.read_text(encoding="utf-8") == "mine"


def test_the_json_has_the_keys_of_the_command(data: Path) -> None:
    found = comparison_export.as_json(Compared(Ask(REPORT, "", "n_staging"), ()), datetime.now(timezone.utc))
    assert {"task", "runs", "agreement", "expected"} <= set(found)
