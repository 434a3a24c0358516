"""Working chest reports: labels that a reader would give from the words alone, and remarks that are all sound."""

from __future__ import annotations

import random
import re

import pytest

from finetune.corpus import chest, radiograph, remarks
from finetune.corpus.case import Split
from finetune.corpus.text import Style
from radlite_tui.tasks.outputs import AbnormalityOutput, ImpressionOutput

PLAIN = Style("prose", "US", "mm", True)
BANKS = ("radiograph", "studies")
SPLITS: tuple[Split, ...] = ("train", "test")
MENTIONS = {
    "cardiomegaly": r"cardiomegaly|heart|cardiac|cardiothoracic",
    "enlarged cardiomediastinum": r"mediastin",
    "lung opacity": r"opaci|infiltrat|airspace disease|air space disease|densit|interstiti|scar|reticula|peribronchial"
    r"|shadowing",
    "lung lesion": r"nodul|mass|lesion|tumor",
    "edema": r"edema|congesti|heart failure",
    "consolidation": r"consolidat",
    "pneumonia": r"pneumonia|infecti",
    "atelectasis": r"atelecta|collapse",
    "pneumothorax": r"pneumothora",
    "pleural effusion": r"effusion|pleural fluid",
    "pleural other": r"pleural thickening|pleural scar|plaque|fibrothorax|parenchymal scar|thickened pleura",
    "fracture": r"fractur",
    "support devices": r"tube|line|catheter|pac|icd|picc|port|defib|drain|valve|hardware|arthroplasty|lead|recorder"
    r"|device",
}
"""What a reader looks for, apart from the bank."""


def films(split: Split, count: int = 700) -> list[tuple[radiograph.Film, str]]:
    drawn = [radiograph.draw(random.Random(f"{split}/{n}"), split, PLAIN) for n in range(count)]
    return [(film, radiograph.findings(film, PLAIN).text.lower()) for film in drawn]


@pytest.mark.parametrize("split", SPLITS)
def test_a_label_is_given_only_where_its_words_are_in_the_text(split: Split) -> None:
    for film, text in films(split):
        for label in film.labels:
            assert re.search(MENTIONS[label], text), (label, text)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    "label", ["edema", "consolidation", "pneumonia", "pneumothorax", "pleural effusion", "fracture", "atelectasis"]
)
def test_a_finding_that_is_named_has_its_label(label: str, split: Split) -> None:
    for film, text in films(split):
        aside = re.sub(r"granulomatous infection|collapsed by a|collapsed \w+ with|partly collapsed by", "", text)
        if re.search(MENTIONS[label], aside):
            told = [t.text for t in film.told if re.search(MENTIONS[label], remarks.bare(t.text).lower())]
            assert label in film.labels, (label, told)


@pytest.mark.parametrize("split", SPLITS)
def test_every_label_is_met_in_every_status_that_it_has(split: Split) -> None:
    met = {(label, status) for film, _ in films(split, 2500) for label, status in film.labels.items()}
    wanted = {(label, status) for label in MENTIONS for status in ("positive", "negative", "uncertain")}
    assert wanted - met == {("support devices", "uncertain")}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("granuloma", {}),
        ("spine", {}),
        ("emphysema", {}),
        ("lungs_clear", {}),
        ("bones_normal", {}),
        ("silhouette_normal", {"enlarged cardiomediastinum": "negative"}),
        ("heart_normal", {"cardiomegaly": "negative"}),
        ("heart_upper", {"cardiomegaly": "negative"}),
        ("nodule", {"lung lesion": "positive"}),
        ("chronic", {"lung opacity": "positive"}),
        ("pacer", {"support devices": "positive"}),
        ("opacity_pna", {"lung opacity": "positive", "pneumonia": "positive"}),
        ("opacity_doubt", {"lung opacity": "positive", "pneumonia": "uncertain", "atelectasis": "uncertain"}),
    ],
)
def test_labels_are_those_of_the_chexpert_labeller(name: str, labels: dict[str, str]) -> None:
    assert remarks.load("radiograph", "train").remarks[name].labels == labels


def test_every_remark_is_told() -> None:
    told = {t.remark.name for film, _ in films("train", 3000) for t in film.told}
    assert set(remarks.load("radiograph", "train").remarks) <= told


def ways(name: str, split: Split) -> dict[str, str]:
    bank = remarks.load(name, split)
    return {
        " ".join(remarks.bare(text).lower().split()): r.name
        for r in bank.remarks.values()
        for template in r.say
        for text in remarks.choices(template)
    }


@pytest.mark.parametrize("name", BANKS)
def test_no_choice_of_a_training_sentence_is_a_test_sentence(name: str) -> None:
    train, test = ways(name, "train"), ways(name, "test")
    assert not {f"{test[text]}: {text}" for text in train.keys() & test.keys()}


@pytest.mark.parametrize("name", BANKS)
def test_every_sentence_is_filled_and_all_its_marks_are_read(name: str) -> None:
    for split in SPLITS:
        bank = remarks.load(name, split)
        writer = remarks.Writer(random.Random(3), bank, PLAIN)
        for r in bank.remarks.values():
            assert r.kind != "finding" or r.conclude, r.name
            for template in r.say:
                for chosen in remarks.choices(template):
                    text = remarks.bare(writer.fill(chosen, {}))
                    assert not set("[]*!{}<>|") & set(text), text
                    assert "  " not in text
            for conclusion in r.conclude:
                assert not set("[]*!?{}<>|") & set(writer.plain(conclusion, {}))


def test_an_impression_says_nothing_acute_exactly_of_films_without_a_grave_finding() -> None:
    for film, text in films("train"):
        graver = [t for t in film.told if t.remark.kind == "finding" and not t.remark.calm]
        said = radiograph.impression(random.Random(1), film).lower()
        normal = re.search(r"no acute|no active|without acute|normal|negative|clear lungs|nothing acute", said)
        if graver:
            assert not normal, (text, said)
        elif not any(t.remark.kind == "finding" for t in film.told):
            assert normal or re.search(r"clear|unremarkable|no evidence|no significant|no radiographic", said), said


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("split", SPLITS)
def test_every_finding_has_a_conclusion_that_claims_no_more_than_its_sentence(split: Split, name: str) -> None:
    bank = remarks.load(name, split)
    writer = remarks.Writer(random.Random(3), bank, PLAIN)
    for r in bank.of("finding"):
        for template in r.say:
            slots = set(re.findall(r"\{(\w+)\}", template))
            fitting = [c for made in r.conclude for c in remarks.choices(made) if not writer.claims(c, slots, template)]
            assert fitting, (r.name, template)


def test_an_impression_has_no_measure_or_side_that_the_findings_lack() -> None:
    for film, text in films("train"):
        said = radiograph.impression(random.Random(1), film).lower()
        for word in re.findall(r"\d+ mm|\bleft\b|\bright\b", said):
            assert word in text, (text, said)


def test_normal_chests_are_common_and_their_impressions_varied() -> None:
    impressions, normal = set(), 0
    for n in range(300):
        for case in chest.generate(random.Random(n), "train"):
            if isinstance(case.gold, ImpressionOutput):
                impressions.add(case.gold.impression)
            if isinstance(case.gold, AbnormalityOutput):
                normal += case.gold.labels["no finding"] == "positive"
    assert len(impressions) > 150
    assert 75 < normal < 180
