"""The regression guard: the embedded models still score what the shipped file says, and a fall is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals import guard
from evals.__main__ import main
from evals.guard import MODEL_TOLERANCE, TASK_TOLERANCE, Guarded, compare
from finetune.corpus import jsonl
from radlite_tui.tasks import TAGS

SHIPPED = Guarded("one", "a", "b", {"n_staging": 0.9, "m_staging": 0.7})


def test_the_embedded_models_score_what_ships(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["guard"])
    said = capsys.readouterr().err
    assert code == 0, said
    assert "No score fell" in said


def test_every_task_and_embedded_model_is_guarded() -> None:
    cases = list(jsonl.read(guard.CASES))
    assert {case.task for case in cases} == set(TAGS)
    assert len(cases) == guard.EACH * len(TAGS)
    assert all(set(one.scores) == set(TAGS) for one in guard.read())


def test_a_fall_within_the_tolerance_is_no_fall() -> None:
    assert compare([SHIPPED], [replace(SHIPPED, scores={"n_staging": 0.85, "m_staging": 0.7})]) == []


def test_a_task_or_a_mean_that_falls_is_named_with_its_figures() -> None:
    low = replace(SHIPPED, scores={"n_staging": 0.9 - TASK_TOLERANCE - 0.01, "m_staging": 0.95})
    (task,) = compare([SHIPPED], [low])
    assert "n_staging of one fell from 0.900 to 0.690" in task
    everywhere = replace(SHIPPED, scores={t: v - MODEL_TOLERANCE - 0.01 for t, v in SHIPPED.scores.items()})
    (mean,) = compare([SHIPPED], [everywhere])
    assert "mean score of one fell from 0.800 to 0.750" in mean


def test_scores_of_other_files_are_refused_with_the_command_to_run() -> None:
    (sentence,) = compare([SHIPPED], [replace(SHIPPED, adapter_sha256="c")])
    assert "python -m evals guard --write" in sentence


def test_what_is_written_reads_back(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("guarded") / "scores.toml"
    path.write_text(guard.dump([SHIPPED]))
    monkeypatch.setattr(guard, "SCORES", path)
    assert guard.read() == [SHIPPED]
