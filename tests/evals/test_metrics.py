"""Each metric on an example worked by hand, and what must hold for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from evals.metrics.accuracy import accuracy
from evals.metrics.agreement import KINDS, agreement
from evals.metrics.answers import exact_match, token_f1
from evals.metrics.calibration import brier, ece, reliability
from evals.metrics.entities import Entity, entity_f1
from evals.metrics.jaccard import jaccard, set_f1
from evals.metrics.per_label import per_label_accuracy
from evals.metrics.rouge import rouge_l, rouge_n
from evals.statistics import bootstrap, interval, standard_error, wilson

words = st.lists(st.sampled_from(["no", "pleural", "effusion", "small", "left"]), max_size=8).map(" ".join)


def test_accuracy_counts_a_missing_label_as_wrong() -> None:
    assert (accuracy("N2", "N2"), accuracy("N1", "N2"), accuracy(None, "N2")) == (1.0, 0.0, 0.0)


def test_jaccard_by_hand() -> None:
    assert jaccard({"a", "b", "c"}, {"b", "c", "d"}) == 2 / 4
    assert jaccard((), ()) == 1.0


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_jaccard_is_symmetric_and_one_only_for_equal_sets(a: set[int], b: set[int]) -> None:
    assert jaccard(a, b) == jaccard(b, a)
    assert (jaccard(a, b) == 1.0) == (a == b)


def test_per_label_accuracy_by_hand() -> None:
    gold = {"edema": "positive", "fracture": "negative", "pneumonia": "uncertain", "cardiomegaly": "not_mentioned"}
    assert per_label_accuracy({**gold, "edema": "negative"}, gold) == 3 / 4
    assert per_label_accuracy({"edema": "positive"}, gold) == 1 / 4
    assert per_label_accuracy(None, gold) == 0.0


def test_rouge_l_by_hand() -> None:
    # longest common subsequence "small left effusion" (3): precision 3/3, recall 3/4
    assert rouge_l("small left effusion", "small left pleural effusion") == pytest.approx(2 * 1 * 0.75 / 1.75)


@given(words, words)
def test_rouge_l_lies_between_zero_and_one_and_knows_equality(a: str, b: str) -> None:
    assert 0.0 <= rouge_l(a, b) <= 1.0
    assert rouge_l(a, a) == (1.0 if a else 0.0)


def test_wilson_by_hand() -> None:
    # 8 of 10: a published worked value
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.49, 0.943)
    assert wilson(0, 25)[0] == 0.0
    assert wilson(25, 25)[1] == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_interval_holds_the_mean(scores: list[float]) -> None:
    low, high = interval(scores, [str(i) for i in range(len(scores))])
    mean = sum(scores) / len(scores)
    assert low - 1e-9 <= mean <= high + 1e-9


def test_cases_of_one_patient_count_as_one_draw() -> None:
    scores = [0.0, 1.0] * 20
    apart = interval(scores, [str(i) for i in range(40)])
    together = interval(scores, [str(i // 20) for i in range(40)])
    assert together == (0.5, 0.5)
    assert apart[1] - apart[0] > 0.2


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_set_f1_lies_above_jaccard_and_follows_from_it(a: set[int], b: set[int]) -> None:
    index = jaccard(a, b)
    assert set_f1(a, b) == pytest.approx(2 * index / (1 + index))


@given(words, words)
def test_rouge_is_the_one_of_rouge_score(a: str, b: str) -> None:
    wanted = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True).score(b, a)
    assert rouge_n(a, b, 1) == pytest.approx(wanted["rouge1"].fmeasure)
    assert rouge_n(a, b, 2) == pytest.approx(wanted["rouge2"].fmeasure)
    assert rouge_l(a, b) == pytest.approx(wanted["rougeL"].fmeasure)


def test_entity_f1_by_hand() -> None:
    gold = {("anatomy", 0, 5), ("present", 10, 20)}
    found = {("anatomy", 0, 5), ("present", 12, 22), ("absent", 10, 20)}
    assert entity_f1(found, gold) == 2 * 1 / 5
    assert entity_f1(found, gold, overlap=True) == 2 * 2 / 5
    assert entity_f1((), ()) == 1.0


entities = st.sets(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 30)), max_size=6).map(
    lambda found: {(name, 4 * start, 4 * start + 3) for name, start in found}
)


@given(entities, entities)
def test_overlapping_entities_count_at_least_as_much_as_equal_ones(a: set[Entity], b: set[Entity]) -> None:
    assert 0.0 <= entity_f1(a, b) <= entity_f1(a, b, overlap=True) <= 1.0
    assert entity_f1(a, a, overlap=True) == 1.0
    assert entity_f1(a, b, overlap=True) == entity_f1(b, a, overlap=True)


def test_short_answers_by_hand() -> None:
    assert exact_match("The left lung.", "left lung") == 1.0
    assert exact_match("right lung", "left lung") == 0.0
    assert token_f1("the small left effusion", "left pleural effusion") == 2 * 2 / 6


@given(words, words)
def test_token_f1_is_symmetric_and_one_where_answers_match(a: str, b: str) -> None:
    assert token_f1(a, b) == token_f1(b, a)
    if exact_match(a, b):
        assert token_f1(a, b) == 1.0


def test_an_impression_disagrees_on_side_size_and_negation() -> None:
    report = "There is a 12 mm nodule in the left upper lobe. No pleural effusion."
    assert agreement(report, "12 mm nodule in the left upper lobe.") == dict.fromkeys(KINDS, 1.0)
    assert agreement(report, "12 mm nodule in the right upper lobe.")["laterality"] == 0.0
    assert agreement(report, "21 mm nodule in the left upper lobe.")["measurement"] == 0.0
    assert agreement(report, "Pleural effusion.")["negation"] == 0.0
    assert agreement(report, "") == dict.fromkeys(KINDS, 1.0)


def test_calibration_by_hand() -> None:
    confidence, right = np.array([0.9, 0.9, 0.6, 0.6]), np.array([1.0, 1.0, 1.0, 0.0])
    assert ece(confidence, right) == pytest.approx(0.5 * 0.1 + 0.5 * 0.1)
    chances = np.array([[0.7, 0.3], [0.5, 0.5]])
    assert brier(chances, np.array([0, 1])) == pytest.approx([0.3**2 + 0.3**2, 0.5])
    assert brier(chances, np.array([-1, -1])) == pytest.approx([0.49 + 0.09 + 1, 0.5 + 1])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_the_calibration_error_lies_between_zero_and_one(answers: list[tuple[float, bool]]) -> None:
    confidence, right = (np.array(side, float) for side in zip(*answers, strict=True))
    assert 0.0 <= ece(confidence, right) <= 1.0 + 1e-9
    assert sum(found.n for found in reliability(confidence, right)) == len(answers)


def test_the_standard_error_is_the_plain_one_where_every_case_is_its_own_group() -> None:
    scores = np.random.default_rng(1).normal(size=200)
    wanted = stats.sem(scores)
    assert standard_error(scores, [str(i) for i in range(200)]) == pytest.approx(wanted)
    doubled = standard_error(np.repeat(scores, 2), [str(i // 2) for i in range(400)])
    assert doubled == pytest.approx(wanted)


def test_intervals_are_those_of_statsmodels_and_of_normal_theory() -> None:
    for right, n in ((0, 12), (8, 10), (50, 200), (199, 200)):
        assert wilson(right, n) == pytest.approx(proportion_confint(right, n, method="wilson"))
    scores = np.random.default_rng(2).normal(0.5, 0.1, size=400)
    low, high = bootstrap(scores, [str(i) for i in range(400)])
    assert high - low == pytest.approx(2 * 1.96 * stats.sem(scores), rel=0.1)
