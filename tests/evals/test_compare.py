"""Comparisons: what pairs with what, what counts as worse, which cases are listed, and the exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals.__main__ import main
from tests.evals import made

SKILL = {("one", "fine-tuned"): 0.9, ("two", "fine-tuned"): 0.9, ("two", "few-shot"): 0.2}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = made.predictions(40, ["n_staging", "impression_generation"], SKILL)
    return made.folder(tmp_path_factory.mktemp("results"), found)


def compared(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, object]:
    assert main(["compare", *args, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def verdicts(found: dict[str, object]) -> dict[str, str]:
    tasks = found["tasks"]
    assert isinstance(tasks, list)
    return {one["task"]: one["verdict"] for one in tasks}


def test_modes_of_one_model_are_compared_and_the_loss_is_found(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(capsys, "two:fine-tuned", "two:few-shot", "--out", str(results))
    assert verdicts(found) == {"n_staging": "worse", "impression_generation": "worse"}


def test_models_are_compared_in_the_modes_both_have(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(capsys, "one", "two", "--out", str(results))
    assert len(verdicts(found)) == 2
    assert all(one["b"] == "two:fine-tuned" for one in found["tasks"])  # type: ignore[attr-defined]


def test_a_folder_against_its_copy_shows_no_difference(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(capsys, str(results), str(results))
    assert set(verdicts(found).values()) == {"no difference shown"}


def test_folders_with_a_model_each_are_paired_whatever_it_is_called(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = made.folder(tmp_path / "a", made.predictions(40, ["n_staging"], {("one", "fine-tuned"): 0.2}))
    two = made.folder(tmp_path / "b", made.predictions(40, ["n_staging"], {("two", "fine-tuned"): 0.9}))
    assert verdicts(compared(capsys, str(one), str(two))) == {"n_staging": "better"}


def test_the_cases_that_changed_are_listed_with_both_answers(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["compare", "two:fine-tuned", "two:few-shot", "--out", str(results), "--cases", "2"]
    assert main(args) == 0
    text = capsys.readouterr().out
    assert text.count("### n_staging") >= 2
    assert "worse, 1.00 to 0.00" in text
    assert main([*args, "--json"]) == 0
    cases = json.loads(capsys.readouterr().out)["cases"]
    losses = [case for case in cases if case["task"] == "n_staging" and case["gain"] < 0]
    assert len(losses) == 2
    assert all(case["a_text"] == case["gold"] != case["b_text"] for case in losses)


def test_what_a_model_wrote_stays_inside_its_block(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = made.predictions(4, ["impression_generation"], {("one", "fine-tuned"): 1.0, ("one", "zero-shot"): 1.0})
    bad = [replace(p, text="# Heading\n\x1b[31m") if p.mode == "zero-shot" else p for p in found]
    folder = made.folder(tmp_path, bad)
    assert main(["compare", "fine-tuned", "zero-shot", "--out", str(folder), "--cases", "1"]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\n# Heading" not in text


def test_scripts_can_stop_at_a_loss(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["--out", str(results), "--fail-on-worse"]
    assert main(["compare", "two:fine-tuned", "two:few-shot", *args]) == 1
    assert "n_staging (two:few-shot)" in capsys.readouterr().err
    assert main(["compare", "two:few-shot", "two:fine-tuned", *args]) == 0


def test_a_side_that_is_nothing_is_a_sentence(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "three", "two", "--out", str(results)]) == 2
    assert "neither a results folder nor a selection" in capsys.readouterr().err
    assert main(["compare", "one:fine-tuned", "one:fine-tuned", "--cases", "-1", "--out", str(results)]) == 2
