"""Further measures of stored scores: the metrics' own figures, with intervals that hold them, shown in every format."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from evals import score
from evals.__main__ import main
from evals.cells import Cell, Key, cells
from evals.further.gathered import measures
from evals.further.labels import answers, confusions, kappas
from evals.further.measure import TITLES, Measure
from evals.metrics.calibration import brier, ece
from evals.metrics.f1 import by_class, macro_f1
from evals.metrics.kappa import quadratic_kappa
from evals.paired import between
from evals.report import content as contents
from evals.report import further_tables
from evals.resampling import intervals
from evals.scoring import FURTHER
from evals.statistics import bootstrap, detectable, standard_error
from radlite_tui import tasks
from radlite_tui.tasks.abnormality_detection import NAMES
from radlite_tui.tasks.outputs import AbnormalityOutput, RadsOutput
from tests.evals import made

SKILL = {("one", "zero-shot"): 0.3, ("one", "fine-tuned"): 0.8}


@pytest.fixture(scope="module")
def found() -> Mapping[Key, Cell]:
    return cells(made.predictions(40, tasks.TAGS, SKILL))


@pytest.fixture(scope="module")
def measured(found: Mapping[Key, Cell]) -> list[Measure]:
    return measures(found)


def one(measured: list[Measure], task: str, metric: str, part: str = "", mode: str = "fine-tuned") -> Measure:
    (own,) = [m for m in measured if (m.task, m.metric, m.part, m.mode) == (task, metric, part, mode)]
    return own


def test_every_measure_has_an_interval_that_holds_it_and_a_name(measured: list[Measure]) -> None:
    for m in measured:
        assert m.low <= m.value + 1e-9, m
        assert m.high >= m.value - 1e-9, m
        assert m.metric in TITLES
        assert m.n > 0


def test_every_task_has_what_the_report_promises(measured: list[Measure]) -> None:
    own = {tag: {m.metric for m in measured if m.task == tag} for tag in tasks.TAGS}
    for tag, names in FURTHER.items():
        assert own[tag] == set(names)
    sure = {"ece", "brier", "selective_accuracy"}
    assert own["m_staging"] == own["radiology_nli"] == {"macro_f1", *sure}
    assert own["n_staging"] == {"macro_f1", "quadratic_kappa", "off_by_one", *sure}
    assert own["rads_assignment"] == {"macro_f1", "quadratic_kappa", "off_by_one", "crosses_threshold", *sure}
    assert own["abnormality_detection"] == {"macro_f1", "micro_f1", "label_accuracy", "f1", *sure}
    assert {m.part for m in measured if m.metric == "label_accuracy"} == {name.lower() for name in NAMES}


def test_a_measure_is_what_its_metric_says_of_the_answers(found: Mapping[Key, Cell], measured: list[Measure]) -> None:
    cell = found["n_staging", "one", "fine-tuned"]
    own = answers(cell)
    assert one(measured, "n_staging", "macro_f1").value == macro_f1(by_class(own.found, own.gold))
    places = [[int(str(label)[1]) for label in side] for side in (own.found, own.gold)]
    assert one(measured, "n_staging", "quadratic_kappa").value == pytest.approx(quadratic_kappa(*places, 4))
    grid = found["abnormality_detection", "one", "fine-tuned"]
    accuracies = [m.value for m in measured if (m.metric, m.mode) == ("label_accuracy", "fine-tuned")]
    assert np.mean(accuracies) == pytest.approx(grid.scores.mean())
    full = one(measured, "n_staging", "selective_accuracy", "100 % of answers")
    assert full.value == pytest.approx(cell.scores.mean())
    assert full.majority == pytest.approx(score.majority(cell))


def test_by_system_the_cases_are_those_of_the_system(found: Mapping[Key, Cell], measured: list[Measure]) -> None:
    cell = found["rads_assignment", "one", "fine-tuned"]
    systems = [g.system for g in cell.golds if isinstance(g, RadsOutput) and g.system]
    own = [m for m in measured if (m.metric, m.mode) == ("crosses_threshold", "fine-tuned") and m.part]
    assert sum(m.n for m in own) == len(systems)
    assert {m.part for m in own} == set(systems)


def test_an_answer_that_does_not_parse_costs_every_measure_and_is_counted() -> None:
    good = made.predictions(30, ["n_staging", "rads_assignment", "abnormality_detection"], {("one", "fine-tuned"): 1.0})
    bad = [replace(p, text="nothing of use", probabilities=None) if i % 3 == 0 else p for i, p in enumerate(good)]
    own = measures(cells(bad))
    for m in own:
        if m.part in ("", "14 labels", "5 labels"):
            assert m.unparseable == pytest.approx(1 / 3, abs=0.05), m
        if m.metric in ("macro_f1", "off_by_one", "micro_f1", "label_accuracy") and m.part in ("", "14 labels"):
            assert m.value < 1.0
        if m.metric == "crosses_threshold":
            assert m.value == 0.0
        if m.metric == "quadratic_kappa":
            assert m.value == 1.0
            assert m.n < 30


def test_strict_counts_only_the_canonical_format() -> None:
    good = made.predictions(30, ["n_staging"], {("one", "fine-tuned"): 1.0})
    loose = [replace(p, text=f"The nodal stage is {p.text}.") for p in good]
    own = measures(cells(loose))
    assert one(own, "n_staging", "macro_f1").value == 1.0
    assert one(own, "n_staging", "macro_f1").strict == 0.0


def test_confusion_counts_every_answer_once(found: Mapping[Key, Cell]) -> None:
    for table in confusions(found.values()):
        cell = found[table.task, table.model, table.mode]
        assert table.counts.total() == len(cell.cases)
        right = sum(n for (gold, given_), n in table.counts.items() if gold == given_)
        assert right == cell.scores.sum()
        json.dumps(table.json())


def test_calibration_of_the_measures_is_that_of_the_metric(found: Mapping[Key, Cell], measured: list[Measure]) -> None:
    cell = found["m_staging", "one", "fine-tuned"]
    labels = ("M0", "M1")
    chances = np.array([[known.get(label, 0.0) for label in labels] for known in cell.probabilities if known])
    gold = np.array([labels.index(text) for text in cell.gold_texts])
    squares = brier(chances, gold)
    error = ece(chances.max(axis=1), (chances.argmax(axis=1) == gold).astype(float))
    assert one(measured, "m_staging", "brier").value == pytest.approx(squares.mean(), abs=1e-6)
    assert one(measured, "m_staging", "ece").value == pytest.approx(error, abs=1e-6)
    shares = np.bincount(gold) / len(gold)
    assert one(measured, "m_staging", "brier").majority == pytest.approx(1 - (shares**2).sum())


def test_the_interval_of_a_mean_is_the_bootstraps_and_of_kappa_that_of_repetitions() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(300)
    groups = [str(i // 2) for i in range(300)]
    columns = np.column_stack([scores, np.ones(300)])
    ((low, high),) = intervals(columns, groups, lambda sums: sums[:, :1] / sums[:, 1:])
    assert (low, high) == pytest.approx(bootstrap(scores, groups), abs=0.004)
    gold = rng.integers(0, 4, 400)
    given_ = np.where(rng.random(400) < 0.6, gold, rng.integers(0, 4, 400))
    table = np.zeros((400, 16))
    table[np.arange(400), gold * 4 + given_] = 1
    ((low, high),) = intervals(table, [str(i) for i in range(400)], lambda sums: kappas(sums, 4))
    again = []
    for seed in range(200):
        draw = np.random.default_rng(seed).integers(0, 400, 400)
        again.append(quadratic_kappa(given_[draw].tolist(), gold[draw].tolist(), 4))
    assert (low, high) == pytest.approx(tuple(np.quantile(again, [0.025, 0.975])), abs=0.03)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=20))
def test_kappas_of_tables_are_the_metrics(pairs: list[tuple[int, int]]) -> None:
    table = np.zeros((1, 9))
    for gold, given_ in pairs:
        table[0, gold * 3 + given_] += 1
    assert kappas(table, 3)[0, 0] == pytest.approx(quadratic_kappa([p for _, p in pairs], [g for g, _ in pairs], 3))


def test_the_detectable_difference_is_that_of_statsmodels() -> None:
    gains = np.random.default_rng(4).normal(0.1, 0.4, size=250)
    apart = [str(i) for i in range(250)]
    effect = NormalIndPower(ddof=0).solve_power(nobs1=250, alpha=0.05, power=0.8, ratio=0)
    assert detectable(gains, apart) == pytest.approx(effect * gains.std(ddof=1), rel=1e-3)
    assert detectable(np.zeros(10), apart[:10]) is None
    twice = detectable(np.repeat(gains, 2), [str(i // 2) for i in range(500)])
    assert twice == pytest.approx(detectable(gains, apart))


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=40))
def test_what_is_detectable_is_more_than_what_is_merely_significant(gains: list[float]) -> None:
    names = [str(i) for i in range(len(gains))]
    least = detectable(gains, names)
    if least is not None:
        assert least > stats.norm.ppf(0.975) * standard_error(gains, names)
    assert between(np.zeros(len(gains)), np.array(gains), names).detectable == least


def test_a_difference_of_the_detectable_size_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(5)
    n, repeats = 80, 300
    names = [str(i) for i in range(n)]
    least = detectable(rng.normal(0, 1, n) * 1.0, names)
    assert least is not None
    size = (1.959964 + 0.841621) / np.sqrt(n)
    shown = 0
    for _ in range(repeats):
        gains = rng.normal(size, 1, n)
        shown += abs(gains.mean()) > 1.959964 * standard_error(gains, names)
    assert shown / repeats == pytest.approx(0.8, abs=0.07)


def test_further_metrics_are_in_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made.folder(tmp_path / "results", made.predictions(25, tasks.TAGS, SKILL))
    page, table = tmp_path / "report.html", tmp_path / "rows.csv"
    assert main(["report", "--out", str(folder), "--csv", str(table), "--markdown", str(tmp_path / "r.md")]) == 0
    assert main(["report", "--out", str(folder), "--html", str(page)]) == 0
    capsys.readouterr()
    assert main(["report", "--out", str(folder), "--json", "--full"]) == 0
    full = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader(table.read_text().splitlines()))
    text, markup = (tmp_path / "r.md").read_text(), page.read_text()
    for name in ("macro_f1", "quadratic_kappa", "entity_f1_overlap", "token_f1", "laterality", "brier", "f1"):
        assert any(m["metric"] == name and m["low"] < m["high"] for m in full["further"])
        assert any(row["metric"] == name and float(row["value"]) >= 0 for row in rows)
    for said in ("quadratic kappa", "entity F1, overlapping span", "micro-F1, 5 labels", "crosses a threshold",
                 "right, surest 80 % of answers", "given N2", "would show in four of five"):  # fmt: skip
        assert said in text
        assert said in markup
    assert {row["task"] for row in full["confusions"]} == {"n_staging", "m_staging", "radiology_nli"}


def test_tables_hold_every_measure_once(measured: list[Measure]) -> None:
    lines = sum(len(table.rows) for table in further_tables.by_task(measured))
    sure = [m for m in measured if m.metric in further_tables.SURE]
    whole = [m for m in measured if m.part in further_tables.WHOLE and m not in sure]
    assert lines == len(whole)
    assert len(further_tables.sureness(measured).rows) == len({(m.task, m.mode) for m in sure})
    systems, labels, *_ = further_tables.by_part(measured, [])
    assert len(labels.rows) == 14 * len(SKILL)
    assert {row[0] for row in systems.rows} >= {"BI-RADS", "Lung-RADS"}


def test_without_probabilities_nothing_is_said_of_them(tmp_path: Path) -> None:
    bare = [replace(p, probabilities=None) for p in made.predictions(10, ["n_staging"], SKILL)]
    content = contents.Content.of(bare)
    assert not further_tables.sure(content.further)
    assert isinstance(next(iter(cells(made.predictions(3, ["abnormality_detection"], SKILL)).values())).golds[0],
                      AbnormalityOutput)  # fmt: skip
    assert contents.probabilities(content) == []
