"""Metrics of labels on examples worked by hand, beside scikit-learn, and what must hold for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from evals.metrics.f1 import Counts, by_class, macro_f1, micro_f1
from evals.metrics.kappa import off_by_one, quadratic_kappa
from evals.metrics.management import crosses_threshold, ladder, scale
from evals.metrics.per_label import FIVE, positives
from evals.metrics.selective import kept, selective
from radlite_tui.tasks import rads
from radlite_tui.tasks.abnormality_detection import NAMES

LABELS = ("N0", "N1", "N2", "N3")
pairs = st.lists(st.tuples(st.sampled_from((*LABELS, None)), st.sampled_from(LABELS)), min_size=1, max_size=30)
places = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


def test_f1_by_hand() -> None:
    counts = by_class(["a", "a", "b", None, "c"], ["a", "b", "b", "b", "a"])
    # a: 1 right of 2 said and 2 there; b: 1 right of 1 said and 3 there; c is said once and never there
    assert counts == {"a": Counts(1, 1, 1), "b": Counts(1, 0, 2), "c": Counts(0, 1, 0)}
    assert (counts["a"].f1, counts["b"].f1, counts["c"].f1) == (2 / 4, 2 / 4, 0.0)
    assert macro_f1(counts) == 1 / 2
    assert micro_f1(counts) == 2 * 2 / (2 * 2 + 2 + 3)


@given(pairs)
def test_f1_is_that_of_scikit_learn_over_the_classes_of_gold(answers: list[tuple[str | None, str]]) -> None:
    predicted, gold = ([own[i] for own in answers] for i in (0, 1))
    said = [label or "nothing" for label in predicted]
    classes = sorted({label for label in gold if label})
    counts = by_class(predicted, [label for label in gold if label])
    wanted = f1_score(gold, said, labels=classes, average="macro", zero_division=0)
    assert macro_f1(counts) == pytest.approx(wanted)
    assert 0.0 <= micro_f1(counts) <= 1.0
    if None not in predicted:
        accuracy = sum(p == g for p, g in answers) / len(answers)
        assert micro_f1(counts) == pytest.approx(accuracy)


def test_quadratic_kappa_by_hand() -> None:
    # gold 0 1 2 2, given 0 2 2 1: seen 1 + 1 = 2; by chance (4 gold x 4 given pairs) / 4 = (1*2*4 + 1*1*1 + 1*1*1 ...)
    # rows 1 1 2, columns 1 1 2: sum of weights over all pairs is 0+1+8 + 1+0+2 + 8+2+0 = 22, expected 22 / 4
    assert quadratic_kappa([0, 2, 2, 1], [0, 1, 2, 2], 3) == pytest.approx(1 - 2 / (22 / 4))
    assert quadratic_kappa([1, 1], [1, 1], 3) == 1.0
    assert quadratic_kappa([0, 0, 0], [0, 1, 2], 3) == 0.0


@given(places)
def test_quadratic_kappa_is_that_of_scikit_learn_and_symmetric(answers: list[tuple[int, int]]) -> None:
    predicted, gold = ([own[i] for own in answers] for i in (0, 1))
    found = quadratic_kappa(predicted, gold, 5)
    assert found == pytest.approx(quadratic_kappa(gold, predicted, 5))
    assert found <= 1.0
    if len({*predicted, *gold}) > 1:
        assert found == pytest.approx(cohen_kappa_score(gold, predicted, labels=range(5), weights="quadratic"))


def test_off_by_one_by_hand() -> None:
    assert off_by_one([0, 2, 3, None], [0, 1, 1, 0]) == 2 / 4


@given(places)
def test_off_by_one_is_at_least_accuracy(answers: list[tuple[int, int]]) -> None:
    predicted, gold = ([own[i] for own in answers] for i in (0, 1))
    assert off_by_one(predicted, gold) >= sum(p == g for p, g in answers) / len(answers)


def test_a_management_threshold_by_hand() -> None:
    assert crosses_threshold("BI-RADS 3", "BI-RADS 4")  # follow-up for tissue diagnosis
    assert not crosses_threshold("BI-RADS 4A", "BI-RADS 4C")  # both tissue diagnosis
    assert not crosses_threshold("Lung-RADS 1", "Lung-RADS 2")
    assert crosses_threshold("CAD-RADS 3", "CAD-RADS 4B")
    assert not crosses_threshold(None, "BI-RADS 5")
    with pytest.raises(KeyError):
        crosses_threshold("BI-RADS 4", "BI-RADS 9")


@given(st.sampled_from(rads.LABELS), st.sampled_from(rads.LABELS))
def test_whatever_crosses_a_threshold_is_an_overcall_or_an_undercall(predicted: str, gold: str) -> None:
    assert crosses_threshold(predicted, gold) == crosses_threshold(gold, predicted)
    if crosses_threshold(predicted, gold):
        assert rads.severity(predicted, gold) in ("overcall", "undercall")


def test_every_label_of_the_ten_systems_keeps_that_rule() -> None:
    for gold in rads.LABELS:
        for predicted in rads.LABELS:
            if rads.severity(predicted, gold) in ("exact", "safe misclassification"):
                assert not crosses_threshold(predicted, gold), (predicted, gold)


def test_risk_scales_have_their_categories_in_order() -> None:
    assert scale("BI-RADS 4A") == ("BI-RADS", 4.1)
    assert scale("LI-RADS TR Viable") == ("LI-RADS treatment response", 3)
    assert scale("BI-RADS 0") is scale(rads.NONE_APPLIES) is scale("BI-RADS 9") is None
    assert ladder("Lung-RADS") == (1, 2, 3, 4.1, 4.2, 4.3)
    assert ladder("LI-RADS treatment response") == (1, 2, 3)
    assert ladder("LI-RADS") == (1, 2, 3, 4, 5, 6)


def test_positives_of_a_grid_by_hand() -> None:
    gold = [{"edema": "positive", "fracture": "uncertain"}, {"edema": "positive", "fracture": "positive"}]
    found = [{"edema": "positive", "fracture": "positive"}, None]
    counts = positives(found, gold, ("edema", "fracture"))
    assert counts == {"edema": Counts(1, 0, 1), "fracture": Counts(0, 1, 1)}
    assert macro_f1(counts) == (2 / 3 + 0.0) / 2
    assert micro_f1(counts) == 2 / (2 + 1 + 2)
    assert set(FIVE) <= {name.lower() for name in NAMES}


statuses = st.sampled_from(["positive", "negative", "uncertain", "not_mentioned"])


@given(st.lists(st.tuples(statuses, statuses), min_size=1, max_size=20))
def test_the_f1_of_a_grids_label_is_that_of_positive_against_the_rest(answers: list[tuple[str, str]]) -> None:
    counts = positives([{"edema": p} for p, _ in answers], [{"edema": g} for _, g in answers], ["edema"])
    predicted, gold = ([own[i] == "positive" for own in answers] for i in (0, 1))
    assert counts["edema"].f1 == pytest.approx(f1_score(gold, predicted, zero_division=0))


def test_selective_accuracy_by_hand() -> None:
    confidence, right = np.array([0.9, 0.8, 0.6, 0.5]), np.array([1.0, 1.0, 0.0, 1.0])
    assert [selective(confidence, right, share) for share in (0.25, 0.5, 0.75, 1.0)] == [1.0, 1.0, 2 / 3, 3 / 4]
    same = np.full(4, 0.7)
    assert kept(same, 0.5).tolist() == [0.5] * 4
    assert selective(same, right, 0.5) == 3 / 4


@given(st.lists(st.tuples(st.sampled_from([0.3, 0.5, 0.9]), st.booleans()), min_size=1, max_size=30), st.floats(0, 1))
def test_selective_accuracy_gives_what_was_asked_in_whatever_order(
    answers: list[tuple[float, bool]], coverage: float
) -> None:
    confidence, right = (np.array(side, float) for side in zip(*answers, strict=True))
    assert kept(confidence, coverage).sum() == pytest.approx(max(1, round(coverage * len(answers))))
    there = selective(confidence, right, coverage)
    assert there == pytest.approx(selective(confidence[::-1], right[::-1], coverage))
    assert -1e-9 <= there <= 1 + 1e-9
    assert selective(confidence, right, 1.0) == pytest.approx(right.mean())
