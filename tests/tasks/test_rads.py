"""The ten RADS systems as data, and how errors between categories are graded."""

from __future__ import annotations

import itertools

import pytest

from radlite_tui.tasks import rads

CODES = {
    "BI-RADS": "0 1 2 3 4 4A 4B 4C 5 6",
    "TI-RADS": "1 2 3 4 5",
    "LI-RADS": "1 2 3 4 5 M TIV NC",
    "PI-RADS": "1 2 3 4 5",
    "VI-RADS": "1 2 3 4 5",
    "O-RADS": "0 1 2 3 4 5",
    "CAD-RADS": "0 1 2 3 4A 4B 5 N",
    "Lung-RADS": "0 1 2 3 4A 4B 4X",
    "NI-RADS": "0 1 2 2A 2B 3 4",
    "GB-RADS": "0 1 2 3 4 5",
}
RESPONSES = ["TR Nonviable", "TR Equivocal", "TR Viable", "TR Nonevaluable"]
UNORDERED = {
    "BI-RADS 0",
    "O-RADS 0",
    "Lung-RADS 0",
    "NI-RADS 0",
    "GB-RADS 0",
    "LI-RADS NC",
    "LI-RADS TR Nonevaluable",
    "CAD-RADS N",
    "No applicable RADS",
}


def test_all_ten_systems_have_all_their_categories() -> None:
    wanted = [f"{name} {code}" for name, codes in CODES.items() for code in codes.split()]
    wanted += [f"LI-RADS {code}" for code in RESPONSES]
    assert sorted(rads.LABELS) == sorted([*wanted, "No applicable RADS"])
    assert rads.LABELS[-1] == rads.NONE_APPLIES


@pytest.mark.parametrize("label", rads.LABELS)
def test_every_label_has_a_management_and_its_place(label: str) -> None:
    category = rads.find(label)
    assert category is not None
    assert category.label == label
    assert category.management.endswith(".")
    assert len(category.management) <= 110
    assert 0 <= category.action <= 4
    assert (category.order is None) == (label in UNORDERED)


@pytest.mark.parametrize("system", rads.SYSTEMS, ids=lambda system: system.name)
def test_every_system_names_its_edition_and_source(system: rads.System) -> None:
    assert system.edition
    assert system.source
    assert system.advice
    assert system.title
    assert system.anatomy
    assert rads.system(system.name) is system


@pytest.mark.parametrize("system", rads.SYSTEMS, ids=lambda system: system.name)
def test_more_risk_never_means_less_action(system: rads.System) -> None:
    ordered = [c for c in system.categories if c.order is not None and c.code != "M"]
    for a, b in itertools.permutations(ordered, 2):
        assert a.order is not None
        assert b.order is not None
        if a.scale == b.scale and a.order < b.order:
            assert a.action <= b.action, (a, b)


def test_an_unknown_label_is_not_found() -> None:
    assert rads.find("BI-RADS 7") is None
    assert rads.find("BIRADS 4") is None
    assert rads.system("BIRADS") is None


@pytest.mark.parametrize(
    ("predicted", "reference", "severity"),
    [
        ("BI-RADS 4B", "BI-RADS 4B", "exact"),
        ("No applicable RADS", "No applicable RADS", "exact"),
        ("BI-RADS 2", "BI-RADS 5", "undercall"),
        ("BI-RADS 5", "BI-RADS 2", "overcall"),
        ("BI-RADS 3", "BI-RADS 4A", "undercall"),
        ("BI-RADS 4A", "BI-RADS 4C", "safe misclassification"),
        ("BI-RADS 1", "BI-RADS 2", "safe misclassification"),
        ("BI-RADS 1", "BI-RADS 0", "undercall"),
        ("BI-RADS 0", "BI-RADS 1", "overcall"),
        ("TI-RADS 3", "TI-RADS 5", "undercall"),
        ("TI-RADS 5", "TI-RADS 4", "overcall"),
        ("LI-RADS M", "LI-RADS 5", "undercall"),
        ("LI-RADS 5", "LI-RADS M", "overcall"),
        ("LI-RADS 3", "LI-RADS TIV", "undercall"),
        ("LI-RADS TR Nonviable", "LI-RADS TR Viable", "undercall"),
        ("PI-RADS 2", "PI-RADS 1", "safe misclassification"),
        ("VI-RADS 2", "VI-RADS 4", "undercall"),
        ("CAD-RADS 4B", "CAD-RADS 3", "overcall"),
        ("Lung-RADS 4X", "Lung-RADS 4B", "safe misclassification"),
        ("Lung-RADS 2", "Lung-RADS 4A", "undercall"),
        ("NI-RADS 2B", "NI-RADS 2", "safe misclassification"),
        ("No applicable RADS", "BI-RADS 5", "undercall"),
        ("BI-RADS 1", "TI-RADS 5", "undercall"),
        ("BI-RADS 5", "TI-RADS 1", "overcall"),
        (None, "BI-RADS 5", "unparseable"),
        ("BIRADS five", "BI-RADS 5", "unparseable"),
    ],
)
def test_an_error_is_graded_by_what_the_patient_would_get(predicted: str | None, reference: str, severity: str) -> None:
    assert rads.severity(predicted, reference) == severity


def test_swapping_two_labels_swaps_overcall_and_undercall() -> None:
    mirrored = {"overcall": "undercall", "undercall": "overcall", "safe misclassification": "safe misclassification"}
    for a, b in itertools.combinations(rads.LABELS, 2):
        assert rads.severity(b, a) == mirrored[rads.severity(a, b)], (a, b)


def test_an_unknown_reference_is_an_error() -> None:
    with pytest.raises(KeyError):
        rads.severity("BI-RADS 1", "BI-RADS 9")
