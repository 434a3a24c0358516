"""Routes, temperatures and the ensemble beside the route, on answers whose truth is made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals.__main__ import main
from evals.asking import predict
from evals.calibrating import Choices, bins, choices, fit, halves, nll, tempered
from evals.cases import Item
from evals.cells import cells
from evals.ensemble import contests
from evals.predictions import Prediction
from radlite_tui import tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Ask
from radlite_tui.routing import calibration, models
from radlite_tui.tasks.base import Mode
from tests.evals import made

TUNED = {("one", "fine-tuned"): 0.7, ("two", "fine-tuned"): 0.8}


def split(case: int, gold: str, one: dict[str, float], two: dict[str, float]) -> list[Prediction]:
    """Both models' answers to a made-up case: the likeliest label of each."""
    (base,) = made.predictions(1, ["m_staging"], {("one", "fine-tuned"): 1.0})
    return [
        replace(
            base, case=f"c{case}", group=f"g{case}", gold=gold, model=model, probabilities=odds,
            text=max(odds, key=lambda label: odds[label]),
        )
        for model, odds in (("one", one), ("two", two))
    ]  # fmt: skip


def test_overconfidence_is_cooled_on_the_half_it_was_not_fitted_on() -> None:
    cell = cells(made.predictions(150, ["n_staging"], TUNED))["n_staging", "one", "fine-tuned"]
    found = fit(cell)
    assert found is not None
    assert found.temperature > 1.5
    assert found.kept
    assert found.nll[1] < found.nll[0]
    assert found.ece[1] < found.ece[0]


def test_no_group_is_on_both_sides_and_few_cases_say_nothing() -> None:
    cell = cells(made.predictions(60, ["radiology_nli"], TUNED))["radiology_nli", "one", "fine-tuned"]
    fitting, judging = halves(choices(cell))
    assert len(fitting) + len(judging) == 60
    assert not set(fitting.groups) & set(judging.groups)
    assert fit(cell.at(list(range(10)))) is None


def test_a_grid_is_fourteen_choices() -> None:
    cell = cells(made.predictions(3, ["abnormality_detection"], TUNED))["abnormality_detection", "one", "fine-tuned"]
    assert len(choices(cell)) == 3 * 14


def test_log_loss_bins_and_calibration_error_by_hand() -> None:
    found = Choices(np.log([[0.75, 0.25]] * 4), np.array([0, 0, 1, 1]), np.array(["g"] * 4))
    assert nll(found, 1.0) == pytest.approx((2 * 0.28768 + 2 * 1.38629) / 4, abs=1e-4)
    (only,) = bins(found, 1.0)
    assert (only.confidence, only.right, only.n) == (pytest.approx(0.75), 0.5, 4)


def test_many_are_tempered_as_the_app_tempers_one() -> None:
    own = {"N0": 0.7, "N1": 0.2, "N2": 0.1}
    found = Choices(np.array([[*np.log([*own.values()]), -np.inf]]), np.array([0]), np.array(["g"]))
    (shown,) = calibration.tempered((own,), 1.7)
    assert tempered(found, 1.7)[0] == pytest.approx([*shown.values(), 0.0])


def test_the_ensemble_wins_where_the_wrong_model_is_the_unsure_one() -> None:
    sure, unsure = {"M0": 0.9, "M1": 0.1}, {"M0": 0.45, "M1": 0.55}
    found = [p for i in range(60) for p in split(i, "M0", *((sure, unsure) if i % 2 else (unsure, sure)))]
    (contest,) = contests(cells(found))
    assert (contest.singles, contest.ensemble, contest.oracle) == ({"one": 0.5, "two": 0.5}, 1.0, 1.0)
    assert contest.winner == "ensemble"
    assert contest.gain is not None
    assert contest.gain.low > 0


def test_the_route_wins_where_the_wrong_model_is_the_sure_one() -> None:
    found = [p for i in range(60) for p in split(i, "M0", {"M0": 0.6, "M1": 0.4}, {"M0": 0.1, "M1": 0.9})]
    (contest,) = contests(cells(found))
    assert (contest.route, contest.ensemble, contest.oracle, contest.best) == (1.0, 0.0, 1.0, "one")
    assert contest.winner == "route"


def test_the_route_gets_no_credit_for_luck() -> None:
    """Each model is right on the half where the other is chosen, as chance would have it."""
    found = cells(made.predictions(80, ["n_staging"], {("one", "fine-tuned"): 0.5, ("two", "fine-tuned"): 0.5}))
    (contest,) = contests(found)
    assert contest.route <= max(contest.singles.values())
    assert contest.oracle >= contest.route


def test_the_ensemble_that_is_scored_is_the_one_the_app_answers_with() -> None:
    """The embedded models and the app's own ensemble on the same cases."""
    todo = [case for task in ("n_staging", "radiology_nli") for case in made.cases(task, 4)]
    assistant = Assistant.create()
    try:
        names = [manifest.name for manifest in assistant.models() if manifest.embedded]
        answers = [predict(assistant, Item.of(case), name, Mode.FINE_TUNED) for name in names for case in todo]
        asked = [
            assistant.ask(Ask(case.report, case.words, task=case.task, model="ensemble", mode=Mode.FINE_TUNED))
            for case in todo
        ]
    finally:
        assistant.close()
    for contest in contests(cells(answers)):
        own = [(case, answer) for case, answer in zip(todo, asked, strict=True) if case.task == contest.task]
        right = [answer.text == tasks.get(case.task).render(case.gold) for case, answer in own]
        assert all(answer.model.name == "ensemble" for _, answer in own)
        assert contest.ensemble == pytest.approx(sum(right) / len(right))


def test_free_answers_have_no_ensemble() -> None:
    (contest,) = contests(cells(made.predictions(10, ["impression_generation"], TUNED)))
    assert (contest.ensemble, contest.gain) == (None, None)


def test_the_routes_file_is_what_the_app_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made.folder(tmp_path / "r", made.predictions(120, ["n_staging", "impression_generation"], TUNED))
    path = tmp_path / "routes.toml"
    assert main(["route", "--out", str(folder), "--write", str(path)]) == 0
    assert models.read(path)["n_staging"].model == "two"
    found = {(t.task, t.model): t for t in calibration.read(path)}
    assert found["n_staging", "two"].value > 1
    assert calibration.value(found.values(), "n_staging", Mode.FINE_TUNED, "a" * 64, "b" * 64) > 1
    assert "ensemble minus route" in capsys.readouterr().err
    assert main(["route", "--out", str(folder), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"routes", "fits", "contests"}
