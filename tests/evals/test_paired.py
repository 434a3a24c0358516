"""Paired differences, their intervals and tests, on numbers known by hand or from the methods' papers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests

from evals.cells import cells, shared
from evals.paired import LARGE, between, corrected, difference, holm, mcnemar, newcombe, permutation
from evals.statistics import bootstrap
from tests.evals import made


def test_newcombes_interval_is_that_of_his_paper() -> None:
    b, a = np.repeat([1.0, 1.0, 0.0], [36, 12, 2]), np.repeat([1.0, 0.0, 1.0], [36, 12, 2])
    assert newcombe(a, b) == pytest.approx((0.0569, 0.3404), abs=1e-4)


def test_three_cases_without_a_change_still_leave_much_open() -> None:
    same = np.zeros(3)
    found = between(same, same, ["a", "b", "c"])
    assert (found.value, found.p) == (0.0, 1.0)
    assert found.low < -0.4
    assert found.high > 0.4


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 0) == pytest.approx(2 * 0.5**5)
    assert mcnemar(1, 3) == pytest.approx(2 * (1 + 4) / 16)


def test_a_permutation_test_of_few_groups_nears_the_exact_one() -> None:
    assert permutation(np.array([0.2, 0.3, 0.1, 0.4]), ["a", "b", "c", "d"]) == pytest.approx(2 / 16, abs=0.02)
    assert permutation(np.array([0.2, 0.3, 0.1, 0.4]), ["a", "a", "a", "a"]) == pytest.approx(1.0)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_that_of_statsmodels(better: int, worse: int) -> None:
    wanted = contingency_tables.mcnemar([[5, better], [worse, 7]], exact=True).pvalue if better + worse else 1.0
    assert mcnemar(better, worse) == pytest.approx(min(1.0, wanted))


def test_the_permutation_test_is_that_of_scipy() -> None:
    rng = np.random.default_rng(7)
    for shift in (0.0, 0.1, 0.2):
        a = rng.random(60)
        b = np.clip(a + rng.normal(shift, 0.4, 60), 0, 1)
        wanted = stats.permutation_test(
            (b, a), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", vectorized=True,
            n_resamples=10_000, rng=np.random.default_rng(8),
        )  # fmt: skip
        assert permutation(b - a, [str(i) for i in range(60)]) == pytest.approx(wanted.pvalue, abs=0.02)


def test_holm_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(11)
    for count in (1, 2, 9, 40):
        p = np.round(rng.beta(0.4, 1, count), 3)
        assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1].tolist())


def test_the_bootstrap_is_that_of_scipy() -> None:
    scores = np.random.default_rng(9).beta(2, 1, 150)
    wanted = stats.bootstrap((scores,), np.mean, method="percentile", rng=np.random.default_rng(10))
    low, high = bootstrap(scores, [str(i) for i in range(150)])
    assert (low, high) == pytest.approx(tuple(wanted.confidence_interval), abs=0.003)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_never_lowers(p: list[float]) -> None:
    fixed = holm(p)
    assert all(own <= new <= 1 for own, new in zip(p, fixed, strict=True))
    for i in range(len(p)):
        for j in range(len(p)):
            assert not (p[i] < p[j] and fixed[i] > fixed[j])


def test_only_shared_cases_are_compared_in_the_same_order() -> None:
    found = cells(made.predictions(10, ["n_staging"]))
    one, other = found["n_staging", "one", "fine-tuned"], found["n_staging", "two", "fine-tuned"]
    a, b = shared(one.at([0, 1, 2, 5]), other.at([5, 2, 9]))
    assert a.cases == b.cases == (one.cases[2], one.cases[5])
    assert difference(one.at([0]), other.at([1])) is None


def test_the_correction_belongs_to_the_tests_it_was_made_with() -> None:
    found = cells(made.predictions(30, ["n_staging", "impression_generation"]))
    gains = [
        difference(found[task, "one", "zero-shot"], found[task, "one", "fine-tuned"])
        for task in ("n_staging", "impression_generation")
    ]
    fixed = corrected([gain for gain in gains if gain is not None])
    assert [one.test.split(",")[0].split(" ")[0] for one in fixed] == ["McNemar", "paired"]
    assert all(one.holm is not None and one.holm >= one.p for one in fixed)


def test_many_groups_are_tested_as_their_flips_would_be() -> None:
    rng = np.random.default_rng(1)
    gains = rng.normal(0.02, 0.5, LARGE)
    groups = [str(i) for i in range(LARGE)]
    near = permutation(gains, groups)
    drawn = permutation(gains[:-1], groups[:-1], draws=20_000)
    assert near == pytest.approx(drawn, abs=0.02)
    found = between(np.zeros(LARGE), gains, groups)
    assert (found.low, found.high) == pytest.approx(bootstrap(gains, groups), abs=0.002)
