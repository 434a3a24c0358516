"""The chest, comparison, inference, question and staging generators: gold that tasks read back, and honest splits."""

from __future__ import annotations

import random
from collections import Counter
from importlib import import_module
from itertools import islice

import pytest

from finetune import corpus
from finetune.corpus import drills, nli, qa, staging, staging_nodes
from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.staging_rules import Nodes, m_stage, n_stage
from radlite_tui import tasks
from radlite_tui.tasks import rads
from radlite_tui.tasks.outputs import AbnormalityOutput, ImpressionOutput, LabelOutput, NerOutput, TemporalOutput
from radlite_tui.tasks.report import Report

NAMES = ("chest", "temporal", "nli", "qa", "staging", "studies")
BANKS = ("chest", "temporal", "nli", "qa", "staging", "staging_m", "drills")
SPLITS: tuple[Split, ...] = ("train", "test")


def cases(name: str, split: Split = "train", patients: int = 150) -> list[Case]:
    module = import_module(corpus.GENERATORS[name])
    return [case for i in range(patients) for case in module.generate(random.Random(f"{name}/{i}"), split)]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", NAMES)
def test_gold_renders_and_parses_back_to_itself(name: str, split: Split) -> None:
    for case in cases(name, split):
        task = tasks.get(case.task)
        assert case.task in corpus.TASKS[name]
        assert task.parse(task.render(case.gold), case.report) == case.gold, case


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_writes_the_same_cases(name: str) -> None:
    assert cases(name, patients=30) == cases(name, patients=30)


def test_no_wording_of_the_test_split_is_used_in_training() -> None:
    def wordings(split: Split) -> dict[str, str]:
        return {
            " ".join(phrase.lower().replace("{a_np}", "{np}").split()).rstrip("."): f"{name}.{key}"
            for name in BANKS
            for key, phrases in Bank.load(name, split)._phrases.items()
            for phrase in phrases
        }

    train, test = wordings("train"), wordings("test")
    assert not {f"{test[w]} and {train[w]}: {w}" for w in test.keys() & train.keys()}


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_finished_english(name: str) -> None:
    for case in cases(name):
        for text in filter(None, (case.report.text, case.report.prior, case.words)):
            assert not set("{}|_") & set(text), text
            assert not [slip for slip in ("  ", " .", "..", " ,") if slip in text], text
            assert text[0].isupper() or text[0].isdigit() or text[0] == "-" or text == text.lower(), text


def test_entities_stand_where_they_say() -> None:
    for case in cases("chest"):
        if isinstance(case.gold, NerOutput):
            for group in (
                case.gold.anatomy,
                case.gold.observation_present,
                case.gold.observation_absent,
                case.gold.observation_uncertain,
            ):
                assert [e.start for e in group] == sorted(e.start for e in group)
                assert all(case.report.text[e.start : e.end] == e.text for e in group)


def test_no_finding_is_positive_only_without_findings_or_doubts() -> None:
    for case in cases("chest"):
        if isinstance(case.gold, AbnormalityOutput):
            labels = dict(case.gold.labels)
            none = labels.pop("no finding")
            labels.pop("support devices")
            assert (none == "positive") == (not {"positive", "uncertain"} & set(labels.values()))


def test_every_change_has_its_sentence_in_the_current_report() -> None:
    statuses: Counter[str] = Counter()
    for case in cases("temporal", patients=400):
        assert isinstance(case.gold, TemporalOutput)
        for change in case.gold.changes:
            statuses[change.status] += 1
            assert change.evidence is not None
            sentence = case.report.text[slice(*change.evidence)].lower()
            assert change.finding.lower() in sentence
            assert case.report.prior
    assert min(statuses.values()) > 0.6 * max(statuses.values())


def test_inference_answers_are_balanced_and_no_wording_gives_one_away() -> None:
    labels: Counter[str] = Counter()
    by_opening: dict[str, Counter[str]] = {}
    for case in cases("nli", patients=600):
        assert isinstance(case.gold, LabelOutput)
        labels[case.gold.label] += 1
        opening = " ".join(case.words.split()[:2])
        by_opening.setdefault(opening, Counter())[case.gold.label] += 1
    assert labels == dict.fromkeys(nli.LABELS, 600)
    for opening, counts in by_opening.items():
        if counts.total() >= 60:
            assert max(counts.values()) < 0.6 * counts.total(), (opening, counts)


def test_stages_are_balanced() -> None:
    counts = Counter(case.gold.label for case in cases("staging", patients=600) if isinstance(case.gold, LabelOutput))
    assert all(110 <= counts[n] <= 200 for n in ("N0", "N1", "N2", "N3"))
    assert all(240 <= counts[m] <= 360 for m in ("M0", "M1"))


@pytest.mark.parametrize(
    ("organ", "nodes", "stage"),
    [
        ("lung", [], "N0"),
        ("lung", [Nodes("hilar")], "N1"),
        ("lung", [Nodes("hilar"), Nodes("subcarinal", "midline")], "N2"),
        ("lung", [Nodes("lower paratracheal")], "N2"),
        ("lung", [Nodes("hilar", "contralateral")], "N3"),
        ("lung", [Nodes("supraclavicular", "ipsilateral")], "N3"),
        ("colon", [Nodes("pericolic", count=3)], "N1"),
        ("colon", [Nodes("pericolic", count=2), Nodes("mesenteric", count=2)], "N2"),
        ("breast", [Nodes("axillary", count=3)], "N1"),
        ("breast", [Nodes("axillary", matted=True)], "N2"),
        ("breast", [Nodes("internal mammary")], "N2"),
        ("breast", [Nodes("internal mammary"), Nodes("axillary")], "N3"),
        ("breast", [Nodes("infraclavicular")], "N3"),
        ("neck", [Nodes("level II", mm=30)], "N1"),
        ("neck", [Nodes("level II", mm=31)], "N2"),
        ("neck", [Nodes("level II", count=2, mm=20)], "N2"),
        ("neck", [Nodes("level II", "contralateral", mm=20)], "N2"),
        ("neck", [Nodes("level II", mm=61)], "N3"),
        ("neck", [Nodes("level II", mm=20, extranodal=True)], "N3"),
        ("lung", [Nodes("interlobar")], "N1"),
        ("lung", [Nodes("aortopulmonary window", "midline")], "N2"),
        ("lung", [Nodes("hilar", "bilateral", 2)], "N3"),
        ("oropharynx", [Nodes("level II", count=3, mm=45)], "N1"),
        ("oropharynx", [Nodes("level II", "bilateral", 2)], "N2"),
        ("oropharynx", [Nodes("level II", mm=61)], "N3"),
        ("nasopharynx", [Nodes("retropharyngeal", count=2)], "N1"),
        ("nasopharynx", [Nodes("level II"), Nodes("level II", "contralateral")], "N2"),
        ("nasopharynx", [Nodes("supraclavicular", mm=12)], "N3"),
        ("stomach", [Nodes("perigastric", count=2)], "N1"),
        ("stomach", [Nodes("perigastric", count=2), Nodes("celiac")], "N2"),
        ("stomach", [Nodes("perigastric", count=7)], "N3"),
        ("esophagus", [Nodes("paraesophageal", count=6)], "N2"),
        ("pancreas", [Nodes("peripancreatic", count=4)], "N2"),
        ("kidney", [Nodes("para-aortic", count=5)], "N1"),
        ("prostate", [Nodes("obturator")], "N1"),
        ("bladder", [Nodes("obturator")], "N1"),
        ("bladder", [Nodes("obturator", count=2)], "N2"),
        ("bladder", [Nodes("common iliac")], "N3"),
        ("endometrium", [Nodes("pelvic", count=4)], "N1"),
        ("endometrium", [Nodes("para-aortic")], "N2"),
        ("thyroid", [Nodes("level VI", count=4)], "N1"),
    ],
)
def test_n_stage_follows_tnm(organ: str, nodes: list[Nodes], stage: str) -> None:
    assert n_stage(organ, nodes) == stage  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("organ", "deposits", "stage"),
    [
        ("lung", [], "M0"),
        ("lung", ["hilar"], "M0"),
        ("lung", ["contralateral lung"], "M1"),
        ("lung", ["malignant effusion"], "M1"),
        ("lung", ["axillary"], "M1"),
        ("lung", ["supraclavicular"], "M0"),
        ("colon", ["supraclavicular"], "M1"),
        ("colon", ["peritoneum"], "M1"),
        ("breast", ["axillary"], "M0"),
        ("breast", ["liver"], "M1"),
        ("neck", ["axillary"], "M1"),
        ("prostate", ["retroperitoneal"], "M1"),
        ("prostate", ["obturator"], "M0"),
        ("stomach", ["supraclavicular"], "M1"),
        ("bladder", ["common iliac"], "M0"),
        ("kidney", ["lung"], "M1"),
    ],
)
def test_m_stage_follows_tnm(organ: str, deposits: list[str], stage: str) -> None:
    assert m_stage(organ, deposits) == stage  # type: ignore[arg-type]


def test_every_fact_is_taught_in_training_in_several_wordings() -> None:
    words = Bank.load("qa", "train")
    for key, topics in (
        ("closed.meaning", list(qa.facts())),
        ("closed.management", [c.label for s in rads.SYSTEMS for c in s.categories]),
    ):
        for x in topics:
            asked = [_question(phrase.format(x=x)) for phrase in words.phrases(key)]
            assert sum(corpus.split_of(case) == "train" for case in asked) >= 2, x


def _question(words: str) -> Case:
    return Case("", "radiology_qa", Report(""), ImpressionOutput(""), words=words)


def test_nodes_drawn_for_a_stage_make_it_and_every_primary_is_drawn() -> None:
    rng = random.Random(1)
    for organ in staging.WEIGHTS:
        for stage in staging_nodes.stages(organ)[1:]:
            for _ in range(60):
                assert n_stage(organ, staging_nodes.draw(rng, organ, int(stage[1]))) == stage
    for task in ("n_staging", "m_staging"):
        assert {case.subset for case in cases("staging", patients=500) if case.task == task} == set(staging.WEIGHTS)


def test_a_report_denies_no_station_it_calls_involved() -> None:
    for case in cases("staging", patients=400):
        text = case.report.text.lower()
        for sided in ("supraclavicular", "common iliac", "internal mammary"):
            denied = any(f"{no} {sided}" in text for no in ("no", "no enlarged", "there is no", "no significant"))
            involved = any(f"{mark} {sided}" in text for mark in ("metastatic", "suspicious", "necrotic"))
            assert not (denied and involved) or f"no suspicious {sided}" in text, case.report.text


def test_category_meanings_are_of_known_categories() -> None:
    for term in qa.facts():
        if "RADS" in term:
            assert rads.find(term) is not None, term


def test_drills_are_deterministic_and_many_repeat_something_exactly() -> None:
    first = list(islice(drills.documents("train", 3), 300))
    assert first == list(islice(drills.documents("train", 3), 300))
    repeats = 0
    for text in first:
        lines = [line.partition(": ")[2] or line for line in text.splitlines()]
        repeats += len(lines) > 1 and any(line and line in other for line, other in zip(lines[1:], lines, strict=False))
    assert repeats > 90
