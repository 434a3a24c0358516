"""Each metric on an example worked by hand, and what must hold for any input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.accuracy import accuracy
from evals.metrics.jaccard import jaccard
from evals.metrics.per_label import per_label_accuracy
from evals.metrics.rouge import rouge_l
from evals.statistics import interval, wilson

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
