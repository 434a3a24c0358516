"""Studies of every body part: statements whose answers follow, changes in their sentences, and wide coverage."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from finetune.corpus import remarks, studies
from finetune.corpus.case import Case, Split
from finetune.corpus.study import Study, name, plural
from finetune.corpus.text import Style
from radlite_tui.tasks.outputs import ImpressionOutput, LabelOutput, TemporalOutput

SPLITS: tuple[Split, ...] = ("train", "test")


def cases(task: str, split: Split = "train", patients: int = 400) -> list[Case]:
    every = (c for n in range(patients) for c in studies.generate(random.Random(f"studies/{n}"), split))
    return [case for case in every if case.task == task]


def study(finding: str) -> tuple[Study, remarks.Remark]:
    """A study of the kind that the finding belongs to."""
    for seed in range(500):
        made = Study(random.Random(seed), "train", Style("prose", "US", "mm", True))
        for r in made.findings:
            if r.name == finding:
                return made, r
    raise AssertionError(finding)


def test_statements_are_balanced_and_no_wording_gives_the_answer_away() -> None:
    labels: Counter[str] = Counter()
    openings: dict[str, Counter[str]] = {}
    for case in cases("radiology_nli", patients=800):
        assert isinstance(case.gold, LabelOutput)
        labels[case.gold.label] += 1
        openings.setdefault(" ".join(case.words.split()[:2]), Counter())[case.gold.label] += 1
    assert set(labels.values()) == {800}
    for opening, counts in openings.items():
        if counts.total() >= 60:
            assert max(counts.values()) < 0.6 * counts.total(), (opening, counts)


@pytest.mark.parametrize("split", SPLITS)
def test_statements_about_existence_agree_with_what_is_told(split: Split) -> None:
    for case in cases("radiology_nli", split):
        assert isinstance(case.gold, LabelOutput)
        text = f" {case.report.text.lower()}"
        if case.subset == "healthy" and case.gold.label == "entailment":
            assert "normal" in text or "abnormality" in text
        if case.subset == "side" and case.gold.label == "entailment":
            assert ("left" in text) == ("left" in case.words.lower())
        if case.subset == "side" and case.gold.label == "contradiction":
            assert ("left" in text) != ("left" in case.words.lower())


@pytest.mark.parametrize("label", studies.LABELS)
def test_a_limit_is_compared_with_the_measure(label: str) -> None:
    made, r = study("baker")
    for _ in range(40):
        matter, statement = studies._size(made, r, label)
        limit = int(statement.split(" mm")[0].split()[-1])
        above = any(word in statement for word in ("larger", "more", "exceeds"))
        if label == "neutral":
            assert not any("mm" in text for text in matter)
        else:
            measured = int(matter[0].split(" mm")[0].split()[-1])
            assert ((measured > limit) if above else (measured < limit)) == (label == "entailment")


@pytest.mark.parametrize("split", SPLITS)
def test_a_change_stands_in_its_sentence_of_the_current_report(split: Split) -> None:
    statuses: Counter[str] = Counter()
    for case in cases("temporal_comparison", split):
        assert isinstance(case.gold, TemporalOutput)
        for change in case.gold.changes:
            assert change.evidence is not None
            assert change.finding.lower() in case.report.text[slice(*change.evidence)].lower()
            statuses[change.status] += 1
    assert min(statuses.values()) > 30


def test_every_finding_is_told_denied_and_concluded() -> None:
    reports = cases("impression_generation", patients=2500)
    text = "\n".join(case.report.text for case in reports).lower()
    said = "\n".join(c.gold.impression for c in reports if isinstance(c.gold, ImpressionOutput)).lower()
    for r in remarks.load("studies", "train").of("finding"):
        assert name(r).split()[-1].lower() in text, r.name
        assert name(r).split()[-1].lower() in said, r.name
        assert str(r.more["none"]).lower() in text, r.name
    assert len({case.subset for case in reports}) >= 9


@pytest.mark.parametrize(
    ("noun", "many"),
    [
        ("gallstones", True),
        ("stones in the gallbladder", True),
        ("a tear of the menisci", False),
        ("hepatic steatosis", False),
        ("a rupture of the fibers", False),
        ("demyelinating plaques", True),
        ("hydronephrosis", False),
    ],
)
def test_verbs_agree_with_their_noun(noun: str, many: bool) -> None:
    assert plural(noun) == many
